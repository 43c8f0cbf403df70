//! A server was approved before anything could be read from it: the first manifest seen is pinned
//! and marked as unreviewed.

use serde_json::json;

use crate::change::Change;
use crate::error::Error;
use crate::event::{EventKind, RegistryEvent};
use crate::ports::{Dial, PortError, RegistryPorts};
use crate::server::{PinnedManifest, Server};

use super::credentials::opened;

/// Tries to read the manifest and pins it; answers whether it did. An upstream that still does
/// not answer, or somebody who was faster, is no error.
///
/// # Errors
/// [`Error::Unavailable`] without the store.
pub async fn pin_first_manifest(ports: &RegistryPorts, server: Server) -> Result<bool, Error> {
    let dialled = server.endpoint_url.dialled_over(server.transport);
    let credential = opened(ports, server.id, &dialled).await?;
    let dial = Dial::with(&dialled, credential.as_ref());
    let Ok(manifest) = ports.upstream.discover(dial).await else {
        return Ok(false);
    };
    let stamp = ports.stamp();
    let event = RegistryEvent::by_product(EventKind::ManifestPinned, stamp)
        .on_server(server.id, server.tenant.clone())
        .saying(json!({"reviewed": false, "manifest_digest": manifest.digest().to_string()}));
    let expected = server.revision;
    let next = Server {
        manifest: PinnedManifest::Pinned { manifest, reviewed: false },
        updated_at: stamp.at,
        revision: expected.next(),
        ..server
    };
    match ports
        .servers
        .commit(&Change { next, expected: Some(expected), events: vec![event] })
        .await
    {
        Ok(()) => Ok(true),
        Err(PortError::Conflict { .. } | PortError::NotFound) => Ok(false),
        Err(error) => Err(error.into()),
    }
}
