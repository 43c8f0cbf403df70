//! The sealer: AES-256-GCM with a key for each purpose and each value.
//!
//! A sealed value is
//!
//! ```text
//! form (1) · tag of the key's name (8) · salt (16) · nonce (12) · ciphertext · authentication tag (16)
//! ```
//!
//! so that it is always [`OVERHEAD_BYTES`] longer than what was sealed. The key of a value is
//! HKDF-SHA256 (RFC 5869) of the sealing key's secret, the purpose and the random salt. A random
//! nonce alone would do for 2³² values of one key only; so many cursors may be given out in a
//! year. With 28 random bytes there is nothing to count. All that stands before the ciphertext, and
//! the context, is authenticated with it.

use std::time::Duration;

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::error::Unspecified;
use aws_lc_rs::hkdf::{HKDF_SHA256, Prk, Salt};
use aws_lc_rs::rand;
use registry_domain::ports::{Outcome, PortError, Purpose, Sealer};

use crate::key::{SealingKey, TAG_BYTES};

/// By how much a sealed value is longer than what was sealed.
pub const OVERHEAD_BYTES: usize = HEAD_BYTES + AUTHENTICATION_BYTES;

/// The one form there is.
const FORM: u8 = 1;
const SALT_BYTES: usize = 16;
const AUTHENTICATION_BYTES: usize = 16;
const HEAD_BYTES: usize = 1 + TAG_BYTES + SALT_BYTES + NONCE_LEN;

/// Separates these keys from all others that might be made of the same secret.
const DOMAIN: &[u8] = b"mcp-registry sealing 1";

/// Why keys cannot be used together.
#[derive(Debug, thiserror::Error)]
pub enum UnusableKeys {
    /// There is none.
    #[error("there is no sealing key")]
    None,
    /// Two have one name: it could not be told which of them opens a value.
    #[error("two sealing keys have the name {name}")]
    SameName {
        /// The name.
        name: String,
    },
}

/// Seals with the first of its keys, opens with all.
pub struct AeadSealer {
    newest: Key,
    older: Vec<Key>,
}

struct Key {
    tag: [u8; TAG_BYTES],
    prk: Prk,
}

impl AeadSealer {
    /// A sealer of these keys: the first seals, all open.
    ///
    /// # Errors
    /// [`UnusableKeys`].
    pub fn new(keys: &[SealingKey]) -> Result<Self, UnusableKeys> {
        for (at, key) in keys.iter().enumerate() {
            if keys.iter().take(at).any(|earlier| earlier.tag() == key.tag()) {
                return Err(UnusableKeys::SameName { name: key.name().to_owned() });
            }
        }
        let salt = Salt::new(HKDF_SHA256, DOMAIN);
        let made = |key: &SealingKey| Key { tag: key.tag(), prk: salt.extract(key.secret()) };
        let mut keys = keys.iter().map(made);
        let newest = keys.next().ok_or(UnusableKeys::None)?;
        Ok(Self { newest, older: keys.collect() })
    }

    fn key(&self, tag: &[u8]) -> Option<&Key> {
        std::iter::once(&self.newest).chain(&self.older).find(|key| key.tag == tag)
    }
}

impl Key {
    /// The key of one value.
    fn of_value(&self, purpose: Purpose, salt: &[u8]) -> Result<LessSafeKey, Unspecified> {
        let info = [purpose.as_str().as_bytes(), b"\0", salt];
        let key: UnboundKey = self.prk.expand(&info, &AES_256_GCM)?.into();
        Ok(LessSafeKey::new(key))
    }

    fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, Unspecified> {
        let (mut salt, mut nonce) = ([0; SALT_BYTES], [0; NONCE_LEN]);
        rand::fill(&mut salt)?;
        rand::fill(&mut nonce)?;
        let mut sealed = Vec::with_capacity(plain.len() + OVERHEAD_BYTES);
        sealed.push(FORM);
        sealed.extend_from_slice(&self.tag);
        sealed.extend_from_slice(&salt);
        sealed.extend_from_slice(&nonce);
        let authenticated = authenticated(&sealed, context);
        let mut body = plain.to_vec();
        self.of_value(purpose, &salt)?.seal_in_place_append_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(authenticated),
            &mut body,
        )?;
        sealed.append(&mut body);
        Ok(sealed)
    }
}

/// The head has always the same length, so that nothing can move between it and the context.
fn authenticated(head: &[u8], context: &[u8]) -> Vec<u8> {
    [head, context].concat()
}

impl Sealer for AeadSealer {
    fn seal(&self, purpose: Purpose, context: &[u8], plain: &[u8]) -> Result<Vec<u8>, PortError> {
        self.newest.seal(purpose, context, plain).map_err(|failed| PortError::Unavailable {
            retry_after: Duration::from_secs(1),
            outcome: Outcome::NotApplied,
            source: failed.into(),
        })
    }

    fn open(&self, purpose: Purpose, context: &[u8], sealed: &[u8]) -> Option<Vec<u8>> {
        let (head, body) = sealed.split_at_checked(HEAD_BYTES)?;
        let (form, rest) = head.split_first()?;
        let (tag, rest) = rest.split_at_checked(TAG_BYTES)?;
        let (salt, nonce) = rest.split_at_checked(SALT_BYTES)?;
        if *form != FORM {
            return None;
        }
        let key = self.key(tag)?.of_value(purpose, salt).ok()?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).ok()?;
        let mut body = body.to_vec();
        let length = key
            .open_in_place(nonce, Aad::from(authenticated(head, context)), &mut body)
            .ok()?
            .len();
        body.truncate(length);
        Some(body)
    }
}
