//! `course-evcxr`: evcxr behind a line protocol, started by `course-kernel run --engine evcxr`.
//!
//! One program, three processes, told apart by the environment:
//!
//! | process | what it does |
//! |---|---|
//! | the server ([`server`]) | holds evcxr's `CommandContext`, reads requests on stdin, answers on stdout |
//! | its child ([`demux`]) | loads and runs cells; what they print goes to the kernel as bytes, evcxr's control lines to evcxr |
//! | rustc's wrapper | evcxr's own, for its cell cache |

mod demux;
mod message;
mod server;
mod tree;

fn main() {
    if std::env::var_os("EVCXR_IS_RUNTIME").is_some()
        && let Err(error) = demux::install()
    {
        eprintln!("the cell's output cannot be redirected: {error}");
        std::process::exit(1);
    }
    // Does not return in the child and in the wrapper.
    evcxr::runtime_hook();
    std::process::exit(server::serve());
}
