//! Addresses of upstream servers. Which of them we are willing to call is [`EgressPolicy`]'s to say.

use std::fmt;

use serde::{Deserialize, Serialize};
use url::Url;

pub use crate::egress::EgressPolicy;
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
    /// Standard input and output of a program that the operator's file names; nobody lists one over
    /// an API.
    Stdio,
}

impl Transport {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Http, Self::Websocket, Self::Sse, Self::Stdio];

    /// The transport's name in JSON and SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Websocket => "websocket",
            Self::Sse => "sse",
            Self::Stdio => "stdio",
        }
    }

    /// The inverse of [`Transport::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|transport| transport.as_str() == text)
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
    over: Transport,
}

impl EndpointUrl {
    /// The longest address, in characters.
    pub const MAX_CHARS: usize = 2048;
    /// How the address of a program begins.
    const PROGRAM: &'static str = "stdio://";

    /// Accepts an absolute URL of HTTP or WebSocket with a host, without credentials or fragment.
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
        if url.as_str().len() > Self::MAX_CHARS {
            // What is not ASCII triples on its way to the server, and in the index of addresses.
            return Err(refuse(
                "string_too_long",
                "must be at most 2048 characters long once percent-encoded",
            ));
        }
        if !matches!(url.scheme(), "http" | "https" | "ws" | "wss") {
            return Err(refuse("url_scheme", "must start with http://, https://, ws:// or wss://"));
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
        let over = match url.scheme() {
            "ws" | "wss" => Transport::Websocket,
            _ => Transport::Http,
        };
        Ok(Self { text: text.to_owned(), url, over })
    }

    /// Where a program of the operator's file is: `stdio://{alias}`. Such an address is made here
    /// and read back from the store; nobody sends one.
    ///
    /// # Errors
    /// A [`Violation`] on `endpoint_url` for an alias that no address can have.
    pub fn of_program(alias: &str) -> Result<Self, Violation> {
        let text = format!("{}{alias}", Self::PROGRAM);
        let url = Url::parse(&text).ok().filter(|url| url.host_str() == Some(alias));
        let url = url.ok_or_else(|| {
            Violation::at("endpoint_url", "url_host", "must name a program of the operator's file")
        })?;
        Ok(Self { text, url, over: Transport::Stdio })
    }

    /// Reads an address as the store has it: those of [`Self::of_program`] as well.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn parse_kept(text: &str) -> Result<Self, Violation> {
        match text.strip_prefix(Self::PROGRAM) {
            Some(alias) => Self::of_program(alias),
            None => Self::parse(text),
        }
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

    /// The transport to dial it over: the one that the scheme implies, unless
    /// [`Self::dialled_over`] said another.
    pub fn transport(&self) -> Transport {
        self.over
    }

    /// Whether a server can be spoken to here over a transport: an address of WebSocket is for
    /// WebSocket alone, one of HTTP is for all (a WebSocket begins as HTTP).
    ///
    /// # Errors
    /// A [`Violation`] on `endpoint_url` that states the rule.
    pub fn suits(&self, transport: Transport) -> Result<(), Violation> {
        if self.transport() == Transport::Websocket && transport != Transport::Websocket {
            let rule = format!(
                "must start with http:// or https:// where transport_type is {:?}",
                transport.as_str()
            );
            return Err(Violation::at("endpoint_url", "url_scheme", rule));
        }
        Ok(())
    }

    /// The address to dial for a transport: over WebSocket, `http` is `ws` and `https` is `wss`;
    /// that of HTTP+SSE is spelled as that of HTTP.
    #[must_use]
    pub fn dialled_over(&self, transport: Transport) -> Self {
        let scheme = match (transport, self.url.scheme()) {
            (Transport::Websocket, "http") => "ws",
            (Transport::Websocket, "https") => "wss",
            (Transport::Sse, "http" | "https") => return Self { over: transport, ..self.clone() },
            _ => return self.clone(),
        };
        let mut url = self.url.clone();
        // All four schemes are of one kind (WHATWG URL: special), so each may replace another.
        match url.set_scheme(scheme) {
            Ok(()) => Self { text: url.to_string(), url, over: transport },
            Err(()) => self.clone(),
        }
    }
}

impl fmt::Display for EndpointUrl {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text)
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
    fn a_websocket_may_be_given_as_http_but_not_http_as_a_websocket() {
        for text in ["ws://a.example/mcp", "wss://a.example/mcp"] {
            let endpoint = EndpointUrl::parse(text).unwrap();
            assert_eq!(endpoint.transport(), Transport::Websocket);
            assert!(endpoint.suits(Transport::Websocket).is_ok());
            for transport in [Transport::Http, Transport::Sse] {
                assert_eq!(endpoint.suits(transport).unwrap_err().rule, "url_scheme", "{text}");
            }
        }
        let endpoint = EndpointUrl::parse("https://a.example:8443/mcp?x=1").unwrap();
        assert!(endpoint.suits(Transport::Websocket).is_ok());
        let dialled = endpoint.dialled_over(Transport::Websocket);
        assert_eq!(dialled.as_str(), "wss://a.example:8443/mcp?x=1");
        assert_eq!(endpoint.dialled_over(Transport::Http), endpoint);
        let old = endpoint.dialled_over(Transport::Sse);
        assert_eq!((old.as_str(), old.transport()), (endpoint.as_str(), Transport::Sse));
    }

    #[test]
    fn the_address_of_a_program_is_read_from_the_store_and_from_nobody_else() {
        let program = EndpointUrl::of_program("files").unwrap();
        assert_eq!((program.as_str(), program.transport()), ("stdio://files", Transport::Stdio));
        assert_eq!(EndpointUrl::parse_kept("stdio://files").unwrap(), program);
        assert_eq!(EndpointUrl::parse("stdio://files").unwrap_err().rule, "url_scheme");
        for alias in ["", "a/b", "a b", "a?b", "u@a"] {
            assert!(EndpointUrl::of_program(alias).is_err(), "{alias}");
        }
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
        let wide = format!("https://example.com/{}", "é".repeat(400));
        assert_eq!(EndpointUrl::parse(&wide).unwrap_err().rule, "string_too_long");
    }
}
