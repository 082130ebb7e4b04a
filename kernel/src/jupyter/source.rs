//! Cell source as the Jupyter side looks at it: without running it, and without being hurt by it.

/// Replaces command lines (`:vars`, `!ls`, `%time`) by empty ones, so that what is left is Rust in its own lines.
///
/// `None` when the whole cell is not Rust, such as one that starts with `%%bash`.
pub fn without_commands(code: &str) -> Option<String> {
    if code.trim_start().starts_with("%%") {
        return None;
    }
    let mut at_top = true;
    let lines = code.split('\n').map(|line| {
        at_top &= line.trim().is_empty() || is_command(line);
        if at_top { "" } else { line }
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Only the lines at the top of a cell can be commands; below them `!x` is an expression.
fn is_command(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with(['!', '%']) || line.starts_with(':') && !line.starts_with("::")
}

/// Runs `look` where deep nesting cannot exhaust the stack, and gives back what it took of proc_macro2's memory of sources.
///
/// `None` when it panicked or no thread could be started.
pub fn on_deep_stack<T: Send>(look: impl FnOnce() -> T + Send) -> Option<T> {
    const STACK_BYTES: usize = 256 << 20;
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("parse".into()).stack_size(STACK_BYTES);
        thread.spawn_scoped(scope, look).ok()?.join().ok()
    })
}

/// The longest source that is parsed, in bytes: with [`on_deep_stack`]'s stack, no nesting in it is too deep.
pub const LONGEST_PARSED: usize = 64 << 10;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn command_lines_go_and_rust_stays_in_its_lines() {
        assert_eq!(without_commands(":vars\n\n!ls\nlet x = 1;").unwrap(), "\n\n\nlet x = 1;");
        assert_eq!(without_commands("::f();\n!true").unwrap(), "::f();\n!true");
        assert!(without_commands("\n%%bash\nif").is_none());
    }
}
