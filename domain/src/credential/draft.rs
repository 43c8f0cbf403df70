//! The rules of a credential that somebody sets.

use super::{CredentialSecret, RegisteredClient};
use crate::endpoint::{EgressPolicy, EndpointUrl};
use crate::field::{Step, Violation, Violations};
use crate::ports::Secret;

/// Headers that are ours, HTTP's or the protocol's: a credential in one of them would break requests,
/// or speak in our name.
const RESERVED: [&str; 26] = [
    "accept",
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "cookie",
    "expect",
    "forwarded",
    "host",
    "keep-alive",
    "last-event-id",
    "origin",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "set-cookie",
    "te",
    "traceparent",
    "tracestate",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "user-agent",
    "via",
    "x-request-id",
];

/// The same, by how their names begin.
const RESERVED_BEGINNINGS: [&str; 3] = ["mcp-", "x-mcp-registry-", "x-forwarded-"];

/// A credential as somebody wrote it.
#[derive(Debug, Clone)]
pub enum CredentialDraft {
    /// A header.
    Header {
        /// Its name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// What we get tokens with.
    ClientCredentials {
        /// Who gives them.
        token_url: String,
        /// Who we are there.
        client_id: String,
        /// What proves it.
        client_secret: Secret,
        /// What we ask for.
        scopes: Vec<String>,
    },
    /// What we ask the identity provider for, for whoever calls.
    OnBehalfOf {
        /// The scopes of the server's application.
        scopes: Vec<String>,
    },
    /// What each caller is asked to let us do, at the server's own authorization server.
    UserGrant {
        /// What we ask for.
        scopes: Vec<String>,
        /// Where somebody registered us: the authorization server.
        issuer: Option<String>,
        /// Who we are there.
        client_id: Option<String>,
        /// What proves it.
        client_secret: Option<Secret>,
    },
}

impl CredentialDraft {
    const MAX_NAME_BYTES: usize = 100;
    const MAX_VALUE_BYTES: usize = 4096;
    const MAX_SCOPES: usize = 50;
    const MAX_SCOPE_BYTES: usize = 256;

    /// Checks it.
    ///
    /// # Errors
    /// Everything that breaks a rule. No violation repeats a secret.
    pub fn check(self, egress: EgressPolicy) -> Result<CredentialSecret, Vec<Violation>> {
        let mut wrong = Violations::default();
        let secret = match self {
            Self::Header { name, value } => {
                let name = wrong.take(header_name(&name));
                let value = wrong.take(visible("value", value.expose()));
                name.zip(value).map(|(name, value)| CredentialSecret::Header {
                    name,
                    value: Secret::new(value),
                })
            }
            Self::ClientCredentials { token_url, client_id, client_secret, scopes } => {
                let token_url = wrong.take(secret_address("token_url", &token_url, egress));
                let client_id = wrong.take(visible("client_id", &client_id));
                let client_secret = wrong.take(visible("client_secret", client_secret.expose()));
                check_scopes(&scopes, &mut wrong);
                token_url.zip(client_id).zip(client_secret).map(
                    |((token_url, client_id), client_secret)| CredentialSecret::ClientCredentials {
                        token_url,
                        client_id,
                        client_secret: Secret::new(client_secret),
                        scopes,
                    },
                )
            }
            Self::OnBehalfOf { scopes } => {
                if scopes.is_empty() {
                    let rule =
                        "must name a scope of the server's application, such as api://mcp/.default";
                    wrong.push(Violation::at("scopes", "too_short", rule));
                }
                check_scopes(&scopes, &mut wrong);
                Some(CredentialSecret::OnBehalfOf { scopes })
            }
            Self::UserGrant { scopes, issuer, client_id, client_secret } => {
                check_scopes(&scopes, &mut wrong);
                let client = registered(
                    issuer.as_deref(),
                    client_id.as_deref(),
                    client_secret,
                    egress,
                    &mut wrong,
                );
                Some(CredentialSecret::UserGrant { scopes, client })
            }
        };
        let wrong = wrong.into_inner();
        secret.filter(|_| wrong.is_empty()).ok_or(wrong)
    }
}

/// A client that somebody registered: it is named with where it is one, so that its secret goes
/// nowhere else.
fn registered(
    issuer: Option<&str>,
    client_id: Option<&str>,
    client_secret: Option<Secret>,
    egress: EgressPolicy,
    wrong: &mut Violations,
) -> Option<RegisteredClient> {
    let (issuer, client_id) = match (issuer, client_id) {
        (Some(issuer), Some(client_id)) => (issuer, client_id),
        (None, None) => {
            if client_secret.is_some() {
                let rule = "must come with client_id and issuer";
                wrong.push(Violation::at("client_secret", "value_error", rule));
            }
            return None;
        }
        (None, Some(_)) => {
            let rule = "must say at which authorization server client_id is a client";
            wrong.push(Violation::at("issuer", "missing", rule));
            return None;
        }
        (Some(_), None) => {
            let rule = "must say who the gateway is at the issuer";
            wrong.push(Violation::at("client_id", "missing", rule));
            return None;
        }
    };
    let address = wrong.take(secret_address("issuer", issuer, egress));
    let id = wrong.take(visible("client_id", client_id));
    let secret = client_secret
        .and_then(|secret| wrong.take(visible("client_secret", secret.expose())))
        .map(Secret::new);
    address.zip(id).map(|(_, id)| RegisteredClient { issuer: issuer.to_owned(), id, secret })
}

/// RFC 9110's token, in lower case.
fn header_name(name: &str) -> Result<String, Violation> {
    let refuse = |rule, message: &str| Violation::at("header_name", rule, message);
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || name.len() > CredentialDraft::MAX_NAME_BYTES {
        return Err(refuse("string_length", "must be 1 to 100 characters long"));
    }
    if !name.bytes().all(is_token) {
        return Err(refuse("value_error", "must be an HTTP header's name, such as X-Api-Key"));
    }
    let name = name.to_ascii_lowercase();
    if RESERVED.contains(&name.as_str())
        || RESERVED_BEGINNINGS.iter().any(|beginning| name.starts_with(beginning))
    {
        return Err(refuse(
            "value_error",
            "must not be a header of HTTP, of MCP or of the gateway",
        ));
    }
    Ok(name)
}

/// What a header can carry as it is: visible ASCII, with spaces inside but not around.
fn visible(field: &'static str, text: &str) -> Result<String, Violation> {
    let refuse = |rule, message: &str| Err(Violation::at(field, rule, message));
    if text.is_empty() || text.len() > CredentialDraft::MAX_VALUE_BYTES {
        return refuse("string_length", "must be 1 to 4096 characters long");
    }
    if !text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic()) {
        return refuse("value_error", "must be visible ASCII");
    }
    if text.trim() != text {
        return refuse("value_error", "must not begin or end with a space");
    }
    Ok(text.to_owned())
}

/// An address that a secret may be sent to.
fn secret_address(
    field: &'static str,
    text: &str,
    egress: EgressPolicy,
) -> Result<EndpointUrl, Violation> {
    let here =
        |violation: Violation| Violation { path: vec![Step::Member(field.into())], ..violation };
    let url = EndpointUrl::parse(text).map_err(here)?;
    if !is_token_url(&url, egress) {
        let rule = "must start with https:// (in development, http:// on this machine will do)";
        return Err(Violation::at(field, "url_scheme", rule));
    }
    egress.check(&url).map_err(here)?;
    Ok(url)
}

/// Whether a secret may be sent to an address at all: over TLS, or to this machine in development.
pub fn is_token_url(url: &EndpointUrl, egress: EgressPolicy) -> bool {
    let is_local = || {
        let host = url.url().host_str().unwrap_or_default();
        let address = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost"
            || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    };
    match url.url().scheme() {
        "https" => true,
        "http" => egress == EgressPolicy::Development && is_local(),
        _ => false,
    }
}

/// RFC 6749 §3.3: visible ASCII without spaces, quotes and backslashes.
fn check_scopes(scopes: &[String], wrong: &mut Violations) {
    if scopes.len() > CredentialDraft::MAX_SCOPES {
        wrong.push(Violation::at("scopes", "too_long", "must be at most 50"));
    }
    for (index, scope) in scopes.iter().enumerate() {
        let is_scope = |byte: u8| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\';
        if scope.is_empty()
            || scope.len() > CredentialDraft::MAX_SCOPE_BYTES
            || !scope.bytes().all(is_scope)
        {
            let rule = "must be a scope: 1 to 256 visible characters without spaces and quotes";
            let mut violation = Violation::at("scopes", "value_error", rule);
            violation.path.push(Step::Position(index));
            wrong.push(violation);
        }
    }
}
