//! The spool's files in a folder, and which of them nobody writes to any more.

use std::fs::{self, File, TryLockError};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "operations-";
const SUFFIX: &str = ".ndjson";
const NEW_SUFFIX: &str = ".ndjson.new";

/// The name of a process's new file, and its name once it is locked.
pub(super) fn names(folder: &Path, process: u32, number: u64) -> (PathBuf, PathBuf) {
    let name = |suffix| folder.join(format!("{PREFIX}{process}-{number}{suffix}"));
    (name(NEW_SUFFIX), name(SUFFIX))
}

/// The spool's files in a folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    named(folder, SUFFIX)
}

fn named(folder: &Path, suffix: &str) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(suffix)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Takes a file that nobody writes to any more; `None` if somebody does, or if it is gone. It is
/// ours for as long as the answer is held: two processes never copy the same file.
pub(super) fn claim(path: &Path) -> io::Result<Option<File>> {
    let Ok(file) = File::open(path) else { return Ok(None) };
    match file.try_lock() {
        // It may have been copied and removed between the opening and the locking.
        Ok(()) => Ok((file.metadata()?.nlink() > 0).then_some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// Removes new files whose makers died before they locked them: nothing was written to those.
pub(super) fn remove_new(folder: &Path) -> io::Result<()> {
    for path in named(folder, NEW_SUFFIX)? {
        if claim(&path)?.is_some() {
            remove(&path)?;
        }
    }
    Ok(())
}

/// Removes a file, unless somebody has done so already.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}
