//! Which client asks the token endpoint, and whether it is the one (RFC 6749 §2.3).

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::clients::{Client, document_address};
use crate::error::OAuthError;
use crate::form::Form;
use crate::secrets::{same, sha256};
use crate::server::OAuthServer;

/// A client that asks, and that it is the one.
pub(crate) struct Asking {
    /// Its id.
    pub(crate) id: String,
    /// Whether it showed a secret: nobody else can say that they are it.
    pub(crate) is_confidential: bool,
}

/// What a client proves itself with.
struct Shown<'a> {
    id: Cow<'a, str>,
    secret: Option<Cow<'a, str>>,
}

impl OAuthServer {
    /// The client that asks: by HTTP Basic, by members of the form, or, where it has no secret, by
    /// its id alone. One way at a time.
    ///
    /// # Errors
    /// `invalid_client`, `invalid_request`, `temporarily_unavailable`.
    pub(crate) async fn asking_client(
        &self,
        form: &Form,
        authorization: Option<&str>,
    ) -> Result<Asking, OAuthError> {
        let shown = shown(form, authorization)?;
        // Whoever has a document is public: it need not be fetched again to see that.
        if document_address(&shown.id, self.settings.local_documents).is_some()
            && self.settings.preregistered.find(&shown.id).is_none()
        {
            return match shown.secret {
                None => Ok(Asking { id: shown.id.into_owned(), is_confidential: false }),
                Some(_) => Err(wrong()),
            };
        }
        let client = self.client(&shown.id).await?;
        if !is_proven(&client, shown.secret.as_deref()) {
            return Err(wrong());
        }
        Ok(Asking { id: client.id, is_confidential: client.secret_hash.is_some() })
    }
}

fn wrong() -> OAuthError {
    OAuthError::invalid_client("the client did not prove that it is the one")
}

fn is_proven(client: &Client, secret: Option<&str>) -> bool {
    match (&client.secret_hash, secret) {
        (Some(hash), Some(secret)) => same(&sha256(secret), hash),
        (None, None) => true,
        _ => false,
    }
}

fn shown<'a>(form: &'a Form, authorization: Option<&str>) -> Result<Shown<'a>, OAuthError> {
    let Some(header) = authorization else {
        return Ok(Shown {
            id: form.required("client_id")?.into(),
            secret: form.find("client_secret").map(Into::into),
        });
    };
    let (id, secret) = basic(header).ok_or_else(|| {
        OAuthError::invalid_client("the Authorization header must be HTTP Basic with id and secret")
    })?;
    if form.find("client_secret").is_some() {
        let said = "the client shows its secret in two ways";
        return Err(OAuthError::invalid_request(said));
    }
    if form.find("client_id").is_some_and(|named| named != id) {
        return Err(OAuthError::invalid_request("client_id names another client than the header"));
    }
    Ok(Shown { id: id.into(), secret: (!secret.is_empty()).then(|| secret.into()) })
}

/// Id and secret of HTTP Basic, each form-encoded (RFC 6749 §2.3.1).
fn basic(header: &str) -> Option<(String, String)> {
    let (scheme, encoded) = header.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decoded(id)?, form_decoded(secret)?))
}

fn form_decoded(text: &str) -> Option<String> {
    // As the name of a parameter: what separates parameters is encoded in an id or secret.
    match url::form_urlencoded::parse(format!("{text}=").as_bytes()).next() {
        Some((name, _)) => Some(name.into_owned()),
        None => text.is_empty().then(String::new),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_encoded() {
        let header = |plain: &str| format!("basic {}", STANDARD.encode(plain));
        assert_eq!(basic(&header("a%3Ab:s+%26")), Some(("a:b".to_owned(), "s &".to_owned())));
        assert_eq!(basic(&header("a:")), Some(("a".to_owned(), String::new())));
        for bad in ["Bearer x", "Basic", "Basic !", &header("no-colon")] {
            assert_eq!(basic(bad), None, "{bad}");
        }
    }

    #[test]
    fn one_way_to_prove_oneself_at_a_time() {
        let form = |text: &str| Form::read(text.as_bytes()).unwrap();
        let header = format!("Basic {}", STANDARD.encode("one:secret"));
        assert!(shown(&form("client_id=one"), Some(&header)).is_ok());
        assert!(shown(&form("client_id=other"), Some(&header)).is_err());
        assert!(shown(&form("client_secret=x"), Some(&header)).is_err());
        assert!(shown(&form("client_secret=x"), None).is_err());
    }
}
