//! A process that the kernel starts: in a process group of its own, and never outliving the kernel.
//!
//! A group of its own keeps signals apart: what ends rustc does not reach the kernel or the child. The kernel's death ends the process
//! itself through `PR_SET_PDEATHSIG`, and what it had started through the [warden](super::warden).

use std::ffi::CStr;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, ExitStatus};

use super::interrupt::kill;
use super::warden;

/// Who goes first when the machine's memory runs out. The kernel keeps the score it was given, so it goes last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sacrifice {
    /// Before all others: a compiler or a shell command costs nobody a variable.
    First,
    /// After those, before the kernel: the child that holds the variables.
    BeforeTheKernel,
}

impl Sacrifice {
    /// What is written to `/proc/self/oom_score_adj`.
    fn score(self) -> &'static CStr {
        match self {
            Self::First => c"900",
            Self::BeforeTheKernel => c"500",
        }
    }
}

/// A running process and its group. Dropping it ends both.
#[derive(Debug)]
pub struct Group {
    process: Child,
    status: Option<ExitStatus>,
}

impl Group {
    /// Starts a command in a group of its own, tied to the kernel's life.
    ///
    /// `PR_SET_PDEATHSIG` follows the thread that calls this: it must be one that lasts as long as the process.
    ///
    /// # Errors
    /// When the command cannot be started.
    pub fn spawn(command: &mut Command, sacrifice: Sacrifice) -> std::io::Result<Self> {
        let kernel = std::process::id();
        let score = sacrifice.score();
        // SAFETY: between fork and exec only async-signal-safe calls are made, and nothing is allocated.
        unsafe {
            command.process_group(0).pre_exec(move || {
                // The group exists before the warden hears of it, and before anything else can go wrong.
                libc::setpgid(0, 0);
                warden::register_self();
                if libc::prctl(libc::PR_SET_PDEATHSIG, libc::SIGKILL) == -1 {
                    return Err(std::io::Error::last_os_error());
                }
                if u32::try_from(libc::getppid()) != Ok(kernel) {
                    // The kernel was killed before the line above took effect.
                    libc::_exit(1);
                }
                prefer_as_victim(score);
                Ok(())
            });
        }
        Ok(Self { process: command.spawn()?, status: None })
    }

    /// The process, for its pipes.
    pub fn process(&mut self) -> &mut Child {
        &mut self.process
    }

    /// The process id, which is the group's as well.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// How the process ended, if it has.
    ///
    /// # Errors
    /// When the system cannot say.
    pub fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        if self.status.is_none() {
            self.status = self.process.try_wait()?;
        }
        Ok(self.status)
    }

    /// Waits for the process to end by itself.
    ///
    /// # Errors
    /// When the system cannot say how it ended.
    pub fn wait(&mut self) -> std::io::Result<ExitStatus> {
        let status = self.process.wait()?;
        self.status = Some(status);
        Ok(status)
    }

    /// Ends the whole group.
    pub fn kill(&self) {
        kill(self.id());
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // The process may be over and what it started not.
        self.kill();
        if self.status.is_none() {
            let _ = self.process.wait();
        }
        warden::forget(self.id());
    }
}

/// Raises this process's score; a kernel that is not allowed to, or has no `/proc`, goes without.
///
/// # Safety
/// Safe to call between fork and exec: it makes system calls only.
unsafe fn prefer_as_victim(score: &CStr) {
    // SAFETY: both texts end with a zero, and the descriptor is used here alone.
    unsafe {
        let file = libc::open(c"/proc/self/oom_score_adj".as_ptr(), libc::O_WRONLY | libc::O_CLOEXEC);
        if file >= 0 {
            libc::write(file, score.as_ptr().cast(), score.count_bytes());
            libc::close(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::process::ExitStatusExt as _;
    use std::process::Stdio;

    use super::*;

    fn shell(line: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]).stdin(Stdio::null()).stdout(Stdio::piped());
        command
    }

    #[test]
    fn it_leads_a_group_of_its_own_and_is_the_first_to_go_when_memory_is_short() {
        let mut group =
            Group::spawn(&mut shell("ps -o pgid= -p $$; cat /proc/self/oom_score_adj"), Sacrifice::First).unwrap();
        let mut said = String::new();
        group.process().stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said.split_whitespace().collect::<Vec<_>>(), [group.id().to_string().as_str(), "900"]);
        assert!(group.wait().unwrap().success());
    }

    #[test]
    fn dropping_it_ends_what_it_started_as_well() {
        let mut group = Group::spawn(&mut shell("sleep 1000 & echo $!; sleep 1000"), Sacrifice::First).unwrap();
        let mut stdout = group.process().stdout.take().unwrap();
        let mut first = [0; 32];
        let length = stdout.read(&mut first).unwrap();
        let started: i32 = std::str::from_utf8(&first[..length]).unwrap().trim().parse().unwrap();
        assert!(super::super::warden::alive(started));
        drop(group);
        // The pipe ends when nobody is left who could write to it.
        assert_eq!(stdout.read(&mut first).unwrap(), 0);
    }

    #[test]
    fn how_it_ended_is_told_once_and_again() {
        let mut group = Group::spawn(&mut shell("kill -9 $$"), Sacrifice::BeforeTheKernel).unwrap();
        assert_eq!(group.wait().unwrap().signal(), Some(libc::SIGKILL));
        assert_eq!(group.try_wait().unwrap().and_then(|status| status.signal()), Some(libc::SIGKILL));
    }
}
