//! The keys that seal sessions, cookies, tokens and secrets at rest.

use registry_sealing::{AeadSealer, SealingKey};
use secrecy::ExposeSecret;

use super::{Reader, Stage};

const NAMES: &[&str] = &["MREG_TOKEN_ENCRYPTION_KEY", "MREG_SECURITY_JWT_SECRET_KEY"];

/// The keys that the settings name, the newest first. None in development means the key of the data
/// folder.
#[derive(Debug, Clone)]
pub struct SealingSettings {
    /// The keys.
    pub keys: Vec<SealingKey>,
}

impl SealingSettings {
    /// Reads the keys, and demands one outside development.
    pub(super) fn read(reader: &mut Reader<'_>, stage: Stage) -> Self {
        let text = reader.secret(NAMES);
        let name = reader.set_by(NAMES).unwrap_or_else(|| "MREG_TOKEN_ENCRYPTION_KEY".to_owned());
        let Some(text) = text else {
            if stage != Stage::Development {
                reader.problem(&name, format!("is required in {stage}: kid:base64(32 bytes), as `mcp-registry key new` prints one"));
            }
            return Self { keys: Vec::new() };
        };
        let keys: Option<Vec<_>> = text.expose_secret().split(',').map(SealingKey::parse).collect();
        match &keys {
            None => {
                reader.problem(&name, "must be kid:base64(32 bytes), several separated by commas");
            }
            Some(keys) => {
                if let Err(error) = AeadSealer::new(keys) {
                    reader.problem(&name, format!("cannot be used: {error}"));
                }
            }
        }
        Self { keys: keys.unwrap_or_default() }
    }
}
