//! What black-box tests are made of: the real programs, real sockets, real MCP peers.
//!
//! | want | take |
//! |---|---|
//! | a program on random ports, its log lines, its death | [`Program`], [`Launch`], [`DataDir`] |
//! | REST and raw HTTP against it | [`Api`], [`Answer`], [`token`], [`raw()`] |
//! | one MCP message by hand, either era | [`Api::mcp`], [`Api::mcp_legacy`], [`Answer::rpc`] |
//! | an SSE answer, event by event | [`Api::open`], [`EventStream`] |
//! | the official SDK as client | [`clients::modern_client`], [`clients::legacy_client`] |
//! | the official SDK as upstream | [`upstreams::RmcpServer`] |
//! | an upstream that misbehaves | [`upstreams::Scripted`] |
//! | an upstream with an authorization server of its own | [`upstreams::Granting`] |
//! | an upstream of HTTP+SSE, WebSocket or standard input and output | [`upstreams::Peer`], `mcp-stdio-server` |
//! | an empty PostgreSQL database, a key prefix on Redis | [`TestDatabase`], [`TestRedis`] |
//! | a connection that is cut or stalls | [`ChaosProxy`] |
//! | a TCP load balancer | [`Balancer`] |
//! | two of each program behind one | [`Cluster`] |
//! | a page of metrics, and whether it keeps the format's rules | [`Scrape`] |
//! | a collector of traces | [`Collector`] |
//! | Microsoft Entra ID, with its refusals | [`entra::Entra`] |
//! | to wait for a fact | [`eventually()`] |
//!
//! Tests never sleep and never assert a duration: they wait with [`eventually()`], whose deadline is
//! far above every promise.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "test code: a test wants to stop, with a message, where its ground gives way"
)]

mod api;
mod balancer;
mod binary;
mod chaos;
pub mod clients;
mod cluster;
mod collector;
mod committed;
pub mod entra;
mod events;
mod eventually;
mod launch;
mod mcp;
mod metrics;
mod output;
mod program;
mod raw;
mod services;
mod tls;
pub mod upstreams;

pub use api::{Answer, Api, token};
pub use balancer::Balancer;
pub use binary::find as find_program;
pub use chaos::ChaosProxy;
pub use cluster::{Cluster, Kind};
pub use collector::Collector;
pub use committed::assert_committed;
pub use events::{Event, EventStream};
pub use eventually::{DEADLINE, eventually, eventually_within};
pub use launch::{DataDir, Launch};
pub use metrics::Scrape;
pub use program::Program;
pub use raw::raw;
pub use rmcp;
pub use services::{TestDatabase, TestRedis, test_redis};
pub use tls::{Authority, Certificate, PgTlsDoor, TlsDoor};
