//! The composition root: the only crate that knows which adapter stands behind which port.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | a setting, its default and its rule | `settings/` |
//! | what is started in which order, and how it stops | `boot.rs`, `run.rs`, `doors.rs` |
//! | a background job | `jobs/` |
//! | a command of the command line | `cli/` |
//!
//! # How to swap an adapter
//! `boot.rs` makes every adapter once and hands it over as `Arc<dyn Port>`: change it there.

mod administrators;
mod api_keys;
mod boot;
pub mod cli;
mod clock;
mod doors;
mod edge;
mod identity;
mod jobs;
mod live;
mod personal_tokens;
mod run;
mod sealing;
pub mod settings;
mod sign_in;
mod telemetry;
mod writer;

pub use boot::{Bound, CallPath, Runtime};
pub use run::{Half, Running};
