//! Another form that Redis has: a master behind Sentinels. The tests start the servers themselves.
//!
//! | what is promised | file |
//! |---|---|
//! | every behaviour holds behind a Sentinel, and after its master died | `sentinel.rs` |
#![cfg_attr(
    test,
    expect(
        clippy::unwrap_used,
        clippy::panic,
        clippy::disallowed_methods,
        reason = "test code: a test wants to stop, with a message, where its ground gives way"
    )
)]

#[cfg(test)]
#[path = "../contract/adapter.rs"]
mod adapter;
#[cfg(test)]
mod sentinel;
#[cfg(test)]
mod server;
