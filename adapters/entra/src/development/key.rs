//! The development issuer's RSA key, in a file that only its owner reads.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rand::{self, SystemRandom};
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Serialize;
use serde_json::{Value, json};

const FILE_NAME: &str = "development-issuer.key";
const PEM_HEAD: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_TAIL: &str = "-----END PRIVATE KEY-----";

/// An RSA key pair of 2048 bits and its `kid`.
pub struct DevelopmentKey {
    pair: KeyPair,
    kid: String,
    n: String,
    e: String,
}

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// The file system refused.
    #[error("cannot {doing} {}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// With what.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// Others than its owner may use the file; who could read it can sign in as anybody.
    #[error("{} has mode {mode:04o}: make it readable by its owner only (chmod 600)", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("{} is not an RSA private key in PKCS#8 PEM: delete it to have a new one made", .path.display())]
    NotAKey {
        /// The file.
        path: PathBuf,
    },
    /// The cryptography failed.
    #[error("an RSA key cannot be made")]
    Generation,
}

impl DevelopmentKey {
    /// The key in `development-issuer.key` of `data_dir`, made (mode 0600, PKCS#8 PEM) where there
    /// is none. Of several processes that start at once, one makes it and all have it.
    ///
    /// Reads files and may compute for a second: call it at start, not in a request.
    ///
    /// # Errors
    /// [`KeyFileError`]: the directory cannot be used, or the file is no key or open to others.
    pub fn load_or_create(data_dir: &Path) -> Result<Self, KeyFileError> {
        let path = data_dir.join(FILE_NAME);
        if let Some(key) = load(&path)? {
            return Ok(key);
        }
        fs::create_dir_all(data_dir).map_err(failed("create", data_dir))?;
        create(data_dir, &path)?;
        load(&path)?.ok_or_else(|| failed("open", &path)(io::ErrorKind::NotFound.into()))
    }

    /// The key's name: its thumbprint (RFC 7638), so that the same key has the same name in every
    /// process.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// The public key as a JWKS document (RFC 7517 §5).
    pub fn jwks_json(&self) -> Value {
        let Self { kid, n, e, .. } = self;
        json!({"keys": [{"kty": "RSA", "use": "sig", "alg": "RS256", "kid": kid, "n": n, "e": e}]})
    }

    /// The public key, to verify with.
    pub(crate) fn decoding_key(&self) -> DecodingKey {
        let key = self.pair.public_key();
        DecodingKey::from_rsa_raw_components(
            key.modulus().big_endian_without_leading_zero(),
            key.exponent().big_endian_without_leading_zero(),
        )
    }

    /// The claims as an RS256 token (RFC 7515 §3.1); `None` where the cryptography fails.
    pub(super) fn sign(&self, claims: &impl Serialize) -> Option<String> {
        let header = json!({"typ": "JWT", "alg": "RS256", "kid": self.kid});
        let part = |json: Vec<u8>| URL_SAFE_NO_PAD.encode(json);
        let header = part(serde_json::to_vec(&header).ok()?);
        let message = format!("{header}.{}", part(serde_json::to_vec(claims).ok()?));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .ok()?;
        Some(format!("{message}.{}", part(signature)))
    }
}

impl From<KeyPair> for DevelopmentKey {
    fn from(pair: KeyPair) -> Self {
        let public = pair.public_key();
        let n = URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero());
        let e = URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero());
        // RFC 7638 §3: exactly these members, in this order, without spaces.
        let canonical = format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#);
        let kid = URL_SAFE_NO_PAD.encode(digest(&SHA256, canonical.as_bytes()));
        Self { pair, kid, n, e }
    }
}

impl fmt::Debug for DevelopmentKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("DevelopmentKey").field("kid", &self.kid).finish_non_exhaustive()
    }
}

/// A name that nobody guesses: 128 random bits in base64url.
pub(super) fn random_name() -> Option<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn load(path: &Path) -> Result<Option<DevelopmentKey>, KeyFileError> {
    let mut file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed("open", path))?,
    };
    // The opened file is asked, not the path: it might be another one by now.
    let mode = file.metadata().map_err(failed("inspect", path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(KeyFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut pem = String::new();
    file.read_to_string(&mut pem).map_err(failed("read", path))?;
    let pair = key_pair(&pem).ok_or_else(|| KeyFileError::NotAKey { path: path.to_owned() })?;
    Ok(Some(pair.into()))
}

fn key_pair(pem: &str) -> Option<KeyPair> {
    let body = pem.trim().strip_prefix(PEM_HEAD)?.strip_suffix(PEM_TAIL)?;
    let der = STANDARD.decode(body.split_whitespace().collect::<String>()).ok()?;
    KeyPair::from_pkcs8(&der).ok()
}

/// Makes a key under another name and gives it its own name at once, unless another process was
/// faster: a link, unlike a renaming, never replaces what is there.
fn create(data_dir: &Path, path: &Path) -> Result<(), KeyFileError> {
    let pem = new_pem().ok_or(KeyFileError::Generation)?;
    let name = random_name().ok_or(KeyFileError::Generation)?;
    let draft = data_dir.join(format!(".{FILE_NAME}.{name}"));
    let written = write_private(&draft, &pem).map_err(failed("write", &draft));
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(failed("create", path)(error))
        }
        _ => Ok(()),
    });
    let removed = fs::remove_file(&draft).map_err(failed("remove", &draft));
    linked.and(removed)
}

fn new_pem() -> Option<String> {
    let pair = KeyPair::generate(KeySize::Rsa2048).ok()?;
    let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
    let body = STANDARD.encode(der.as_ref());
    let mut pem = format!("{PEM_HEAD}\n");
    // RFC 7468 §2: lines of 64 characters.
    for line in body.as_bytes().chunks(64) {
        pem.push_str(std::str::from_utf8(line).ok()?);
        pem.push('\n');
    }
    Some(format!("{pem}{PEM_TAIL}\n"))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> KeyFileError {
    let path = path.to_owned();
    move |source| KeyFileError::Io { doing, path, source }
}
