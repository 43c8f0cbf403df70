//! One file of the spool. Its writer holds a lock on it, so that another process on the same
//! folder can tell a living process's file from one that was left behind.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

const PREFIX: &str = "operations-";
const SUFFIX: &str = ".ndjson";

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A file that this process appends to.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    file: File,
    bytes: AtomicU64,
}

impl Segment {
    /// Makes a new file, readable by its owner only, and locks it.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let path = folder.join(format!("{PREFIX}{}-{number}{SUFFIX}", std::process::id()));
            match OpenOptions::new().append(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => {
                    file.lock()?;
                    return Ok(Self { path, file, bytes: AtomicU64::new(0) });
                }
                // A process of the same number was here before.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) fn append(&self, line: &[u8]) -> io::Result<()> {
        (&self.file).write_all(line)?;
        self.bytes.fetch_add(u64::try_from(line.len()).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.bytes.load(Ordering::Relaxed) == 0
    }
}

/// The spool's files in a folder.
pub(super) fn list(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX)) {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The files that nobody writes to any more.
pub(super) fn orphans(folder: &Path, current: &Path) -> io::Result<Vec<PathBuf>> {
    let mut free = Vec::new();
    for path in list(folder)? {
        if path == current {
            continue;
        }
        let Ok(file) = File::open(&path) else { continue };
        match file.try_lock() {
            Ok(()) => free.push(path),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
    Ok(free)
}
