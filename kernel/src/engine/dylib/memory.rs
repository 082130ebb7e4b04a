//! How much memory the child may take, and whether a lack of it ended a process (docs/decisions/0009-processes.md).

use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// What a learner or an administrator sets: `1.5G`, `800M`, a number of bytes, or `off`.
pub const VARIABLE: &str = "COURSE_MEMORY_LIMIT";

/// Less than this is a slip of the pen: the course library could hardly work in it.
const LEAST: u64 = 64 << 20;

/// What a container's limit leaves to Jupyter, the kernel and rustc, which takes 0.3 GB at times: a quarter, at most this.
const MOST_KEPT_BACK: u64 = 1 << 30;

/// A limit, and who set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// There is none but the machine's.
    None,
    /// `COURSE_MEMORY_LIMIT` says so, in bytes.
    Set(u64),
    /// The container may have `container` bytes in all, of which the child gets `child`.
    Container {
        /// The child's share.
        child: u64,
        /// The container's limit.
        container: u64,
    },
}

impl Limit {
    /// The limit for children that start now.
    ///
    /// # Errors
    /// When `COURSE_MEMORY_LIMIT` is no amount of memory: cells do not run under a limit that is not the one meant.
    pub fn now() -> anyhow::Result<Self> {
        let set = std::env::var_os(VARIABLE).filter(|value| !value.is_empty());
        match set {
            Some(value) => parse(&value.to_string_lossy()),
            None => Ok(container(Path::new("/")).map_or(Self::None, Self::of_container)),
        }
    }

    /// Bytes that the child may have.
    pub fn bytes(self) -> Option<u64> {
        match self {
            Self::None => None,
            Self::Set(bytes) | Self::Container { child: bytes, .. } => Some(bytes),
        }
    }

    fn of_container(container: u64) -> Self {
        Self::Container { child: container - (container / 4).min(MOST_KEPT_BACK), container }
    }
}

/// Reads an amount of memory.
fn parse(text: &str) -> anyhow::Result<Limit> {
    let wrong = || {
        format!(
            "{VARIABLE} is `{text}`, which is no amount of memory: write it like `1.5G` or `800M` (at least {}), or `off`, and \
             restart the kernel",
            size(LEAST)
        )
    };
    let lower = text.trim().to_ascii_lowercase();
    if matches!(lower.as_str(), "off" | "none" | "0") {
        return Ok(Limit::None);
    }
    let digits = lower.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(lower.len());
    let (number, unit) = lower.split_at(digits);
    let exponent = match unit.trim().trim_end_matches('b').trim_end_matches('i') {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        _ => anyhow::bail!(wrong()),
    };
    let number: f64 = number.parse().ok().with_context(wrong)?;
    // Saturates; more than there is means no limit in effect.
    let bytes = (number * 1024f64.powi(exponent)) as u64;
    anyhow::ensure!(bytes >= LEAST, wrong());
    Ok(Limit::Set(bytes))
}

/// The smallest limit of the control groups that this process is in, where there is one below the machine's memory.
fn container(root: &Path) -> Option<u64> {
    let total = field(&root.join("proc/meminfo"), "MemTotal:").map(|kibibytes| kibibytes << 10);
    let limits = groups(root).into_iter().flat_map(|folder| {
        ["memory.max", "memory.limit_in_bytes"].map(|name| {
            let text = std::fs::read_to_string(folder.join(name)).ok()?;
            text.trim().parse::<u64>().ok()
        })
    });
    limits.flatten().min().filter(|&limit| limit >= LEAST && total.is_none_or(|total| limit < total))
}

/// The folders of this process's memory control groups, inner ones first, of version 2 and of version 1. In a container they are
/// mounted as if they were the outermost.
fn groups(root: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut folders = Vec::new();
    for line in text.lines() {
        let mut fields = line.splitn(3, ':').skip(1);
        let (Some(controllers), Some(path)) = (fields.next(), fields.next()) else { continue };
        let mount = match controllers {
            "" => root.join("sys/fs/cgroup"),
            _ if controllers.split(',').any(|name| name == "memory") => root.join("sys/fs/cgroup/memory"),
            _ => continue,
        };
        let mut path = Path::new(path.trim_start_matches('/'));
        loop {
            folders.push(mount.join(path));
            match path.parent() {
                Some(parent) => path = parent,
                None => break,
            }
        }
    }
    folders
}

/// How many processes the system has ended for want of memory, on this machine or in this container, so far.
pub fn oom_kills() -> u64 {
    kills(Path::new("/"))
}

fn kills(root: &Path) -> u64 {
    let groups = groups(root)
        .into_iter()
        .flat_map(|folder| ["memory.events", "memory.oom_control"].map(|name| field(&folder.join(name), "oom_kill")));
    groups.chain([field(&root.join("proc/vmstat"), "oom_kill")]).flatten().sum()
}

/// The number after a name in a file of such lines.
fn field(file: &Path, name: &str) -> Option<u64> {
    let text = std::fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

/// An amount of memory in the unit that reads best: `1.5 GB`, `800 MB`; powers of 1024, as `COURSE_MEMORY_LIMIT` counts.
pub fn size(bytes: u64) -> String {
    let mut value = bytes as f64;
    let mut unit = "bytes";
    for larger in ["KB", "MB", "GB", "TB", "PB", "EB"] {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = larger;
    }
    let text = format!("{value:.1}");
    format!("{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them() {
        let cases = [
            ("1.5G", Some(3 << 29)),
            ("800M", Some(800 << 20)),
            (" 2 GB ", Some(2 << 30)),
            ("2gib", Some(2 << 30)),
            ("1048576k", Some(1 << 30)),
            ("268435456", Some(256 << 20)),
            ("off", None),
            ("0", None),
        ];
        for (text, bytes) in cases {
            assert_eq!(parse(text).unwrap().bytes(), bytes, "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_told_with_an_example() {
        for text in ["lots", "-1G", "1.5X", "G", "1..5G", "12", "63M", "1G2"] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("1.5G"), "{error}");
        }
    }

    fn write(root: &Path, file: &str, text: &str) {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }

    #[test]
    fn a_containers_limit_leaves_room_for_the_others() {
        let gib = 1u64 << 30;
        for (container, child) in [(gib, gib * 3 / 4), (2 * gib, gib * 3 / 2), (64 * gib, 63 * gib)] {
            assert_eq!(Limit::of_container(container).bytes(), Some(child));
        }
    }

    #[test]
    fn the_smallest_control_group_counts_in_both_versions() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "proc/meminfo", "MemTotal:        8388608 kB\nMemFree: 1 kB\n");
        write(root, "proc/self/cgroup", "0::/outer/inner\n");
        write(root, "sys/fs/cgroup/outer/memory.max", "2147483648\n");
        write(root, "sys/fs/cgroup/outer/inner/memory.max", "max\n");
        assert_eq!(container(root), Some(2 << 30));
        // Version 1 in a container: the path is the host's, the mount is the container's.
        write(root, "proc/self/cgroup", "5:cpu,cpuacct:/\n4:memory:/docker/abc\n");
        write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "1073741824\n");
        assert_eq!(container(root), Some(1 << 30));
        // "No limit" is a huge number there.
        write(root, "sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712\n");
        assert_eq!(container(root), None);
        assert_eq!(container(&root.join("nowhere")), None);
    }

    #[test]
    fn kills_are_counted_wherever_the_system_counts_them() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        assert_eq!(kills(root), 0);
        write(root, "proc/self/cgroup", "0::/\n4:memory:/\n");
        write(root, "proc/vmstat", "nr_free_pages 3\noom_kill 2\n");
        write(root, "sys/fs/cgroup/memory.events", "low 0\noom 9\noom_kill 1\noom_group_kill 0\n");
        write(root, "sys/fs/cgroup/memory/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 4\n");
        assert_eq!(kills(root), 2 + 1 + 4);
    }

    #[test]
    fn sizes_read_like_the_variable() {
        assert_eq!(
            [size(3 << 29), size(800 << 20), size(8_000_000_000), size(12)],
            ["1.5 GB", "800 MB", "7.5 GB", "12 bytes"]
        );
    }
}
