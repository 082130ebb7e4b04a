//! Trying again: pauses that double, the pause the Hub asks for, and no endless wait for a network that is not there.

use std::time::Duration;

use course_wire::interrupt;

use crate::answer::Failure;
use crate::{HubConfig, Result};

const LONGEST_OWN_PAUSE: Duration = Duration::from_secs(10);

/// Counts the tries of one job.
#[derive(Debug)]
pub(crate) struct Tries<'a> {
    config: &'a HubConfig,
    failed: u32,
}

impl<'a> Tries<'a> {
    pub(crate) fn new(config: &'a HubConfig) -> Self {
        Self { config, failed: 0 }
    }

    /// The last try brought something: begin to count anew.
    pub(crate) fn progressed(&mut self) {
        self.failed = 0;
    }

    /// Pauses before the next try; `waiting` is told how long.
    ///
    /// # Errors
    /// The failure's own error when there is no next try; [`HubError::Interrupted`](crate::HubError::Interrupted).
    pub(crate) fn after(&mut self, failure: Failure, waiting: impl FnOnce(Duration)) -> Result<()> {
        let (error, asked_for, no_connection) = match failure {
            Failure::Final(error) => return Err(error),
            Failure::Again { error, pause, no_connection } => (error, pause, no_connection),
        };
        let most = if no_connection { self.config.retries.min(1) } else { self.config.retries };
        if self.failed >= most {
            return Err(error);
        }
        let own = self.config.retry_pause.saturating_mul(1 << self.failed.min(16)).min(LONGEST_OWN_PAUSE);
        self.failed += 1;
        let pause = asked_for.unwrap_or(own);
        waiting(pause);
        Ok(interrupt::sleep(pause)?)
    }
}

/// Does one job until it succeeds or trying again makes no sense.
pub(crate) fn retrying<T>(config: &HubConfig, mut job: impl FnMut() -> std::result::Result<T, Failure>) -> Result<T> {
    let mut tries = Tries::new(config);
    loop {
        match job() {
            Ok(value) => return Ok(value),
            Err(failure) => tries.after(failure, |_| {})?,
        }
    }
}
