//! Who a session belongs to, with tokens that are still good.
//!
//! Tokens are refreshed ahead of their end, by one replica at a time: the others go on with what
//! there is, or are told to come back where there is nothing good any more.

use std::time::Duration;

use crate::error::Error;
use crate::ports::{LeaseHolder, Purpose, Secret, SignInFailure, end_after};
use crate::sign_in::{KeptSession, KeptTokens, Session, SignInPorts};

/// How long a refresh may take, before somebody else tries.
const REFRESH_WITHIN: Duration = Duration::from_secs(30);

/// What came of looking for a session.
#[derive(Debug)]
pub enum Resumed {
    /// Whose it is.
    In(Session),
    /// There is none, or none any more: sign in again.
    Out,
    /// Its tokens have ended and are being refreshed: ask again at once.
    Busy,
}

/// Looks for a session, and refreshes its tokens where they are about to end.
///
/// # Errors
/// [`Error::Provider`] where tokens have ended and the provider cannot be asked;
/// [`Error::Unavailable`].
pub async fn resume_session(ports: &SignInPorts, id: &Secret) -> Result<Resumed, Error> {
    let Some(session) = ports.find_session(id).await? else { return Ok(Resumed::Out) };
    let key = KeptTokens::key(&session.subject);
    let Some(tokens) = find_tokens(ports, &key, &session).await? else { return Ok(Resumed::Out) };
    if !is_ending(ports, &tokens) {
        return Ok(resumed(&tokens, &session));
    }
    let lease = format!("refresh-{key}");
    let holder = LeaseHolder(ports.ids.next());
    if !ports.leases.try_acquire(&lease, holder, REFRESH_WITHIN).await? {
        let is_over = ports.clock.now() >= tokens.expiry;
        return Ok(if is_over { Resumed::Busy } else { resumed(&tokens, &session) });
    }
    let refreshed = refresh(ports, &key, &session).await;
    // A lease that is not given back ends by itself.
    _ = ports.leases.release(&lease, holder).await;
    refreshed
}

async fn find_tokens(
    ports: &SignInPorts,
    key: &str,
    session: &KeptSession,
) -> Result<Option<KeptTokens>, Error> {
    let tokens: Option<KeptTokens> = ports.find_kept(key, Purpose::Session).await?;
    Ok(tokens.filter(|tokens| tokens.are_of(session)))
}

fn is_ending(ports: &SignInPorts, tokens: &KeptTokens) -> bool {
    end_after(ports.clock.now(), ports.policy.refresh_margin) >= tokens.expiry
}

fn resumed(tokens: &KeptTokens, session: &KeptSession) -> Resumed {
    Resumed::In(Session { person: tokens.person(), ends_at: session.ends_at })
}

/// Refreshes, as the only one who does.
async fn refresh(ports: &SignInPorts, key: &str, session: &KeptSession) -> Result<Resumed, Error> {
    // Somebody may have done it since they were read.
    let Some(tokens) = find_tokens(ports, key, session).await? else { return Ok(Resumed::Out) };
    if !is_ending(ports, &tokens) {
        return Ok(resumed(&tokens, session));
    }
    let is_over = ports.clock.now() >= tokens.expiry;
    let Some(refresh_token) = tokens.refresh_token() else {
        return Ok(if is_over { Resumed::Out } else { resumed(&tokens, session) });
    };
    match ports.provider.refresh(&refresh_token).await {
        Ok(sign_in) => {
            let next = KeptTokens::of(&sign_in, Some(&tokens));
            if !next.are_of(session) {
                // Tokens of somebody else prove nothing about this session.
                return Ok(Resumed::Out);
            }
            ports.keep(key, Purpose::Session, &next, ports.policy.session_ttl).await?;
            Ok(resumed(&next, session))
        }
        Err(SignInFailure::Refused { .. }) => {
            // For good: none of the person's sessions goes on with these.
            ports.sessions.take(key).await?;
            Ok(Resumed::Out)
        }
        Err(_) if !is_over => Ok(resumed(&tokens, session)),
        Err(failure) => Err(failure.into()),
    }
}
