//! `course-kernel`: the Jupyter kernel of the LLM Course in Rust.
//!
//! Jupyter starts it as `course-kernel run`; it starts itself once more as `course-kernel runtime`, the child that runs the
//! learner's code, and as `course-kernel warden`, which cleans up should the kernel be killed. `install` and `doctor` are for people and for `cargo xtask`.

mod assist;
mod commands;
mod engine;
#[cfg(test)]
mod fuzz;
mod jupyter;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The Jupyter kernel of the LLM Course in Rust.
#[derive(Parser)]
#[command(name = "course-kernel", version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serve a notebook; Jupyter calls this.
    Run {
        /// The file with ports and key that Jupyter has written.
        #[arg(long, short = 'f', value_name = "FILE")]
        connection_file: PathBuf,
        /// The folder with the course library.
        #[arg(long, value_name = "DIR")]
        stage: PathBuf,
        /// The program `course-evcxr`: cells run through evcxr instead.
        #[arg(long, value_name = "FILE")]
        evcxr: Option<PathBuf>,
    },
    /// Run cells for a kernel; only the kernel calls this.
    #[command(hide = true)]
    Runtime {
        /// The course library.
        #[arg(long, value_name = "FILE")]
        library: PathBuf,
        /// The socket to the kernel.
        #[arg(long, value_name = "N")]
        fd: i32,
    },
    /// Clean up after a kernel that was killed; only the kernel calls this.
    #[command(hide = true)]
    Warden,
    /// Make the kernel known to a Jupyter installation.
    Install {
        /// The Python environment, such as `.venv`.
        #[arg(long, value_name = "DIR")]
        prefix: PathBuf,
        /// The folder with the course library.
        #[arg(long, value_name = "DIR")]
        stage: PathBuf,
        /// Which engine runs the cells; each has a kernelspec of its own.
        #[arg(long, value_enum, default_value_t)]
        engine: EngineName,
        /// The program `course-evcxr`, for `--engine evcxr`.
        #[arg(long, value_name = "FILE", required_if_eq("engine", "evcxr"))]
        helper: Option<PathBuf>,
    },
    /// Say what is there, what is missing, and what to do about it.
    Doctor {
        /// The Python environment to look into.
        #[arg(long, value_name = "DIR")]
        prefix: Option<PathBuf>,
        /// The folder with the course library; the installed kernel's if left out.
        #[arg(long, value_name = "DIR")]
        stage: Option<PathBuf>,
    },
    /// Check the cells of notebooks without running them; `cargo xtask notebooks check` calls this.
    #[command(hide = true)]
    Check {
        /// The folder with the course library.
        #[arg(long, value_name = "DIR")]
        stage: PathBuf,
    },
    /// Look into the cache of compiled cells, or empty it.
    Cells {
        /// What to do.
        #[command(subcommand)]
        what: commands::Cells,
    },
}

/// The engines that can be installed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum EngineName {
    /// Ours, on the staged course library.
    #[default]
    Dylib,
    /// evcxr, in a process of its own.
    Evcxr,
}

fn main() -> ExitCode {
    if let Some(status) = engine::dylib::dep::wrapper::run_if_asked() {
        return ExitCode::from(status);
    }
    let done = match Arguments::parse().command {
        Command::Run { connection_file, stage, evcxr } => commands::run(&connection_file, stage, evcxr),
        Command::Runtime { library, fd } => engine::dylib::runtime_main(fd, &library),
        Command::Warden => {
            engine::dylib::warden::main();
            Ok(ExitCode::SUCCESS)
        }
        Command::Install { prefix, stage, engine, helper } => {
            let helper = helper.filter(|_| engine == EngineName::Evcxr);
            commands::install(&prefix, &stage, helper.as_deref())
        }
        Command::Check { stage } => commands::check(&stage),
        Command::Cells { what } => commands::cells(what),
        Command::Doctor { prefix, stage } => commands::doctor(prefix.as_deref(), stage),
    };
    match done {
        Ok(code) => code,
        Err(error) => {
            jupyter::log(format_args!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    #[test]
    fn the_command_line_is_consistent() {
        super::Arguments::command().debug_assert();
    }
}
