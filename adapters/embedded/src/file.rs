//! The database file before SQLite sees it: who may read it, and whose turn it is to prepare it.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::io;
use std::path::Path;

/// Makes the file, for its owner only; one that is there already keeps its rights. SQLite gives
/// its side files the rights of the main file.
pub(crate) fn ensure_private(path: &Path) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    private(OpenOptions::new().create(true).append(true)).open(path).map(drop)
}

/// Waits until no other process prepares the same file. The lock ends with the returned file.
pub(crate) fn lock_beside(path: &Path) -> io::Result<File> {
    let mut name = OsString::from(path);
    name.push(".lock");
    let lock = private(OpenOptions::new().create(true).append(true)).open(name)?;
    lock.lock()?;
    Ok(lock)
}

#[cfg(unix)]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    options.mode(0o600)
}

#[cfg(not(unix))]
fn private(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}
