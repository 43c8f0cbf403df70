//! One client call as it came in: where, from whom, and its bytes.

use std::time::Duration;

use bytes::Bytes;
use mcp_wire::front::FrontHeaders;
use registry_domain::id::ServerId;
use registry_domain::party::Party;
use serde::{Deserialize, Serialize};

/// Which endpoint was called.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Door {
    /// `/mcp`: all servers that the caller may use, their names prefixed.
    Federated,
    /// `/servers/{server}/mcp`: one server, its names unchanged. The text is `{alias}` or
    /// `{tenant}~{alias}`.
    Server(String),
    /// `/collections/{collection}/mcp`: what a collection has of all servers. The text is `{slug}`
    /// or `{tenant}~{slug}`.
    Collection(String),
    /// Port 8000's `/mcp` and `/mcp/proxy`: whichever server can do what is asked.
    Any(Wants),
}

/// What a client of port 8000 wants of the server that is chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wants {
    /// It has all of these tools.
    pub required_tools: Vec<String>,
    /// It has all of these resources.
    pub required_resources: Vec<String>,
    /// It is one of these, if any of them can be used.
    pub preferred_servers: Vec<ServerId>,
    /// How long the whole answer may take.
    pub timeout: Option<Duration>,
    /// Whether the message came wrapped, without the headers of the protocol; it is then answered
    /// whole.
    pub wrapped: bool,
    /// It is this one and no other.
    pub only_server: Option<ServerId>,
    /// Whether the API is open: then a stranger reaches the servers of all tenants, and those that
    /// nobody vouches for.
    pub open: bool,
}

/// The request headers that matter to the protocol.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct InboundHeaders {
    /// `MCP-Protocol-Version`.
    pub protocol_version: Option<String>,
    /// `Mcp-Method`.
    pub method: Option<String>,
    /// `Mcp-Name`.
    pub name: Option<String>,
    /// `Mcp-Session-Id`.
    pub session: Option<String>,
    /// `Mcp-Param-…`: name and value.
    pub params: Vec<(String, String)>,
    /// How many gateways like this one the call has been through (`X-Mcp-Registry-Hops`).
    pub hops: u8,
    /// Whether one of the headers above came twice.
    pub duplicated: bool,
    /// Whether the client reads `text/event-stream`.
    pub accepts_event_stream: bool,
}

impl InboundHeaders {
    pub(crate) fn front(&self) -> FrontHeaders<'_> {
        FrontHeaders {
            protocol_version: self.protocol_version.as_deref(),
            method: self.method.as_deref(),
            name: self.name.as_deref(),
            session: self.session.as_deref(),
            duplicated: self.duplicated,
        }
    }
}

/// One client call.
#[derive(Debug, Clone)]
pub struct Inbound {
    /// Which endpoint was called.
    pub door: Door,
    /// The headers that matter.
    pub headers: InboundHeaders,
    /// The body, whole and bounded by the app.
    pub body: Bytes,
    /// Who calls.
    pub party: Party,
    /// The id that logs, records and the answer carry.
    pub request_id: String,
    /// Whether it is part of another call, by whose record it is told.
    pub is_part: bool,
}
