//! A server's credential: set, shown without its secret, taken away; and opened where the server is
//! asked.

use std::sync::Arc;

use serde_json::json;

use crate::caller::{Actor, Caller, Denied, ServerAction};
use crate::change::Change;
use crate::credential::{
    Credential, CredentialDraft, CredentialKind, CredentialRemoval, StoredCredential, origin_of,
};
use crate::endpoint::{EndpointUrl, Transport};
use crate::error::{Error, Subject};
use crate::event::{EventKind, RegistryEvent};
use crate::field::Violation;
use crate::id::{Revision, ServerId};
use crate::ports::{PortError, RegistryPorts};
use crate::server::Server;

use super::server_writing::{MOST_DECISIONS, visible};

/// Sets a server's credential; one that is there is replaced.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::Stale`],
/// [`Error::Unavailable`].
pub async fn set_credential(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    draft: CredentialDraft,
    expected: Option<Revision>,
) -> Result<StoredCredential, Error> {
    let actor = super::acting_user(caller)?;
    let server = changeable(ports, caller, id).await?;
    if server.transport == Transport::Stdio {
        let rule = "a program of the operator's file is shown nothing: what opens it stands in its \
                    environment there";
        return Err(Error::Invalid(vec![Violation::at("kind", "value_error", rule)]));
    }
    let secret = draft.check(ports.policy.egress).map_err(Error::Invalid)?;
    if secret.kind() == CredentialKind::OnBehalfOf && !caller.is_admin {
        // It shows the server tokens of other people, for whatever its scopes name: an owner could
        // collect them for an application that is none of theirs.
        return Err(Error::Denied(Denied::NotAdmin));
    }
    let origin = origin_of(&server.endpoint_url.dialled_over(server.transport));
    let mut decisions = 0;
    loop {
        let there = ports.vault.find(id).await?.map(|there| there.revision);
        guard(expected, there)?;
        let stamp = ports.stamp();
        let event = RegistryEvent::of(EventKind::CredentialSet, stamp, actor);
        let next = StoredCredential {
            server: id,
            kind: secret.kind(),
            header_name: secret.header_name().to_owned(),
            sealed: secret.seal(ports.sealer.as_ref(), id, &origin)?,
            origin: origin.clone(),
            set_at: stamp.at,
            set_by: Some(actor),
            revision: there.map_or(Revision::FIRST, Revision::next),
        };
        let said = json!({"kind": next.kind.as_str(), "header_name": next.header_name});
        let events = vec![about(&server, event).saying(said)];
        decisions += 1;
        match ports.vault.commit(&Change { next: next.clone(), expected: there, events }).await {
            Ok(()) => return Ok(next),
            Err(PortError::NotFound) => return Err(Error::NotFound(Subject::Server(id))),
            Err(PortError::Conflict { .. }) if expected.is_none() && decisions < MOST_DECISIONS => {
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// What is known of a server's credential; `None`: it has none.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Unavailable`].
pub async fn find_credential(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
) -> Result<Option<StoredCredential>, Error> {
    if caller.is_admin {
        // Where nobody writes, administrators may still look.
        seen(ports, caller, id).await?;
    } else {
        changeable(ports, caller, id).await?;
    }
    Ok(ports.vault.find(id).await?)
}

/// Takes a server's credential away; to take one away that is not there changes nothing.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Stale`], [`Error::Unavailable`].
pub async fn remove_credential(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ServerId,
    expected: Option<Revision>,
) -> Result<(), Error> {
    let actor = super::acting_user(caller)?;
    let server = changeable(ports, caller, id).await?;
    let mut decisions = 0;
    loop {
        let there = ports.vault.find(id).await?.map(|there| there.revision);
        guard(expected, there)?;
        let Some(there) = there else { return Ok(()) };
        let event = RegistryEvent::of(EventKind::CredentialRemoved, ports.stamp(), actor);
        let events = vec![about(&server, event)];
        decisions += 1;
        let removal = CredentialRemoval { server: id, expected: there, events };
        match ports.vault.commit_removal(&removal).await {
            Ok(()) => return Ok(()),
            Err(PortError::Conflict { .. }) if expected.is_none() && decisions < MOST_DECISIONS => {
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// A server's credential, opened for its address, as the product itself shows it: none where each
/// caller has their own.
///
/// # Errors
/// As [`CredentialVault::find`](crate::ports::CredentialVault::find).
pub(super) async fn opened(
    ports: &RegistryPorts,
    id: ServerId,
    endpoint: &EndpointUrl,
) -> Result<Option<Arc<Credential>>, PortError> {
    let stored = ports.vault.find(id).await?;
    let opened = stored.map(|stored| Credential::open(&stored, endpoint, ports.sealer.as_ref()));
    Ok(opened.filter(|credential| !credential.is_personal()))
}

async fn seen(ports: &RegistryPorts, caller: &Caller, id: ServerId) -> Result<Server, Error> {
    let found = ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)))?;
    visible(ports, Actor::Person(caller), found, None)
}

/// The server, if the caller may write it: who decides where it is decides how it is opened.
async fn changeable(ports: &RegistryPorts, caller: &Caller, id: ServerId) -> Result<Server, Error> {
    let server = seen(ports, caller, id).await?;
    Actor::Person(caller).authorize(&ports.policy, ServerAction::Replace(&server))?;
    Ok(server)
}

fn guard(expected: Option<Revision>, there: Option<Revision>) -> Result<(), Error> {
    if expected.is_some() && expected != there {
        return Err(Error::Stale { what: "the credential changed since it was read" });
    }
    Ok(())
}

fn about(server: &Server, event: RegistryEvent) -> RegistryEvent {
    let event = RegistryEvent { registration: server.registration, ..event };
    event.on_server(server.id, server.tenant.clone())
}
