//! Two of each program on one PostgreSQL and Redis, behind balancers that know nothing of HTTP.
//!
//! | what is promised | file |
//! |---|---|
//! | what calls on one tell of a server is known on all | `vitals.rs` |
//! | wherever a request lands, everything is known there | `shared.rs` |
//! | what one replica holds is reached from the other | `handed.rs` |
//! | kill -9 costs the calls on that replica and no other | `killed.rs` |
//! | a rolling restart costs nothing | `rolling.rs` |
//!
//! In both the clients are of every kind (`load.rs`, `listener.rs`), and at the end stores and
//! listeners agree with what clients were told.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod asking;
mod handed;
mod killed;
mod listener;
mod load;
mod rolling;
mod shared;
mod support;
mod vitals;
