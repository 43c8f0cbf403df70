//! A secret in a file that only its owner reads, made once by whoever comes first.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The longest secret that is read.
const MAX_BYTES: u64 = 64 * 1024;

/// Why there is no secret.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SecretFileError {
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
    /// Others than its owner may use the file: who could read it has the secret.
    #[error("{} has mode {mode:04o}: make it readable by its owner only (chmod 600)", .path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file holds something else.
    #[error("{} is not {expected}: delete it to have a new one made", .path.display())]
    NotASecret {
        /// The file.
        path: PathBuf,
        /// What it should be.
        expected: &'static str,
    },
    /// The cryptography failed.
    #[error("the secret of {} cannot be made", .path.display())]
    Generation {
        /// The file.
        path: PathBuf,
    },
}

/// The text in a file, made by `make` (mode 0600) where there is no file. Of several processes that
/// come at once, one makes it and all have it.
///
/// Reads and writes files: call it at start, not in a request.
///
/// # Errors
/// [`SecretFileError`]: the folder or the file cannot be used, or the file is open to others.
pub fn load_or_create(
    path: &Path,
    make: impl FnOnce() -> Option<String>,
) -> Result<String, SecretFileError> {
    if let Some(text) = load(path)? {
        return Ok(text);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(failed("create", folder))?;
    create(folder, path, make)?;
    load(path)?.ok_or_else(|| failed("open", path)(io::ErrorKind::NotFound.into()))
}

fn load(path: &Path) -> Result<Option<String>, SecretFileError> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed("open", path))?,
    };
    // The opened file is asked, not the path: it might be another one by now.
    let mode = file.metadata().map_err(failed("inspect", path))?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(SecretFileError::Exposed { path: path.to_owned(), mode });
    }
    let mut text = String::new();
    file.take(MAX_BYTES).read_to_string(&mut text).map_err(failed("read", path))?;
    Ok(Some(text))
}

/// Makes a secret under another name and gives it its own name at once, unless another process was
/// faster: a link, unlike a renaming, never replaces what is there.
fn create(
    folder: &Path,
    path: &Path,
    make: impl FnOnce() -> Option<String>,
) -> Result<(), SecretFileError> {
    let not_made = || SecretFileError::Generation { path: path.to_owned() };
    let text = make().ok_or_else(not_made)?;
    let draft = folder.join(format!(".draft.{}", random_name().ok_or_else(not_made)?));
    let written = write_private(&draft, &text).map_err(failed("write", &draft));
    let linked = written.and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            Err(failed("create", path)(error))
        }
        _ => Ok(()),
    });
    let removed = fs::remove_file(&draft).map_err(failed("remove", &draft));
    linked.and(removed)
}

/// A name that nobody guesses: 128 random bits in base64url.
fn random_name() -> Option<String> {
    let mut bytes = [0; 16];
    rand::fill(&mut bytes).ok()?;
    Some(URL_SAFE_NO_PAD.encode(bytes))
}

fn write_private(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn failed(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> SecretFileError {
    let path = path.to_owned();
    move |source| SecretFileError::Io { doing, path, source }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::thread;

    use super::*;

    #[test]
    fn many_who_come_at_once_have_one_secret() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new").join("secret");
        let texts: Vec<String> = thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|number| {
                    let path = path.clone();
                    scope.spawn(move || {
                        load_or_create(&path, || Some(format!("secret {number}"))).unwrap()
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(texts.windows(2).all(|two| two[0] == two[1]), "{texts:?}");
        assert_eq!(fs::metadata(&path).unwrap().mode() & 0o777, 0o600);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "drafts are left");
    }

    #[test]
    fn a_file_that_others_may_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        fs::write(&path, "secret").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let refused = load_or_create(&path, || None).unwrap_err();
        assert!(matches!(refused, SecretFileError::Exposed { mode: 0o640, .. }), "{refused}");
    }
}
