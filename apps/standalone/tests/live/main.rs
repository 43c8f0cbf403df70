//! Live events from outside: the real program, over sockets, on both ports.
//!
//! | what is promised | file |
//! |---|---|
//! | an event stream says what happens, topic by topic | `events.rs` |
//! | who comes back misses nothing and hears nothing twice | `replay.rs` |
//! | a WebSocket says the same, and hears wishes | `sockets.rs` |
//! | how servers are, at once and when it changes | `health.rs` |
//! | calls that begin and end | `requests.rs` |
//! | who may listen, and to what | `doors.rs`, `tenants.rs`, `tickets.rs`, `origins.rs` |
//! | tokens end, also while somebody listens | `expiry.rs` |
//! | bounds, and slow clients | `bounds.rs`, `slow.rs` |
//! | the end lets everybody go | `stopping.rs` |
//! | several replicas are one feed, and outages are told | `replicas.rs` |
//!
//! Every test starts its own program with its own data folder (`support.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod bounds;
mod doors;
mod events;
mod expiry;
mod health;
mod origins;
mod replay;
mod replicas;
mod requests;
mod slow;
mod sockets;
mod stopping;
mod support;
mod tenants;
mod tickets;
