//! What a registration's upstream offers, for those who decide on it or use it.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::manifest::Discovery;
use crate::ports::{RegistrationView, RegistryPorts};
use crate::registration::RegistrationStatus;
use crate::server::PinnedManifest;

use super::find_registration;

/// Finds a registration with its manifest. An approved one whose candidate is forgotten, as after a
/// proposal that was taken back, is shown with what is pinned: that is what was read of it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_manifest(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<RegistrationView, Error> {
    let view = find_registration(ports, caller, id).await?;
    let is_forgotten = view.discovery == Discovery::Pending
        && view.registration.status() == RegistrationStatus::Approved;
    let Some(server) = view.server.as_ref().filter(|_| is_forgotten) else {
        return Ok(view);
    };
    let Some(server) = ports.servers.find(server.id).await? else { return Ok(view) };
    let discovery = match server.manifest {
        PinnedManifest::Awaited => Discovery::Pending,
        PinnedManifest::Pinned { manifest, .. } => {
            Discovery::Complete { manifest, at: server.updated_at }
        }
    };
    Ok(RegistrationView { discovery, ..view })
}
