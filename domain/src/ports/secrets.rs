//! Texts that nobody guesses.

use super::{PortError, Secret};

/// Makes secrets.
pub trait Secrets: Send + Sync {
    /// A new secret of 256 random bits, in base64url.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the machine has no random numbers.
    fn next(&self) -> Result<Secret, PortError>;
}
