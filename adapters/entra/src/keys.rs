//! Where an issuer's public keys come from.

use std::sync::Arc;

use async_trait::async_trait;
use jsonwebtoken::DecodingKey;

mod http_jwks;
mod jwks;
mod settings;

pub use http_jwks::HttpJwks;
pub use settings::{JwksAddress, JwksSettings};

use crate::development::DevelopmentKey;

/// What looking for a key comes to.
#[derive(Debug, Clone)]
pub enum KeyLookup {
    /// The issuer has this key.
    Found(Arc<DecodingKey>),
    /// The issuer has no such key.
    Unknown,
    /// The issuer could not be asked, so nothing can be said.
    Unavailable,
}

/// An issuer's RSA public keys, by `kid`.
#[async_trait]
pub trait KeySource: Send + Sync {
    /// Looks for a key. May wait for the issuer, within a bound.
    async fn find(&self, kid: &str) -> KeyLookup;

    /// A number that changes whenever a key comes, goes or is replaced: what was verified under
    /// another number has to be verified again. Asked on every call, so it only reads.
    fn generation(&self) -> u64;
}

/// The development issuer's key, known without asking anybody: processes that share a data
/// directory accept each other's tokens while the issuer's port is down.
#[derive(Debug)]
pub struct LocalKeys {
    kid: String,
    key: Arc<DecodingKey>,
}

impl LocalKeys {
    /// The public half of `key`.
    pub fn new(key: &DevelopmentKey) -> Self {
        Self { kid: key.kid().to_owned(), key: Arc::new(key.decoding_key()) }
    }
}

#[async_trait]
impl KeySource for LocalKeys {
    async fn find(&self, kid: &str) -> KeyLookup {
        if kid == self.kid { KeyLookup::Found(Arc::clone(&self.key)) } else { KeyLookup::Unknown }
    }

    fn generation(&self) -> u64 {
        0
    }
}
