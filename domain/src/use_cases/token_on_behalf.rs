//! A caller's token for a server that is opened in their name: made by their identity provider from
//! what they signed in with here, and kept, sealed, until shortly before it ends.
//!
//! Of all that need somebody's token at once, over all replicas, one asks the provider.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::caller::Caller;
use crate::credential::Credential;
use crate::id::TenantId;
use crate::ports::{
    Clock, LeaseHolder, PersonalTokenFault, PortError, Purpose, Sealer, Secret, SessionStore,
    SignIn, SignInFailure, end_after,
};
use crate::sign_in::SignInPorts;

/// How long asking the provider may take, before somebody else tries.
const ASK_WITHIN: Duration = Duration::from_secs(30);
/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_mins(1);

/// What came of looking for somebody's token.
#[derive(Debug)]
pub enum OnBehalf {
    /// The credential as it is shown for them.
    Shown(Arc<Credential>),
    /// Somebody else is asking for it: look again at once.
    Busy,
}

/// What a person signed in with, for whom the gateway gave out a token of its own.
#[derive(Serialize, Deserialize)]
struct KeptAssertion {
    subject: String,
    tenant: Option<String>,
    token: String,
    expiry: Timestamp,
}

/// Somebody's token for one server, got by one setting of its credential.
#[derive(Serialize, Deserialize)]
struct KeptToken {
    subject: String,
    tenant: Option<String>,
    set_at: Timestamp,
    revision: i64,
    token: String,
    expiry: Timestamp,
}

impl KeptToken {
    fn is_for(&self, caller: &Caller, credential: &Credential) -> bool {
        self.subject == caller.subject
            && self.tenant.as_deref() == caller.tenant.as_ref().map(TenantId::as_str)
            && self.set_at == credential.set_at
            && self.revision == credential.revision.0
    }
}

/// Where a caller's token for a server is kept.
fn token_key(caller: &Caller, credential: &Credential) -> String {
    format!("on-behalf:{}:{}", credential.server, caller.subject)
}

fn assertion_key(subject: &str) -> String {
    format!("assertion:{subject}")
}

/// Keeps what a person signed in with, for as long as it is good: for callers who come with a token
/// of the gateway's.
///
/// # Errors
/// [`PortError::Unavailable`].
pub async fn keep_assertion(
    sessions: &dyn SessionStore,
    sealer: &dyn Sealer,
    clock: &dyn Clock,
    sign_in: &SignIn,
) -> Result<(), PortError> {
    let identity = &sign_in.person.identity;
    let left = left(sign_in.access_expires_at, clock);
    let key = assertion_key(&identity.subject);
    let kept = KeptAssertion {
        subject: identity.subject.clone(),
        tenant: identity.tenant.as_ref().map(ToString::to_string),
        token: sign_in.access_token.expose().to_owned(),
        expiry: sign_in.access_expires_at,
    };
    let plain = serde_json::to_vec(&kept).map_err(|source| PortError::Corrupt {
        what: "an assertion to be sealed".to_owned(),
        source: Box::new(source),
    })?;
    let value = sealer.seal(Purpose::Vault, key.as_bytes(), &plain)?;
    sessions.put(&key, Bytes::from(value), left).await
}

/// How long something is good from now on.
fn left(expiry: Timestamp, clock: &dyn Clock) -> Duration {
    Duration::try_from(expiry.duration_since(clock.now())).unwrap_or_default()
}

/// Looks for the caller's token, and asks the provider for one where there is none.
///
/// # Errors
/// All of [`PersonalTokenFault`].
pub async fn token_on_behalf(
    ports: &SignInPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<OnBehalf, PersonalTokenFault> {
    let scopes = credential.scopes_on_behalf().ok_or(PersonalTokenFault::Refused)?;
    if let Some(shown) = kept(ports, caller, credential).await? {
        return Ok(OnBehalf::Shown(shown));
    }
    let assertion = assertion(ports, caller).await?.ok_or(PersonalTokenFault::NotSignedIn)?;
    let lease = format!("ask-{}", token_key(caller, credential));
    let holder = LeaseHolder(ports.ids.next());
    if !ports.leases.try_acquire(&lease, holder, ASK_WITHIN).await.map_err(unavailable)? {
        return Ok(OnBehalf::Busy);
    }
    let asked = ask(ports, caller, credential, &assertion, scopes).await;
    // A lease that is not given back ends by itself.
    _ = ports.leases.release(&lease, holder).await;
    asked.map(OnBehalf::Shown)
}

/// Forgets the caller's token for a server.
///
/// # Errors
/// [`PortError::Unavailable`].
pub async fn forget_on_behalf(
    ports: &SignInPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<(), PortError> {
    ports.sessions.take(&token_key(caller, credential)).await.map(|_| ())
}

async fn kept(
    ports: &SignInPorts,
    caller: &Caller,
    credential: &Credential,
) -> Result<Option<Arc<Credential>>, PersonalTokenFault> {
    let key = token_key(caller, credential);
    let kept: Option<KeptToken> =
        ports.find_kept(&key, Purpose::Vault).await.map_err(unavailable)?;
    let kept = kept.filter(|kept| {
        kept.is_for(caller, credential) && end_after(ports.clock.now(), MARGIN) < kept.expiry
    });
    Ok(kept.map(|kept| credential.shown_with(&Secret::new(kept.token))))
}

/// What proves at the provider who the caller is: the token that they came with, that of their
/// browser's session, or what they signed in with before the gateway gave them its own.
async fn assertion(
    ports: &SignInPorts,
    caller: &Caller,
) -> Result<Option<Secret>, PersonalTokenFault> {
    if let Some(assertion) = &caller.assertion {
        return Ok(Some(assertion.as_ref().clone()));
    }
    let key = assertion_key(&caller.subject);
    let kept: Option<KeptAssertion> =
        ports.find_kept(&key, Purpose::Vault).await.map_err(unavailable)?;
    let kept = kept.filter(|kept| {
        kept.subject == caller.subject
            && kept.tenant.as_deref() == caller.tenant.as_ref().map(TenantId::as_str)
            && ports.clock.now() < kept.expiry
    });
    Ok(kept.map(|kept| Secret::new(kept.token)))
}

/// Asks the provider, as the only one who does.
async fn ask(
    ports: &SignInPorts,
    caller: &Caller,
    credential: &Credential,
    assertion: &Secret,
    scopes: &[String],
) -> Result<Arc<Credential>, PersonalTokenFault> {
    // Somebody may have done it since it was looked for.
    if let Some(shown) = kept(ports, caller, credential).await? {
        return Ok(shown);
    }
    let got =
        ports.provider.on_behalf_of(assertion, scopes).await.map_err(|failure| fault(&failure))?;
    let key = token_key(caller, credential);
    let kept = KeptToken {
        subject: caller.subject.clone(),
        tenant: caller.tenant.as_ref().map(ToString::to_string),
        set_at: credential.set_at,
        revision: credential.revision.0,
        token: got.token.expose().to_owned(),
        expiry: got.expires_at,
    };
    let left = left(got.expires_at, ports.clock.as_ref());
    ports.keep(&key, Purpose::Vault, &kept, left).await.map_err(unavailable)?;
    Ok(credential.shown_with(&got.token))
}

fn fault(failure: &SignInFailure) -> PersonalTokenFault {
    match failure {
        SignInFailure::Refused { .. } | SignInFailure::Invalid { .. } => {
            PersonalTokenFault::Refused
        }
        SignInFailure::Unavailable { .. } => PersonalTokenFault::Unavailable,
    }
}

/// What is kept cannot be looked at, or nobody knows who asks.
fn unavailable(_: PortError) -> PersonalTokenFault {
    PersonalTokenFault::Unavailable
}
