//! Two of each program on one PostgreSQL and Redis, behind balancers that know nothing of HTTP.
//!
//! | what is promised | file |
//! |---|---|
//! | wherever a request lands, everything is known there | `shared.rs` |
//! | what one replica holds is reached from the other | `handed.rs` |
//! | kill -9 costs the calls on that replica and no other | `killed.rs` |
//! | a rolling restart costs nothing | `rolling.rs` |
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod asking;
mod handed;
mod killed;
mod load;
mod rolling;
mod shared;
mod support;
