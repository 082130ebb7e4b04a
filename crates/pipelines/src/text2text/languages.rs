//! From which language to which.

/// From which language to which, as the names of tasks and models have them: `en` and `fr`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Languages {
    /// What is read.
    pub source: String,
    /// What is written.
    pub target: String,
}

impl Languages {
    /// These two.
    pub fn new(source: &str, target: &str) -> Self {
        Self { source: source.trim().to_lowercase(), target: target.trim().to_lowercase() }
    }

    /// Those of a task's name, `translation_en_to_fr`, if it has any.
    ///
    /// ```
    /// use course_pipelines::Languages;
    /// assert_eq!(Languages::of_task("translation_en_to_fr"), Some(Languages::new("en", "fr")));
    /// assert_eq!(Languages::of_task("translation"), None);
    /// ```
    pub fn of_task(task: &str) -> Option<Self> {
        let given = task.trim().to_lowercase().replace(['-', ' '], "_");
        let (source, target) = given.strip_prefix("translation_")?.split_once("_to_")?;
        (!source.is_empty() && !target.is_empty()).then(|| Self::new(source, target))
    }

    /// Those of a model's name, `Helsinki-NLP/opus-mt-en-fr`, if it has them; a group of languages, as in `opus-mt-en-ROMANCE`, is none.
    pub(crate) fn of_model(name: &str) -> Option<Self> {
        let name = name.trim_end_matches('/').rsplit('/').next()?;
        let (source, target) = name.strip_prefix("opus-mt-")?.split_once('-')?;
        let one = |part: &str| part.len() == 2 && part.chars().all(|letter| letter.is_ascii_lowercase());
        (one(source) && one(target)).then(|| Self::new(source, target))
    }

    /// The key of `task_specific_params`.
    pub(crate) fn task(&self) -> String {
        format!("translation_{}_to_{}", self.source, self.target)
    }
}

impl std::fmt::Display for Languages {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{} → {}", self.source, self.target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_from_names() {
        let some = |source, target| Some(Languages::new(source, target));
        assert_eq!(Languages::of_task(" Translation-en-to-de "), some("en", "de"));
        assert_eq!(Languages::of_task("translation_en"), None);
        assert_eq!(Languages::of_task("translation__to_fr"), None);
        assert_eq!(Languages::of_model("Helsinki-NLP/opus-mt-fr-en"), some("fr", "en"));
        assert_eq!(Languages::of_model("models/opus-mt-en-de/"), some("en", "de"));
        assert_eq!(Languages::of_model("Helsinki-NLP/opus-mt-en-ROMANCE"), None);
        assert_eq!(Languages::of_model("google-t5/t5-small"), None);
    }
}
