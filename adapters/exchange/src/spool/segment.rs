//! One file of the spool, as its writer holds it. Its lock tells another process on the same
//! folder a living process's file from one that was left behind (`left.rs`), so a file gets the
//! name by which others find it only when it is locked.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::left;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// A file that this process appends to.
#[derive(Debug)]
pub(super) struct Segment {
    pub(super) path: PathBuf,
    file: File,
    bytes: AtomicU64,
}

/// A new file that nobody looks for yet.
#[derive(Debug)]
pub(super) struct Unlisted {
    new: PathBuf,
    listed: PathBuf,
    file: File,
}

impl Unlisted {
    /// Makes a new file, readable by its owner only.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        loop {
            let number = NUMBER.fetch_add(1, Ordering::Relaxed);
            let (new, listed) = left::names(folder, std::process::id(), number);
            // Reading is for the day when the file is gone from its folder.
            let mut options = OpenOptions::new();
            match options.read(true).append(true).create_new(true).mode(0o600).open(&new) {
                Ok(file) => return Ok(Self { new, listed, file }),
                // Another process has the same number, in a container of its own.
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// The name that it is to get.
    #[cfg(test)]
    pub(super) fn listed(&self) -> PathBuf {
        self.listed.clone()
    }

    /// Locks the file and gives it its name; `None` if that name, or the file, is taken.
    pub(super) fn publish(self) -> io::Result<Option<Segment>> {
        self.file.lock()?;
        if self.listed.try_exists()? {
            // A process of the same number was here before, and its records are still there.
            left::remove(&self.new)?;
            return Ok(None);
        }
        match fs::rename(&self.new, &self.listed) {
            Ok(()) => {}
            // Another process took the file for one that was left behind, before it was locked.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error),
        }
        let segment = Segment { path: self.listed, file: self.file, bytes: AtomicU64::new(0) };
        Ok((!segment.is_gone()).then_some(segment))
    }
}

impl Segment {
    /// Makes a new file and locks it; makes the folder if it is not there.
    pub(super) fn create(folder: &Path) -> io::Result<Self> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        loop {
            if let Some(segment) = Unlisted::create(folder)?.publish()? {
                return Ok(segment);
            }
        }
    }

    pub(super) fn append(&self, line: &[u8]) -> io::Result<()> {
        (&self.file).write_all(line)?;
        self.bytes.fetch_add(u64::try_from(line.len()).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many bytes were appended.
    pub(super) fn len(&self) -> u64 {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Whether the file is no longer where it was: removed or moved away, itself or its folder.
    pub(super) fn is_gone(&self) -> bool {
        let is_removed = self.file.metadata().is_ok_and(|metadata| metadata.nlink() == 0);
        is_removed || !self.path.try_exists().unwrap_or(false)
    }

    /// Copies what was appended to a new file in the folder, where it waits for the next drain.
    pub(super) fn rescue(&self, folder: &Path) -> io::Result<()> {
        let rescued = Self::create(folder)?;
        // Appending takes no notice of the place from which is read.
        (&self.file).rewind()?;
        let copied = io::copy(&mut &self.file, &mut &rescued.file);
        if copied.is_err() {
            // Half a copy would be copied again, from the beginning.
            left::remove(&rescued.path)?;
        }
        copied.map(drop)
    }
}

#[cfg(test)]
impl Segment {
    /// A file that has no room for anything.
    pub(super) fn on_full_disk() -> Self {
        let path = PathBuf::from("/dev/full");
        let file = OpenOptions::new().append(true).open(&path).unwrap();
        Self { path, file, bytes: AtomicU64::new(0) }
    }
}
