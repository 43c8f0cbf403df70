//! The three programs from outside: how they are set up, start, work together, stop and come back.
//!
//! | what is promised | file |
//! |---|---|
//! | two processes on one data folder are one product | `two_processes.rs` |
//! | wrong settings are told, a line each | `wrong_settings.rs` |
//! | what is told of settings is what is read | `settings_documented.rs` |
//! | settings come from where they should, and secrets stay where they are | `settings_sources.rs` |
//! | logs are JSON lines, as many as asked for, without tokens | `logs.rs` |
//! | a start that cannot succeed says why | `starting.rs` |
//! | the end is graceful | `stopping.rs` |
//! | a sudden end loses nothing that was promised | `sudden_end.rs` |
//! | everything that lasts goes from one store to another | `archive.rs` |
//! | what documents tell of metrics and tests is so | `documents.rs` |
//! | the commands | `commands.rs`, `operator.rs` |
//! | the seed's curl commands | `curl.rs` |
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod archive;
mod commands;
mod curl;
mod documents;
mod logs;
mod operator;
mod settings_documented;
mod settings_sources;
mod starting;
mod stopping;
mod sudden_end;
mod support;
mod two_processes;
mod wrong_settings;
