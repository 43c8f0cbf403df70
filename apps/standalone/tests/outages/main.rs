//! What happens to the program when PostgreSQL or Redis, or the way to them, breaks.
//!
//! | what is promised | file |
//! |---|---|
//! | without PostgreSQL calls go on, all else is told so, and everything recovers | `postgres_gone.rs` |
//! | no accepted write is lost, none is applied twice | `writes.rs`, `decisions.rs` (`burst.rs`) |
//! | without Redis everything works, by itself, and recovers | `redis_gone.rs` |
//! | replicas share their limits again after an outage | `limits.rs` |
//! | the end leaves nobody connected, and comes in an outage too | `stopping.rs` |
//! | what probes find stands in Redis, by class of trouble | `probes.rs`, `classes.rs` |
//! | who probes, how often, and what moves a status | `probing.rs` |
//! | running calls are listed and cancelled from any replica | `active_calls.rs` |
//! | replicas see each other's changes, and may start together | `replicas.rs` |
//! | an address that is wrong, or where nobody answers, is told in a line | `wrong_address.rs` |
//! | encrypted, and only to whom the operator trusts | `tls.rs` |
//! | what a program does not know is refused, row by row where that is possible | `unknown.rs` |
//!
//! A `ChaosProxy` stands before each server: it is cut, stalled and restored (`support.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::disallowed_methods,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod active_calls;
mod burst;
mod classes;
mod decisions;
mod limits;
mod postgres_gone;
mod probes;
mod probing;
mod redis_gone;
mod replicas;
mod stopping;
mod support;
mod tls;
mod unknown;
mod writes;
mod wrong_address;
