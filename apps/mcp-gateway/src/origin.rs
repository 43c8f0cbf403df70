//! A browser's page may call an MCP endpoint only from an origin on the list: without this check,
//! any web page could reach a gateway on its reader's machine by DNS rebinding (MCP transports,
//! "Security warning").

use actix_web::HttpRequest;
use actix_web::http::header;
use registry_http_edge::{Code, Problem};
use url::{Host, Url};

use crate::GatewaySettings;

/// Refuses a request whose `Origin` is there and not allowed.
pub(crate) fn check(request: &HttpRequest, settings: &GatewaySettings) -> Result<(), Problem> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    let allowed = origin.to_str().is_ok_and(|origin| is_allowed(origin, settings));
    if allowed {
        Ok(())
    } else {
        Err(Problem::new(
            Code::OriginNotAllowed,
            "This origin may not call MCP endpoints (MREG_SECURITY_CORS_ORIGINS)",
        ))
    }
}

fn is_allowed(origin: &str, settings: &GatewaySettings) -> bool {
    settings.allowed_origins.iter().any(|allowed| allowed == origin)
        || (settings.allow_loopback_origins && is_loopback(origin))
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
        let settings = GatewaySettings {
            name: String::new(),
            version: String::new(),
            max_body_bytes: 1,
            allowed_origins: vec!["https://app.example.com".into()],
            allow_loopback_origins: true,
        };
        for good in [
            "https://app.example.com",
            "http://localhost:5173",
            "http://127.0.0.1:3000",
            "http://[::1]",
        ] {
            assert!(is_allowed(good, &settings), "{good}");
        }
        for bad in [
            "https://evil.example",
            "https://app.example.com.evil.example",
            "http://localhost.evil.example",
            "null",
            "",
        ] {
            assert!(!is_allowed(bad, &settings), "{bad}");
        }
    }
}
