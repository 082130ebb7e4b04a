//! What the system lets this process have: memory up to a limit, and as many open files as it may ask for.

/// More open files than this are a mistake, and some old code can only look at so many.
const MOST_FILES: libc::rlim_t = 1 << 16;

/// Applies the memory limit that the kernel has read from `COURSE_MEMORY_LIMIT`; done once, after the library is loaded and before
/// any cell runs.
///
/// `RLIMIT_DATA` counts private writable memory. A model that is mapped from its file costs nothing of it. What is reserved by
/// now and not touched, the stack for cells above all, is added on top: nobody takes it but deep recursion.
pub fn limit_memory() {
    let limit = std::env::var("COURSE_MEMORY_LIMIT").ok().and_then(|bytes| bytes.parse::<u64>().ok());
    let Some(limit) = limit else { return };
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name| kilobytes(&status, name).unwrap_or(0) << 10;
    let untouched = field("VmData:").saturating_sub(field("RssAnon:"));
    set_soft(libc::RLIMIT_DATA, limit.saturating_add(untouched));
}

/// Raises the soft limit on open files: 1,024 are soon gone with a dataset in many files, and the next cell could not be loaded.
pub fn raise_file_limit() {
    if let Some((soft, hard)) = get(libc::RLIMIT_NOFILE) {
        let wanted = hard.min(MOST_FILES);
        if soft < wanted {
            set_soft(libc::RLIMIT_NOFILE, wanted);
        }
    }
}

/// The kibibytes after a name in `/proc/self/status`.
fn kilobytes(status: &str, name: &str) -> Option<u64> {
    status.lines().find_map(|line| line.strip_prefix(name)?.split_whitespace().next()?.parse().ok())
}

fn get(resource: libc::__rlimit_resource_t) -> Option<(libc::rlim_t, libc::rlim_t)> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: the structure is this function's own.
    let done = unsafe { libc::getrlimit(resource, &mut limit) };
    (done == 0).then_some((limit.rlim_cur, limit.rlim_max))
}

fn set_soft(resource: libc::__rlimit_resource_t, soft: libc::rlim_t) {
    if let Some((_, hard)) = get(resource) {
        let limit = libc::rlimit { rlim_cur: soft.min(hard), rlim_max: hard };
        // SAFETY: the structure outlives the call. Failing, it changes nothing.
        unsafe { libc::setrlimit(resource, &limit) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fields_of_the_status_are_found_by_their_names() {
        let status = "VmPeak:\t  10 kB\nVmData:\t  524512 kB\nRssAnon:\t    9000 kB\n";
        assert_eq!(kilobytes(status, "VmData:"), Some(524_512));
        assert_eq!(kilobytes(status, "RssAnon:"), Some(9_000));
        assert_eq!(kilobytes(status, "VmStk:"), None);
    }

    #[test]
    fn the_file_limit_is_raised_and_never_lowered() {
        let before = get(libc::RLIMIT_NOFILE).unwrap();
        raise_file_limit();
        let after = get(libc::RLIMIT_NOFILE).unwrap();
        assert_eq!(after, (before.0.max(before.1.min(MOST_FILES)), before.1));
    }
}
