//! Cell source as the Jupyter side looks at it: without running it, and without being hurt by it.

/// Replaces command lines (`:vars`, `!ls`, `%time`) by empty ones, so that what is left is Rust in its own lines.
///
/// `None` when the whole cell is not Rust, such as one that starts with `%%bash`.
pub fn without_commands(code: &str) -> Option<String> {
    if code.trim_start().starts_with("%%") {
        return None;
    }
    let mut leading = true;
    let lines = code.split('\n').map(|line| {
        let is_command = starts_command(line, leading);
        leading &= is_command || line.trim().is_empty();
        if is_command { "" } else { line }
    });
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// Below the first line of Rust, `!x` and `%y` can be the rest of an expression.
fn starts_command(line: &str, leading: bool) -> bool {
    let mut chars = line.trim_start().chars();
    let mark = chars.next();
    let named = chars.next().is_some_and(char::is_alphabetic);
    named && (mark == Some(':') || leading && matches!(mark, Some('!' | '%')))
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
        assert_eq!(without_commands(":vars\n!ls\nlet x = 1;\n:type x").unwrap(), "\n\nlet x = 1;\n");
        assert_eq!(without_commands("let x =\n!true;\n::std::f()").unwrap(), "let x =\n!true;\n::std::f()");
        assert!(without_commands("\n%%bash\nif").is_none());
    }
}
