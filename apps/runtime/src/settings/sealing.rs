//! The keys that will seal sessions and tokens. Nothing is sealed yet, but an installation that
//! could not seal must not come to life: it would have to be stopped at the first sign-in.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::ExposeSecret;

use super::{Reader, Stage};

const NAMES: &[&str] = &["MREG_TOKEN_ENCRYPTION_KEY", "MREG_SECURITY_JWT_SECRET_KEY"];

/// Checks the sealing keys, and demands them outside development.
pub(super) fn check(reader: &mut Reader<'_>, stage: Stage) {
    let keys = reader.secret(NAMES);
    let name = reader.set_by(NAMES).unwrap_or_else(|| "MREG_TOKEN_ENCRYPTION_KEY".to_owned());
    match keys {
        Some(keys) if !keys.expose_secret().split(',').all(is_key) => {
            reader.problem(&name, "must be kid:base64(32 bytes), several separated by commas");
        }
        None if stage != Stage::Development => {
            reader.problem(&name, format!("is required in {stage}: kid:base64(32 bytes), for example from `openssl rand -base64 32`"));
        }
        _ => {}
    }
}

fn is_key(text: &str) -> bool {
    let Some((kid, key)) = text.trim().split_once(':') else { return false };
    let named = !kid.is_empty()
        && kid.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    named && STANDARD.decode(key).is_ok_and(|bytes| bytes.len() == 32)
}
