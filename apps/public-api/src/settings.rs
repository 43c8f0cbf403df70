//! What an operator decides about the public API.

use std::time::Duration;

use registry_http_edge::EdgeSettings;
use registry_http_edge::mcp::Origins;
use registry_http_edge::settings::ServerSettings;

use crate::pages::PageSettings;

/// The public API's settings.
#[derive(Debug, Clone)]
pub struct PublicApiSettings {
    /// What both apps share.
    pub edge: EdgeSettings,
    /// The sockets.
    pub server: ServerSettings,
    /// `development`, `staging` or `production`, as the root document shows it.
    pub environment: String,
    /// Where MCP clients reach the gateway, without a slash at the end.
    pub gateway_base_url: String,
    /// The proxy.
    pub proxy: ProxySettings,
    /// Where the documentation is.
    pub pages: PageSettings,
}

/// The proxy's settings.
#[derive(Debug, Clone)]
pub struct ProxySettings {
    /// Whether there is one: `/mcp` and `/mcp/proxy`.
    pub enabled: bool,
    /// Whether strangers reach the servers of all tenants, and those that nobody vouches for.
    pub open: bool,
    /// How long a call may take whose client does not say.
    pub default_timeout: Duration,
    /// How long a client may let one take.
    pub max_timeout: Duration,
    /// The longest message, in bytes.
    pub max_body_bytes: usize,
    /// Origins whose pages may call.
    pub origins: Origins,
}

impl ProxySettings {
    /// Settings for tests.
    pub fn for_testing() -> Self {
        Self {
            enabled: true,
            open: true,
            default_timeout: Duration::from_secs(30),
            max_timeout: Duration::from_mins(5),
            max_body_bytes: 4 << 20,
            origins: Origins::default(),
        }
    }
}

impl PublicApiSettings {
    /// Settings for tests.
    pub fn for_testing() -> Self {
        Self {
            edge: EdgeSettings::for_testing(),
            server: ServerSettings::for_testing(),
            environment: "development".to_owned(),
            gateway_base_url: "http://localhost:8001".to_owned(),
            proxy: ProxySettings::for_testing(),
            pages: PageSettings::for_testing(),
        }
    }
}
