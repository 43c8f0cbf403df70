//! Keep what somebody granted us who comes back from a server's authorization server.

use super::begin_connection::client_key;
use super::caller_of;
use super::offer_connection::mark_of;
use super::server_writing::MOST_DECISIONS;
use crate::change::Change;
use crate::error::{Error, Subject};
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{EventId, Revision, UserId};
use crate::ports::{GrantFault, GrantProof, PortError, Purpose, Secret, TokenWish, VerifiedToken};
use crate::user_grant::{Begun, ConnectPorts, KeptToken, StoredGrant, UserGrant};

/// What a browser comes back with.
#[derive(Debug)]
pub struct ConnectionReturn {
    /// The state that it was sent with.
    pub state: String,
    /// The code; none where the person or the server refused.
    pub code: Option<Secret>,
    /// Who says that it sends the browser (RFC 9207).
    pub issuer: Option<String>,
}

/// Finishes what was begun, once: whatever comes of it, its state is used up. Answers how browsers
/// name the server to us.
///
/// # Errors
/// [`Error::UnknownState`] where nothing was begun with that state, or by somebody else, or in
/// another session; [`Error::Grant`], [`Error::NotFound`], [`Error::Unavailable`].
pub async fn finish_connection(
    ports: &ConnectPorts,
    person: &VerifiedToken,
    session: &Secret,
    back: ConnectionReturn,
) -> Result<String, Error> {
    let key = Begun::key(&back.state);
    let begun: Option<Begun> = ports.sign_in.take_kept(&key, Purpose::State).await?;
    let caller = caller_of(person);
    // Who finishes somebody else's flow would have us act at the server as somebody else.
    let begun =
        begun.filter(|begun| begun.is_of(&caller, &mark_of(session))).ok_or(Error::UnknownState)?;
    let authority = &begun.authority;
    let is_the_one = match &back.issuer {
        Some(issuer) => *issuer == authority.issuer,
        None => !authority.says_issuer,
    };
    if !is_the_one {
        // A code of another authorization server must not be shown to this one (mix-up).
        return Err(GrantFault::Metadata("is not of who sent the browser back").into());
    }
    let code = back.code.ok_or(GrantFault::Refused)?;
    let client = begun.client.clone().read();
    let proof = GrantProof::Code {
        code: &code,
        verifier: &begun.verifier,
        redirect_uri: &ports.callback(),
    };
    let wish = TokenWish {
        token_endpoint: &authority.token_endpoint,
        client: &client,
        resource: &authority.resource,
        proof,
    };
    let given_at = ports.sign_in.clock.now();
    let asked = ports.authorities.tokens(wish).await;
    if matches!(asked, Err(GrantFault::UnknownClient)) {
        ports.sign_in.sessions.take(&client_key(&authority.issuer, &ports.callback())).await?;
    }
    let grant = UserGrant {
        for_credential: (begun.set_at, Revision(begun.revision)),
        resource: authority.resource.clone(),
        token_endpoint: authority.token_endpoint.clone(),
        revocation_endpoint: authority.revocation_endpoint.clone(),
        client,
        access_token: None,
        refresh_token: None,
        life: None,
    };
    keep(ports, person, &begun, grant.with(asked?, given_at)).await?;
    Ok(begun.name)
}

/// Keeps a grant in the place of an earlier one.
async fn keep(
    ports: &ConnectPorts,
    person: &VerifiedToken,
    begun: &Begun,
    grant: UserGrant,
) -> Result<(), Error> {
    let sign_in = &ports.sign_in;
    let caller = caller_of(person);
    let new_id = UserId(sign_in.ids.next());
    let actor = sign_in.users.ensure_user(&person.identity, new_id).await?.into_user().id;
    let sealed = grant.seal(sign_in.sealer.as_ref(), begun.server, &caller)?;
    let mut decisions = 0;
    loop {
        let there = ports.grants.find(begun.server, &caller.subject).await?;
        let expected = there.map(|there| there.revision);
        let stamp = EventStamp { id: EventId(sign_in.ids.next()), at: sign_in.clock.now() };
        let event = RegistryEvent::of(EventKind::GrantGiven, stamp, actor);
        let next = StoredGrant {
            server: begun.server,
            subject: caller.subject.clone(),
            tenant: caller.tenant.clone(),
            sealed: sealed.clone(),
            granted_at: stamp.at,
            revision: expected.map_or(Revision::FIRST, Revision::next),
        };
        let events = vec![event.on_server(begun.server, caller.tenant.clone())];
        decisions += 1;
        match ports.grants.commit(&Change { next, expected, events }).await {
            Ok(()) => break,
            Err(PortError::NotFound) => {
                return Err(Error::NotFound(Subject::Server(begun.server)));
            }
            Err(PortError::Conflict { .. }) if decisions < MOST_DECISIONS => {}
            Err(error) => return Err(error.into()),
        }
    }
    sign_in.sessions.take(&KeptToken::key(begun.server, &caller.subject)).await?;
    Ok(())
}
