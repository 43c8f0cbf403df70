//! Where operation records wait for the store: a file that survives the process.
//!
//! Appending is one `write` to a file opened for appending: once it returns, the record survives
//! `kill -9` of this process. A background job rotates the file and copies what is in the closed
//! ones to the store in batches ([`Spool::drain`]). A crash between copy and removal copies the
//! records again, and the store keeps one row per id.
//!
//! If the folder vanishes, the next drain makes it anew and saves what was appended meanwhile.
//! Until that works, no call is taken: what cannot be recorded is not done.

mod left;
mod segment;

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use arc_swap::ArcSwap;
use parking_lot::Mutex;
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
    /// The last append failed.
    broken: AtomicBool,
    /// The last drain could not begin a new file; that an append works says nothing then.
    stuck: AtomicBool,
    /// Files that are gone from the folder, with records that are nowhere else.
    adrift: Mutex<Vec<Arc<Segment>>>,
}

impl Spool {
    /// Opens the folder and begins a file of this process's own.
    ///
    /// # Errors
    /// [`SpoolError::File`].
    pub fn open(settings: SpoolSettings) -> Result<Self, SpoolError> {
        let at = |source| SpoolError::File { path: settings.folder.clone(), source };
        let current = Segment::create(&settings.folder).map_err(at)?;
        left::remove_new(&settings.folder).map_err(at)?;
        let waiting: u64 = left::list(&settings.folder)
            .map_err(at)?
            .iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|metadata| metadata.len())
            .sum();
        Ok(Self {
            current: ArcSwap::from_pointee(current),
            waiting_bytes: AtomicU64::new(waiting),
            broken: AtomicBool::new(false),
            stuck: AtomicBool::new(false),
            adrift: Mutex::default(),
            settings,
        })
    }

    /// Whether another record finds room. A call that could not be recorded must not be made.
    pub fn has_room(&self) -> bool {
        !self.broken.load(Ordering::Relaxed)
            && !self.stuck.load(Ordering::Relaxed)
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
        let ready = self.rotate().and_then(|()| self.rescue());
        self.stuck.store(ready.is_err(), Ordering::Relaxed);
        ready.map_err(at)?;
        let current = self.current.load().path.clone();
        let mut copied = 0;
        for path in left::list(&self.settings.folder).map_err(at)? {
            if path == current {
                continue;
            }
            if let Some(file) = left::claim(&path).map_err(at)? {
                copied += self.copy(&path, &file, store).await?;
            }
        }
        Ok(copied)
    }

    /// Begins a new file if the old one has records, or does not work, or is gone.
    fn rotate(&self) -> io::Result<()> {
        let current = self.current.load();
        let is_gone = current.is_gone();
        let is_good =
            !is_gone && !self.broken.load(Ordering::Relaxed) && !self.stuck.load(Ordering::Relaxed);
        if is_good && current.is_empty() {
            return Ok(());
        }
        let (path, bytes) = (current.path.display(), current.len());
        if is_gone && !self.stuck.load(Ordering::Relaxed) {
            tracing::error!(%path, bytes, "the spool's file is gone from its folder; a new one is made");
        }
        let next = Segment::create(&self.settings.folder)?;
        drop(current);
        // Whoever is appending to the old file right now keeps its lock until they are done: then
        // the file is copied by the next drain instead of this one.
        let old = self.current.swap(Arc::new(next));
        self.broken.store(false, Ordering::Relaxed);
        if is_gone {
            self.adrift.lock().push(old);
        }
        Ok(())
    }

    /// Brings what is in files that are gone back into the folder, once nobody appends to them.
    fn rescue(&self) -> io::Result<()> {
        let mut adrift = self.adrift.lock();
        let mut failed = Ok(());
        adrift.retain_mut(|segment| {
            let Some(segment) = Arc::get_mut(segment) else { return true };
            if segment.is_empty() {
                return false;
            }
            let rescued = segment.rescue(&self.settings.folder);
            let remains = rescued.is_err();
            failed = std::mem::replace(&mut failed, Ok(())).and(rescued);
            remains
        });
        failed
    }

    async fn copy(
        &self,
        path: &Path,
        file: &fs::File,
        store: &dyn OperationLog,
    ) -> Result<u64, SpoolError> {
        let at = |source| SpoolError::File { path: path.to_owned(), source };
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
        left::remove(path).map_err(at)?;
        let less = |waiting: u64| Some(waiting.saturating_sub(size));
        // The closure always answers, so there is no failure to look at.
        let _ = self.waiting_bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
        Ok(copied)
    }
}

#[cfg(test)]
#[path = "spool_tests.rs"]
mod tests;
