//! What the running program tells of itself, and what it remembers for a while.
//!
//! | what is promised | file |
//! |---|---|
//! | every metric is documented, and the page keeps the format's rules | `pages.rs` |
//! | what counts what | `counts.rs` |
//! | the key `metrics:system` | `system.rs` |
//! | answers are given again, and never from before a commit | `answers.rs`, `replicas.rs` |
//! | long answers are compressed | `compression.rs` |
//! | traces | `traces.rs` |
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod answers;
mod compression;
mod counts;
mod pages;
mod replicas;
mod support;
mod system;
mod traces;
