//! HTTP in: the headers that matter to the protocol.

use actix_web::http::header::{self, HeaderMap, HeaderName};
use registry_exchange::InboundHeaders;

/// The most `Mcp-Param-…` headers that are passed on; more are a mistake or an attack.
const MOST_PARAMS: usize = 64;

/// Reads the headers that matter to the protocol.
pub fn headers(headers: &HeaderMap) -> InboundHeaders {
    let mut duplicated = false;
    let mut one = |name: &str| {
        let mut values = headers.get_all(name);
        let first = values.next()?;
        duplicated |= values.next().is_some();
        // A value that is no text is not dropped: an empty one matches nothing.
        Some(first.to_str().unwrap_or_default().to_owned())
    };
    let protocol_version = one("mcp-protocol-version");
    let method = one("mcp-method");
    let name = one("mcp-name");
    let session = one("mcp-session-id");
    let hops = hops(headers);
    let params = if method.is_some() { params(headers) } else { Vec::new() };
    InboundHeaders {
        protocol_version,
        method,
        name,
        session,
        params,
        hops,
        duplicated,
        accepts_event_stream: accepts_event_stream(headers),
    }
}

/// How many gateways like this one a call has been through. Only they say so; what does not read
/// counts as too many.
pub fn hops(headers: &HeaderMap) -> u8 {
    let stated = headers.get("x-mcp-registry-hops");
    stated
        .map_or(0, |hops| hops.to_str().ok().and_then(|text| text.parse().ok()).unwrap_or(u8::MAX))
}

fn params(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| is_param(name))
        .take(MOST_PARAMS)
        .filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        })
        .collect()
}

fn is_param(name: &HeaderName) -> bool {
    name.as_str().starts_with("mcp-param-")
}

fn accepts_event_stream(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|range| {
            range
                .split(';')
                .next()
                .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/event-stream"))
        })
}

#[cfg(test)]
mod tests {
    use actix_web::http::header::HeaderValue;

    use super::*;

    fn map(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let mut map = HeaderMap::new();
        for (name, value) in pairs {
            map.append(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        map
    }

    #[test]
    fn a_header_that_comes_twice_is_noticed() {
        assert!(headers(&map(&[("mcp-name", "a"), ("mcp-name", "b")])).duplicated);
        assert!(!headers(&map(&[("mcp-name", "a"), ("mcp-method", "b")])).duplicated);
    }

    #[test]
    fn event_streams_are_sent_only_to_those_who_read_them() {
        assert!(
            headers(&map(&[("accept", "application/json, Text/Event-Stream;q=0.5")]))
                .accepts_event_stream
        );
        assert!(
            !headers(&map(&[("accept", "application/json, text/plain, */*")])).accepts_event_stream
        );
    }

    #[test]
    fn parameters_of_a_modern_call_come_along() {
        let seen = headers(&map(&[
            ("mcp-method", "tools/call"),
            ("mcp-param-region", "eu"),
            ("cookie", "x"),
        ]));
        assert_eq!(seen.params, [("mcp-param-region".to_owned(), "eu".to_owned())]);
    }
}
