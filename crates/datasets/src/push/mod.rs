//! Datasets on the Hub: Parquet files, and a README.md whose first lines say what they hold, as Python's `push_to_hub` leaves them.
//!
//! ```text
//! README.md                             dataset_info (features, splits, sizes) and configs (which files are which split), in YAML
//! data/train-00000-of-00001.parquet     rows, at most 500 MB a file
//! data/test-00000-of-00001.parquet
//! ```

mod card;
mod options;
mod run;
mod yaml;

#[cfg(test)]
mod tests;

pub use options::PushToHub;

use course_hub::push::Committed;

use self::run::push;
use crate::{Dataset, DatasetDict, Result};

impl Dataset {
    /// Writes the dataset to the repository `owner/name` of the Hub, or `name` of your own account, which is made where there is none:
    /// as the split that it is, or as `train`. Other splits that are there stay; this one is replaced.
    ///
    /// Nobody sees anything of it before all of it is there; what was uploaded before ■ or a broken network is not uploaded again.
    ///
    /// ```no_run
    /// # use course_datasets::{Dataset, row};
    /// # let reviews = Dataset::from_rows([row! { "text" => "good" }])?;
    /// reviews.push_to_hub("ada/reviews")?;
    /// # Ok::<(), course_datasets::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::Hub`](crate::Error::Hub) where there is no token, or it may not write there, or the Hub does not answer as it should;
    /// [`Error::Features`](crate::Error::Features) where the splits that are there have other columns; `Interrupted` after ■.
    pub fn push_to_hub(&self, repository: &str) -> Result<Committed> {
        self.push_to_hub_with(repository, &PushToHub::new())
    }

    /// The same with all that can be chosen: see [`PushToHub`].
    ///
    /// # Errors
    /// Those of [`Dataset::push_to_hub`].
    pub fn push_to_hub_with(&self, repository: &str, options: &PushToHub) -> Result<Committed> {
        let split = options.split.as_deref().or(self.split()).unwrap_or("train").to_owned();
        push(&[(split, self)], repository, options, false)
    }
}

impl DatasetDict {
    /// Writes all splits to the repository `owner/name` of the Hub, or `name` of your own account, which is made where there is none.
    /// Splits that are there and not here go.
    ///
    /// # Errors
    /// Those of [`Dataset::push_to_hub`].
    pub fn push_to_hub(&self, repository: &str) -> Result<Committed> {
        self.push_to_hub_with(repository, &PushToHub::new())
    }

    /// The same with all that can be chosen: see [`PushToHub`].
    ///
    /// # Errors
    /// Those of [`Dataset::push_to_hub`].
    pub fn push_to_hub_with(&self, repository: &str, options: &PushToHub) -> Result<Committed> {
        let splits: Vec<(String, &Dataset)> = self.iter().map(|(name, data)| (name.to_owned(), data)).collect();
        push(&splits, repository, options, true)
    }
}
