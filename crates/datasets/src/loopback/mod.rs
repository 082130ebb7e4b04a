//! Servers on this machine alone, for notebooks that show how to talk to one and must work without a network.
//!
//! [`serve_folder`] hands out the files of a folder, [`RecordedGithub`] answers as GitHub's REST API does, from a file.

mod files;
mod github;
mod http;
mod issue;
mod server;

pub use files::serve_folder;
pub use github::RecordedGithub;
pub use server::Server;
