//! `WWW-Authenticate`: how a caller without a good token is told to get one.

use actix_web::http::header::HeaderValue;
use registry_domain::oauth::{CALL_SCOPE, is_resource};

/// Why a caller is challenged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// There was no bearer token: the bare challenge (RFC 6750 §3).
    NoToken,
    /// There was one, but it is not accepted.
    BadToken,
    /// It is good, but its person granted too little.
    InsufficientScope,
}

impl Challenge {
    /// The header's value. `base` is the gateway's address, where metadata of its resources are to
    /// be had (RFC 9728 §5.1), and `path` is what was asked: each MCP endpoint is a resource of its
    /// own, the rest belongs to the root. The scopes are all that it takes, so that a client asks
    /// once.
    pub fn header(self, base: Option<&str>, path: &str) -> HeaderValue {
        let mut text = r#"Bearer realm="mcp-registry""#.to_owned();
        match self {
            Self::NoToken => {}
            Self::BadToken => text.push_str(r#", error="invalid_token""#),
            Self::InsufficientScope => text.push_str(r#", error="insufficient_scope""#),
        }
        if let Some(base) = base {
            let resource = if is_resource(path) { path } else { "" };
            for part in [
                r#", scope=""#,
                CALL_SCOPE,
                r#"", resource_metadata=""#,
                base,
                "/.well-known/oauth-protected-resource",
                resource,
                r#"""#,
            ] {
                text.push_str(part);
            }
        }
        // An address that no header can carry comes from settings: better a challenge without it.
        HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static("Bearer"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_is_named_only_when_a_token_was_sent() {
        assert_eq!(Challenge::NoToken.header(None, "/mcp"), r#"Bearer realm="mcp-registry""#);
        let gateway = Some("https://gateway.example");
        assert_eq!(
            Challenge::BadToken.header(gateway, "/servers/files/mcp"),
            r#"Bearer realm="mcp-registry", error="invalid_token", scope="access_as_user", resource_metadata="https://gateway.example/.well-known/oauth-protected-resource/servers/files/mcp""#
        );
        assert_eq!(
            Challenge::NoToken.header(gateway, "/events"),
            r#"Bearer realm="mcp-registry", scope="access_as_user", resource_metadata="https://gateway.example/.well-known/oauth-protected-resource""#
        );
    }
}
