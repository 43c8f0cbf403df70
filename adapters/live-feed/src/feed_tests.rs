//! What one client is told, and in which order.

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::FutureExt;
use parking_lot::Mutex;
use registry_domain::event::{EventKind, EventStamp, RegistryEvent};
use registry_domain::id::{EventId, RegistrationId, ServerId};
use registry_domain::ports::{
    AuditQuery, AuditView, EventLog, LiveEvents, Outcome, Page, Replay, SessionStore,
};
use uuid::Uuid;

use super::*;
use crate::calls::CallFeed;
use crate::hub::{Hub, HubLimits};
use crate::log::LiveLog;
use crate::snapshot::{ServerNow, ServersNow};
use crate::topic::Topic;
use crate::viewer::Strangers;
use crate::viewer::tests::caller;

/// An event log in memory that can be away; nothing else is there.
#[derive(Default)]
struct Log {
    latest: Mutex<i64>,
    is_away: Mutex<bool>,
}

fn away() -> PortError {
    PortError::Unavailable {
        retry_after: Duration::from_secs(1),
        outcome: Outcome::NotApplied,
        source: "gone".into(),
    }
}

fn event(seq: i64) -> SequencedEvent {
    let id = Uuid::from_u64_pair(1, seq.unsigned_abs());
    let stamp = EventStamp { id: EventId(id), at: Timestamp::UNIX_EPOCH };
    let event = RegistryEvent::by_product(EventKind::RegistrationSubmitted, stamp)
        .on_registration(RegistrationId(id), None);
    SequencedEvent { seq: EventSeq(seq), event }
}

#[async_trait]
impl EventLog for Log {
    async fn latest(&self) -> Result<EventSeq, PortError> {
        if *self.is_away.lock() { Err(away()) } else { Ok(EventSeq(*self.latest.lock())) }
    }

    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Vec<SequencedEvent>, PortError> {
        let latest = self.latest().await?.0;
        Ok((seq.0 + 1..=latest).take(usize::try_from(limit).unwrap()).map(event).collect())
    }

    async fn wait(&self, _seq: EventSeq) {}

    async fn list_audit(&self, _query: &AuditQuery) -> Result<Page<AuditView>, PortError> {
        Err(away())
    }
}

/// Keeps nothing that anybody asks for.
struct Forgetful;

#[async_trait]
impl LiveEvents for Forgetful {
    async fn append(&self, _events: &[SequencedEvent]) -> Result<(), PortError> {
        Ok(())
    }

    async fn after(&self, seq: EventSeq, _limit: u32) -> Result<Replay, PortError> {
        Ok(Replay::Gap { oldest: EventSeq(seq.0 + 2) })
    }

    async fn wait(&self, _seq: EventSeq) {}
}

#[async_trait]
impl ServersNow for Forgetful {
    async fn seen_by(&self, _viewer: &Viewer) -> Result<Vec<ServerNow>, PortError> {
        Err(away())
    }

    async fn find(&self, _id: ServerId) -> Result<Option<ServerNow>, PortError> {
        Err(away())
    }

    fn name_of(&self, _id: ServerId) -> Option<String> {
        None
    }
}

#[async_trait]
impl SessionStore for Forgetful {
    async fn put(&self, _key: &str, _value: Bytes, _ttl: Duration) -> Result<(), PortError> {
        Err(away())
    }

    async fn find(&self, _key: &str) -> Result<Option<Bytes>, PortError> {
        Err(away())
    }

    async fn take(&self, _key: &str) -> Result<Option<Bytes>, PortError> {
        Err(away())
    }
}

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

struct World {
    log: Arc<Log>,
    live: LiveFeed,
}

impl World {
    /// A log with so many events, all of which the hub was given.
    fn with(latest: i64) -> Self {
        let log = Arc::new(Log { latest: Mutex::new(latest), ..Log::default() });
        let open = || {
            let recent: Arc<dyn LiveEvents> = Arc::new(Forgetful);
            Ok(recent)
        };
        let limits = HubLimits { clients: 10, of_one: 10, queue: 300 };
        let hub = Arc::new(Hub::new(limits, EventSeq(latest)));
        let live = LiveFeed {
            calls: Arc::new(CallFeed::new(Arc::clone(&hub), Arc::new(Still))),
            hub,
            log: Arc::new(LiveLog::new(
                Arc::<Log>::clone(&log),
                Arc::new(Forgetful),
                Box::new(move |_name| std::future::ready(open()).boxed()),
            )),
            servers: Arc::new(Forgetful),
            metrics: None,
            sessions: Arc::new(Forgetful),
            heartbeat: Duration::from_secs(1000),
            strangers: Strangers::SeeShared,
        };
        Self { log, live }
    }

    /// So many more happen, and the hub is given them.
    async fn happen(&self, count: i64) {
        *self.log.latest.lock() += count;
        self.live.log.pump(&self.live.hub).await.unwrap();
    }

    async fn listen(&self, since: Option<i64>) -> Feed {
        let topics = Topic::Registrations.into();
        let listener = Listener {
            viewer: Arc::new(Viewer::new(Some(caller("ada", "t", false)), Strangers::SeeShared)),
            whose: "ada".to_owned(),
            interest: Interest { topics, server: None },
            since: since.map(EventSeq),
        };
        let clock: Arc<dyn Clock> = Arc::new(Still);
        Feed::start(&self.live, &clock, listener).await.unwrap()
    }
}

/// What there is to be told right now: positions of events, and kinds of the rest.
fn told(feed: &mut Feed) -> Vec<String> {
    let mut all = Vec::new();
    while let Some(step) = feed.next().now_or_never() {
        match step {
            Step::Tell(told) if told.kind == "registration_created" => {
                all.push(told.id.unwrap().0.to_string());
            }
            Step::Tell(told) => {
                all.push(format!("{}@{}", told.kind, told.id.unwrap_or_default().0));
            }
            other => panic!("{other:?}"),
        }
    }
    all
}

#[tokio::test]
async fn who_comes_for_the_first_time_is_told_what_happens_from_then_on() {
    let world = World::with(3);
    let mut feed = world.listen(None).await;
    world.happen(2).await;
    assert_eq!(told(&mut feed), ["connection_status@3", "4", "5"]);
}

#[tokio::test]
async fn who_comes_back_is_told_what_it_missed_and_then_what_is_new_each_once() {
    let world = World::with(500);
    let mut feed = world.listen(Some(250)).await;
    world.happen(3).await;
    let mut expected = vec!["connection_status@250".to_owned()];
    expected.extend((251..=503).map(|seq| seq.to_string()));
    assert_eq!(told(&mut feed), expected);
}

#[tokio::test]
async fn who_saw_more_elsewhere_than_this_replica_knows_hears_nothing_twice() {
    let world = World::with(5);
    *world.log.latest.lock() = 7;
    let mut feed = world.listen(Some(7)).await;
    world.happen(1).await;
    assert_eq!(told(&mut feed), ["connection_status@7", "8"]);
}

#[tokio::test]
async fn who_saw_more_than_there_is_reads_the_registry_anew() {
    let world = World::with(5);
    let mut feed = world.listen(Some(9)).await;
    world.happen(1).await;
    assert_eq!(told(&mut feed), ["connection_status@5", "resync@5", "6"]);
}

#[tokio::test]
async fn who_missed_more_than_is_told_again_reads_the_registry_anew() {
    let world = World::with(20_000);
    let mut feed = world.listen(Some(1)).await;
    assert_eq!(told(&mut feed), ["connection_status@20000", "resync@20000"]);
}

#[tokio::test]
async fn a_log_that_cannot_be_read_ends_in_a_resync_and_not_in_silence() {
    let world = World::with(9);
    let mut feed = world.listen(Some(4)).await;
    *world.log.is_away.lock() = true;
    assert_eq!(told(&mut feed), ["connection_status@4", "resync@9"]);
    *world.log.is_away.lock() = false;
    world.happen(1).await;
    assert_eq!(told(&mut feed), ["10"]);
}

#[tokio::test]
async fn a_queue_that_is_full_ends_the_feed() {
    let world = World::with(0);
    let mut feed = world.listen(None).await;
    world.happen(301).await;
    assert!(matches!(feed.next().await, Step::Tell(_)));
    assert_eq!(feed.next().await, Step::End(End::Slow));
}

#[tokio::test]
async fn the_end_of_the_process_comes_before_what_is_still_queued() {
    let world = World::with(0);
    let mut feed = world.listen(None).await;
    world.happen(5).await;
    world.live.hub.stop();
    assert!(matches!(feed.next().await, Step::Tell(_)));
    assert_eq!(feed.next().await, Step::End(End::Stopping));
}
