//! Servers on this machine alone, for notebooks that show how to talk to one and must work without a network.
//!
//! [`serve_folder`] hands out the files of a folder, [`RecordedGithub`] answers as GitHub's REST API does, from a file, and [`LoopbackHub`]
//! takes what is pushed to it as the Hub does.

mod files;
mod github;
mod http;
mod hub;
mod issue;
mod server;

pub use files::serve_folder;
pub use github::RecordedGithub;
pub use hub::LoopbackHub;
pub use server::Server;
