//! The authorization server over time, on the embedded store: what ends when, and how keys follow each
//! other. Flows over HTTP are in `apps/mcp-gateway/tests/oauth`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod consents;
mod copies;
mod ends;
mod house;
mod keys;
