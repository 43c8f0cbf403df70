//! What a server is shown for whoever has it called: its credential, or the caller's own token for
//! one that is opened in their name. Nothing for those who have not signed in.

use std::sync::Arc;

use registry_domain::caller::Caller;
use registry_domain::credential::Credential;
use registry_domain::manifest::FaultClass;
use registry_domain::party::Party;
use registry_domain::ports::{OpenedUpstream, PersonalTokenFault, UpstreamFailure};
use registry_domain::routing::ServerEntry;

use crate::exchange::Exchange;
use crate::request::Request;
use crate::upstream_sessions::Who;

/// What a server is shown for a party.
///
/// # Errors
/// [`FaultClass::CredentialRefused`]: there is no token for the caller.
pub(crate) async fn shown_for(
    exchange: &Exchange,
    server: &ServerEntry,
    party: &Party,
) -> Result<Option<Arc<Credential>>, UpstreamFailure> {
    match personal(server, party) {
        Some((kept, caller)) => token(exchange, kept, caller).await.map(Some),
        None => Ok(server.credential_for(party).cloned()),
    }
}

/// What is opened in the party's name.
pub(crate) fn personal<'a>(
    server: &'a ServerEntry,
    party: &'a Party,
) -> Option<(&'a Arc<Credential>, &'a Caller)> {
    let kept = server.credential_for(party).filter(|credential| credential.is_personal())?;
    Some((kept, party.caller()?))
}

/// A caller's token for a server that is opened in their name.
///
/// # Errors
/// As [`shown_for`].
pub(crate) async fn token(
    exchange: &Exchange,
    kept: &Credential,
    caller: &Caller,
) -> Result<Arc<Credential>, UpstreamFailure> {
    let no_token = |why: PersonalTokenFault| UpstreamFailure {
        class: match why {
            PersonalTokenFault::NotConnected => FaultClass::AuthorizationRequired,
            _ => FaultClass::CredentialRefused,
        },
        detail: why.to_string(),
        request_sent: false,
    };
    match &exchange.ports.personal {
        Some(tokens) => tokens.shown_for(caller, kept).await.map_err(no_token),
        None => Err(no_token(PersonalTokenFault::NotSignedIn)),
    }
}

/// Forgets a caller's token that was shown: the server did not take it.
pub(crate) async fn forget(
    exchange: &Exchange,
    kept: &Credential,
    caller: &Caller,
    shown: &Credential,
) {
    if let Some(tokens) = &exchange.ports.personal {
        tokens.forget(caller, kept, shown).await;
    }
}

/// A new token that is not taken either: where it is of the caller's own grant, they have to give
/// another one.
pub(crate) fn refused_again(kept: &Credential, failure: UpstreamFailure) -> UpstreamFailure {
    if failure.class == FaultClass::CredentialRefused && kept.is_granted_by_callers() {
        return UpstreamFailure { class: FaultClass::AuthorizationRequired, ..failure };
    }
    failure
}

/// The upstream of a request, opened with what it is shown.
///
/// # Errors
/// As [`shown_for`], and as opening it.
pub(crate) async fn opened(
    request: &Request<'_>,
    exchange: &Exchange,
    server: &ServerEntry,
) -> Result<Arc<OpenedUpstream>, UpstreamFailure> {
    let party = &request.inbound.party;
    let credential = shown_for(exchange, server, party).await?;
    let who = Who { party, behind: request.behind(exchange), credential: credential.as_deref() };
    let (client, now) = (&*exchange.ports.upstream, exchange.ports.clock.now());
    exchange.sessions.open(client, server, who, now).await
}
