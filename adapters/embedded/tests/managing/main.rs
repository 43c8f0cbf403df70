//! The use cases that manage servers, on the embedded store.
//!
//! # Map
//! | behaviours of | file |
//! |---|---|
//! | listing one server, and many | `listing.rs` |
//! | replacing and removing, and listing again | `changing.rs` |
//! | the registry that they run on | `registry.rs` |
#![expect(
    clippy::unwrap_used,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod changing;
mod listing;
mod registry;
