//! Finding a client: in the operator's file, at its own address, or among those that registered.

use std::time::Duration;

use jiff::Timestamp;
use registry_domain::field::printable;
use registry_domain::ports::{WebFault, end_after};
use serde::Deserialize;
use url::Url;

use crate::error::{ErrorCode, OAuthError};
use crate::redirect::{self, ApplicationType, Kind};
use crate::server::OAuthServer;

/// The longest client id, in bytes.
const LONGEST_ID: usize = 512;
/// The longest metadata document, in bytes.
const LONGEST_DOCUMENT: usize = 16 << 10;
/// For how long a document is believed, at least and at most, whatever its site says.
const KEPT_FOR: std::ops::RangeInclusive<Duration> =
    Duration::from_mins(1)..=Duration::from_hours(1);

/// A client, wherever it is known from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) name: Option<String>,
    pub(crate) redirect_uris: Vec<String>,
    /// SHA-256 of its secret; `None` for a public client.
    pub(crate) secret_hash: Option<Vec<u8>>,
}

/// A client's metadata document and until when it is believed.
#[derive(Debug, Clone)]
pub(crate) struct KeptDocument {
    client: Client,
    until: Timestamp,
}

/// What a metadata document says; other members are of no interest here.
#[derive(Deserialize)]
struct Document {
    client_id: String,
    client_name: Option<String>,
    redirect_uris: Vec<String>,
    token_endpoint_auth_method: Option<String>,
    client_secret: Option<serde::de::IgnoredAny>,
    application_type: Option<String>,
}

/// Reads a client's name, which people are shown.
pub(crate) fn name(text: Option<&str>) -> Result<Option<String>, String> {
    text.map(|text| printable("client_name", text, 1, 100))
        .transpose()
        .map_err(|violation| violation.to_string())
}

impl OAuthServer {
    /// Finds a client by its id.
    ///
    /// # Errors
    /// `invalid_client` where there is none, `temporarily_unavailable` without the store.
    pub(crate) async fn client(&self, id: &str) -> Result<Client, OAuthError> {
        if id.len() > LONGEST_ID || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unknown());
        }
        if let Some(client) = self.settings.preregistered.find(id) {
            return Ok(client.clone());
        }
        if let Some(address) = document_address(id, self.settings.local_documents) {
            return self.described(id, &address).await;
        }
        let client = self.ports.store.find_client(id).await?.ok_or_else(unknown)?;
        Ok(Client {
            id: client.id,
            name: client.name,
            redirect_uris: client.redirect_uris,
            secret_hash: client.secret_hash,
        })
    }

    /// The client that a metadata document describes (draft-ietf-oauth-client-id-metadata-document).
    async fn described(&self, id: &str, address: &Url) -> Result<Client, OAuthError> {
        let now = self.ports.clock.now();
        if let Some(kept) = self.documents.get(id).filter(|kept| now < kept.until) {
            return Ok(kept.client);
        }
        let _turn = self.fetches.try_acquire().map_err(|_| {
            let said = "too many client metadata documents are being fetched; try again later";
            OAuthError::new(ErrorCode::TemporarilyUnavailable, said)
        })?;
        let fetched = self.ports.documents.fetch(address, LONGEST_DOCUMENT).await;
        let document = fetched.map_err(|fault: WebFault| {
            OAuthError::invalid_client(format!("the client's metadata document: {fault}"))
        })?;
        let client = read_document(id, &document.bytes).map_err(|rule| {
            OAuthError::invalid_client(format!("the client's metadata document: {rule}"))
        })?;
        let kept_for = document.max_age.unwrap_or(*KEPT_FOR.start());
        let kept_for = kept_for.clamp(*KEPT_FOR.start(), *KEPT_FOR.end());
        let kept = KeptDocument { client: client.clone(), until: end_after(now, kept_for) };
        self.documents.insert(id.to_owned(), kept);
        Ok(client)
    }
}

fn unknown() -> OAuthError {
    OAuthError::invalid_client("the client is not known here; it may have to register again")
}

/// The address of a metadata document, if a client id is one.
pub(crate) fn document_address(id: &str, local: bool) -> Option<Url> {
    let url = Url::parse(id).ok()?;
    let is_plain =
        url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let is_secure =
        url.scheme() == "https" || (local && url.scheme() == "http" && redirect::is_local(id));
    // Spelled otherwise, one document would be several clients.
    let is_normal = url.as_str() == id && url.path() != "/";
    (is_plain && is_secure && is_normal && url.host().is_some()).then_some(url)
}

fn read_document(id: &str, bytes: &[u8]) -> Result<Client, String> {
    let document: Document = serde_json::from_slice(bytes)
        .map_err(|_| "it needs client_id and redirect_uris".to_owned())?;
    if document.client_id != id {
        return Err("its client_id is not its own address".to_owned());
    }
    if document.client_secret.is_some() {
        return Err("it must not have a client_secret".to_owned());
    }
    if document.token_endpoint_auth_method.is_some_and(|method| method != "none") {
        return Err("its token_endpoint_auth_method must be none".to_owned());
    }
    let application = match document.application_type.as_deref() {
        Some("web") => ApplicationType::Web,
        Some("native") => ApplicationType::Native,
        _ => ApplicationType::Unsaid,
    };
    Ok(Client {
        id: id.to_owned(),
        name: name(document.client_name.as_deref())?,
        redirect_uris: redirect::all(
            &document.redirect_uris,
            Kind { application, is_public: true },
        )?,
        secret_hash: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_id_is_an_address_only_in_its_one_spelling() {
        for good in ["https://app.example/client.json", "https://app.example:8443/a/b?x=1"] {
            assert!(document_address(good, false).is_some(), "{good}");
        }
        for bad in [
            "https://app.example/",
            "https://app.example",
            "https://APP.example/client.json",
            "https://app.example:443/client.json",
            "https://app.example/a/../client.json",
            "https://u@app.example/client.json",
            "https://app.example/client.json#x",
            "http://app.example/client.json",
            "http://127.0.0.1/client.json",
            "0b7f",
        ] {
            assert!(document_address(bad, false).is_none(), "{bad}");
        }
        assert!(document_address("http://127.0.0.1:1/client.json", true).is_some());
        assert!(document_address("http://10.0.0.1/client.json", true).is_none());
    }

    #[test]
    fn a_document_speaks_for_its_own_address_alone() {
        let id = "https://app.example/client.json";
        let read = |text: &str| read_document(id, text.as_bytes());
        let good = r#"{"client_id": "https://app.example/client.json", "client_name": "App",
            "redirect_uris": ["http://127.0.0.1/cb"], "token_endpoint_auth_method": "none", "x": 1}"#;
        assert_eq!(read(good).unwrap().name.as_deref(), Some("App"));
        for (from, to) in [
            ("app.example/client.json", "app.example/other.json"),
            (r#""none""#, r#""private_key_jwt""#),
            (r#""x": 1"#, r#""client_secret": "s""#),
            ("http://127.0.0.1/cb", "http://app.example/cb"),
            (r#""App""#, "\"A\u{202e}\""),
            ("{", "["),
        ] {
            assert!(read(&good.replace(from, to)).is_err(), "{to}");
        }
    }
}
