//! What the running program tells of itself, and what it remembers for a while.
//!
//! | what is promised | file |
//! |---|---|
//! | every metric is documented, and the page keeps the format's rules | `pages.rs` |
//! | what counts what | `counts.rs` |
//!
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod counts;
mod pages;
mod support;
