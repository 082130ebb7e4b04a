//! The warden: a small process that cleans up after a kernel that was killed.
//!
//! `PR_SET_PDEATHSIG` ends a process whose parent is killed, but not what that process had started: the linker under rustc, `sleep` under
//! a shell. And a killed kernel cannot remove its folder. So the kernel starts one more process, in a group of its own, and tells it
//! over a socket which groups and folders there are. The socket ends with the kernel, however that ends; the warden
//! then kills the groups that are left, removes the folders, and goes.
//!
//! A process that leaves its group on purpose (`setsid`) has asked to live on, and does.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::fd::{AsRawFd as _, FromRawFd as _, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};

use nix::sys::socket::{AddressFamily, MsgFlags, SockFlag, SockType, recv, send, socketpair};

use super::interrupt::kill;

/// A group to end; its number follows.
const GROUP: u8 = b'+';
/// A group that has ended; its number follows.
const ENDED: u8 = b'-';
/// A folder to remove; its path follows.
const FOLDER: u8 = b'/';
/// The longest message: a path.
const LONGEST: usize = 8 << 10;

/// The kernel's end of the socket, or -1. It stays open for as long as the process lives.
static SOCKET: AtomicI32 = AtomicI32::new(-1);

/// Starts the warden, once a process.
///
/// # Errors
/// When there can be no such process. The kernel runs without it: a kill of the kernel then leaves more behind.
pub fn start() -> std::io::Result<()> {
    if SOCKET.load(Ordering::Relaxed) >= 0 {
        return Ok(());
    }
    let (ours, theirs) = socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC)?;
    Command::new("/proc/self/exe")
        .arg0("course-kernel")
        .arg("warden")
        .current_dir("/")
        .stdin(Stdio::from(theirs))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    SOCKET.store(std::os::fd::IntoRawFd::into_raw_fd(ours), Ordering::Relaxed);
    Ok(())
}

/// Has the folder removed should the kernel be killed.
pub fn folder(path: &Path) {
    let mut message = vec![FOLDER];
    message.extend_from_slice(path.as_os_str().as_bytes());
    tell(&message);
}

/// A group has ended by itself.
pub fn forget(group: u32) {
    if let Ok(group) = i32::try_from(group) {
        tell(&about(ENDED, group));
    }
}

/// Has the calling process's group ended with the kernel. Called between fork and exec: it makes system calls only.
pub fn register_self() {
    tell(&about(GROUP, nix::unistd::Pid::this().as_raw()));
}

fn about(tag: u8, group: i32) -> [u8; 5] {
    let [a, b, c, d] = group.to_ne_bytes();
    [tag, a, b, c, d]
}

fn tell(message: &[u8]) {
    let socket = SOCKET.load(Ordering::Relaxed);
    if socket >= 0 {
        // No warden, no message: the kernel goes on.
        let _ = send(socket, message, MsgFlags::MSG_NOSIGNAL);
    }
}

/// `course-kernel warden`: waits on stdin for the kernel's end, then cleans up.
pub fn main() {
    for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
        // SAFETY: ignoring a signal installs no handler.
        unsafe { libc::signal(signal, libc::SIG_IGN) };
    }
    // SAFETY: the kernel hands over the socket as descriptor 0, and nothing else here reads it.
    let socket = unsafe { OwnedFd::from_raw_fd(0) };
    watch(socket.as_raw_fd()).clean_up();
}

/// What a kernel would leave behind.
#[derive(Debug, Default, PartialEq)]
struct Left {
    groups: BTreeSet<i32>,
    folders: BTreeSet<PathBuf>,
}

impl Left {
    fn hear(&mut self, message: &[u8]) {
        match message {
            [GROUP, a, b, c, d] => drop(self.groups.insert(i32::from_ne_bytes([*a, *b, *c, *d]))),
            [ENDED, a, b, c, d] => drop(self.groups.remove(&i32::from_ne_bytes([*a, *b, *c, *d]))),
            [FOLDER, path @ ..] => drop(self.folders.insert(PathBuf::from(OsStr::from_bytes(path)))),
            _ => {}
        }
    }

    fn clean_up(self) {
        // 0 and 1 would be the warden's own group and everyone's.
        self.groups.into_iter().filter_map(|group| u32::try_from(group).ok()).filter(|group| *group > 1).for_each(kill);
        for folder in self.folders {
            // A dying process may still write a file into it.
            for _ in 0..20 {
                match std::fs::remove_dir_all(&folder) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        std::thread::sleep(std::time::Duration::from_millis(50));
                    }
                    _ => break,
                }
            }
        }
    }
}

/// Listens until the kernel is gone.
fn watch(socket: RawFd) -> Left {
    let mut left = Left::default();
    let mut buffer = vec![0; LONGEST];
    loop {
        match recv(socket, &mut buffer, MsgFlags::empty()) {
            Ok(0) => return left,
            Ok(length) => left.hear(&buffer[..length]),
            Err(nix::errno::Errno::EINTR) => {}
            Err(_) => return left,
        }
    }
}

/// Whether a process is there and no zombie.
#[cfg(test)]
pub(super) fn alive(process: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_remembers_what_has_not_ended_and_hears_the_end_of_the_kernel() {
        let (ours, theirs) =
            socketpair(AddressFamily::Unix, SockType::SeqPacket, None, SockFlag::SOCK_CLOEXEC).unwrap();
        let folder = [&[FOLDER][..], b"/tmp/of a kernel"].concat();
        for message in [&about(GROUP, 70_001)[..], &about(GROUP, 70_002), &folder, &about(ENDED, 70_001), b"?"] {
            send(ours.as_raw_fd(), message, MsgFlags::MSG_NOSIGNAL).unwrap();
        }
        drop(ours);
        let left = watch(theirs.as_raw_fd());
        let expected = Left { groups: [70_002].into(), folders: [PathBuf::from("/tmp/of a kernel")].into() };
        assert_eq!(left, expected);
    }

    #[test]
    fn it_ends_the_groups_and_removes_the_folders() {
        let mut sleeper = Command::new("sleep").arg("1000").process_group(0).spawn().unwrap();
        let folder = tempfile::tempdir().unwrap().keep();
        std::fs::write(folder.join("cell.rs"), "").unwrap();
        let mut left = Left::default();
        left.hear(&about(GROUP, i32::try_from(sleeper.id()).unwrap()));
        left.folders.insert(folder.clone());
        left.clean_up();
        assert!(!sleeper.wait().unwrap().success());
        assert!(!folder.exists());
    }
}
