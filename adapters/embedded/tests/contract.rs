//! Runs the behaviour suite on the embedded adapters.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use async_trait::async_trait;
use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};
use parking_lot::Mutex;
use registry_contract::{Failed, MockClock, StoreAdapter, StoreInstance, StorePorts};
use registry_embedded::{EmbeddedLimits, EmbeddedOptions, EmbeddedSessions, EmbeddedStore};
use tempfile::TempDir;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

struct Embedded;

#[async_trait]
impl StoreAdapter for Embedded {
    fn is_shared_between_processes(&self) -> bool {
        true
    }

    async fn make(&self, clock: Arc<MockClock>) -> Result<Box<dyn StoreInstance>, Failed> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("data").join("registry.db");
        let (ports, tracker) = open(&path, &clock).await?;
        let open = Mutex::new((ports, tracker));
        Ok(Box::new(OneFile { path, clock, open, _folder: folder }))
    }
}

struct OneFile {
    path: PathBuf,
    clock: Arc<MockClock>,
    open: Mutex<(StorePorts, TaskTracker)>,
    _folder: TempDir,
}

async fn open(
    path: &std::path::Path,
    clock: &Arc<MockClock>,
) -> Result<(StorePorts, TaskTracker), Failed> {
    let (options, tracker) = (EmbeddedOptions::for_testing(), TaskTracker::new());
    let clock = Arc::clone(clock);
    let handle = Handle::current();
    let store = EmbeddedStore::open(path, options, clock, handle, tracker.clone()).await?;
    Ok((StorePorts::of(store), tracker))
}

#[async_trait]
impl StoreInstance for OneFile {
    fn ports(&self) -> StorePorts {
        self.open.lock().0.clone()
    }

    async fn reopen(&self) -> Result<(), Failed> {
        let tracker = self.open.lock().1.clone();
        tracker.close();
        tracker.wait().await;
        let opened = open(&self.path, &self.clock).await?;
        *self.open.lock() = opened;
        Ok(())
    }

    async fn open_beside(&self) -> Result<Option<StorePorts>, Failed> {
        Ok(Some(open(&self.path, &self.clock).await?.0))
    }

    async fn run_sql(&self, sql: &str) -> Result<(), Failed> {
        let mut conn = SqliteConnection::establish(&self.path.to_string_lossy())?;
        conn.batch_execute("PRAGMA busy_timeout = 10000")?;
        Ok(conn.batch_execute(sql)?)
    }
}

fn main() -> ExitCode {
    let mut trials = registry_contract::stores(Embedded);
    trials.extend(registry_contract::session_stores(|max_sessions, clock| {
        Arc::new(EmbeddedSessions::new(max_sessions, clock))
    }));
    trials.extend(registry_contract::rate_limiters(|clock| {
        Arc::new(EmbeddedLimits::new(10_000, clock))
    }));
    registry_contract::run(trials)
}
