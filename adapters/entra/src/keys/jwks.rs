//! The JWKS document (RFC 7517 §5): which of its keys we use.

use std::collections::HashMap;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;

/// The shortest RSA modulus, in bytes (RFC 7518 §3.3).
const MIN_MODULUS_BYTES: usize = 256;

/// A JWKS document as it is published.
#[derive(Debug, Deserialize)]
pub(super) struct Jwks {
    keys: Vec<serde_json::Value>,
}

/// One key of it; other members are of no interest.
#[derive(Deserialize)]
struct Jwk {
    kty: String,
    kid: Option<String>,
    /// Entra leaves it out.
    alg: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

/// The keys of a document that can have signed a token, by `kid`. Two sets are equal where they
/// hold the same keys.
#[derive(Debug, Default, PartialEq)]
pub(super) struct KeySet(HashMap<String, PublicKey>);

#[derive(Debug)]
struct PublicKey {
    n: String,
    e: String,
    decoding: Arc<DecodingKey>,
}

impl PartialEq for PublicKey {
    fn eq(&self, other: &Self) -> bool {
        self.n == other.n && self.e == other.e
    }
}

impl KeySet {
    /// The key of that name.
    pub(super) fn find(&self, kid: &str) -> Option<Arc<DecodingKey>> {
        self.0.get(kid).map(|key| Arc::clone(&key.decoding))
    }

    /// Whether there is none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<Jwks> for KeySet {
    /// Takes RSA keys of 2048 bits and more that have a `kid` and are not meant for something
    /// else; passes over the rest, as RFC 7517 §5 asks.
    fn from(document: Jwks) -> Self {
        Self(document.keys.into_iter().filter_map(usable).collect())
    }
}

fn usable(key: serde_json::Value) -> Option<(String, PublicKey)> {
    let key: Jwk = serde_json::from_value(key).ok()?;
    let signs = key.kty == "RSA"
        && key.purpose.is_none_or(|purpose| purpose == "sig")
        && key.alg.is_none_or(|alg| alg == "RS256");
    let (kid, n, e) = (key.kid?, key.n?, key.e?);
    let modulus = URL_SAFE_NO_PAD.decode(&n).ok()?;
    let exponent = URL_SAFE_NO_PAD.decode(&e).ok()?;
    (signs && modulus.len() >= MIN_MODULUS_BYTES).then(|| {
        let decoding = Arc::new(DecodingKey::from_rsa_raw_components(&modulus, &exponent));
        (kid, PublicKey { n, e, decoding })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn key(changed: &Value) -> Value {
        let mut key = json!({"kty": "RSA", "kid": "k", "n": "_".repeat(342) + "8", "e": "AQAB"});
        for (name, value) in changed.as_object().unwrap() {
            key[name] = value.clone();
        }
        key
    }

    fn set(keys: &[Value]) -> KeySet {
        serde_json::from_value::<Jwks>(json!({ "keys": keys })).unwrap().into()
    }

    #[test]
    fn signing_keys_are_taken_whether_or_not_they_say_so() {
        for same in [json!({}), json!({"use": "sig"}), json!({"alg": "RS256"}), json!({"x5c": []})]
        {
            assert!(set(&[key(&same)]).find("k").is_some(), "{same}");
        }
    }

    #[test]
    fn what_cannot_verify_rs256_is_passed_over() {
        let others = [
            json!({"kty": "EC"}),
            json!({"use": "enc"}),
            json!({"alg": "RS512"}),
            json!({"kid": null}),
            json!({"n": "AQAB"}),
            json!({"n": "not base64"}),
            json!({"e": null}),
            json!({"kid": 7}),
        ];
        for other in others {
            let keys = set(&[key(&other), key(&json!({"kid": "good"}))]);
            assert_eq!(keys.len(), 1, "{other}");
            assert!(keys.find("good").is_some());
        }
    }

    #[test]
    fn sets_are_equal_where_their_keys_are() {
        let published = set(&[key(&json!({}))]);
        assert_eq!(published, set(&[key(&json!({"use": "sig"}))]));
        assert_ne!(published, set(&[key(&json!({"e": "Aw"}))]));
    }
}
