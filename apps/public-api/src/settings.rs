//! What an operator decides about the public API.

use registry_http_edge::EdgeSettings;
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
    /// Where the documentation is.
    pub pages: PageSettings,
}

impl PublicApiSettings {
    /// Settings for tests.
    pub fn for_testing() -> Self {
        Self {
            edge: EdgeSettings::for_testing(),
            server: ServerSettings::for_testing(),
            environment: "development".to_owned(),
            gateway_base_url: "http://localhost:8001".to_owned(),
            pages: PageSettings::for_testing(),
        }
    }
}
