//! Texts that nobody guesses.

use std::time::Duration;

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_domain::ports::{Outcome, PortError, Secret, Secrets};

/// Secrets of the machine's random numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomSecrets;

impl Secrets for RandomSecrets {
    fn next(&self) -> Result<Secret, PortError> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes).map_err(|failed| PortError::Unavailable {
            retry_after: Duration::from_secs(1),
            outcome: Outcome::NotApplied,
            source: failed.into(),
        })?;
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_secret_is_another_and_fits_where_pkce_wants_it() {
        let (one, other) = (RandomSecrets.next().unwrap(), RandomSecrets.next().unwrap());
        assert_ne!(one, other);
        // RFC 7636 §4.1: 43 to 128 unreserved characters.
        assert_eq!(one.expose().len(), 43);
    }
}
