//! What a step has: the store, the time, and the ids of what is in the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use libtest_mimic::Failed;
use registry_contract::MockClock;
use registry_domain::event::EventStamp;
use registry_domain::id::{ChainId, DocumentId, EventId, LinkId, RegistrationId, ServerId, UserId};
use registry_domain::ports::RegistrationStore as _;
use registry_domain::registration::Registration;
use registry_postgres::{PgOptions, PgStore};
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::cluster::Database;

/// How often a step runs: the database makes another plan for a statement that it has seen often.
pub(crate) const ROUNDS: u64 = 8;

/// New ids, none of which is in the database.
static IDS: AtomicU64 = AtomicU64::new(1);

/// A call of a port.
pub(crate) struct Step {
    /// Its name.
    pub(crate) name: &'static str,
    /// The indexes that are there for it.
    pub(crate) uses: &'static [&'static str],
    /// How many rows of a large table it fetches by an index in a round, at most.
    pub(crate) fetches: u64,
    /// Calls it.
    pub(crate) run: Run,
}

/// A round of a step.
pub(crate) type Run = for<'a> fn(&'a Scene, u64) -> BoxFuture<'a, Result<(), Failed>>;

/// A table of steps: what is called, how many rows of a large table it fetches at most, and the
/// indexes that are there for it.
macro_rules! steps {
    ($($name:ident fetches $fetches:literal by [$($index:literal)*])+) => {
        /// The steps of this file.
        pub(crate) fn steps() -> Vec<crate::scene::Step> {
            use futures_util::FutureExt as _;
            vec![$(crate::scene::Step {
                name: stringify!($name),
                uses: &[$($index),*],
                fetches: $fetches,
                run: |scene, round| $name(scene, round).boxed(),
            }),+]
        }
    };
}
pub(crate) use steps;

/// A store with one connection, on the database.
pub(crate) struct Scene {
    pub(crate) database: Arc<Database>,
    pub(crate) store: Arc<PgStore>,
    clock: Arc<MockClock>,
}

impl Scene {
    /// Opens a store.
    pub(crate) async fn open(database: &Arc<Database>) -> Result<Self, Failed> {
        // All rounds are on one connection, as plans are.
        let options = PgOptions { max_connections: 1, ..database.options()? };
        let clock = Arc::new(MockClock::new());
        let store = open(options, &clock).await?;
        Ok(Self { database: Arc::clone(database), store, clock })
    }

    /// Opens another store.
    pub(crate) async fn beside(&self, options: PgOptions) -> Result<Arc<PgStore>, Failed> {
        open(options, &self.clock).await
    }

    /// A stamp a microsecond later than the last.
    pub(crate) fn stamp(&self) -> EventStamp {
        EventStamp { id: EventId(id()), at: self.clock.advance(Duration::from_micros(1)) }
    }

    /// A registration that is in the database.
    pub(crate) async fn registration(&self, number: u64) -> Result<Registration, Failed> {
        let found = self.store.find(registration(number)).await?;
        Ok(found.ok_or("it is not there")?.registration)
    }
}

async fn open(options: PgOptions, clock: &Arc<MockClock>) -> Result<Arc<PgStore>, Failed> {
    let (handle, clock) = (Handle::current(), Arc::clone(clock));
    Ok(PgStore::open(options, clock, handle, TaskTracker::new()).await?)
}

/// A new id.
pub(crate) fn id() -> Uuid {
    Uuid::from_u64_pair(0x0190_0000_0000_7000, IDS.fetch_add(1, Ordering::Relaxed))
}

/// What SQL's `numbered` makes.
fn numbered(kind: u64, number: u64) -> Uuid {
    Uuid::from_u64_pair((kind << 60) | 0x7000, 0x8000_0000_0000_0000 | number)
}

/// Person 1 to 1,000. The first five decide.
pub(crate) fn user(number: u64) -> UserId {
    UserId(numbered(0xa, number))
}

/// Registration 1 to 100,000.
pub(crate) fn registration(number: u64) -> RegistrationId {
    RegistrationId(numbered(0xb, number))
}

/// Document 1 to 100,000, of the registration with the same number.
pub(crate) fn document(number: u64) -> DocumentId {
    DocumentId(numbered(0x1, number))
}

/// Link 2 to 200,001; registration n has those with 2n and 2n + 1.
pub(crate) fn link(number: u64) -> LinkId {
    LinkId(numbered(0x2, number))
}

/// Server 1 to 100,000.
pub(crate) fn server(number: u64) -> ServerId {
    ServerId(numbered(0xc, number))
}

/// Operation 1 to 1,000,000.
pub(crate) fn operation(number: u64) -> Uuid {
    numbered(0xd, number)
}

/// Chain 1 to 100 of operations: a hundred seals with ten records each.
pub(crate) fn chain(number: u64) -> ChainId {
    ChainId(numbered(0x3, number))
}

/// What SQL's `minute` makes.
pub(crate) fn minute(number: u64) -> Timestamp {
    const FIRST: Timestamp = jiff::Timestamp::constant(1_767_225_600, 0);
    FIRST + Duration::from_secs(60 * number)
}
