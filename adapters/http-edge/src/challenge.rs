//! `WWW-Authenticate`: how a caller without a good token is told to get one.

use actix_web::http::header::HeaderValue;

/// Why a caller is challenged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Challenge {
    /// There was no bearer token: the bare challenge (RFC 6750 §3).
    NoToken,
    /// There was one, but it is not accepted.
    BadToken,
}

impl Challenge {
    /// The header's value. `resource_metadata` is the address of the protected resource's
    /// metadata (RFC 9728 §5.1), where there is one.
    pub fn header(self, resource_metadata: Option<&str>) -> HeaderValue {
        let mut text = r#"Bearer realm="mcp-registry""#.to_owned();
        if self == Self::BadToken {
            text.push_str(r#", error="invalid_token""#);
        }
        if let Some(address) = resource_metadata {
            text.push_str(r#", resource_metadata=""#);
            text.push_str(address);
            text.push('"');
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
        assert_eq!(Challenge::NoToken.header(None), r#"Bearer realm="mcp-registry""#);
        assert_eq!(
            Challenge::BadToken.header(Some("https://gateway.example/meta")),
            r#"Bearer realm="mcp-registry", error="invalid_token", resource_metadata="https://gateway.example/meta""#
        );
    }
}
