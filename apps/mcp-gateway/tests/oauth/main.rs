//! The gateway as OAuth authorization server, from outside: real programs, a stand-in for Entra, raw
//! HTTP, and the official SDKs' clients as they are.
//!
//! | what is promised | file |
//! |---|---|
//! | what clients read first, and how they are told to | `discovery.rs` |
//! | which clients there may be | `clients.rs` |
//! | a flow from its beginning to a call, and to the end of its grant | `flow.rs` |
//! | flows that nobody should get through with | `bad_input.rs` |
//! | an identity provider's assertion instead of a sign-in | `assertions.rs` |
//! | tokens: for whom, for what, until when; what goes to upstreams | `tokens.rs` |
//! | what opens servers in a caller's name | `on_behalf.rs` |
//! | servers that sign people in by themselves | `grants.rs` |
//! | replicas share all of it | `replicas.rs` |
//! | the SDKs of TypeScript and Python get through unchanged | `sdks.rs` |
//!
//! Every test starts its own program and its own Entra (`support.rs`); a person's browser and a
//! client are in `browser.rs`.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod assertions;
mod bad_input;
mod browser;
mod clients;
mod discovery;
mod flow;
mod grants;
mod on_behalf;
mod replicas;
mod sdks;
mod support;
mod tokens;
