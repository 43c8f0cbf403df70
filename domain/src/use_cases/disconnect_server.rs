//! Take back what somebody granted us at a server.

use super::caller_of;
use super::server_writing::MOST_DECISIONS;
use crate::error::Error;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{EventId, ServerId, UserId};
use crate::ports::{PortError, VerifiedToken};
use crate::user_grant::{ConnectPorts, GrantRemoval, KeptToken, StoredGrant, UserGrant};

/// Forgets somebody's grant at a server, and gives its tokens back where its authorization server
/// takes them; to take back what is not there changes nothing.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn disconnect_server(
    ports: &ConnectPorts,
    person: &VerifiedToken,
    server: ServerId,
) -> Result<(), Error> {
    let Some(gone) = remove(ports, person, server).await? else { return Ok(()) };
    let sign_in = &ports.sign_in;
    sign_in.sessions.take(&KeptToken::key(server, &gone.subject)).await?;
    let Some(grant) = UserGrant::open(&gone, sign_in.sealer.as_ref()) else { return Ok(()) };
    // With us it is gone already; that it is not there ends by itself.
    if let Some(endpoint) = &grant.revocation_endpoint
        && let Some(token) = grant.refresh_token.as_ref().or(grant.access_token.as_ref())
    {
        _ = ports.authorities.revoke(endpoint, &grant.client, token).await;
    }
    Ok(())
}

/// Takes the row away, and answers what it was.
async fn remove(
    ports: &ConnectPorts,
    person: &VerifiedToken,
    server: ServerId,
) -> Result<Option<StoredGrant>, Error> {
    let sign_in = &ports.sign_in;
    let caller = caller_of(person);
    let new_id = UserId(sign_in.ids.next());
    let actor = sign_in.users.ensure_user(&person.identity, new_id).await?.into_user().id;
    let mut decisions = 0;
    loop {
        let there = ports.grants.find(server, &caller.subject).await?;
        let Some(there) = there.filter(|there| there.tenant == caller.tenant) else {
            return Ok(None);
        };
        let stamp = EventStamp { id: EventId(sign_in.ids.next()), at: sign_in.clock.now() };
        let event = RegistryEvent::of(EventKind::GrantRemoved, stamp, actor);
        let removal = GrantRemoval {
            server,
            subject: caller.subject.clone(),
            expected: there.revision,
            events: vec![event.on_server(server, caller.tenant.clone())],
        };
        decisions += 1;
        match ports.grants.commit_removal(&removal).await {
            Ok(()) => return Ok(Some(there)),
            Err(PortError::Conflict { .. }) if decisions < MOST_DECISIONS => {}
            Err(error) => return Err(error.into()),
        }
    }
}
