//! How a connection to an upstream is made: guard, TCP, TLS, all within one deadline.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, LazyLock};
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_rustls::{ConfigBuilderExt, HttpsConnector, MaybeHttpsStream};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use rustls::ClientConfig;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::fault::ConnectFault;
use crate::guard::GuardedConnector;
use crate::outgoing::Outgoing;
use crate::settings::UpstreamSettings;

/// A pool of connections to upstreams.
pub(crate) type Pool = Client<Connector, Outgoing>;

/// A connection to an upstream.
pub(crate) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;

/// Makes the pool. Its connections belong to the runtime that uses it.
pub(crate) fn pool(settings: &UpstreamSettings) -> Pool {
    let connector = connector(settings);
    Client::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.pool_idle_timeout)
        .pool_max_idle_per_host(settings.pool_max_idle_per_host)
        .set_host(false)
        .build(connector)
}

/// Makes what connects, for those who keep no pool.
pub(crate) fn connector(settings: &UpstreamSettings) -> Connector {
    let guarded = GuardedConnector::new(settings.egress, settings.connect_timeout);
    Connector {
        https: HttpsConnector::from((guarded, Arc::clone(&TLS))),
        timeout: settings.connect_timeout,
    }
}

/// TLS as all clients of the process speak it: the machine's certificates, or Mozilla's where it
/// has none. Reading them takes tens of milliseconds, so it happens once.
static TLS: LazyLock<Arc<ClientConfig>> = LazyLock::new(|| {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // Losing the race against another thread is as good as winning it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
    let rooted = ClientConfig::builder()
        .with_native_roots()
        .unwrap_or_else(|_| ClientConfig::builder().with_webpki_roots());
    Arc::new(rooted.with_no_client_auth())
});

/// Connects over TCP, and over TLS where the scheme asks for it.
#[derive(Debug, Clone)]
pub(crate) struct Connector {
    https: HttpsConnector<GuardedConnector>,
    timeout: Duration,
}

impl Service<Uri> for Connector {
    type Response = Stream;
    type Error = ConnectFault;
    type Future = Pin<Box<dyn Future<Output = Result<Stream, ConnectFault>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.https.poll_ready(context).map_err(|error| of_layers(error.as_ref()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let connecting = self.https.call(uri);
        let timeout = self.timeout;
        Box::pin(async move {
            match tokio::time::timeout(timeout, connecting).await {
                Ok(connected) => connected.map_err(|error| of_layers(error.as_ref())),
                Err(_) => Err(ConnectFault::TooSlow),
            }
        })
    }
}

/// The guard names its faults itself; what comes from above it is TLS.
fn of_layers(error: &(dyn std::error::Error + Send + Sync + 'static)) -> ConnectFault {
    error.downcast_ref::<ConnectFault>().copied().unwrap_or(ConnectFault::Tls)
}
