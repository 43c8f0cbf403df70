//! MCP servers for the gateway to talk to: the official SDK's, and one that misbehaves on order.
//!
//! Each runs on its own thread and port, whatever runtime the test uses, and ends when dropped.

mod asking;
mod gate;
mod granting;
mod handshake;
mod http_text;
mod meter;
mod peer;
mod rmcp_server;
pub(crate) mod running;
mod scripted;
mod scripted_reply;
mod tools;
mod workbench;

pub use gate::Gate;
pub use granting::{Granting, KNOWN_SECRET};
pub use handshake::answer_handshake;
pub use http_text::ScriptedRequest;
pub(crate) use http_text::read_request;
pub use meter::Seen;
pub use peer::{Conduct, Peer, Reaction, react};
pub use rmcp_server::{Era, RmcpOptions, RmcpServer};
pub use scripted::Scripted;
pub use scripted_reply::Reply;
pub use workbench::Workbench;
