//! Addresses of upstream servers, and which of them we are willing to call.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::field::Violation;

/// How an upstream is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Transport {
    /// Streamable HTTP (MCP revision 2025-03-26 and later).
    Http,
    /// One JSON-RPC message per WebSocket text frame.
    Websocket,
    /// HTTP+SSE (MCP revision 2024-11-05).
    Sse,
}

impl Transport {
    /// The transport's name in JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Websocket => "websocket",
            Self::Sse => "sse",
        }
    }

    /// The inverse of [`Transport::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "http" => Some(Self::Http),
            "websocket" => Some(Self::Websocket),
            "sse" => Some(Self::Sse),
            _ => None,
        }
    }
}

/// The address of an MCP endpoint, kept letter by letter as it was sent.
///
/// The text is not normalised: a URL that is submitted is found again by the same text. Two
/// spellings of one address share a [`key`](Self::key).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EndpointUrl {
    text: String,
    url: Url,
}

impl EndpointUrl {
    /// The longest address, in characters.
    pub const MAX_CHARS: usize = 2048;

    /// Accepts an absolute `http` or `https` URL with a host, without credentials or fragment.
    ///
    /// # Errors
    /// A [`Violation`] on `endpoint_url` that states the rule.
    pub fn parse(text: &str) -> Result<Self, Violation> {
        let refuse = |rule, message: &str| Violation::at("endpoint_url", rule, message);
        if text.chars().count() > Self::MAX_CHARS {
            return Err(refuse("string_too_long", "must be at most 2048 characters long"));
        }
        if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
            return Err(refuse("url_parsing", "must not contain spaces or control characters"));
        }
        let url = Url::parse(text).map_err(|_| {
            refuse("url_parsing", "must be an absolute URL, such as https://mcp.example.com/mcp")
        })?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse("url_scheme", "must start with http:// or https://"));
        }
        if url.host().is_none() {
            return Err(refuse("url_host", "must name a host"));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(refuse("url_credentials", "must not carry a user name or password"));
        }
        if url.fragment().is_some() {
            return Err(refuse("url_fragment", "must not carry a fragment (#…)"));
        }
        Ok(Self { text: text.to_owned(), url })
    }

    /// The address as it was sent.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The address as a parsed URL.
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// One text for all spellings of an address: scheme and host in lower case, no default port,
    /// no slash at the end.
    pub fn key(&self) -> String {
        let mut key = self.url.to_string();
        if self.url.query().is_none() && key.ends_with('/') {
            key.pop();
        }
        key
    }

    /// The transport that the scheme implies.
    pub fn transport(&self) -> Transport {
        match self.url.scheme() {
            "ws" | "wss" => Transport::Websocket,
            _ => Transport::Http,
        }
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
    }
}

/// Which addresses we are willing to call on somebody else's word (server-side request forgery).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EgressPolicy {
    /// Loopback and private networks are allowed; link-local and metadata addresses never.
    Development,
    /// Only addresses that are routed on the public Internet.
    Public,
}

impl EgressPolicy {
    /// Whether an address may be called. IPv4 addresses hidden in IPv6 forms (mapped, NAT64,
    /// 6to4) are judged as what they really are.
    pub fn permits(self, address: IpAddr) -> bool {
        let address = unwrap_embedded_v4(address);
        if is_never_ours(address) {
            return false;
        }
        match self {
            Self::Development => true,
            Self::Public => !is_internal(address),
        }
    }

    /// Judges the part of a URL that can be judged without resolving a name. What a name resolves
    /// to is judged again for every connection.
    ///
    /// # Errors
    /// A [`Violation`] on `endpoint_url` when the host is an address that may not be called.
    pub fn check(self, endpoint: &EndpointUrl) -> Result<(), Violation> {
        let permitted = match endpoint.url().host() {
            Some(Host::Ipv4(address)) => self.permits(IpAddr::V4(address)),
            Some(Host::Ipv6(address)) => self.permits(IpAddr::V6(address)),
            Some(Host::Domain(name)) => {
                let name = name.trim_end_matches('.');
                let local = name.eq_ignore_ascii_case("localhost")
                    || name.to_ascii_lowercase().ends_with(".localhost");
                !local || self == Self::Development
            }
            None => false,
        };
        if permitted {
            Ok(())
        } else {
            Err(Violation::at(
                "endpoint_url",
                "url_address_forbidden",
                "must not point to a loopback, private, link-local or metadata address",
            ))
        }
    }
}

fn unwrap_embedded_v4(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address.to_canonical() else {
        return address.to_canonical();
    };
    let embedded = match six.segments() {
        // 64:ff9b::/96 is NAT64 (RFC 6052), 2002::/16 is 6to4 (RFC 3056), ::/96 the old compatible form.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some((high, low)),
        [0, 0, 0, 0, 0, 0, high, low] if high != 0 => Some((high, low)),
        _ => None,
    };
    match embedded {
        Some((high, low)) => {
            IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
        }
        None => IpAddr::V6(six),
    }
}

/// Link-local (cloud metadata services live there), multicast, broadcast and unspecified.
fn is_never_ours(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            four.is_link_local()
                || four.is_multicast()
                || four.is_broadcast()
                || four.octets().first() == Some(&0)
                || four == Ipv4Addr::new(168, 63, 129, 16)
        }
        IpAddr::V6(six) => {
            six.is_multicast()
                || six.is_unspecified()
                || six.is_unicast_link_local()
                || six == Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)
        }
    }
}

fn is_internal(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => {
            let [a, b, ..] = four.octets();
            four.is_loopback()
                || four.is_private()
                || four.is_documentation()
                || (a == 100 && (64..128).contains(&b))
                || (a == 198 && (18..20).contains(&b))
                || (a == 192 && b == 0 && four.octets().get(2) == Some(&0))
                || a >= 240
        }
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unique_local() || six.segments().first() == Some(&0x100)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_kept_as_sent_and_compared_by_its_key() {
        let sent = EndpointUrl::parse("HTTPS://Api.Example.com:443/").unwrap();
        assert_eq!(sent.as_str(), "HTTPS://Api.Example.com:443/");
        assert_eq!(sent.key(), EndpointUrl::parse("https://api.example.com").unwrap().key());
    }

    #[test]
    fn each_broken_rule_has_its_name() {
        for (text, rule) in [
            ("garbage", "url_parsing"),
            ("/relative", "url_parsing"),
            ("ftp://example.com", "url_scheme"),
            ("file:///etc/passwd", "url_scheme"),
            ("https://user:pw@example.com", "url_credentials"),
            ("https://example.com/#part", "url_fragment"),
            ("https://exa mple.com", "url_parsing"),
        ] {
            assert_eq!(EndpointUrl::parse(text).unwrap_err().rule, rule, "{text}");
        }
        let long = format!("https://example.com/{}", "a".repeat(2048));
        assert_eq!(EndpointUrl::parse(&long).unwrap_err().rule, "string_too_long");
    }

    #[test]
    fn metadata_addresses_are_refused_in_every_disguise_even_in_development() {
        for text in [
            "169.254.169.254",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "0.0.0.0",
            "168.63.129.16",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert!(!EgressPolicy::Development.permits(address), "{text}");
        }
    }

    #[test]
    fn internal_addresses_are_for_development_only() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "192.168.0.1",
            "172.16.0.1",
            "100.64.0.1",
            "::1",
            "fc00::1",
            "::ffff:10.0.0.1",
        ] {
            let address: IpAddr = text.parse().unwrap();
            assert!(EgressPolicy::Development.permits(address), "{text}");
            assert!(!EgressPolicy::Public.permits(address), "{text}");
        }
        assert!(EgressPolicy::Public.permits("93.184.216.34".parse().unwrap()));
        assert!(EgressPolicy::Public.permits("2606:2800:220:1::1".parse().unwrap()));
        for url in [
            "http://localhost/mcp",
            "http://x.localhost./mcp",
            "http://127.1/mcp",
            "http://0x7f.1/mcp",
        ] {
            let endpoint = EndpointUrl::parse(url).unwrap();
            assert!(EgressPolicy::Public.check(&endpoint).is_err(), "{url}");
            assert!(EgressPolicy::Development.check(&endpoint).is_ok(), "{url}");
        }
    }
}
