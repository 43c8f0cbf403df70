//! A sealing key with its name, as settings and files write it: `kid:base64(32 bytes)`.

use std::fmt;
use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::secret_file::{self, SecretFileError};

/// The size of a key's secret.
const SECRET_BYTES: usize = 32;

/// The size of what names a key in sealed values.
pub(crate) const TAG_BYTES: usize = 8;

/// The longest name of a key.
const MAX_NAME_BYTES: usize = 64;

/// A secret of 256 bits and its name.
#[derive(Clone)]
pub struct SealingKey {
    name: String,
    secret: [u8; SECRET_BYTES],
}

/// The machine has no random numbers.
#[derive(Debug, thiserror::Error)]
#[error("a sealing key cannot be made: there are no random numbers")]
pub struct KeyNotMade;

impl SealingKey {
    /// Reads `kid:base64(32 bytes)`. The name has letters, digits, `-` and `_`, at most 64.
    pub fn parse(text: &str) -> Option<Self> {
        let (name, secret) = text.trim().split_once(':')?;
        let named = (1..=MAX_NAME_BYTES).contains(&name.len())
            && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        let secret = STANDARD.decode(secret).ok()?.try_into().ok()?;
        named.then(|| Self { name: name.to_owned(), secret })
    }

    /// A new key with a name of its own.
    ///
    /// # Errors
    /// [`KeyNotMade`].
    pub fn generate() -> Result<Self, KeyNotMade> {
        let (mut name, mut secret) = ([0; 6], [0; SECRET_BYTES]);
        rand::fill(&mut name).map_err(|_| KeyNotMade)?;
        rand::fill(&mut secret).map_err(|_| KeyNotMade)?;
        Ok(Self { name: format!("k-{}", URL_SAFE_NO_PAD.encode(name)), secret })
    }

    /// The key in a file, made there (mode 0600) where there is none. Of several processes that
    /// start at once, one makes it and all have it.
    ///
    /// # Errors
    /// [`SecretFileError`]: the file cannot be used, is open to others, or is no key.
    pub fn load_or_create(path: &Path) -> Result<Self, SecretFileError> {
        let make = || Self::generate().ok().map(|key| format!("{}\n", key.to_setting()));
        let text = secret_file::load_or_create(path, make)?;
        Self::parse(&text).ok_or_else(|| SecretFileError::NotASecret {
            path: path.to_owned(),
            expected: "a sealing key (kid:base64)",
        })
    }

    /// The key as a setting has it: the secret itself.
    pub fn to_setting(&self) -> String {
        format!("{}:{}", self.name, STANDARD.encode(self.secret))
    }

    /// The key's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(crate) const fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// The name in sealed values: always as long, whatever the name is.
    pub(crate) fn tag(&self) -> [u8; TAG_BYTES] {
        let hash = digest(&SHA256, self.name.as_bytes());
        hash.as_ref().first_chunk().copied().unwrap_or_default()
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("SealingKey").field("name", &self.name).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reads_back_as_it_was_written() {
        let key = SealingKey::generate().unwrap();
        let read = SealingKey::parse(&key.to_setting()).unwrap();
        assert_eq!((read.name(), read.secret()), (key.name(), key.secret()));
        assert_ne!(SealingKey::generate().unwrap().secret(), key.secret());
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let good = STANDARD.encode([7; 32]);
        assert!(SealingKey::parse(&format!(" k1:{good} ")).is_some());
        for bad in [
            good.clone(),
            format!(":{good}"),
            format!("k 1:{good}"),
            format!("k1:{}", STANDARD.encode([7; 31])),
            format!("k1:{}", STANDARD.encode([7; 33])),
            format!("k1:{good}x"),
            format!("{}:{good}", "k".repeat(65)),
            "k1:".to_owned(),
            String::new(),
        ] {
            assert!(SealingKey::parse(&bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn printing_a_key_for_debugging_does_not_show_its_secret() {
        let key = SealingKey::parse(&format!("k1:{}", STANDARD.encode([65; 32]))).unwrap();
        assert_eq!(format!("{key:?}"), r#"SealingKey { name: "k1", .. }"#);
    }
}
