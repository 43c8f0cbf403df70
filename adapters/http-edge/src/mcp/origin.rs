//! A browser's page may call an MCP endpoint only from an origin on the list: without this check,
//! any web page could reach a gateway on its reader's machine by DNS rebinding (MCP transports,
//! "Security warning").

use actix_web::HttpRequest;
use url::{Host, Url};

use crate::origin;
use crate::problem::Problem;

/// The origins whose pages may call.
#[derive(Debug, Clone, Default)]
pub struct Origins {
    /// These.
    pub allowed: Vec<String>,
    /// Besides, in development, any loopback origin.
    pub allow_loopback: bool,
}

impl Origins {
    /// Refuses a request whose `Origin` is there and not allowed.
    ///
    /// # Errors
    /// 403.
    pub fn check(&self, request: &HttpRequest) -> Result<(), Problem> {
        let words = "This origin may not call MCP endpoints (MREG_SECURITY_CORS_ORIGINS)";
        origin::check(request, |origin| self.allows(origin), words)
    }

    fn allows(&self, origin: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == origin)
            || (self.allow_loopback && is_loopback(origin))
    }
}

fn is_loopback(origin: &str) -> bool {
    match Url::parse(origin).ok().as_ref().and_then(Url::host) {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_strangers_are_refused_and_look_alikes_too() {
        let origins =
            Origins { allowed: vec!["https://app.example.com".into()], allow_loopback: true };
        for good in [
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "http://[::1]",
        ] {
            assert!(origins.allows(good), "{good}");
        }
        for bad in [
            "https://evil.example",
            "https://app.example.com.evil.example",
            "http://localhost.evil.example",
            "null",
            "",
        ] {
            assert!(!origins.allows(bad), "{bad}");
        }
    }
}
