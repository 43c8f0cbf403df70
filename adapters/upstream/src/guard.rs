//! Which addresses are called (server-side request forgery; mcp.md §8.3).
//!
//! The policy is asked for every connection, about the address that is then connected to: a name
//! is resolved once, what it may not mean is thrown away, and the rest is what TCP gets. A name that
//! resolves differently a moment later cannot slip through. Addresses written into the URL are not
//! resolved by hyper, so the connector looks at those itself.

use std::error::Error;
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::Name;
use hyper_util::rt::TokioIo;
use registry_domain::endpoint::EgressPolicy;
use tokio::net::TcpStream;
use tower_service::Service;

use crate::fault::ConnectFault;

type Resolving =
    Pin<Box<dyn Future<Output = Result<std::vec::IntoIter<SocketAddr>, ConnectFault>> + Send>>;
type Connecting = Pin<Box<dyn Future<Output = Result<TokioIo<TcpStream>, ConnectFault>> + Send>>;

/// Resolves names to the addresses that may be called.
#[derive(Debug, Clone, Copy)]
pub(crate) struct GuardedResolver(EgressPolicy);

impl Service<Name> for GuardedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = ConnectFault;
    type Future = Resolving;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let policy = self.0;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0))
                .await
                .map_err(|_| ConnectFault::Unresolved)?;
            permitted(policy, found).map(Vec::into_iter)
        })
    }
}

fn permitted(
    policy: EgressPolicy,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, ConnectFault> {
    let mut any = false;
    let kept: Vec<SocketAddr> =
        found.inspect(|_| any = true).filter(|address| policy.permits(address.ip())).collect();
    match (kept.is_empty(), any) {
        (false, _) => Ok(kept),
        (true, true) => Err(ConnectFault::Forbidden),
        (true, false) => Err(ConnectFault::Unresolved),
    }
}

/// Opens TCP connections to addresses that may be called, with `TCP_NODELAY` set.
#[derive(Debug, Clone)]
pub(crate) struct GuardedConnector {
    policy: EgressPolicy,
    tcp: HttpConnector<GuardedResolver>,
}

impl GuardedConnector {
    pub(crate) fn new(policy: EgressPolicy, connect_timeout: Duration) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(GuardedResolver(policy));
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(connect_timeout));
        Self { policy, tcp }
    }

    /// Judges an address that stands in the URL itself; a name is the resolver's to judge.
    fn check_literal(&self, uri: &Uri) -> Result<(), ConnectFault> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        match host.parse::<IpAddr>() {
            Ok(address) if !self.policy.permits(address) => Err(ConnectFault::Forbidden),
            _ => Ok(()),
        }
    }
}

impl Service<Uri> for GuardedConnector {
    type Response = TokioIo<TcpStream>;
    type Error = ConnectFault;
    type Future = Connecting;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.tcp.poll_ready(context).map_err(|error| of_tcp(&error))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let checked = self.check_literal(&uri);
        let connecting = self.tcp.call(uri);
        Box::pin(async move {
            checked?;
            connecting.await.map_err(|error| of_tcp(&error))
        })
    }
}

/// Finds our own fault in the chain of errors that hyper wraps it in.
fn of_tcp(error: &(dyn Error + 'static)) -> ConnectFault {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if let Some(fault) = error.downcast_ref::<ConnectFault>() {
            return *fault;
        }
        if error.downcast_ref::<io::Error>().is_some_and(|e| e.kind() == io::ErrorKind::TimedOut) {
            return ConnectFault::TooSlow;
        }
        cause = error.source();
    }
    ConnectFault::Refused
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| SocketAddr::new(text.parse().unwrap(), 0)).collect()
    }

    #[test]
    fn of_a_names_addresses_only_those_that_may_be_called_are_kept() {
        let found = addresses(&["10.0.0.1", "93.184.216.34", "::ffff:169.254.169.254"]);
        let kept = permitted(EgressPolicy::Public, found.into_iter()).unwrap();
        assert_eq!(kept, addresses(&["93.184.216.34"]));
    }

    #[test]
    fn a_name_that_means_nothing_that_may_be_called_is_forbidden() {
        let found = addresses(&["127.0.0.1", "::1"]);
        let refused = permitted(EgressPolicy::Public, found.into_iter());
        assert_eq!(refused, Err(ConnectFault::Forbidden));
        assert_eq!(permitted(EgressPolicy::Public, [].into_iter()), Err(ConnectFault::Unresolved));
    }

    #[tokio::test]
    async fn a_name_is_judged_by_what_it_resolves_to() {
        let name: Name = "localhost".parse().unwrap();
        let refused = GuardedResolver(EgressPolicy::Public).call(name.clone()).await;
        assert_eq!(refused.unwrap_err(), ConnectFault::Forbidden);
        assert!(GuardedResolver(EgressPolicy::Development).call(name).await.is_ok());
    }

    #[tokio::test]
    async fn an_address_in_the_url_is_judged_without_the_resolver() {
        let mut connector =
            GuardedConnector::new(EgressPolicy::Development, Duration::from_millis(100));
        for host in ["169.254.169.254", "[::ffff:169.254.169.254]", "[fe80::1]", "0.0.0.0"] {
            let uri: Uri = format!("http://{host}/").parse().unwrap();
            assert_eq!(connector.call(uri).await.unwrap_err(), ConnectFault::Forbidden, "{host}");
        }
    }
}
