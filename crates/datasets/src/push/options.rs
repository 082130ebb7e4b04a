//! How a dataset goes to the Hub.

use course_hub::HubConfig;

/// How [`Dataset::push_to_hub_with`](crate::Dataset::push_to_hub_with) writes to the Hub.
///
/// ```no_run
/// # use course_datasets::{Dataset, PushToHub, row};
/// # let reviews = Dataset::from_rows([row! { "text" => "good" }])?;
/// reviews.push_to_hub_with("ada/reviews", &PushToHub::new().private(true).split("validation"))?;
/// # Ok::<(), course_datasets::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct PushToHub {
    pub(super) private: Option<bool>,
    pub(super) split: Option<String>,
    pub(super) config_name: String,
    pub(super) data_dir: Option<String>,
    pub(super) message: String,
    pub(super) description: String,
    pub(super) revision: String,
    pub(super) shards: Option<usize>,
    pub(super) shard_bytes: usize,
    pub(super) token: Option<String>,
    pub(super) hub: Option<HubConfig>,
}

impl Default for PushToHub {
    fn default() -> Self {
        Self {
            private: None,
            split: None,
            config_name: "default".to_owned(),
            data_dir: None,
            message: "Upload dataset".to_owned(),
            description: String::new(),
            revision: "main".to_owned(),
            shards: None,
            shard_bytes: 500_000_000,
            token: None,
            hub: None,
        }
    }
}

impl PushToHub {
    /// With the token of the environment, to the main branch, public or private as the account's settings say.
    pub fn new() -> Self {
        Self::default()
    }

    /// Whether a repository that is made is seen by its owner alone. One that is there stays as it is.
    #[must_use]
    pub fn private(mut self, private: bool) -> Self {
        self.private = Some(private);
        self
    }

    /// Which split a dataset is; a [`DatasetDict`](crate::DatasetDict) has names of its own.
    #[must_use]
    pub fn split(mut self, name: impl Into<String>) -> Self {
        self.split = Some(name.into());
        self
    }

    /// Which of several datasets in one repository it is, such as one for each language; `default` unless set.
    #[must_use]
    pub fn config_name(mut self, name: impl Into<String>) -> Self {
        self.config_name = name.into();
        self
    }

    /// The folder for its files; the name of the configuration unless set, and `data` for the default one.
    #[must_use]
    pub fn data_dir(mut self, folder: impl Into<String>) -> Self {
        self.data_dir = Some(folder.into());
        self
    }

    /// The first line of the commit; `Upload dataset` unless set.
    #[must_use]
    pub fn commit_message(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// What the commit says below its first line.
    #[must_use]
    pub fn commit_description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// The branch to write to, made where there is none; `main` unless set.
    #[must_use]
    pub fn revision(mut self, branch: impl Into<String>) -> Self {
        self.revision = branch.into();
        self
    }

    /// In how many files each split goes.
    #[must_use]
    pub fn num_shards(mut self, files: usize) -> Self {
        self.shards = Some(files.max(1));
        self
    }

    /// How many bytes of rows go into a file at most, before they are compressed; 500 MB unless set.
    #[must_use]
    pub fn max_shard_size(mut self, bytes: usize) -> Self {
        self.shard_bytes = bytes.max(1);
        self
    }

    /// The token, in place of `HF_TOKEN` and what `hf auth login` has left.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    /// Where the Hub is, in place of what the environment says.
    #[must_use]
    pub fn hub(mut self, config: HubConfig) -> Self {
        self.hub = Some(config);
        self
    }
}
