//! Where requests go, parsed once for each server.

use std::collections::HashMap;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use parking_lot::RwLock;
use registry_domain::endpoint::{EgressPolicy, EndpointUrl, Transport};
use registry_domain::id::ServerId;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::UpstreamFailure;
use registry_domain::routing::ServerEntry;

use crate::below::address_below;
use crate::fault::{ConnectFault, failure};

/// An endpoint as hyper takes it.
#[derive(Debug)]
pub(crate) struct Target {
    text: String,
    /// The whole address.
    pub(crate) uri: Uri,
    /// Where else it may be, if the address names a host alone.
    pub(crate) below: Option<Uri>,
    /// What `host` says.
    pub(crate) host: HeaderValue,
}

impl Target {
    /// Reads an endpoint, if its address may be called as far as the text shows.
    ///
    /// # Errors
    /// [`FaultClass::AddressForbidden`] for an address that may not be called,
    /// [`FaultClass::Unreachable`] for one that HTTP cannot spell.
    pub(crate) fn of(
        endpoint: &EndpointUrl,
        egress: EgressPolicy,
    ) -> Result<Self, UpstreamFailure> {
        egress.check(endpoint).map_err(|_| ConnectFault::Forbidden.into_failure())?;
        if matches!(endpoint.transport(), Transport::Websocket | Transport::Stdio) {
            let detail = "the address is not spoken to over HTTP";
            return Err(failure(FaultClass::WrongTransport, detail, false));
        }
        let unspeakable =
            || failure(FaultClass::Unreachable, "the address cannot be written in HTTP", false);
        let uri: Uri = endpoint.url().as_str().parse().map_err(|_| unspeakable())?;
        let host = uri
            .authority()
            .and_then(|authority| HeaderValue::from_str(authority.as_str()).ok())
            .ok_or_else(unspeakable)?;
        let below = address_below(&uri);
        Ok(Self { text: endpoint.as_str().to_owned(), uri, below, host })
    }
}

/// The targets of the servers that were called so far.
#[derive(Debug, Default)]
pub(crate) struct Targets {
    known: RwLock<HashMap<ServerId, Arc<Target>>>,
}

impl Targets {
    /// How many are kept; beyond it all are forgotten and parsed anew as they are called.
    const MAX: usize = 10_000;

    /// The target of a server. One whose address changed is parsed again.
    ///
    /// # Errors
    /// As [`Target::of`].
    pub(crate) fn of(
        &self,
        server: &ServerEntry,
        egress: EgressPolicy,
    ) -> Result<Arc<Target>, UpstreamFailure> {
        if let Some(target) = self.known.read().get(&server.id)
            && target.text == server.endpoint.as_str()
        {
            return Ok(Arc::clone(target));
        }
        let target = Arc::new(Target::of(&server.endpoint, egress)?);
        let mut known = self.known.write();
        if known.len() >= Self::MAX {
            known.clear();
        }
        known.insert(server.id, Arc::clone(&target));
        Ok(target)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(text: &str) -> Result<Target, UpstreamFailure> {
        Target::of(&EndpointUrl::parse(text).unwrap(), EgressPolicy::Public)
    }

    #[test]
    fn a_target_names_its_host_as_http_wants_it() {
        let plain = target("HTTPS://Api.Example.com:443/mcp?x=1").unwrap();
        assert_eq!(plain.host, "api.example.com");
        assert_eq!(plain.uri, "https://api.example.com/mcp?x=1");
        assert_eq!(target("http://api.example.com:8080").unwrap().host, "api.example.com:8080");
        assert_eq!(
            target("http://[2606:2800:220:1::1]:81/").unwrap().host,
            "[2606:2800:220:1::1]:81"
        );
        assert!(target("https://bücher.example/a b".replace(' ', "|").as_str()).is_ok());
    }

    #[test]
    fn an_address_that_may_not_be_called_is_no_target() {
        let refused = target("http://169.254.169.254/latest/meta-data").unwrap_err();
        assert_eq!(refused.class, FaultClass::AddressForbidden);
        assert!(!refused.request_sent);
    }
}
