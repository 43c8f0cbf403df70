//! The gateway from outside: real programs, real MCP clients and servers, over sockets.
//!
//! | what is promised | file |
//! |---|---|
//! | every client reaches every server, by either door | `eras.rs` |
//! | the clients that people use do what they do | `clients.rs` |
//! | what was approved is what is served, and to whom | `doors.rs`, `revocation.rs` |
//! | bytes stay bytes; ids come back | `bytes_stay.rs`, `ids.rs` |
//! | answers stream; connections are reused; who leaves cancels | `streaming.rs` |
//! | who may call, and how often | `identity.rs` |
//! | people sign in with a browser | `sign_in/` |
//! | one record per call, without secrets | `records.rs` |
//! | an upstream that fails is told, never hidden | `failures.rs`, `recovery.rs` |
//! | resources and prompts of many servers behind one address | `federated.rs` |
//! | long lists come in pages | `paging.rs` |
//! | named subsets of servers and tools | `collections.rs` |
//! | who listens is told what changed, and nobody else's | `listening.rs` |
//! | a session is its client's alone, and ends | `sessions.rs` |
//! | the gateway's own tools and resource | `own_tools.rs` |
//! | servers that ask clients of the other era | `questions.rs` |
//! | what servers tell by themselves | `following.rs` |
//! | calls that go on without their client | `surviving.rs` |
//! | requests that no client should send | `bad_input.rs` |
//! | messages and answers made to confuse | `odd_messages.rs`, `odd_answers.rs` |
//! | a tool that somebody may not use is not there for them | `tool_rules.rs` |
//! | the end is graceful | `stopping.rs` |
//!
//! Every test starts its own program with its own data folder (`support.rs`).
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod bad_input;
mod bytes_stay;
mod clients;
mod collections;
mod doors;
mod eras;
mod failures;
mod federated;
mod following;
mod identity;
mod ids;
mod listening;
mod messages;
mod odd_answers;
mod odd_messages;
mod older;
mod own_tools;
mod paging;
mod programs;
mod questions;
mod records;
mod recovery;
mod revocation;
mod sessions;
mod sign_in;
mod stopping;
mod streaming;
mod support;
mod surviving;
mod tool_rules;
mod transports;
