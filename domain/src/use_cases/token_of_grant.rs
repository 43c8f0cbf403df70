//! A caller's token for a server that they granted us themselves: refreshed ahead of its end.
//!
//! Of all that need somebody's token at once, over all replicas, one asks for the next one: a
//! refresh token is good once, and who shows it twice loses the grant.

use std::time::Duration;

use super::token_on_behalf::OnBehalf;
use crate::caller::Caller;
use crate::change::Change;
use crate::credential::{Credential, CredentialSecret};
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{EventId, Revision};
use crate::ports::{
    GrantFault, GrantProof, LeaseHolder, PersonalTokenFault, PortError, Purpose, Secret, TokenWish,
    end_after,
};
use crate::user_grant::{ConnectPorts, GrantRemoval, KeptToken, Standing, StoredGrant, UserGrant};

/// How long a refresh may take, before somebody else tries.
const REFRESH_WITHIN: Duration = Duration::from_secs(30);
/// How long a token whose end nobody tells is shown before the store is asked again.
const LOOK_AFTER: Duration = Duration::from_mins(5);

/// A grant with the row that it was read from.
type Read = (StoredGrant, UserGrant);

/// Looks for the caller's token, and refreshes it where it is about to end.
///
/// # Errors
/// [`PersonalTokenFault::NotConnected`], [`PersonalTokenFault::Unavailable`].
pub async fn token_of_grant(
    ports: &ConnectPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<OnBehalf, PersonalTokenFault> {
    let key = KeptToken::key(credential.server, &caller.subject);
    let kept: Option<KeptToken> =
        ports.sign_in.find_kept(&key, Purpose::Vault).await.map_err(unavailable)?;
    let now = ports.sign_in.clock.now();
    if let Some(kept) = kept.filter(|kept| kept.is_for(caller, credential) && now < kept.until) {
        return Ok(OnBehalf::Shown(credential.shown_with(&Secret::new(kept.token))));
    }
    let (stored, grant) = read(ports, caller, credential).await?;
    let standing = grant.standing(now);
    if standing == Standing::Good {
        return shown(ports, caller, credential, (stored.revision, &grant)).await;
    }
    let lease = format!("refresh-{key}");
    let holder = LeaseHolder(ports.sign_in.ids.next());
    let leases = &ports.sign_in.leases;
    if !leases.try_acquire(&lease, holder, REFRESH_WITHIN).await.map_err(unavailable)? {
        return Ok(match (standing, &grant.access_token) {
            (Standing::Ending, Some(token)) => OnBehalf::Shown(credential.shown_with(token)),
            _ => OnBehalf::Busy,
        });
    }
    let refreshed = refresh(ports, caller, credential).await;
    // A lease that is not given back ends by itself.
    _ = leases.release(&lease, holder).await;
    refreshed
}

/// Forgets a token that the server did not take, unless there is another one already.
///
/// # Errors
/// [`PortError::Conflict`] where somebody else did so at once, [`PortError::Unavailable`].
pub async fn forget_token_of_grant(
    ports: &ConnectPorts,
    caller: &Caller,
    credential: &Credential,
    shown: &Credential,
) -> Result<(), PortError> {
    let Ok(CredentialSecret::Header { value, .. }) = &shown.secret else { return Ok(()) };
    let Some(refused) = value.expose().strip_prefix("Bearer ") else { return Ok(()) };
    let key = KeptToken::key(credential.server, &caller.subject);
    let kept: Option<KeptToken> = ports.sign_in.find_kept(&key, Purpose::Vault).await?;
    if kept.is_some_and(|kept| kept.token == refused) {
        ports.sign_in.sessions.take(&key).await?;
    }
    let Some((stored, grant)) = find(ports, caller, credential).await? else { return Ok(()) };
    let is_known = grant.access_token.as_ref().is_some_and(|token| token.expose() == refused);
    if !is_known {
        return Ok(());
    }
    replace(ports, caller, &stored, &UserGrant { access_token: None, ..grant }).await
}

/// The caller's grant, where it is for this setting of the credential.
async fn find(
    ports: &ConnectPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<Option<Read>, PortError> {
    let stored = ports.grants.find(credential.server, &caller.subject).await?;
    Ok(stored.filter(|stored| stored.tenant == caller.tenant).and_then(|stored| {
        let grant = UserGrant::open(&stored, ports.sign_in.sealer.as_ref())?;
        grant.is_for(credential).then_some((stored, grant))
    }))
}

async fn read(
    ports: &ConnectPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<Read, PersonalTokenFault> {
    let found = find(ports, caller, credential).await.map_err(unavailable)?;
    found.ok_or(PersonalTokenFault::NotConnected)
}

/// Shows a grant's token, and remembers it for the next calls: unless it was taken back, or given
/// anew, while it was remembered.
async fn shown(
    ports: &ConnectPorts,
    caller: &Caller,
    credential: &Credential,
    (revision, grant): (Revision, &UserGrant),
) -> Result<OnBehalf, PersonalTokenFault> {
    let token = grant.access_token.as_ref().ok_or(PersonalTokenFault::NotConnected)?;
    let now = ports.sign_in.clock.now();
    let look = end_after(now, LOOK_AFTER);
    let until = grant.life.map_or(look, |life| life.refresh_at.min(look));
    if let Ok(left) = Duration::try_from(until.duration_since(now))
        && !left.is_zero()
    {
        let key = KeptToken::key(credential.server, &caller.subject);
        let kept = KeptToken::of(caller, credential, token, until);
        ports.sign_in.keep(&key, Purpose::Vault, &kept, left).await.map_err(unavailable)?;
        let there = ports.grants.find(credential.server, &caller.subject).await;
        let is_there =
            there.is_ok_and(|there| there.is_some_and(|there| there.revision == revision));
        if !is_there {
            ports.sign_in.sessions.take(&key).await.map_err(unavailable)?;
        }
    }
    Ok(OnBehalf::Shown(credential.shown_with(token)))
}

/// Refreshes, as the only one who does.
async fn refresh(
    ports: &ConnectPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<OnBehalf, PersonalTokenFault> {
    // Somebody may have done it since it was read.
    let (stored, grant) = read(ports, caller, credential).await?;
    let now = ports.sign_in.clock.now();
    let standing = grant.standing(now);
    let present = grant
        .access_token
        .as_ref()
        .filter(|_| standing != Standing::Ended)
        .map(|token| OnBehalf::Shown(credential.shown_with(token)));
    if standing == Standing::Good {
        return shown(ports, caller, credential, (stored.revision, &grant)).await;
    }
    let Some(refresh_token) = &grant.refresh_token else {
        return match present {
            Some(present) => Ok(present),
            None => lost(ports, &stored).await,
        };
    };
    let wish = TokenWish {
        token_endpoint: &grant.token_endpoint,
        client: &grant.client,
        resource: &grant.resource,
        proof: GrantProof::Refresh(refresh_token),
    };
    match ports.authorities.tokens(wish).await {
        Ok(tokens) => {
            let next = grant.clone().with(tokens, now);
            match replace(ports, caller, &stored, &next).await {
                Ok(()) => {
                    let next = (stored.revision.next(), &next);
                    shown(ports, caller, credential, next).await
                }
                // It was taken back meanwhile, or given anew.
                Err(PortError::Conflict { .. } | PortError::NotFound) => Ok(OnBehalf::Busy),
                Err(error) => Err(unavailable(error)),
            }
        }
        Err(GrantFault::Refused | GrantFault::UnknownClient) => lost(ports, &stored).await,
        Err(_) => present.ok_or(PersonalTokenFault::Unavailable),
    }
}

async fn replace(
    ports: &ConnectPorts,
    caller: &Caller,
    stored: &StoredGrant,
    next: &UserGrant,
) -> Result<(), PortError> {
    let sealed = next.seal(ports.sign_in.sealer.as_ref(), stored.server, caller)?;
    let next = StoredGrant { sealed, revision: stored.revision.next(), ..stored.clone() };
    let expected = Some(stored.revision);
    ports.grants.commit(&Change { next, expected, events: Vec::new() }).await
}

/// Takes a grant away that gives no token any more.
async fn lost<T>(ports: &ConnectPorts, stored: &StoredGrant) -> Result<T, PersonalTokenFault> {
    let stamp = EventStamp { id: EventId(ports.sign_in.ids.next()), at: ports.sign_in.clock.now() };
    let event = RegistryEvent::by_product(EventKind::GrantRemoved, stamp);
    let removal = GrantRemoval {
        server: stored.server,
        subject: stored.subject.clone(),
        expected: stored.revision,
        events: vec![event.on_server(stored.server, stored.tenant.clone())],
    };
    match ports.grants.commit_removal(&removal).await {
        Ok(()) | Err(PortError::Conflict { .. }) => Err(PersonalTokenFault::NotConnected),
        Err(error) => Err(unavailable(error)),
    }
}

/// What is kept cannot be looked at, or nobody knows who asks.
fn unavailable(_: PortError) -> PersonalTokenFault {
    PersonalTokenFault::Unavailable
}
