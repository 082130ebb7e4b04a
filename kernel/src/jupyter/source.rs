//! Cell source as the Jupyter side looks at it: without running it, and without being hurt by it.

/// Replaces command lines (`:vars`, `!ls`) by empty ones and `%time` by spaces, so that what is left is Rust in its own lines.
///
/// `None` when the whole cell is not Rust, such as one that starts with `%%bash`.
pub fn without_commands(code: &str) -> Option<String> {
    let mut at_top = true;
    let mut lines = Vec::new();
    for line in code.split('\n') {
        let text = line.trim();
        let word = text.split_whitespace().next().unwrap_or_default();
        if at_top && word.starts_with("%%") && !matches!(word, "%%time" | "%%timeit") {
            return None;
        }
        let rust = if matches!(word, "%time" | "%timeit") {
            line.replacen(word, &" ".repeat(word.len()), 1)
        } else if at_top && is_command(text) {
            String::new()
        } else {
            line.to_owned()
        };
        at_top &= text.is_empty() || text.starts_with("//") || is_command(text);
        lines.push(rust);
    }
    Some(lines.join("\n"))
}

/// The lines of a cell, each with its end, and whether it stands at the top: above everything that is no command, comment or space,
/// and above a `%%`, which takes what follows.
pub fn top_lines(code: &str) -> impl Iterator<Item = (&str, bool)> {
    let mut at_top = true;
    code.split_inclusive('\n').map(move |line| {
        let text = line.trim();
        at_top &= (text.is_empty() || text.starts_with("//") || is_command(text)) && !text.starts_with("%%");
        (line, at_top)
    })
}

/// Only the lines at the top of a cell can be commands; below them `!x` is an expression.
fn is_command(line: &str) -> bool {
    line.starts_with(['!', '%', '?']) || line.starts_with(':') && !line.starts_with("::")
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
        assert_eq!(without_commands("// a\n?f\n:vars").unwrap(), "// a\n\n");
        assert!(without_commands("\n%%bash\nif").is_none());
        assert_eq!(without_commands("%%timeit -n 1\nf()").unwrap(), "\nf()");
        assert_eq!(
            without_commands("// a\n%time let y = 1;\n%timeit f(y)").unwrap(),
            "// a\n      let y = 1;\n        f(y)"
        );
    }
}
