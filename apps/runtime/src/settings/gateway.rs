//! The MCP gateway: where it listens, what it calls itself, and its bounds.

use std::net::IpAddr;
use std::time::Duration;

use super::{Reader, Stage};

/// Settings of the gateway.
#[derive(Debug, Clone)]
pub struct GatewaySettings {
    /// Whether `mcp-registry serve` starts it.
    pub enabled: bool,
    /// The address to listen on.
    pub host: IpAddr,
    /// The port; 0 lets the system choose.
    pub port: u16,
    /// What the gateway calls itself to MCP clients.
    pub name: String,
    /// The address that clients know it by; made of host and port if unset.
    pub base_url: Option<String>,
    /// How long an upstream may take until its answer begins, and then for each part of it.
    pub request_timeout: Duration,
    /// The longest request body, in bytes.
    pub max_body_bytes: usize,
    /// The longest event of an upstream's event stream, in bytes.
    pub max_event_bytes: usize,
    /// How long a client may take to answer what a server asks it in the middle of a call.
    pub question_timeout: Duration,
    /// The most bytes of operation records that may wait for the store.
    pub spool_max_bytes: u64,
}

impl GatewaySettings {
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage, development_issuer: bool) -> Self {
        let base_url = reader.base_url(&["MREG_FASTMCP_BASE_URL"]);
        if reader.set_by(&["MREG_FASTMCP_BASE_URL"]).is_none() && stage != Stage::Development {
            reader.problem(
                "MREG_FASTMCP_BASE_URL",
                format!("is required in {stage}: the address that MCP clients use"),
            );
        }
        Self {
            enabled: reader.flag(&["MREG_FASTMCP_ENABLED"], true),
            host: super::service::host(reader, &["MREG_FASTMCP_HOST"], development_issuer),
            port: reader.number(&["MREG_FASTMCP_PORT"], 8001, 0, u16::MAX),
            name: reader
                .parsed(
                    &["MREG_FASTMCP_NAME"],
                    "MCP Registry Gateway",
                    "1 to 100 characters",
                    |text| (1..=100).contains(&text.chars().count()).then(|| text.to_owned()),
                )
                .unwrap_or_default(),
            base_url,
            request_timeout: Duration::from_secs(reader.number(
                &["MREG_REQUEST_TIMEOUT"],
                30,
                1,
                300,
            )),
            max_body_bytes: reader.number(
                &["MREG_MCP_MAX_BODY_BYTES"],
                4 << 20,
                1 << 10,
                256 << 20,
            ),
            max_event_bytes: reader.number(
                &["MREG_MCP_MAX_EVENT_BYTES"],
                16 << 20,
                1 << 10,
                256 << 20,
            ),
            question_timeout: Duration::from_secs(reader.number(
                &["MREG_MCP_QUESTION_TIMEOUT"],
                300,
                1,
                3600,
            )),
            spool_max_bytes: reader.number(
                &["MREG_AUDIT_SPOOL_MAX_BYTES"],
                256 << 20,
                64 << 10,
                1 << 40,
            ),
        }
    }
}
