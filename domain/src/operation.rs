//! One recorded MCP call or mutating API call: who did what, to which server, and how it went.

use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::id::{OperationId, ServerId};

/// One recorded operation. It travels as one JSON line through the spool to the store, so its
/// members are texts and numbers that need no second look.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Operation {
    /// A UUIDv7: the store keeps one row per id, however often it is told.
    pub id: OperationId,
    /// When the call came in.
    pub at: Timestamp,
    /// The caller's identity (`oid`, else `sub`).
    pub user_id: Option<String>,
    /// The caller's tenant.
    pub tenant_id: Option<String>,
    /// The caller's email address.
    pub email: Option<String>,
    /// The MCP method.
    pub method: String,
    /// The tool, for `tools/call`.
    pub tool_name: Option<String>,
    /// The arguments as a JSON text, secrets already redacted.
    pub params: Option<String>,
    /// Whether it went well.
    pub success: bool,
    /// What went wrong, where something did.
    pub error_message: Option<String>,
    /// The stable code of what went wrong.
    pub error_code: Option<String>,
    /// How long it took, in milliseconds.
    pub duration_ms: u32,
    /// The server that was called.
    pub server_id: Option<ServerId>,
    /// The request id that logs and answers carry.
    pub request_id: String,
    /// Where a call came from that nobody signed in for. A spool of an older program has none.
    #[serde(default)]
    pub client_address: Option<IpAddr>,
}
