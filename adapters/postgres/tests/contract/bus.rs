//! The bus between replicas that have only a database.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures_util::StreamExt as _;
use libtest_mimic::Failed;
use registry_contract::{BusAdapter, DEADLINE};
use registry_domain::ports::{
    AnswerHandler, Heard, PortError, ReplicaBus, ReplicaId, Subscription,
};
use registry_postgres::{OpenError, PgAddress, PgBusOptions, PgOptions, PgReplicaBus};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::adapter::Postgres;
use crate::cluster::{Database, number};
use crate::proxy::{Mode, Proxy};
use crate::support::eventually;

/// A bus with the database that it is in.
struct Bus {
    bus: PgReplicaBus,
    _database: Arc<Database>,
}

#[async_trait]
impl BusAdapter for Postgres {
    async fn make(&self, replicas: usize) -> Result<Vec<Arc<dyn ReplicaBus>>, Failed> {
        let database = Arc::new(Database::migrated().await?);
        let mut buses: Vec<Arc<dyn ReplicaBus>> = Vec::new();
        for number in (1..).take(replicas) {
            let bus = join(&database.options()?, number, PgBusOptions::for_testing()).await?;
            buses.push(Arc::new(Bus { bus, _database: Arc::clone(&database) }));
        }
        Ok(buses)
    }
}

#[async_trait]
impl ReplicaBus for Bus {
    fn replica(&self) -> ReplicaId {
        self.bus.replica()
    }

    async fn publish(&self, topic: &str, message: Bytes) -> Result<(), PortError> {
        self.bus.publish(topic, message).await
    }

    async fn subscribe(&self, topic: &str) -> Result<Subscription, PortError> {
        self.bus.subscribe(topic).await
    }

    async fn ask(
        &self,
        topic: &str,
        question: Bytes,
        within: Duration,
    ) -> Result<Vec<Bytes>, PortError> {
        self.bus.ask(topic, question, within).await
    }

    fn answer(&self, topic: &str, handler: AnswerHandler) {
        self.bus.answer(topic, handler);
    }

    async fn live_replicas(&self) -> Result<Vec<ReplicaId>, PortError> {
        self.bus.live_replicas().await
    }
}

/// A bus that has joined the others in a database.
async fn join(
    database: &PgOptions,
    id: u128,
    options: PgBusOptions,
) -> Result<PgReplicaBus, OpenError> {
    let (replica, on) = (ReplicaId(Uuid::from_u128(id)), (Handle::current(), TaskTracker::new()));
    PgReplicaBus::open(database, replica, options, on, &CancellationToken::new()).await
}

/// Answers to "calls" what it was asked.
fn echo(bus: &PgReplicaBus) {
    bus.answer("calls", Arc::new(|said| Box::pin(async move { Some(said) })));
}

async fn next(heard: &mut Subscription) -> Result<Option<Heard>, Failed> {
    tokio::time::timeout(DEADLINE, heard.next()).await.map_err(|_| "nothing was heard".into())
}

fn message(text: &'static str) -> Heard {
    Heard::Message(Bytes::from_static(text.as_bytes()))
}

fn impatient() -> PgBusOptions {
    PgBusOptions { heartbeat: Duration::from_millis(20), ..PgBusOptions::for_testing() }
}

pub(crate) async fn a_large_message_and_a_large_answer_arrive_in_their_order() -> Result<(), Failed>
{
    let database = Database::migrated().await?;
    let ours = join(&database.options()?, 1, PgBusOptions::for_testing()).await?;
    let theirs = join(&database.options()?, 2, PgBusOptions::for_testing()).await?;
    let mut heard = ours.subscribe("large\0").await?;
    let large = Bytes::from((0..=255).cycle().take(100 << 10).collect::<Vec<u8>>());
    for size in [large.len(), 0, 5_900, 6_000, 8_000, 1] {
        theirs.publish("large\0", large.slice(..size)).await?;
    }
    for size in [large.len(), 0, 5_900, 6_000, 8_000, 1] {
        assert_eq!(next(&mut heard).await?, Some(Heard::Message(large.slice(..size))), "{size}");
    }
    echo(&ours);
    echo(&theirs);
    assert_eq!(ours.ask("calls", large.clone(), DEADLINE).await?, [large.clone(), large]);
    Ok(())
}

pub(crate) async fn a_connection_that_was_cut_is_made_again_and_subscribers_are_told()
-> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let ours = join(&database.options()?, 1, impatient()).await?;
    let named = PgAddress::parse(&format!("{}?application_name=other", database.url()?))?;
    let theirs = join(&PgOptions::for_testing(named), 2, impatient()).await?;
    echo(&ours);
    echo(&theirs);
    let mut heard = ours.subscribe("routes").await?;
    for _ in 0..3 {
        theirs.publish("routes", Bytes::from_static(b"before")).await?;
        assert_eq!(next(&mut heard).await?, Some(message("before")));
        let cut = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
                   WHERE datname = current_database() AND application_name = 'mcp-registry-bus'";
        assert_eq!(number(&client, cut).await?, 1);
        assert_eq!(next(&mut heard).await?, Some(Heard::Missed));
        theirs.publish("routes", Bytes::from_static(b"after")).await?;
        assert_eq!(next(&mut heard).await?, Some(message("after")));
        let asked = theirs.ask("calls", Bytes::from_static(b"?"), DEADLINE).await?;
        assert_eq!(asked, [Bytes::from_static(b"?"), Bytes::from_static(b"?")]);
        assert_eq!(ours.ask("calls", Bytes::new(), DEADLINE).await?.len(), 2);
    }
    Ok(())
}

pub(crate) async fn a_connection_that_went_silent_is_made_again() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let proxy = Proxy::before(&database).await?;
    let connect_timeout = Duration::from_millis(100);
    let through = PgOptions { connect_timeout, ..proxy.options(&database)? };
    let patience = Duration::from_millis(500);
    let ours = join(&through, 1, PgBusOptions { patience, ..impatient() }).await?;
    let theirs = join(&database.options()?, 2, impatient()).await?;
    let mut heard = ours.subscribe("routes").await?;
    proxy.set(Mode::Stall);
    theirs.publish("routes", Bytes::from_static(b"unheard")).await?;
    eventually("it is known that nothing is heard", || async {
        Ok(ours.subscribe("others").await.is_err())
    })
    .await?;
    let refused = ours.publish("routes", Bytes::new()).await;
    assert!(matches!(refused, Err(PortError::Unavailable { .. })), "{refused:?}");
    let refused = ours.ask("calls", Bytes::new(), DEADLINE).await;
    assert!(matches!(refused, Err(PortError::Unavailable { .. })), "{refused:?}");
    proxy.set(Mode::Pass);
    assert_eq!(next(&mut heard).await?, Some(Heard::Missed));
    // On a busy machine the connection may be given up again, being so impatient.
    eventually("it is heard again", || async {
        Ok(theirs.publish("routes", Bytes::from_static(b"after")).await.is_ok())
    })
    .await?;
    while next(&mut heard).await? != Some(message("after")) {
        theirs.publish("routes", Bytes::from_static(b"after")).await?;
    }
    Ok(())
}

pub(crate) async fn who_died_without_a_word_is_waited_for_until_its_heartbeat_is_old()
-> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let live_for = Duration::from_secs(2);
    let bus = join(&database.options()?, 1, PgBusOptions { live_for, ..impatient() }).await?;
    echo(&bus);
    let dead = "INSERT INTO replicas (replica_id) VALUES (gen_random_uuid())";
    client.batch_execute(dead).await?;
    // Whether its heartbeat is still fresh or not: what was said is the answer, in time.
    let asked = bus.ask("calls", Bytes::from_static(b"?"), Duration::from_secs(1));
    assert_eq!(tokio::time::timeout(DEADLINE, asked).await??, [Bytes::from_static(b"?")]);
    eventually("it is no longer live", || async {
        Ok(bus.live_replicas().await? == [bus.replica()])
    })
    .await?;
    // Now nobody is waited for.
    let asked = bus.ask("calls", Bytes::from_static(b"?"), Duration::from_hours(1));
    assert_eq!(tokio::time::timeout(DEADLINE, asked).await??, [Bytes::from_static(b"?")]);
    // Its row goes too, once it is of no interest to anybody.
    let old = "UPDATE replicas SET seen_at = seen_at - interval '2 hours'";
    client.batch_execute(old).await?;
    eventually("it is forgotten", || async {
        Ok(number(&client, "SELECT count(*) FROM replicas").await? == 1)
    })
    .await
}

pub(crate) async fn old_messages_are_taken_away() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let bus = join(&database.options()?, 1, impatient()).await?;
    bus.publish("large", vec![0; 10_000].into()).await?;
    bus.publish("small", Bytes::new()).await?;
    let kept = "SELECT count(*) FROM replica_messages WHERE topic = 'large' AND recipient IS NULL";
    assert_eq!(number(&client, kept).await?, 1);
    let old = "UPDATE replica_messages SET sent_at = sent_at - interval '1 day'";
    client.batch_execute(old).await?;
    eventually("it is taken away", || async { Ok(number(&client, kept).await? == 0) }).await
}

pub(crate) async fn a_dropped_bus_ends_its_subscriptions_its_row_and_its_connection()
-> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let (replica, tracker) = (ReplicaId(Uuid::from_u128(1)), TaskTracker::new());
    let (on, stop) = ((Handle::current(), tracker.clone()), CancellationToken::new());
    let options = PgBusOptions::for_testing();
    let bus = PgReplicaBus::open(&database.options()?, replica, options, on, &stop).await?;
    let mut heard = bus.subscribe("routes").await?;
    assert_eq!(number(&client, "SELECT count(*) FROM replicas").await?, 1);
    drop(bus);
    assert_eq!(next(&mut heard).await?, None);
    tracker.close();
    tokio::time::timeout(DEADLINE, tracker.wait()).await?;
    assert_eq!(number(&client, "SELECT count(*) FROM replicas").await?, 0);
    let backends = "SELECT count(*) FROM pg_stat_activity \
                    WHERE datname = current_database() AND application_name LIKE 'mcp-registry%'";
    eventually("its connection is closed", || async { Ok(number(&client, backends).await? == 0) })
        .await
}

pub(crate) async fn a_bus_without_a_database_does_not_open() -> Result<(), Failed> {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let url = format!("postgres://ada:s3cret@127.0.0.1:{port}/registry");
    let connect_timeout = Duration::from_millis(10);
    let database = PgOptions { connect_timeout, ..PgOptions::new(PgAddress::parse(&url)?) };
    let options = PgBusOptions { patience: Duration::from_millis(50), ..Default::default() };
    let Err(error) = join(&database, 1, options).await else { return Err("it opened".into()) };
    let said = format!("{error} {error:?}");
    assert!(said.contains(&format!("127.0.0.1:{port}/registry")), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
    Ok(())
}
