//! Asking the learner for a line.

use std::io;

/// Asks for a line of text: in a notebook in a field under the cell, elsewhere on the terminal.
///
/// # Errors
/// When there is nobody to ask: a notebook that runs without a person, or a terminal that is closed.
pub fn input(prompt: &str) -> io::Result<String> {
    if course_wire::link::connected() {
        let nobody = || {
            io::Error::new(io::ErrorKind::Unsupported, "nobody is there to answer: the notebook runs without a person")
        };
        return course_wire::link::input(prompt, false)?.ok_or_else(nobody);
    }
    use io::Write as _;
    print!("{prompt}");
    io::stdout().flush()?;
    let mut line = String::new();
    if io::stdin().read_line(&mut line)? == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}
