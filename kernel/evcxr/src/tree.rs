//! The processes below this one: cargo and the compilers that it started.

/// Kills every process below this one except `spared` and what that one started. Says whether there was any.
pub fn kill_others(spared: u32) -> bool {
    let mut found = false;
    for child in children(std::process::id()) {
        if child != spared {
            kill(child);
            found = true;
        }
    }
    found
}

fn kill(process: u32) {
    // Top down: a parent that is gone starts nothing new.
    let below = children(process);
    if let Ok(id) = i32::try_from(process) {
        // SAFETY: it only sends a signal; the process may be gone already.
        unsafe { libc::kill(id, libc::SIGKILL) };
    }
    below.into_iter().for_each(kill);
}

fn children(process: u32) -> Vec<u32> {
    let threads = std::fs::read_dir(format!("/proc/{process}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| std::fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}
