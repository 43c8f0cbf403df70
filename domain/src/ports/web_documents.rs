//! Small documents of strangers' web sites.

use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use url::Url;

/// A document as it was fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebDocument {
    /// Its bytes.
    pub bytes: Bytes,
    /// For how long its site lets it be kept; `None`: the site does not say.
    pub max_age: Option<Duration>,
}

/// Why a document could not be had. It is told to whoever named the address, so it says nothing of
/// our network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WebFault {
    /// The address is none that we call.
    #[error("the address may not be called")]
    Forbidden,
    /// It did not answer, or not in time.
    #[error("the address does not answer")]
    Unreachable,
    /// It answered with something else than a JSON document with status 200; redirects are not
    /// followed.
    #[error("the address answers with no JSON document")]
    NoDocument,
    /// The document is too long.
    #[error("the document is too long")]
    TooLong,
}

/// Fetches documents, behind the guard against addresses that are not ours to call.
#[async_trait]
pub trait WebDocuments: Send + Sync {
    /// Fetches a JSON document of at most `max_bytes`, within a few seconds.
    ///
    /// # Errors
    /// All of [`WebFault`].
    async fn fetch(&self, address: &Url, max_bytes: usize) -> Result<WebDocument, WebFault>;
}
