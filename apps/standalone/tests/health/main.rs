//! Servers that change behind the registry's back, and servers that an operator takes out.
//!
//! | what is promised | file |
//! |---|---|
//! | what was approved is what is served | `drift.rs`, `decisions.rs` |
//! | maintenance: no traffic, no probes | `maintenance.rs` |
//!
//! Every test starts its own program with its own data folder (`support.rs`). How probes find what
//! they find is in `../outages`, with the database to look into.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod decisions;
mod drift;
mod maintenance;
mod support;
