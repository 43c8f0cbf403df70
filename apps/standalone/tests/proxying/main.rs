//! Port 8000's proxy from outside: real programs, real MCP servers, over sockets.
//!
//! | what is promised | file |
//! |---|---|
//! | `/mcp`: plain JSON-RPC finds its server | `simple.rs` |
//! | `/mcp/proxy`: wishes, times, shapes | `advanced.rs`, `refusals.rs` |
//! | ids and numbers come back as they were spelled; many calls at once | `crowds.rs` |
//! | one of several servers, by five algorithms | `balancing.rs` |
//! | a server that fails is left alone, others are asked | `failing.rs` |
//! | running calls are listed and cancelled | `active.rs` |
//! | servers that want credentials | `credentials.rs` |
//! | who may, and what is recorded | `strangers.rs` |
//!
//! Every test starts its own program with its own data folder (`support.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod active;
mod advanced;
mod balancing;
mod credentials;
mod crowds;
mod failing;
mod refusals;
mod simple;
mod strangers;
mod support;
