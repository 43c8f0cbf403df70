//! Where operation records wait for the store: a file that survives the process.
//!
//! Appending is one `write` to a file opened for appending: once it returns, the record survives
//! `kill -9` of this process. A background job rotates the file and copies what is in the closed
//! ones to the store in batches ([`Spool::drain`]). A crash between copy and removal copies the
//! records again, and the store keeps one row per id.

mod segment;

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, PortError};

use segment::Segment;

/// What an operator sets for the spool.
#[derive(Debug, Clone)]
pub struct SpoolSettings {
    /// The folder; made if it is not there.
    pub folder: PathBuf,
    /// The most bytes that may wait; beyond that, calls are refused.
    pub max_bytes: u64,
    /// The most records per batch.
    pub batch: usize,
}

impl SpoolSettings {
    /// Settings for tests.
    pub fn for_testing(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), max_bytes: 1 << 20, batch: 100 }
    }
}

/// Why the spool could not be opened or emptied.
#[derive(Debug, thiserror::Error)]
pub enum SpoolError {
    /// The folder or a file in it cannot be used.
    #[error("the spool at {path} cannot be used")]
    File {
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The store did not take the records; they stay.
    #[error("the store does not take operation records")]
    Store(#[source] PortError),
}

/// Records on their way to the store.
#[derive(Debug)]
pub struct Spool {
    settings: SpoolSettings,
    current: ArcSwap<Segment>,
    waiting_bytes: AtomicU64,
    broken: AtomicBool,
}

impl Spool {
    /// Opens the folder and begins a file of this process's own.
    ///
    /// # Errors
    /// [`SpoolError::File`].
    pub fn open(settings: SpoolSettings) -> Result<Self, SpoolError> {
        let at = |source| SpoolError::File { path: settings.folder.clone(), source };
        fs::create_dir_all(&settings.folder).map_err(at)?;
        let current = Segment::create(&settings.folder).map_err(at)?;
        let waiting: u64 = segment::list(&settings.folder)
            .map_err(at)?
            .iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|metadata| metadata.len())
            .sum();
        Ok(Self {
            current: ArcSwap::from_pointee(current),
            waiting_bytes: AtomicU64::new(waiting),
            broken: AtomicBool::new(false),
            settings,
        })
    }

    /// Whether another record finds room. A call that could not be recorded must not be made.
    pub fn has_room(&self) -> bool {
        !self.broken.load(Ordering::Relaxed)
            && self.waiting_bytes.load(Ordering::Relaxed) < self.settings.max_bytes
    }

    /// Appends a record. A disk that refuses is told to the log once, and the spool takes no more
    /// calls until a later append succeeds again.
    pub fn append(&self, operation: &Operation) {
        let mut line = Vec::with_capacity(512);
        if self.broken.load(Ordering::Relaxed) {
            // The append that failed may have left half a line, which must not swallow this one.
            line.push(b'\n');
        }
        if let Err(error) = serde_json::to_writer(&mut line, operation) {
            tracing::error!(%error, operation = %operation.id, "an operation record cannot be written as JSON");
            return;
        }
        line.push(b'\n');
        let written = self.current.load().append(&line);
        match written {
            Ok(()) => {
                self.broken.store(false, Ordering::Relaxed);
                self.waiting_bytes
                    .fetch_add(u64::try_from(line.len()).unwrap_or(0), Ordering::Relaxed);
            }
            Err(error) => {
                if !self.broken.swap(true, Ordering::Relaxed) {
                    tracing::error!(%error, "operation records cannot be spooled; calls are refused until they can");
                }
            }
        }
    }

    /// Copies everything that waits to the store, also what a process that is gone has left, and
    /// answers how many records that were. To be called by one task at a time.
    ///
    /// # Errors
    /// [`SpoolError`]; what was not copied stays.
    pub async fn drain(&self, store: &dyn OperationLog) -> Result<u64, SpoolError> {
        let at = |source| SpoolError::File { path: self.settings.folder.clone(), source };
        if self.broken.load(Ordering::Relaxed) || !self.current.load().is_empty() {
            let next = Arc::new(Segment::create(&self.settings.folder).map_err(at)?);
            // Whoever is appending to the old file right now keeps its lock until they are done:
            // then the file is copied by the next drain instead of this one.
            drop(self.current.swap(next));
            self.broken.store(false, Ordering::Relaxed);
        }
        let mut copied = 0;
        for path in
            segment::orphans(&self.settings.folder, &self.current.load().path).map_err(at)?
        {
            copied += self.copy(&path, store).await?;
        }
        Ok(copied)
    }

    async fn copy(&self, path: &Path, store: &dyn OperationLog) -> Result<u64, SpoolError> {
        let at = |source| SpoolError::File { path: path.to_owned(), source };
        let file = fs::File::open(path).map_err(at)?;
        let size = file.metadata().map_err(at)?.len();
        let mut lines = BufReader::new(file).split(b'\n');
        let mut copied = 0;
        loop {
            let mut batch = Vec::with_capacity(self.settings.batch);
            let mut ended = true;
            for line in lines.by_ref().take(self.settings.batch) {
                let line = line.map_err(at)?;
                ended = false;
                if line.is_empty() {
                    continue;
                }
                match serde_json::from_slice::<Operation>(&line) {
                    Ok(operation) => batch.push(operation),
                    // A machine that lost power leaves half a line; the rest of the file is good.
                    Err(error) => {
                        tracing::warn!(%error, path = %path.display(), "a spooled record does not read");
                    }
                }
            }
            if ended {
                break;
            }
            copied += u64::try_from(batch.len()).unwrap_or(0);
            store.append(batch).await.map_err(SpoolError::Store)?;
        }
        fs::remove_file(path).map_err(at)?;
        let less = |waiting: u64| Some(waiting.saturating_sub(size));
        // The closure always answers, so there is no failure to look at.
        let _ = self.waiting_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        Ok(copied)
    }
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
