//! End a session.

use crate::error::Error;
use crate::ports::Secret;
use crate::sign_in::SignInPorts;

/// Ends a session; one that is not there has ended already. Other sessions of the same person go
/// on.
///
/// # Errors
/// [`Error::Unavailable`].
pub async fn sign_out(ports: &SignInPorts, id: &Secret) -> Result<(), Error> {
    // Only what is a session: the store has other things under other keys.
    if ports.find_session(id).await?.is_some() {
        ports.sessions.take(id.expose()).await?;
    }
    Ok(())
}
