//! Where operation records wait for the store: a file that survives the process.
//!
//! Appending is one `write` to a file opened for appending: once it returns, the record survives
//! `kill -9` of this process. Each thread has a file of its own, up to a number. A background job
//! rotates the files and copies what is in the closed ones to the store in batches
//! ([`Spool::drain`]). A crash between copy and removal copies the
//! records again, and the store keeps one row per id.
//!
//! If the folder vanishes, the next drain makes it anew and saves what was appended meanwhile.
//! Until that works, no call is taken: what cannot be recorded is not done.

mod lane;
mod left;
mod segment;

use std::fs;
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use metrics::Counter;
use parking_lot::Mutex;
use registry_domain::chain::Chain;
use registry_domain::operation::Operation;
use registry_domain::ports::{OperationLog, PortError};

use lane::Lane;
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
    /// How many files are appended to: threads beyond that share them. At least one.
    pub lanes: usize,
}

impl SpoolSettings {
    /// Settings for tests.
    pub fn for_testing(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), max_bytes: 1 << 20, batch: 100, lanes: 1 }
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
    lanes: Box<[Lane]>,
    waiting_bytes: AtomicU64,
    /// The last drain could not begin a new file; that an append works says nothing then.
    stuck: AtomicBool,
    appended: Counter,
    copied: Counter,
    /// Files that are gone from the folder, with records that are nowhere else.
    adrift: Mutex<Vec<Arc<Segment>>>,
    /// Records that the disk did not take. They are no more than the calls that were under way
    /// when it stopped taking them: while there are any, no call is begun.
    unwritten: Mutex<Vec<Vec<u8>>>,
    owes: AtomicBool,
}

impl Spool {
    /// Opens the folder and begins a file of this process's own.
    ///
    /// # Errors
    /// [`SpoolError::File`].
    pub fn open(settings: SpoolSettings) -> Result<Self, SpoolError> {
        let at = |source| SpoolError::File { path: settings.folder.clone(), source };
        let lanes = (0..settings.lanes.max(1))
            .map(|_| Lane::create(&settings.folder))
            .collect::<Result<_, _>>()
            .map_err(at)?;
        left::remove_new(&settings.folder).map_err(at)?;
        let waiting: u64 = left::list(&settings.folder)
            .map_err(at)?
            .iter()
            .filter_map(|path| fs::metadata(path).ok())
            .map(|metadata| metadata.len())
            .sum();
        Ok(Self {
            lanes,
            waiting_bytes: AtomicU64::new(waiting),
            stuck: AtomicBool::new(false),
            appended: metrics::counter!("mcp_registry_spool_records_total"),
            copied: metrics::counter!("mcp_registry_spool_copied_total"),
            adrift: Mutex::default(),
            unwritten: Mutex::default(),
            owes: AtomicBool::new(false),
            settings,
        })
    }

    /// Whether another record finds room. A call that could not be recorded must not be made.
    pub fn has_room(&self) -> bool {
        !self.stuck.load(Ordering::Relaxed)
            && !self.owes.load(Ordering::Relaxed)
            && !self.lanes.iter().any(Lane::is_broken)
            && self.waiting_bytes.load(Ordering::Relaxed) < self.settings.max_bytes
    }

    /// How many bytes of records wait.
    pub fn waiting_bytes(&self) -> u64 {
        self.waiting_bytes.load(Ordering::Relaxed)
    }

    /// Appends a record. A disk that refuses is told to the log once, and the spool takes no more
    /// calls until the disk has taken what it refused.
    pub fn append(&self, operation: &Operation) {
        let mut line = Vec::with_capacity(512);
        if let Err(error) = serde_json::to_writer(&mut line, operation) {
            tracing::error!(%error, operation = %operation.id, "an operation record cannot be written as JSON");
            return;
        }
        line.push(b'\n');
        let Some(own) = lane::of_thread(&self.lanes) else { return };
        if let Err(error) = self.append_to(own, &mut line) {
            if !own.breaks() {
                tracing::error!(%error, "operation records cannot be spooled; calls are refused until they can");
            }
            let mut unwritten = self.unwritten.lock();
            unwritten.push(line);
            self.owes.store(true, Ordering::Relaxed);
        }
    }

    fn append_to(&self, lane: &Lane, record: &mut Vec<u8>) -> io::Result<()> {
        let bytes = lane.append(record)?;
        self.appended.increment(1);
        self.waiting_bytes.fetch_add(u64::try_from(bytes).unwrap_or(0), Ordering::Relaxed);
        Ok(())
    }

    /// Copies everything that waits to the store, to the end of a chain, also what a process that is
    /// gone has left, and answers how many records that were. To be called by one task at a time.
    ///
    /// # Errors
    /// [`SpoolError`]; what was not copied stays.
    pub async fn drain(&self, store: &dyn OperationLog, chain: &Chain) -> Result<u64, SpoolError> {
        let at = |source| SpoolError::File { path: self.settings.folder.clone(), source };
        let ready = self.rotate().and_then(|()| self.rescue());
        self.stuck.store(ready.is_err(), Ordering::Relaxed);
        ready.map_err(at)?;
        // Copying goes on where that fails: it may be what makes room.
        let made_up = self.make_up();
        let current: Vec<PathBuf> = self.lanes.iter().map(Lane::path).collect();
        let mut copied = 0;
        for path in left::list(&self.settings.folder).map_err(at)? {
            if current.contains(&path) {
                continue;
            }
            if let Some(file) = left::claim(&path).map_err(at)? {
                copied += self.copy(&path, &file, (store, chain)).await?;
            }
        }
        made_up.map_err(at)?;
        Ok(copied)
    }

    /// Begins new files where the old ones have records, or do not work, or are gone.
    fn rotate(&self) -> io::Result<()> {
        let stuck = self.stuck.load(Ordering::Relaxed);
        for lane in &self.lanes {
            if let Some(gone) = lane.rotate(&self.settings.folder, stuck)? {
                self.adrift.lock().push(gone);
            }
        }
        Ok(())
    }

    /// Appends what the disk did not take before.
    fn make_up(&self) -> io::Result<()> {
        let Some(lane) = self.lanes.first() else { return Ok(()) };
        let mut unwritten = self.unwritten.lock();
        while let Some(line) = unwritten.last_mut() {
            if let Err(error) = self.append_to(lane, line) {
                lane.breaks();
                return Err(error);
            }
            unwritten.pop();
        }
        self.owes.store(false, Ordering::Relaxed);
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
        (store, chain): (&dyn OperationLog, &Chain),
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
            store.append(chain, batch).await.map_err(SpoolError::Store)?;
        }
        self.copied.increment(copied);
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
