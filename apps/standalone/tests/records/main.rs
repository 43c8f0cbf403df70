//! What was done, who may read it, and the proof that nobody changed it since.
//!
//! | what is promised | file |
//! |---|---|
//! | records are sealed; what is done to them by hand is named; old days are purged | `sealing.rs` |
//! | machines show keys | `keys.rs` |
//! | administrators read and export operations | `reading.rs` |
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod keys;
mod reading;
mod sealing;
mod support;
