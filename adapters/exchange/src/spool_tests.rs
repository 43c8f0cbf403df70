//! Behaviours of the spool, on real files.

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::id::{ChainId, OperationId};
use registry_domain::ports::{OperationQuery, Page};
use uuid::Uuid;

use super::*;

#[derive(Default)]
struct Store {
    kept: Mutex<Vec<OperationId>>,
    away: AtomicBool,
}

#[async_trait]
impl OperationLog for Store {
    async fn append(&self, _chain: &Chain, operations: Vec<Operation>) -> Result<(), PortError> {
        if self.away.load(Ordering::Relaxed) {
            return Err(PortError::NotFound);
        }
        self.kept.lock().extend(operations.iter().map(|operation| operation.id));
        Ok(())
    }

    async fn count(&self) -> Result<u64, PortError> {
        Ok(self.kept.lock().len() as u64)
    }

    async fn newest(&self, _limit: u32) -> Result<Vec<Operation>, PortError> {
        Ok(Vec::new())
    }

    async fn list(&self, _query: &OperationQuery) -> Result<Page<Operation>, PortError> {
        Ok(Page { total: 0, items: Vec::new() })
    }

    async fn list_on(&self, _query: &OperationQuery) -> Result<Vec<Operation>, PortError> {
        Ok(Vec::new())
    }
}

fn operation(number: u128) -> Operation {
    Operation {
        id: OperationId(Uuid::from_u128(number)),
        at: Timestamp::UNIX_EPOCH,
        user_id: Some("ada".into()),
        tenant_id: None,
        email: None,
        method: "tools/call".into(),
        tool_name: Some("echo".into()),
        params: Some("{\"text\":\"line\\nbreak\"}".into()),
        success: true,
        error_message: None,
        error_code: None,
        duration_ms: 3,
        server_id: None,
        request_id: "r".into(),
        client_address: None,
    }
}

fn chain() -> Chain {
    Chain::of_operations(ChainId(Uuid::nil()), Timestamp::UNIX_EPOCH)
}

fn ids(numbers: impl IntoIterator<Item = u128>) -> Vec<OperationId> {
    numbers.into_iter().map(|number| operation(number).id).collect()
}

#[tokio::test]
async fn what_is_appended_reaches_the_store_in_order_and_leaves_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    let store = Store::default();
    (1..=250).for_each(|number| spool.append(&operation(number)));
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 250);
    assert_eq!(*store.kept.lock(), ids(1..=250));
    assert_eq!(left::list(folder.path()).unwrap().len(), 1, "only the file that is being written");
}

#[tokio::test]
async fn threads_with_files_of_their_own_lose_nothing_and_write_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings { lanes: 3, ..SpoolSettings::for_testing(folder.path()) };
    let spool = Spool::open(settings).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let spool = &spool;
            scope.spawn(move || (1..=50).for_each(|n| spool.append(&operation(thread * 50 + n))));
        }
    });
    let files = left::list(folder.path()).unwrap();
    let used = files.iter().filter(|path| fs::metadata(path).unwrap().len() > 0).count();
    assert_eq!((files.len(), used), (3, 3));
    let store = Store::default();
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 400);
    let mut kept = store.kept.lock().clone();
    kept.sort_unstable();
    assert_eq!(kept, ids(1..=400));
}

#[tokio::test]
async fn records_of_a_process_that_died_are_copied_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let died = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    died.append(&operation(1));
    drop(died);
    let next = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    let store = Store::default();
    assert_eq!(next.drain(&store, &chain()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_living_processs_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let other = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    other.append(&operation(1));
    let ours = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    assert_eq!(ours.drain(&Store::default(), &chain()).await.unwrap(), 0);
    let store = Store::default();
    assert_eq!(other.drain(&store, &chain()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_store_that_is_away_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    let store = Store::default();
    store.away.store(true, Ordering::Relaxed);
    spool.append(&operation(1));
    assert!(matches!(spool.drain(&store, &chain()).await, Err(SpoolError::Store(_))));
    store.away.store(false, Ordering::Relaxed);
    spool.append(&operation(2));
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 2);
    assert_eq!(*store.kept.lock(), ids([1, 2]));
}

#[tokio::test]
async fn half_a_line_costs_only_itself() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join("operations-1-0.ndjson");
    let whole = serde_json::to_string(&operation(1)).unwrap();
    fs::write(&left, format!("{whole}\n{}", whole.split_at(40).0)).unwrap();
    let spool = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    let store = Store::default();
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 1);
}

#[tokio::test]
async fn a_full_spool_has_no_room_until_it_is_emptied() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SpoolSettings { max_bytes: 300, ..SpoolSettings::for_testing(folder.path()) };
    let spool = Spool::open(settings).unwrap();
    assert!(spool.has_room());
    spool.append(&operation(1));
    spool.append(&operation(2));
    assert!(!spool.has_room());
    spool.drain(&Store::default(), &chain()).await.unwrap();
    assert!(spool.has_room());
}

#[tokio::test]
async fn a_file_is_not_taken_between_its_making_and_its_locking() {
    let folder = tempfile::tempdir().unwrap();
    let made = segment::Unlisted::create(folder.path()).unwrap();
    let other = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    let store = Store::default();
    assert_eq!(other.drain(&store, &chain()).await.unwrap(), 0);
    // The other took it for one that was left behind, so it never gets a name that others find …
    assert!(made.publish().unwrap().is_none());
    // … and one that the other does not meet before it is locked is nobody else's afterwards.
    let made = segment::Unlisted::create(folder.path()).unwrap();
    assert_eq!(other.drain(&store, &chain()).await.unwrap(), 0);
    let ours = made.publish().unwrap().unwrap();
    left::remove_new(folder.path()).unwrap();
    let line = serde_json::to_string(&operation(1)).unwrap();
    ours.append(line.as_bytes()).unwrap();
    assert_eq!(other.drain(&store, &chain()).await.unwrap(), 0);
    assert!(!ours.is_gone());
    drop(ours);
    assert_eq!(other.drain(&store, &chain()).await.unwrap(), 1);
    let names = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert_eq!(names.count(), 1, "nothing is left but the other's own file");
}

#[test]
fn a_file_of_a_process_of_the_same_number_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let made = segment::Unlisted::create(folder.path()).unwrap();
    let listed = made.listed();
    fs::write(&listed, "records").unwrap();
    assert!(made.publish().unwrap().is_none());
    assert_eq!(fs::read(&listed).unwrap(), b"records");
    assert_eq!(left::list(folder.path()).unwrap(), [listed]);
}

#[test]
fn a_file_that_is_being_copied_is_nobody_elses() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("operations-1-0.ndjson");
    fs::write(&path, "").unwrap();
    let copying = left::claim(&path).unwrap().unwrap();
    assert!(left::claim(&path).unwrap().is_none());
    left::remove(&path).unwrap();
    left::remove(&path).unwrap();
    drop(copying);
    assert!(left::claim(&path).unwrap().is_none());
}

#[tokio::test]
async fn a_folder_that_vanishes_is_made_anew_and_costs_no_record() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("spool");
    let spool = Spool::open(SpoolSettings::for_testing(&inner)).unwrap();
    let store = Store::default();
    spool.append(&operation(1));
    fs::remove_dir_all(&inner).unwrap();
    spool.append(&operation(2));
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 2);
    assert_eq!(*store.kept.lock(), ids([1, 2]));
    fs::remove_dir_all(&inner).unwrap();
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 0);
    spool.append(&operation(3));
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 1);
    assert_eq!(spool.waiting_bytes.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn what_a_full_disk_did_not_take_is_recorded_when_there_is_room_again() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::open(SpoolSettings::for_testing(folder.path())).unwrap();
    let store = Store::default();
    spool.append(&operation(1));
    spool.lanes.iter().for_each(Lane::fills_up);
    // Two calls that were under way when the disk was full.
    spool.append(&operation(2));
    spool.append(&operation(3));
    assert!(!spool.has_room(), "no call is begun that could not be recorded");
    // A new file is begun, and that is full, too.
    spool.rotate().unwrap();
    spool.lanes.iter().for_each(Lane::fills_up);
    assert!(spool.make_up().is_err());
    assert!(!spool.has_room());
    while !spool.has_room() {
        spool.drain(&store, &chain()).await.unwrap();
    }
    spool.drain(&store, &chain()).await.unwrap();
    let mut kept = store.kept.lock().clone();
    kept.sort();
    assert_eq!(kept, ids(1..=3));
}

#[tokio::test]
async fn no_call_is_taken_while_no_file_can_be_made() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("spool");
    let spool = Spool::open(SpoolSettings::for_testing(&inner)).unwrap();
    let store = Store::default();
    fs::remove_dir_all(&inner).unwrap();
    fs::write(&inner, "a file stands in the way").unwrap();
    assert!(spool.drain(&store, &chain()).await.is_err());
    assert!(!spool.has_room());
    // A call that is still under way is appended to the file that is gone, which changes nothing.
    spool.append(&operation(1));
    assert!(!spool.has_room());
    fs::remove_file(&inner).unwrap();
    assert_eq!(spool.drain(&store, &chain()).await.unwrap(), 1);
    assert!(spool.has_room());
}
