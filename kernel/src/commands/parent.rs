//! The process that started the kernel: when it is killed, nobody is left to send a shutdown.

use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::{Pid, getppid};

/// How often to look.
const INTERVAL: Duration = Duration::from_secs(1);

/// The process to outlive by at most a second or so; none when the kernel was started by hand.
pub struct Parent(Option<Pid>);

impl Parent {
    /// The process that `JPY_PARENT_PID` names, as Jupyter sets it.
    pub fn from_environment() -> Self {
        let pid = std::env::var("JPY_PARENT_PID").ok().and_then(|pid| pid.trim().parse().ok());
        Self(pid.filter(|&pid| pid > 1).map(Pid::from_raw))
    }

    /// Whether there is one: a front end started this kernel.
    pub fn is_known(&self) -> bool {
        self.0.is_some()
    }

    /// Resolves once it has ended.
    pub async fn gone(self) {
        self.looked_for_every(INTERVAL).await;
    }

    async fn looked_for_every(self, interval: Duration) {
        let Some(parent) = self.0 else { return std::future::pending().await };
        let direct = getppid() == parent;
        loop {
            tokio::time::sleep(interval).await;
            // A direct child is given to another process at once; a wrapper in between hides that.
            let gone = if direct { getppid() != parent } else { kill(parent, None) == Err(Errno::ESRCH) };
            if gone {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_process_that_has_ended_is_noticed_and_a_living_one_is_left_alone() {
        let interval = Duration::from_millis(1);
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = Pid::from_raw(child.id().try_into().unwrap());
        child.wait().unwrap();
        Parent(Some(pid)).looked_for_every(interval).await;
        for alive in [Pid::this(), getppid()] {
            let parent = Parent(Some(alive));
            assert!(tokio::time::timeout(interval * 20, parent.looked_for_every(interval)).await.is_err());
        }
    }
}
