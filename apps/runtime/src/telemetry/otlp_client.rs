//! How spans travel: our own HTTP client, on the main runtime.
//!
//! The exporter runs on a thread of its own, where there is no runtime: so each request is a task
//! of the main one.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use hyper_util::rt::TokioExecutor;
use opentelemetry_http::{HttpClient, HttpError};
use rustls::crypto::aws_lc_rs;
use tokio::runtime::Handle;

/// How long a collector may take to take a batch.
const WITHIN: Duration = Duration::from_secs(10);
/// The most that is read of its answer.
const MOST_ANSWER_BYTES: usize = 64 << 10;

/// Sends batches of spans. Redirects are not followed.
#[derive(Debug)]
pub(crate) struct OtlpClient {
    client: Client<HttpsConnector<HttpConnector>, Full<Bytes>>,
    runtime: Handle,
    failing: AtomicBool,
}

impl OtlpClient {
    /// Trusts the machine's certificate authorities; where it has none, Mozilla's.
    ///
    /// # Errors
    /// When no TLS client can be made here.
    pub(crate) fn new(runtime: Handle) -> Result<Self, rustls::Error> {
        let provider = aws_lc_rs::default_provider;
        let builder = HttpsConnectorBuilder::new();
        let builder = match builder.with_provider_and_native_roots(provider()) {
            Ok(builder) => builder,
            Err(_) => HttpsConnectorBuilder::new().with_provider_and_webpki_roots(provider())?,
        };
        let connector = builder.https_or_http().enable_http1().build();
        let client = Client::builder(TokioExecutor::new()).build(connector);
        Ok(Self { client, runtime, failing: AtomicBool::new(false) })
    }

    /// Tells the log of a change of fortune.
    fn note(&self, failure: Option<&str>) {
        let failed_before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        match failure {
            Some(error) if !failed_before => {
                tracing::warn!(error, "traces cannot be sent right now; trying on");
            }
            None if failed_before => tracing::info!("traces can be sent again"),
            _ => {}
        }
    }
}

#[async_trait]
impl HttpClient for OtlpClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let sending = self.client.request(request.map(Full::new));
        let exchange = async move {
            let (head, body) = sending.await?.into_parts();
            let body = Limited::new(body, MOST_ANSWER_BYTES).collect().await?;
            Ok::<_, HttpError>(Response::from_parts(head, body.to_bytes()))
        };
        // The clock too belongs to the runtime: it is asked for inside.
        let task = self.runtime.spawn(async move { tokio::time::timeout(WITHIN, exchange).await });
        let done = match task.await {
            Ok(Ok(done)) => done,
            Ok(Err(late)) => Err(late.into()),
            Err(cut_off) => Err(cut_off.into()),
        };
        match &done {
            Ok(answer) if answer.status().is_success() => self.note(None),
            Ok(answer) => self.note(Some(&format!("the answer was {}", answer.status()))),
            Err(error) => self.note(Some(&error.to_string())),
        }
        done
    }
}
