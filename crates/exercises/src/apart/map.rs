//! Where the process's code lies: what a thread is doing shows from where its instruction pointer is.

/// The kinds of code, by whether a thread may be stopped in it for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Code {
    /// A cell's library, a plugin: code that holds no lock of ours.
    Learners,
    /// The course, the standard library, the program: most likely no lock.
    Ours,
    /// The C library and the loader, where the allocator's lock is.
    System,
}

/// The executable parts of the address space.
#[derive(Debug, Default)]
pub(super) struct CodeMap(Vec<(usize, usize, Code)>);

impl CodeMap {
    /// The map as it is now.
    pub(super) fn read() -> Self {
        let text = std::fs::read_to_string("/proc/self/maps").unwrap_or_default();
        let program = std::env::current_exe().ok().map(|path| path.to_string_lossy().into_owned());
        Self::parse(&text, program.as_deref().unwrap_or_default())
    }

    fn parse(text: &str, program: &str) -> Self {
        Self(text.lines().filter_map(|line| entry(line, program)).collect())
    }

    /// The kind of the code at an address, and the first address of its part. Async-signal-safe.
    pub(super) fn at(&self, address: usize) -> Option<(Code, usize)> {
        let part = self.0.iter().find(|(start, end, _)| (*start..*end).contains(&address))?;
        Some((part.2, part.0))
    }
}

/// `7f12…-7f13… r-xp 00026000 103:02 1234  /usr/lib/x86_64-linux-gnu/libc.so.6`
fn entry(line: &str, program: &str) -> Option<(usize, usize, Code)> {
    let mut fields = line.split_whitespace();
    let (start, end) = fields.next()?.split_once('-')?;
    let rights = fields.next()?;
    if !rights.contains('x') {
        return None;
    }
    let path = fields.nth(3).unwrap_or_default();
    let name = path.rsplit('/').next().unwrap_or_default();
    let ours = ["libcourse", "libstd-", "libgcc_s", "libm.", "libm-", "[vdso]"];
    let system = ["libc.", "libc-", "ld-", "ld.", "libpthread", "libdl", "libresolv", "libnss", "[vsyscall]"];
    let begins = |names: &[&str]| names.iter().any(|known| name.starts_with(known));
    let code = match () {
        () if begins(&system) || path.is_empty() => Code::System,
        () if begins(&ours) || path == program => Code::Ours,
        () => Code::Learners,
    };
    Some((usize::from_str_radix(start, 16).ok()?, usize::from_str_radix(end, 16).ok()?, code))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn code_is_told_by_its_file() {
        let text = "\
            00400000-00452000 r-xp 00000000 08:02 173521 /opt/course-kernel\n\
            00651000-00652000 r--p 00051000 08:02 173521 /opt/course-kernel\n\
            7f01-7f02 r-xp 00000000 00:00 0\n\
            7f10-7f20 r-xp 00000000 08:02 1 /tmp/x/cell-7.so (deleted)\n\
            7f20-7f30 r-xp 00000000 08:02 1 /home/a/stage/libcourse.so\n\
            7f30-7f40 r-xp 00000000 08:02 1 /usr/lib/x86_64-linux-gnu/libc.so.6\n\
            7f40-7f50 r-xp 00000000 08:02 1 /usr/lib64/ld-linux-x86-64.so.2\n\
            7f60-7f70 r-xp 00000000 00:00 0 [vdso]\n";
        let map = CodeMap::parse(text, "/opt/course-kernel");
        let at = |address| map.at(address).map(|(code, _)| code);
        assert_eq!(at(0x7f15), Some(Code::Learners));
        assert_eq!(at(0x7f25), Some(Code::Ours));
        assert_eq!(at(0x0040_0000), Some(Code::Ours));
        assert_eq!(at(0x7f65), Some(Code::Ours));
        assert_eq!((at(0x7f35), at(0x7f45), at(0x7f01)), (Some(Code::System), Some(Code::System), Some(Code::System)));
        assert_eq!((at(0x0065_1000), at(0x10)), (None, None));
    }

    #[test]
    fn this_process_is_understood() {
        let map = CodeMap::read();
        assert_eq!(map.at(this_process_is_understood as *const () as usize).unwrap().0, Code::Ours);
        assert_eq!(map.at(libc::malloc as *const () as usize).map(|(code, _)| code), Some(Code::System));
    }
}
