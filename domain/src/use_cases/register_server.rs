//! An operator lists a server directly, without a registration: from the command line.

use crate::change::Change;
use crate::endpoint::EndpointUrl;
use crate::error::Error;
use crate::event::{EventKind, RegistryEvent};
use crate::field::Violations;
use crate::id::{Alias, Revision, ServerId, TenantId};
use crate::ports::{PortError, RegistryPorts};
use crate::server::{HealthStatus, PinnedManifest, Server, server_name};

/// What the operator says about the server.
#[derive(Debug, Clone, Default)]
pub struct RegisterServer {
    /// Its name.
    pub name: String,
    /// Its address.
    pub endpoint_url: String,
    /// Its alias; made from the name if absent.
    pub alias: Option<String>,
    /// Whose it is; everybody's if absent.
    pub tenant: Option<String>,
    /// What it is for.
    pub description: Option<String>,
}

/// Lists the server. What it offers is read at once and pinned: the operator vouches for it. If
/// it cannot be read now, the first manifest seen later is pinned, unreviewed.
///
/// # Errors
/// [`Error::Invalid`], [`Error::NameTaken`], [`Error::Unavailable`].
pub async fn register_server(
    ports: &RegistryPorts,
    command: RegisterServer,
) -> Result<Server, Error> {
    let mut wrong = Violations::default();
    let name = wrong.take(server_name(&command.name));
    let endpoint = wrong.take(EndpointUrl::parse(&command.endpoint_url).and_then(|endpoint| {
        ports.policy.egress.check(&endpoint)?;
        Ok(endpoint)
    }));
    let alias = match &command.alias {
        Some(text) => wrong.take(Alias::parse(text)),
        None => Some(Alias::from_name(&command.name)),
    };
    let tenant = command.tenant.as_deref().and_then(|text| wrong.take(TenantId::parse(text)));
    let (Some(name), Some(endpoint_url), Some(alias), true) =
        (name, endpoint, alias, wrong.is_empty())
    else {
        return Err(Error::Invalid(wrong.into_inner()));
    };

    let manifest = match ports.upstream.discover(&endpoint_url).await {
        Ok(manifest) => PinnedManifest::Pinned { manifest, reviewed: true },
        Err(_) => PinnedManifest::Awaited,
    };
    let stamp = ports.stamp();
    let server = Server {
        id: ServerId(ports.ids.next()),
        name,
        alias,
        transport: endpoint_url.transport(),
        endpoint_url,
        version: "1.0.0".to_owned(),
        description: command.description,
        capabilities: serde_json::Map::new(),
        tags: Vec::new(),
        health: HealthStatus::Unknown,
        tenant,
        registration: None,
        manifest,
        drift: None,
        created_at: stamp.at,
        updated_at: stamp.at,
        revision: Revision::FIRST,
    };
    let event = RegistryEvent::by_product(EventKind::ServerListed, stamp)
        .on_server(server.id, server.tenant.clone());
    let change = Change { next: server, expected: None, events: vec![event] };
    match ports.servers.commit(&change).await {
        Ok(()) => Ok(change.next),
        Err(PortError::AlreadyExists { key: "alias", .. }) => {
            Err(Error::NameTaken { what: "alias", wanted: change.next.alias.to_string() })
        }
        Err(PortError::AlreadyExists { .. }) => {
            Err(Error::NameTaken { what: "name", wanted: change.next.name })
        }
        Err(error) => Err(error.into()),
    }
}
