//! Bounds and deadlines of the upstream client.

use std::time::Duration;

use http::HeaderValue;
use registry_domain::endpoint::EgressPolicy;

/// How upstreams are called, and how much of them is read.
///
/// A call's own deadline comes with the call; the deadlines here are those of connecting and of
/// discovery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UpstreamSettings {
    /// Which addresses may be called.
    pub egress: EgressPolicy,
    /// How long a connection may take: name, TCP and TLS together.
    pub connect_timeout: Duration,
    /// How long one question of `open` and `discover` may take, to the last byte of its answer.
    pub request_timeout: Duration,
    /// How long `open` or `discover` may take as a whole.
    pub discovery_timeout: Duration,
    /// How many bytes `open` or `discover` reads from one server, over all its answers.
    pub max_discovery_bytes: usize,
    /// How many pages one list may have.
    pub max_pages: usize,
    /// How many definitions a server may offer, over all kinds.
    pub max_definitions: usize,
    /// How many bytes one server-sent event may have in `open` and `discover`.
    pub max_sse_frame_bytes: usize,
    /// How long a connection is kept that nobody uses.
    pub pool_idle_timeout: Duration,
    /// How many unused connections are kept for each upstream host.
    pub pool_max_idle_per_host: usize,
    /// The longest message over a transport other than streamable HTTP, in bytes.
    pub max_message_bytes: usize,
    /// How many connections of such transports are held at once.
    pub max_links: usize,
    /// How long such a connection is kept that nobody uses.
    pub link_idle_timeout: Duration,
    /// How often a WebSocket is asked whether it is alive.
    pub ping_interval: Duration,
    /// Whether a server at an address of HTTP may be spoken to over HTTP+SSE (2024-11-05), where it
    /// does not speak streamable HTTP.
    pub legacy_sse: bool,
    /// What we call ourselves in `clientInfo` and `user-agent`.
    pub client_name: String,
    /// Our version in `clientInfo` and `user-agent`.
    pub client_version: String,
}

impl UpstreamSettings {
    /// How we name ourselves to servers (RFC 9110 §10.1.5).
    pub(crate) fn agent(&self) -> HeaderValue {
        let agent = format!("{}/{}", self.client_name, self.client_version);
        HeaderValue::try_from(agent)
            .unwrap_or_else(|_| HeaderValue::from_static("mcp-registry-gateway"))
    }

    /// The defaults, under an egress policy.
    pub fn new(egress: EgressPolicy) -> Self {
        Self {
            egress,
            connect_timeout: Duration::from_secs(5),
            request_timeout: Duration::from_secs(10),
            discovery_timeout: Duration::from_mins(1),
            max_discovery_bytes: 16 * 1024 * 1024,
            max_pages: 100,
            max_definitions: 10_000,
            max_sse_frame_bytes: 16 * 1024 * 1024,
            pool_idle_timeout: Duration::from_secs(30),
            pool_max_idle_per_host: 64,
            max_message_bytes: 16 * 1024 * 1024,
            max_links: 4096,
            link_idle_timeout: Duration::from_mins(30),
            ping_interval: Duration::from_secs(30),
            legacy_sse: false,
            client_name: "mcp-registry-gateway".to_owned(),
            client_version: env!("CARGO_PKG_VERSION").to_owned(),
        }
    }

    /// Settings for tests with servers on loopback: small bounds, so that tests reach them.
    pub fn for_testing() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            request_timeout: Duration::from_secs(5),
            discovery_timeout: Duration::from_secs(20),
            max_discovery_bytes: 256 * 1024,
            max_pages: 10,
            max_definitions: 100,
            max_sse_frame_bytes: 64 * 1024,
            max_message_bytes: 64 * 1024,
            legacy_sse: true,
            ..Self::new(EgressPolicy::Development)
        }
    }
}
