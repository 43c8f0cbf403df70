//! Credentials: what may be one, how it is sealed, and where it is shown.

use uuid::Uuid;

use super::*;
use crate::endpoint::EgressPolicy;

/// Seals by writing what it is for beside the value.
struct Beside;

impl Sealer for Beside {
    fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError> {
        Ok([purpose.as_str().as_bytes(), context, plain].concat())
    }

    fn open(&self, purpose: Purpose, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let bound = [purpose.as_str().as_bytes(), context].concat();
        sealed.strip_prefix(bound.as_slice()).map(<[u8]>::to_vec)
    }
}

fn header(name: &str, value: &str) -> CredentialDraft {
    CredentialDraft::Header { name: name.to_owned(), value: Secret::new(value.to_owned()) }
}

fn client(token_url: &str, scopes: &[&str]) -> CredentialDraft {
    CredentialDraft::ClientCredentials {
        token_url: token_url.to_owned(),
        client_id: "gateway".to_owned(),
        client_secret: Secret::new("hush hush".to_owned()),
        scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
    }
}

fn wrong(draft: CredentialDraft, egress: EgressPolicy) -> Vec<String> {
    draft.check(egress).unwrap_err().iter().map(ToString::to_string).collect()
}

fn stored(secret: &CredentialSecret, origin: &str) -> StoredCredential {
    let server = ServerId(Uuid::from_u128(1));
    StoredCredential {
        server,
        kind: secret.kind(),
        header_name: secret.header_name().to_owned(),
        origin: origin.to_owned(),
        sealed: secret.seal(&Beside, server, origin).unwrap(),
        set_at: Timestamp::UNIX_EPOCH,
        set_by: None,
        revision: Revision::FIRST,
    }
}

#[test]
fn a_credential_opens_as_it_was_sealed() {
    let scopes = ["api://x/.default", "a"];
    let on_behalf = CredentialDraft::OnBehalfOf { scopes: vec!["api://x/.default".to_owned()] };
    let of_client = client("https://login.example/token", &scopes);
    for draft in [header("X-Api-Key", "s3cret"), of_client, on_behalf] {
        let secret = draft.check(EgressPolicy::Public).unwrap();
        let endpoint = EndpointUrl::parse("https://mcp.example:8443/a").unwrap();
        let row = stored(&secret, &origin_of(&endpoint));
        let moved = EndpointUrl::parse("https://mcp.example:8443/b").unwrap();
        assert_eq!(Credential::open(&row, &moved, &Beside).secret, Ok(secret));
    }
}

#[test]
fn a_credential_is_not_shown_at_another_origin_nor_for_another_server() {
    let secret = header("x-api-key", "s3cret").check(EgressPolicy::Public).unwrap();
    let endpoint = EndpointUrl::parse("https://mcp.example/a").unwrap();
    let row = stored(&secret, &origin_of(&endpoint));
    for text in ["https://evil.example/a", "http://mcp.example/a", "https://mcp.example:8443/a"] {
        let elsewhere = EndpointUrl::parse(text).unwrap();
        let opened = Credential::open(&row, &elsewhere, &Beside);
        assert_eq!(opened.secret, Err(Unusable::Elsewhere), "{text}");
        // Nor where somebody wrote the new origin into the row.
        let forged = StoredCredential { origin: origin_of(&elsewhere), ..row.clone() };
        let opened = Credential::open(&forged, &elsewhere, &Beside);
        assert_eq!(opened.secret, Err(Unusable::Unopened), "{text}");
    }
    let others = StoredCredential { server: ServerId(Uuid::from_u128(2)), ..row };
    assert_eq!(Credential::open(&others, &endpoint, &Beside).secret, Err(Unusable::Unopened));
}

#[test]
fn nothing_prints_a_secret() {
    let secret = header("x-api-key", "s3cret").check(EgressPolicy::Public).unwrap();
    let endpoint = EndpointUrl::parse("https://mcp.example/a").unwrap();
    let row = stored(&secret, &origin_of(&endpoint));
    let opened = Credential::open(&row, &endpoint, &Beside);
    for printed in [format!("{secret:?}"), format!("{row:?}"), format!("{opened:?}")] {
        assert!(!printed.contains("s3cret"), "{printed}");
    }
    // A byte's number in a list is a way to print it too.
    assert!(!format!("{row:?}").contains("115"));
}

#[test]
fn headers_that_are_not_for_credentials_are_refused() {
    for name in [
        "Host",
        "content-length",
        "Transfer-Encoding",
        "connection",
        "Cookie",
        "Mcp-Session-Id",
        "mcp-param-x",
        "X-MCP-Registry-Hops",
        "traceparent",
        "X-Forwarded-For",
        "te",
        "a b",
        "ä",
        "x:y",
        "",
        "proxy-authorization",
    ] {
        let wrong = wrong(header(name, "x"), EgressPolicy::Public);
        assert!(wrong.len() == 1 && wrong[0].starts_with("header_name must"), "{name}: {wrong:?}");
    }
    for value in ["", "a\r\nb", "ä", " x", "x ", "a\tb", &"x".repeat(4097)] {
        let wrong = wrong(header("x-api-key", value), EgressPolicy::Public);
        assert!(wrong.len() == 1 && wrong[0].starts_with("value must"), "{value:?}: {wrong:?}");
    }
    assert!(header("Authorization", "Bearer abc").check(EgressPolicy::Public).is_ok());
}

#[test]
fn a_token_url_is_of_tls_and_of_no_address_that_is_not_called() {
    for url in [
        "http://login.example/token",
        "https://169.254.169.254/token",
        "https://127.0.0.1/token",
        "http://localhost/token",
        "wss://login.example/token",
        "https://u:p@login.example/",
        "x",
    ] {
        let wrong = wrong(client(url, &[]), EgressPolicy::Public);
        assert!(wrong.len() == 1 && wrong[0].starts_with("token_url must"), "{url}: {wrong:?}");
    }
    for url in ["http://localhost:1/token", "http://127.0.0.1:1/t", "http://[::1]/t"] {
        assert!(client(url, &[]).check(EgressPolicy::Development).is_ok(), "{url}");
    }
    let wrong = wrong(client("https://login.example", &["a", "a b"]), EgressPolicy::Public);
    assert!(wrong[0].starts_with("scopes[1] must be a scope"), "{wrong:?}");
}

#[test]
fn only_a_token_on_behalf_of_somebody_is_personal_and_shown_as_a_bearer_token() {
    let endpoint = EndpointUrl::parse("https://mcp.example/a").unwrap();
    let opened = |draft: CredentialDraft| {
        let row = stored(&draft.check(EgressPolicy::Public).unwrap(), &origin_of(&endpoint));
        Credential::open(&row, &endpoint, &Beside)
    };
    assert!(!opened(header("X-Api-Key", "s3cret")).is_personal());
    let scopes = vec!["api://x/.default".to_owned()];
    let personal = opened(CredentialDraft::OnBehalfOf { scopes });
    assert!(personal.is_personal());
    let shown = personal.shown_with(&Secret::new("a-token".to_owned()));
    assert!(!shown.is_personal());
    let value = Secret::new("Bearer a-token".to_owned());
    let name = "authorization".to_owned();
    assert_eq!(shown.secret, Ok(CredentialSecret::Header { name, value }));
    let none = CredentialDraft::OnBehalfOf { scopes: Vec::new() };
    assert_eq!(wrong(none, EgressPolicy::Public).len(), 1);
}

fn granted(issuer: Option<&str>, client_id: Option<&str>, secret: Option<&str>) -> CredentialDraft {
    CredentialDraft::UserGrant {
        scopes: Vec::new(),
        issuer: issuer.map(str::to_owned),
        client_id: client_id.map(str::to_owned),
        client_secret: secret.map(|text| Secret::new(text.to_owned())),
    }
}

#[test]
fn what_callers_grant_is_personal_and_reads_back_with_who_we_are() {
    let endpoint = EndpointUrl::parse("https://mcp.example/a").unwrap();
    let issuer = Some("https://as.example/tenant/");
    for draft in [granted(None, None, None), granted(issuer, Some("us"), Some("s3cret"))] {
        let secret = draft.check(EgressPolicy::Public).unwrap();
        let row = stored(&secret, &origin_of(&endpoint));
        assert_eq!(row.kind, CredentialKind::UserGrant);
        let opened = Credential::open(&row, &endpoint, &Beside);
        assert!(opened.is_personal() && opened.is_granted_by_callers());
        assert_eq!(opened.scopes_on_behalf(), None);
        assert_eq!(opened.secret, Ok(secret));
    }
}

#[test]
fn a_registered_client_is_named_with_where_it_is_one() {
    for (draft, field) in [
        (granted(None, Some("us"), None), "issuer"),
        (granted(Some("https://as.example"), None, None), "client_id"),
        (granted(None, None, Some("s3cret")), "client_secret"),
        (granted(Some("http://as.example"), Some("us"), None), "issuer"),
        (granted(Some("https://10.0.0.1"), Some("us"), None), "issuer"),
        (granted(Some("https://as.example"), Some("ü"), None), "client_id"),
    ] {
        let wrong = wrong(draft, EgressPolicy::Public);
        assert!(wrong.len() == 1 && wrong[0].starts_with(field), "{field}: {wrong:?}");
        assert!(!wrong[0].contains("s3cret"), "{wrong:?}");
    }
}
