//! The store: one file, open.

use std::fmt;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use registry_domain::ports::{Clock, CommitWatch, PortError};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, watch};
use tokio_util::task::TaskTracker;

use crate::connection::{Access, Connections, open, pool};
use crate::error::StoreError;
use crate::events::{self, Lookout};
use crate::migrate;
use crate::options::EmbeddedOptions;

/// The registry in one SQLite file. Several processes may have the same file open.
pub struct EmbeddedStore {
    pub(crate) options: EmbeddedOptions,
    pub(crate) clock: Arc<dyn Clock>,
    /// The main runtime: it outlives the workers that call.
    pub(crate) handle: Handle,
    /// What shutdown waits for.
    pub(crate) tracker: TaskTracker,
    pub(crate) readers: Connections,
    /// One connection.
    pub(crate) writer: Connections,
    /// The newest event's position that this process knows of.
    pub(crate) newest: watch::Sender<i64>,
    /// Looks whether other processes wrote; whoever waits for events takes turns at it.
    pub(crate) lookout: Mutex<Lookout>,
    /// Who hears of commits.
    pub(crate) commits: OnceLock<Arc<dyn CommitWatch>>,
}

impl EmbeddedStore {
    /// Opens the file, makes it where there is none, and brings its schema up to date.
    ///
    /// Queries run on `handle`, the process's main runtime (multi-threaded, with time enabled),
    /// whoever calls; `tracker` says when the last write has ended.
    ///
    /// # Errors
    /// [`PortError::Unavailable`] when the file cannot be made or opened as a database,
    /// [`PortError::Corrupt`] when the migrations do not fit what is in it.
    pub async fn open(
        path: &Path,
        options: EmbeddedOptions,
        clock: Arc<dyn Clock>,
        handle: Handle,
        tracker: TaskTracker,
    ) -> Result<Arc<Self>, PortError> {
        let file = path.to_owned();
        let opened = handle.spawn(async move {
            let migrated = file.clone();
            tokio::task::spawn_blocking(move || migrate::bring_up_to_date(&migrated, &options))
                .await??;
            let readers = pool(&file, Access::Read, options.max_connections, options)?;
            let writer = pool(&file, Access::Write, 1, options)?;
            let conn = open(&file.to_string_lossy(), Access::Read, options)
                .await
                .map_err(|source| StoreError::File(std::io::Error::other(source)))?;
            let lookout = Lookout::new(conn);
            // Both connections exist from the start: a missing right shows now, not at the first
            // write. The newest position is read after the lookout has begun to watch.
            let latest = writer.get().await?.spawn_blocking(events::latest).await?;
            Ok::<_, StoreError>((readers, writer, lookout, latest))
        });
        let (readers, writer, lookout, latest) =
            opened.await.map_err(StoreError::CutOff).flatten()?;
        Ok(Arc::new(Self {
            options,
            clock,
            handle,
            tracker,
            readers,
            writer,
            newest: watch::Sender::new(latest),
            lookout: Mutex::new(lookout),
            commits: OnceLock::new(),
        }))
    }

    /// Tells somebody of every commit from now on. There is one who is told: a second is not.
    pub fn watch_commits(&self, watch: Arc<dyn CommitWatch>) {
        let _ = self.commits.set(watch);
    }
}

impl fmt::Debug for EmbeddedStore {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("EmbeddedStore").field("options", &self.options).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
