//! What a server says of who gives its tokens (RFC 9728), and what that one says of itself (RFC 8414,
//! OpenID Connect Discovery): pure rules over bytes that nobody has vetted.

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;
use registry_domain::credential::is_token_url;
use registry_domain::endpoint::{EgressPolicy, EndpointUrl};
use registry_domain::ports::{AuthorizationServer, GrantFault};
use serde::Deserialize;
use url::Url;

/// How many scopes of a server are asked for at most, and how long one is.
const MOST_SCOPES: usize = 50;
const MOST_SCOPE_BYTES: usize = 256;

/// A protected resource.
#[derive(Debug, Deserialize)]
pub(super) struct Resource {
    #[serde(rename = "resource")]
    named: String,
    #[serde(default)]
    authorization_servers: Vec<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
}

/// The address of a server as HTTP spells it: a WebSocket's is that of what it begins as.
pub(super) fn over_http(server: &EndpointUrl) -> Option<EndpointUrl> {
    let text = server.url().as_str();
    let text =
        text.strip_prefix("ws").map_or_else(|| text.to_owned(), |rest| format!("http{rest}"));
    EndpointUrl::parse(&text).ok()
}

/// Where a refusal says that the metadata is.
pub(super) fn pointer(headers: &HeaderMap) -> Option<String> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter();
    challenges.filter_map(|value| value.to_str().ok()).find_map(parameter)
}

/// The parameter `resource_metadata` of a challenge (RFC 9110 §11.6.1): a token or a quoted text.
fn parameter(challenge: &str) -> Option<String> {
    let mut rest = challenge;
    loop {
        let (name, after) = rest.split_once('=')?;
        let name = name.rsplit([' ', ',']).next().unwrap_or_default();
        let (value, next) = if let Some(quoted) = after.trim_start().strip_prefix('"') {
            let mut value = String::new();
            let mut characters = quoted.chars();
            loop {
                match characters.next()? {
                    '"' => break,
                    '\\' => value.push(characters.next()?),
                    other => value.push(other),
                }
            }
            (value, characters.as_str())
        } else {
            let end = after.find([' ', ',']).unwrap_or(after.len());
            let (value, next) = after.split_at_checked(end)?;
            (value.to_owned(), next)
        };
        if name.eq_ignore_ascii_case("resource_metadata") {
            return Some(value);
        }
        rest = next;
    }
}

/// An address that we call, or send people to.
pub(super) fn address(text: &str, egress: EgressPolicy) -> Result<String, GrantFault> {
    let url =
        EndpointUrl::parse(text).map_err(|_| GrantFault::Metadata("names what is no address"))?;
    egress.check(&url).map_err(|_| GrantFault::Forbidden)?;
    if !is_token_url(&url, egress) {
        return Err(GrantFault::Metadata("names an address that is not https"));
    }
    Ok(text.to_owned())
}

/// Where a resource's metadata is (RFC 9728 §3.1): for its path, and for its host.
pub(super) fn well_known_of_resource(server: &EndpointUrl) -> Vec<String> {
    let url = server.url();
    let (origin, path) = (url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
    let root = format!("{origin}/.well-known/oauth-protected-resource");
    if path.is_empty() { vec![root] } else { vec![format!("{root}{path}"), root] }
}

/// Where an authorization server's metadata is: RFC 8414 §3.1, then OpenID Connect's two ways.
pub(super) fn well_known_of_issuer(issuer: &str) -> Vec<String> {
    let Ok(url) = Url::parse(issuer) else { return Vec::new() };
    let (origin, path) = (url.origin().ascii_serialization(), url.path().trim_end_matches('/'));
    let mut places = vec![
        format!("{origin}/.well-known/oauth-authorization-server{path}"),
        format!("{origin}/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        places.push(format!("{origin}{path}/.well-known/openid-configuration"));
    }
    places
}

/// Reads a resource's metadata, which has to be this server's (RFC 9728 §3.3): of its address, or
/// of one above it on the same host, as many servers describe themselves as a whole.
pub(super) fn resource(document: &[u8], server: &EndpointUrl) -> Result<Resource, GrantFault> {
    let resource: Resource = serde_json::from_slice(document)
        .map_err(|_| GrantFault::Metadata("is no metadata of a protected resource (RFC 9728)"))?;
    let url = Url::parse(&resource.named).ok();
    if url.is_some_and(|url| is_above(&url, server.url())) {
        Ok(resource)
    } else {
        Err(GrantFault::Metadata("is of another server"))
    }
}

fn is_above(resource: &Url, server: &Url) -> bool {
    let (above, path) = (resource.path().trim_end_matches('/'), server.path());
    let is_within =
        path.strip_prefix(above).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    resource.origin() == server.origin()
        && is_within
        && resource.query().is_none_or(|query| server.query() == Some(query))
        && resource.fragment().is_none()
}

/// The authorization server that is asked: the one that is settled, else the first.
pub(super) fn chosen<'a>(
    resource: &'a Resource,
    settled: Option<&'a str>,
) -> Result<&'a str, GrantFault> {
    let named = &resource.authorization_servers;
    match settled {
        Some(issuer) if named.iter().any(|name| name == issuer) => Ok(issuer),
        Some(_) => Err(GrantFault::Metadata("names another authorization server")),
        None => named.first().map(String::as_str).ok_or(GrantFault::NoAuthority),
    }
}

/// Reads an authorization server's metadata, which has to be its own (RFC 8414 §3.3).
pub(super) fn authority(
    document: &[u8],
    issuer: &str,
    resource: &Resource,
    egress: EgressPolicy,
) -> Result<AuthorizationServer, GrantFault> {
    #[derive(Deserialize)]
    struct Document {
        issuer: String,
        authorization_endpoint: String,
        token_endpoint: String,
        registration_endpoint: Option<String>,
        revocation_endpoint: Option<String>,
        #[serde(default)]
        code_challenge_methods_supported: Vec<String>,
        #[serde(default)]
        token_endpoint_auth_methods_supported: Vec<String>,
        #[serde(default)]
        authorization_response_iss_parameter_supported: bool,
        #[serde(default)]
        client_id_metadata_document_supported: bool,
    }
    let document: Document = serde_json::from_slice(document).map_err(|_| {
        GrantFault::Metadata("is no metadata of an authorization server (RFC 8414)")
    })?;
    if document.issuer != issuer {
        return Err(GrantFault::Metadata("is of another authorization server"));
    }
    if !document.code_challenge_methods_supported.iter().any(|method| method == "S256") {
        return Err(GrantFault::Metadata("does not offer PKCE with S256 (RFC 7636)"));
    }
    let optional =
        |address_of: Option<String>| address_of.map(|text| address(&text, egress)).transpose();
    let methods = &document.token_endpoint_auth_methods_supported;
    let has = |method: &str| methods.iter().any(|known| known == method);
    Ok(AuthorizationServer {
        issuer: document.issuer,
        resource: resource.named.clone(),
        authorization_endpoint: address(&document.authorization_endpoint, egress)?,
        token_endpoint: address(&document.token_endpoint, egress)?,
        registration_endpoint: optional(document.registration_endpoint)?,
        revocation_endpoint: optional(document.revocation_endpoint)?,
        scopes: resource
            .scopes_supported
            .iter()
            .filter(|it| is_scope(it))
            .take(MOST_SCOPES)
            .cloned()
            .collect(),
        says_issuer: document.authorization_response_iss_parameter_supported,
        takes_documents: document.client_id_metadata_document_supported,
        posts_secret: has("client_secret_post") && !has("client_secret_basic"),
    })
}

/// RFC 6749 §3.3.
fn is_scope(scope: &str) -> bool {
    (1..=MOST_SCOPE_BYTES).contains(&scope.len())
        && scope.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;
    use serde_json::{Value, json};

    use super::*;

    const ISSUER: &str = "https://as.example.com/tenant";

    fn server() -> EndpointUrl {
        EndpointUrl::parse("https://mcp.example.com/a/mcp").unwrap()
    }

    fn known() -> Resource {
        let document = json!({
            "resource": "https://mcp.example.com/a/mcp", "authorization_servers": [ISSUER],
            "scopes_supported": ["read", "two words", ""],
        });
        resource(document.to_string().as_bytes(), &server()).unwrap()
    }

    fn read(change: &Value) -> Result<AuthorizationServer, GrantFault> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://as.example.com/authorize?x=1",
            "token_endpoint": "https://as.example.com/token",
            "code_challenge_methods_supported": ["S256"],
        });
        for (name, value) in change.as_object().unwrap() {
            document[name] = value.clone();
        }
        authority(document.to_string().as_bytes(), ISSUER, &known(), EgressPolicy::Public)
    }

    #[test]
    fn the_address_of_the_metadata_is_found_in_any_challenge() {
        let of = |challenges: &[&'static str]| {
            let pairs =
                challenges.iter().map(|it| (WWW_AUTHENTICATE, HeaderValue::from_static(it)));
            let mut headers = HeaderMap::new();
            pairs.for_each(|(name, value)| _ = headers.append(name, value));
            pointer(&headers)
        };
        let there = Some("https://a.example/x?y=1".to_owned());
        assert_eq!(of(&[r#"Bearer resource_metadata="https://a.example/x?y=1""#]), there);
        assert_eq!(
            of(&[r#"Bearer realm="a=b, \"c\"", Resource_Metadata=https://a.example/x?y=1, z=1"#]),
            there
        );
        assert_eq!(
            of(&[
                "Basic realm=x",
                r#"Bearer scope="a b",resource_metadata="https://a.example/x?y=1""#
            ]),
            there
        );
        assert_eq!(of(&["Bearer", r#"Bearer resource_metadata="unclosed"#, "Bearer a=b"]), None);
    }

    #[test]
    fn metadata_is_looked_for_where_the_standards_put_it() {
        let root = "https://mcp.example.com/.well-known/oauth-protected-resource";
        assert_eq!(well_known_of_resource(&server()), [format!("{root}/a/mcp"), root.to_owned()]);
        assert_eq!(
            well_known_of_issuer(ISSUER),
            [
                "https://as.example.com/.well-known/oauth-authorization-server/tenant",
                "https://as.example.com/.well-known/openid-configuration/tenant",
                "https://as.example.com/tenant/.well-known/openid-configuration",
            ]
        );
        assert_eq!(well_known_of_issuer("https://as.example.com").len(), 2);
    }

    #[test]
    fn a_resource_is_the_server_or_what_is_above_it() {
        let of = |name: &str| {
            let document = json!({"resource": name, "authorization_servers": [ISSUER]});
            resource(document.to_string().as_bytes(), &server()).is_ok()
        };
        for ours in [
            "https://mcp.example.com/a/mcp",
            "https://mcp.example.com/a",
            "https://mcp.example.com/",
        ] {
            assert!(of(ours), "{ours}");
        }
        for other in [
            "https://mcp.example.com/a/mc",
            "https://mcp.example.com/b",
            "https://evil.example/a/mcp",
            "http://mcp.example.com/a/mcp",
            "https://mcp.example.com:444/a/mcp",
            "nonsense",
        ] {
            assert!(!of(other), "{other}");
        }
    }

    #[test]
    fn an_authorization_server_is_the_one_that_was_named_and_knows_pkce() {
        let good = read(&json!({})).unwrap();
        assert_eq!(good.scopes, ["read"]);
        assert_eq!(good.authorization_endpoint, "https://as.example.com/authorize?x=1");
        for (change, why) in [
            (json!({"issuer": "https://evil.example"}), "is of another authorization server"),
            (
                json!({"code_challenge_methods_supported": ["plain"]}),
                "does not offer PKCE with S256 (RFC 7636)",
            ),
            (
                json!({"token_endpoint": "http://as.example.com/token"}),
                "names an address that is not https",
            ),
            (json!({"authorization_endpoint": "javascript:alert(1)"}), "names what is no address"),
        ] {
            assert_eq!(read(&change), Err(GrantFault::Metadata(why)));
        }
        assert_eq!(
            chosen(&known(), Some("https://other.example")),
            Err(GrantFault::Metadata("names another authorization server"))
        );
    }

    #[test]
    fn no_address_that_is_named_leads_inward() {
        for inward in [
            "https://127.0.0.1/x",
            "https://169.254.169.254/x",
            "https://[::1]/x",
            "https://10.0.0.1/x",
        ] {
            for member in [
                "authorization_endpoint",
                "token_endpoint",
                "registration_endpoint",
                "revocation_endpoint",
            ] {
                assert_eq!(
                    read(&json!({member: inward})),
                    Err(GrantFault::Forbidden),
                    "{member} {inward}"
                );
            }
        }
    }
}
