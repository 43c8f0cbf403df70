//! Opening, closing, and from where one may call.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use registry_contract::MockClock;
use registry_domain::ports::{ReplicaBus as _, ReplicaId, SessionStore as _};
use registry_redis::{BusOptions, RedisOptions, RedisPool, RedisReplicaBus, RedisSessions};
use secrecy::SecretString;
use tokio::runtime::{Builder, Handle};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::support::{in_time, options, prefix, redis};

async fn refused(options: RedisOptions) -> String {
    let stop = CancellationToken::new();
    let opened = RedisPool::open(options, Handle::current(), TaskTracker::new(), &stop);
    let error = in_time("the refusal", opened).await.unwrap_err();
    // As a log would show it: with all causes, and for programmers.
    let mut told = format!("{error}; {error:?}");
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        told = format!("{told}; {error}; {error:?}");
        cause = error.source();
    }
    told
}

#[tokio::test]
async fn a_wrong_url_is_told_with_its_host_and_without_its_password() {
    // Nobody listens on the port of a socket that is bound and gone.
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    for place in [gone.to_string(), "nowhere.invalid:6390".to_owned()] {
        let told = refused(options(format!("user:s3cret@{place}/2"), "")).await;
        assert!(told.contains(&format!("redis at {place}/2 cannot be used")), "{told}");
        assert!(!told.contains("s3cret"), "{told}");
    }
    let told = refused(options(format!("user:s3cret@{}", redis()), "")).await;
    assert!(told.contains(&redis()) && !told.contains("s3cret"), "{told}");
    let beside =
        RedisOptions { password: Some(SecretString::from("s3cret")), ..options(redis(), "") };
    let told = refused(beside).await;
    assert!(told.contains(&redis()) && !told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn who_listens_and_never_answers_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let place = silent.local_addr().unwrap();
    let told = refused(options(place, "")).await;
    assert!(told.contains(&place.to_string()), "{told}");
}

#[tokio::test]
async fn all_tasks_end_when_told_to() {
    let (stop, tracker) = (CancellationToken::new(), TaskTracker::new());
    let prefix = prefix();
    let opened =
        RedisPool::open(options(redis(), &prefix), Handle::current(), tracker.clone(), &stop);
    let pool = opened.await.unwrap();
    let bus = RedisReplicaBus::open(pool, ReplicaId(Uuid::from_u128(1)), BusOptions::default());
    let bus = bus.await.unwrap();
    let _heard = bus.subscribe("a").await.unwrap();
    stop.cancel();
    tracker.close();
    in_time("all tasks have ended", tracker.wait()).await;
    // It said goodbye before it went.
    let beside = crate::support::open(options(redis(), &prefix)).await;
    let id = ReplicaId(Uuid::from_u128(2));
    let other = RedisReplicaBus::open(beside, id, BusOptions::default()).await.unwrap();
    assert_eq!(other.live_replicas().await.unwrap(), [id]);
}

#[test]
fn callers_on_short_lived_runtimes_share_the_connections() {
    let main = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let (stop, prefix) = (CancellationToken::new(), prefix());
    let opened = RedisPool::open(
        options(redis(), &prefix),
        main.handle().clone(),
        TaskTracker::new(),
        &stop,
    );
    let pool = main.block_on(opened).unwrap();
    let sessions = RedisSessions::new(pool, 100, Arc::new(MockClock::new()));
    for number in 0..10 {
        // As a web worker does: its runtime dies, the connections that it used do not.
        let worker = Builder::new_current_thread().enable_all().build().unwrap();
        worker.block_on(async {
            let value = Bytes::from(format!("{number}"));
            sessions.put("a", value.clone(), Duration::from_mins(1)).await.unwrap();
            assert_eq!(sessions.find("a").await.unwrap(), Some(value));
        });
    }
}
