//! What a registration's upstream offers, for those who decide on it or use it.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::manifest::Discovery;
use crate::ports::{RegistrationView, RegistryPorts};
use crate::registration::RegistrationStatus;
use crate::server::{PinnedManifest, Server};

use super::find_registration;

/// A registration with what its upstream offers.
#[derive(Debug, Clone)]
pub struct ManifestView {
    /// The registration, with its candidate or what is pinned.
    pub registration: RegistrationView,
    /// The server that it is, with what that offers by now.
    pub server: Option<Server>,
}

/// Finds a registration with its manifest. An approved one whose candidate is forgotten, as after a
/// proposal that was taken back, is shown with what is pinned: that is what was read of it.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_manifest(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
) -> Result<ManifestView, Error> {
    let mut view = find_registration(ports, caller, id).await?;
    let server = match &view.server {
        Some(server) => ports.servers.find(server.id).await?,
        None => None,
    };
    let is_forgotten = view.discovery == Discovery::Pending
        && view.registration.status() == RegistrationStatus::Approved;
    if let Some(server) = server.as_ref().filter(|_| is_forgotten)
        && let PinnedManifest::Pinned { manifest, .. } = &server.manifest
    {
        view.discovery = Discovery::Complete { manifest: manifest.clone(), at: server.updated_at };
    }
    Ok(ManifestView { registration: view, server })
}
