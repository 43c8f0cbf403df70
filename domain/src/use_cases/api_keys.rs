//! API keys: made, listed and ended by administrators, and judged where they are shown.

use jiff::Timestamp;

use super::acting_user;
use crate::api_key::{ApiKey, ApiKeyDraft, KeyScope, parse};
use crate::caller::{Action, Caller, authorize};
use crate::error::{Error, Subject};
use crate::id::ApiKeyId;
use crate::ports::{ApiKeyStore, RefusalClass, RegistryPorts, Secret, Verification};

/// The most keys that are listed.
const MOST_LISTED: u32 = 1_000;

/// Makes a key of 256 random bits, in the maker's tenant. Its text is told once.
///
/// # Errors
/// [`Error::Denied`], [`Error::Invalid`], [`Error::Unavailable`].
pub async fn make_api_key(
    ports: &RegistryPorts,
    caller: &Caller,
    draft: ApiKeyDraft,
    secret: &[u8; 32],
) -> Result<(ApiKey, Secret), Error> {
    authorize(caller, Action::ManageApiKeys { enabled: ports.policy.api_keys })?;
    let id = ApiKeyId(ports.ids.next());
    let maker = (acting_user(caller)?, caller.tenant.clone());
    let made = ApiKey::make(draft, (id, secret), maker, ports.clock.now());
    let (key, text) = made.map_err(Error::Invalid)?;
    ports.api_keys.insert_key(&key).await?;
    Ok((key, text))
}

/// Lists keys, the newest first.
///
/// # Errors
/// [`Error::Denied`], [`Error::Unavailable`].
pub async fn list_api_keys(ports: &RegistryPorts, caller: &Caller) -> Result<Vec<ApiKey>, Error> {
    authorize(caller, Action::ManageApiKeys { enabled: ports.policy.api_keys })?;
    Ok(ports.api_keys.list_keys(MOST_LISTED).await?)
}

/// Ends a key, for ever.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Unavailable`].
pub async fn revoke_api_key(
    ports: &RegistryPorts,
    caller: &Caller,
    id: ApiKeyId,
) -> Result<(), Error> {
    authorize(caller, Action::ManageApiKeys { enabled: ports.policy.api_keys })?;
    if ports.api_keys.revoke_key(id, ports.clock.now()).await? {
        Ok(())
    } else {
        Err(Error::NotFound(Subject::ApiKey(id)))
    }
}

/// Judges a key that is shown at a door.
pub async fn verify_api_key(
    store: &dyn ApiKeyStore,
    text: &str,
    door: KeyScope,
    now: Timestamp,
) -> Verification {
    let Some((id, secret)) = parse(text) else {
        return Verification::Refused(RefusalClass::Malformed);
    };
    let key = match store.find_key(id).await {
        Ok(Some(key)) => key,
        Ok(None) => return Verification::Refused(RefusalClass::UnknownKey),
        Err(_) => return Verification::KeysUnavailable,
    };
    if !key.has_secret(secret) {
        Verification::Refused(RefusalClass::BadSignature)
    } else if key.revoked_at.is_some() || key.expires_at <= now {
        Verification::Refused(RefusalClass::Expired)
    } else if !key.scopes.contains(&door) {
        Verification::Refused(RefusalClass::WrongAudience)
    } else {
        Verification::Verified(std::sync::Arc::new(key.token()))
    }
}
