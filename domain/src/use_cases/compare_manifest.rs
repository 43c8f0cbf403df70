//! What a server offers is compared with what is pinned of it.

use crate::error::Error;
use crate::id::ServerId;
use crate::ports::{Dial, PortError, RegistryPorts};
use crate::server::PinnedManifest;

use super::credentials::opened;

/// Reads what a server offers and keeps the difference, if that is news; answers whether it was.
/// One that cannot be read, or that somebody changed meanwhile, is compared another time.
///
/// # Errors
/// [`Error::Unavailable`] without the store.
pub async fn compare_manifest(ports: &RegistryPorts, id: ServerId) -> Result<bool, Error> {
    let Some(server) = ports.servers.find(id).await? else { return Ok(false) };
    if server.manifest == PinnedManifest::Awaited || !server.auto_discover {
        return Ok(false);
    }
    let dialled = server.endpoint_url.dialled_over(server.transport);
    let credential = opened(ports, id, &dialled).await?;
    let dial = Dial::with(&dialled, credential.as_ref());
    let Ok(seen) = ports.upstream.discover(dial).await else { return Ok(false) };
    let Some(change) = server.offering(seen, ports.stamp()) else { return Ok(false) };
    match ports.servers.commit(&change).await {
        Ok(()) => Ok(true),
        Err(PortError::Conflict { .. } | PortError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
