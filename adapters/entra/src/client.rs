//! One bounded HTTP exchange: a GET of a JSON document, a form, a JSON body.

use std::error::Error as StdError;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, Uri, header};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use rustls::crypto::aws_lc_rs;
use serde::de::DeserializeOwned;
use url::{Host, Url};

/// The largest document that is read.
const MAX_BODY_BYTES: usize = 1024 * 1024;

/// Why something could not be had of an identity provider.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// Keys that came over the open network could be anybody's.
    #[error("{0} is neither https nor on this machine")]
    InsecureUrl(Url),
    /// No TLS client can be made here.
    #[error("TLS cannot be set up")]
    Tls(#[source] rustls::Error),
    /// The host cannot be reached, or does not speak HTTP.
    #[error("the request failed")]
    Request(#[source] Box<dyn StdError + Send + Sync>),
    /// It answered with something else than 200.
    #[error("the answer was {0}")]
    Status(StatusCode),
    /// The body broke off, or passed 1 MiB.
    #[error("the answer could not be read")]
    Body(#[source] Box<dyn StdError + Send + Sync>),
    /// It is not the document that was expected.
    #[error("the answer is not the expected document")]
    Document(#[source] serde_json::Error),
    /// The document has no key that could verify an RS256 signature.
    #[error("the document has no usable key")]
    NoKeys,
    /// It took longer than it may.
    #[error("there was no answer in time")]
    TimedOut,
}

/// An HTTP client for small JSON documents. Redirects are not followed.
#[derive(Clone)]
pub(crate) struct JsonClient(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

/// An answer with whatever status.
pub(crate) struct Exchanged {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl Exchanged {
    /// The body as JSON.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, FetchError> {
        serde_json::from_slice(&self.body).map_err(FetchError::Document)
    }
}

impl JsonClient {
    /// Trusts the machine's certificate authorities, so that a company's own are known; where the
    /// machine has none (a bare container), Mozilla's.
    pub(crate) fn new() -> Result<Self, FetchError> {
        let provider = aws_lc_rs::default_provider;
        let builder = HttpsConnectorBuilder::new();
        let builder = match builder.with_provider_and_native_roots(provider()) {
            Ok(builder) => builder,
            Err(_) => HttpsConnectorBuilder::new()
                .with_provider_and_webpki_roots(provider())
                .map_err(FetchError::Tls)?,
        };
        let connector = builder.https_or_http().enable_http1().build();
        // Keys are fetched once a day: a connection kept open would be dead by then.
        let client =
            Client::builder(TokioExecutor::new()).pool_max_idle_per_host(0).build(connector);
        Ok(Self(client))
    }

    /// Gets a document. The caller bounds the time.
    pub(crate) async fn get<T: DeserializeOwned>(&self, url: &Url) -> Result<T, FetchError> {
        let answer = self.send(url, Request::new(Full::default())).await?;
        if answer.status != StatusCode::OK {
            return Err(FetchError::Status(answer.status));
        }
        answer.json()
    }

    /// Posts a body with a bearer token or none. The caller bounds the time.
    pub(crate) async fn post(
        &self,
        url: &Url,
        content_type: &'static str,
        bearer: Option<HeaderValue>,
        body: String,
    ) -> Result<Exchanged, FetchError> {
        let mut request = Request::new(Full::from(body));
        *request.method_mut() = Method::POST;
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        if let Some(bearer) = bearer {
            headers.insert(header::AUTHORIZATION, bearer);
        }
        self.send(url, request).await
    }

    /// Sends a request that names its address. The caller bounds the time.
    pub(crate) async fn exchange(
        &self,
        request: Request<Vec<u8>>,
    ) -> Result<Exchanged, FetchError> {
        let url = Url::parse(&request.uri().to_string())
            .map_err(|error| FetchError::Request(error.into()))?;
        self.send(&url, request.map(Full::from)).await
    }

    async fn send(
        &self,
        url: &Url,
        mut request: Request<Full<Bytes>>,
    ) -> Result<Exchanged, FetchError> {
        check_scheme(url)?;
        *request.uri_mut() =
            Uri::try_from(url.as_str()).map_err(|e| FetchError::Request(e.into()))?;
        let answer = self.0.request(request).await.map_err(|e| FetchError::Request(e.into()))?;
        let status = answer.status();
        let body = Limited::new(answer.into_body(), MAX_BODY_BYTES);
        let body = body.collect().await.map_err(FetchError::Body)?.to_bytes();
        Ok(Exchanged { status, body })
    }
}

/// Accepts https anywhere, and http on the loopback interface.
pub(crate) fn check_scheme(url: &Url) -> Result<(), FetchError> {
    let loopback = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    match url.scheme() {
        "https" => Ok(()),
        "http" if loopback => Ok(()),
        _ => Err(FetchError::InsecureUrl(url.clone())),
    }
}

/// An error and its causes in one line, for the log.
pub(crate) fn chain(error: &dyn StdError) -> String {
    let mut line = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&error.to_string());
        cause = error.source();
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn http_is_for_this_machine_only() {
        let allowed = |url: &str| check_scheme(&Url::parse(url).unwrap()).is_ok();
        for good in [
            "https://example.com/k",
            "http://127.0.0.1:8000/",
            "http://[::1]/",
            "http://localhost/",
        ] {
            assert!(allowed(good), "{good}");
        }
        for bad in [
            "http://example.com/",
            "http://10.0.0.1/",
            "http://localhost.example.com/",
            "file:///k",
        ] {
            assert!(!allowed(bad), "{bad}");
        }
    }
}
