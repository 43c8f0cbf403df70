//! The port `WebDocuments`: one bounded GET, through the same guard as every call.

use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use bytes::BytesMut;
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use registry_domain::endpoint::EndpointUrl;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{UpstreamFailure, WebDocument, WebDocuments, WebFault};
use url::Url;

use crate::connect::{self, Pool};
use crate::outgoing::Outgoing;
use crate::settings::UpstreamSettings;
use crate::target::Target;
use crate::{fault, head};

/// How long a document may take, to its last byte.
const PATIENCE: Duration = Duration::from_secs(5);

/// Fetches documents of strangers' sites.
pub struct HttpDocuments {
    settings: UpstreamSettings,
    pool: Pool,
    agent: HeaderValue,
}

impl HttpDocuments {
    /// Makes a client. Each document is of another site: no connection is kept.
    pub fn new(settings: UpstreamSettings) -> Self {
        let settings = UpstreamSettings { pool_max_idle_per_host: 0, ..settings };
        Self { pool: connect::pool(&settings), agent: settings.agent(), settings }
    }

    async fn get(&self, address: &Url, max_bytes: usize) -> Result<WebDocument, WebFault> {
        let endpoint = EndpointUrl::parse(address.as_str()).map_err(|_| WebFault::Forbidden)?;
        let target =
            Target::of(&endpoint, self.settings.egress).map_err(|failure| of_failure(&failure))?;
        let mut request = Request::new(Outgoing::nothing());
        *request.uri_mut() = target.uri.clone();
        *request.headers_mut() = head::of_request(&target, &self.agent, None, None);
        request.headers_mut().insert(ACCEPT, HeaderValue::from_static("application/json"));
        let answered = self.pool.request(request).await;
        let response = answered.map_err(|error| of_failure(&fault::of_exchange(&error, true)))?;
        if response.status() != StatusCode::OK || !is_json(response.headers()) {
            return Err(WebFault::NoDocument);
        }
        let max_age = max_age(response.headers());
        Ok(WebDocument { bytes: whole(response, max_bytes).await?, max_age })
    }
}

async fn whole(response: Response<Incoming>, max_bytes: usize) -> Result<bytes::Bytes, WebFault> {
    let mut body = response.into_body();
    let mut document = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(part) = frame.map_err(|_| WebFault::Unreachable)?.into_data() else { continue };
        if document.len().saturating_add(part.len()) > max_bytes {
            return Err(WebFault::TooLong);
        }
        document.extend_from_slice(&part);
    }
    Ok(document.freeze())
}

fn of_failure(failure: &UpstreamFailure) -> WebFault {
    match failure.class {
        FaultClass::AddressForbidden | FaultClass::WrongTransport => WebFault::Forbidden,
        FaultClass::NotMcp => WebFault::NoDocument,
        _ => WebFault::Unreachable,
    }
}

/// `application/json`, or a type that is written in it.
fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let media = kind.split_once(';').map_or(kind, |(media, _)| media).trim().to_ascii_lowercase();
    media == "application/json" || (media.starts_with("application/") && media.ends_with("+json"))
}

/// What `Cache-Control` lets (RFC 9111 §5.2.2); not keeping it at all is no time.
fn max_age(headers: &HeaderMap) -> Option<Duration> {
    let said = headers.get(CACHE_CONTROL)?.to_str().ok()?.to_ascii_lowercase();
    let mut directives = said.split(',').map(str::trim);
    if directives.clone().any(|directive| matches!(directive, "no-store" | "no-cache")) {
        return Some(Duration::ZERO);
    }
    let seconds = directives.find_map(|directive| directive.strip_prefix("max-age="))?;
    Some(Duration::from_secs(seconds.trim_matches('"').parse().ok()?))
}

#[async_trait]
impl WebDocuments for HttpDocuments {
    async fn fetch(&self, address: &Url, max_bytes: usize) -> Result<WebDocument, WebFault> {
        let fetched = tokio::time::timeout(PATIENCE, self.get(address, max_bytes)).await;
        fetched.unwrap_or(Err(WebFault::Unreachable))
    }
}

impl fmt::Debug for HttpDocuments {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("HttpDocuments").field("settings", &self.settings).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_kept_as_long_as_its_site_says() {
        let of = |value: &'static str| {
            max_age(&HeaderMap::from_iter([(CACHE_CONTROL, HeaderValue::from_static(value))]))
        };
        assert_eq!(of("public, Max-Age=60"), Some(Duration::from_mins(1)));
        assert_eq!(of("max-age=60, no-store"), Some(Duration::ZERO));
        assert_eq!(of("public"), None);
        assert_eq!(of("max-age=x"), None);
    }
}
