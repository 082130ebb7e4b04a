//! A whole session on real sockets, with an engine that does what its cells say.

mod cells;
mod client;
mod engine;
mod lifecycle;
mod messages;

use client::{Client, ok};
use engine::{Fake, start};
