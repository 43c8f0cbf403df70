//! Make a session for somebody who comes back from where people sign in.

use super::caller_of;
use crate::error::Error;
use crate::id::UserId;
use crate::ports::{CodeRedemption, Purpose, Secret, end_after};
use crate::sign_in::{Begun, KeptSession, KeptTokens, Session, SignInPorts};

/// What a browser comes back with.
#[derive(Debug)]
pub struct SignInReturn {
    /// The state that it was sent with.
    pub state: String,
    /// The code, or the provider's error.
    pub outcome: Result<Secret, String>,
    /// What the browser shows to be the one that was sent.
    pub proof: Option<Secret>,
}

/// A session that was made.
#[derive(Debug)]
pub struct SignedInByBrowser {
    /// The session's id: as good as a password.
    pub id: Secret,
    /// Whose it is.
    pub session: Session,
    /// Whether they are an administrator, by role, group or the stored flag.
    pub is_admin: bool,
    /// Where the browser goes; `None` for a tool.
    pub return_to: Option<String>,
}

/// Finishes a sign-in, once: whatever comes of it, its state is used up.
///
/// # Errors
/// [`Error::UnknownState`] where nothing was begun with that state, or by another browser;
/// [`Error::SignInRefused`], [`Error::Provider`], [`Error::Unavailable`].
pub async fn finish_sign_in(
    ports: &SignInPorts,
    back: SignInReturn,
) -> Result<SignedInByBrowser, Error> {
    let key = Begun::key(&back.state);
    let begun: Begun = ports.take_kept(&key, Purpose::State).await?.ok_or(Error::UnknownState)?;
    if let Some(browser) = &begun.browser
        && back.proof.as_ref().is_none_or(|proof| proof.expose() != browser.proof)
    {
        // Somebody else's sign-in: who followed this link would act under another's name.
        return Err(Error::UnknownState);
    }
    let code = back.outcome.map_err(|code| Error::SignInRefused { code })?;
    let redemption = CodeRedemption {
        code,
        code_verifier: Secret::new(begun.verifier),
        nonce: begun.nonce,
        redirect_uri: ports.policy.callback.clone(),
    };
    let sign_in = ports.provider.redeem(&redemption).await?;
    let person = &sign_in.person;
    let is_admin = caller_of(person).is_admin;
    let ensured = ports.users.ensure_user(&person.identity, UserId(ports.ids.next())).await?;

    let ends_at = end_after(ports.clock.now(), ports.policy.session_ttl);
    let subject = person.identity.subject.clone();
    let tokens = KeptTokens::of(&sign_in, None);
    let ttl = ports.policy.session_ttl;
    ports.keep(&KeptTokens::key(&subject), Purpose::Session, &tokens, ttl).await?;
    let tenant = person.identity.tenant.as_ref().map(ToString::to_string);
    let id = ports.secrets.next()?;
    let kept = KeptSession { subject, tenant, ends_at };
    ports.keep(id.expose(), Purpose::Session, &kept, ttl).await?;
    Ok(SignedInByBrowser {
        id,
        session: Session { person: tokens.person(), ends_at },
        is_admin: is_admin || ensured.into_user().is_admin,
        return_to: begun.browser.map(|browser| browser.return_to),
    })
}
