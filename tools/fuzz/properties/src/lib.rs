//! What holds of any bytes that a peer may send: each function takes them and panics where it does not.
//!
//! `tools/fuzz/targets` hunts for such bytes with libFuzzer (`make fuzz`); the tests of this crate try
//! some at random each time, and those that were once found. To add a property: a function here, a test
//! in `tests/properties.rs`, a program in `tools/fuzz/targets`.
#![expect(
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a property that does not hold is a panic: libFuzzer and tests look for that"
)]

mod envelope;
mod events;
mod sealed;
mod sentinel;

pub use envelope::envelope;
pub use events::events;
pub use sealed::sealed;
pub use sentinel::sentinel;
