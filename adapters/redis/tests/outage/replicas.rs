//! The bus while Redis is gone, and replicas that died without a word.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use deadpool_redis::redis::{self, AsyncCommands as _, Client};
use futures_util::StreamExt as _;
use registry_domain::ports::{Heard, ReplicaBus, ReplicaId};
use registry_redis::{BusOptions, RedisPool, RedisReplicaBus};
use uuid::Uuid;

use crate::support::{DEADLINE, Lines, eventually, in_time, open, options, prefix, redis};

async fn bus(pool: Arc<RedisPool>, id: u128, live_for: Duration) -> RedisReplicaBus {
    let options =
        BusOptions { heartbeat: Duration::from_millis(50), live_for, ..BusOptions::default() };
    let bus = RedisReplicaBus::open(pool, ReplicaId(Uuid::from_u128(id)), options).await.unwrap();
    bus.answer("calls", Arc::new(|said| Box::pin(async move { Some(said) })));
    bus
}

#[tokio::test]
async fn after_a_cut_subscribers_know_that_they_missed_something_and_hear_again() {
    let Lines { proxy, through, direct } = Lines::open().await;
    let ours = bus(through, 1, DEADLINE).await;
    let theirs = bus(direct, 2, DEADLINE).await;
    let mut heard = ours.subscribe("routes").await.unwrap();
    let mut next = async |what: &str| in_time(what, heard.next()).await;
    theirs.publish("routes", Bytes::from_static(b"before")).await.unwrap();
    assert_eq!(next("before").await, Some(Heard::Message(Bytes::from_static(b"before"))));
    proxy.cut();
    let publish = || ours.publish("routes", Bytes::from_static(b"unsaid"));
    in_time("a refusal", publish()).await.unwrap_err();
    theirs.publish("routes", Bytes::from_static(b"unheard")).await.unwrap();
    proxy.restore();
    assert_eq!(next("that something was missed").await, Some(Heard::Missed));
    theirs.publish("routes", Bytes::from_static(b"after")).await.unwrap();
    assert_eq!(next("after").await, Some(Heard::Message(Bytes::from_static(b"after"))));
    let answers = eventually("all answer again", async || {
        let answers = theirs.ask("calls", Bytes::from_static(b"?"), DEADLINE).await;
        let answers = answers.map_err(|error| error.to_string())?;
        if answers.len() == 2 { Ok(answers) } else { Err(format!("{answers:?}")) }
    });
    assert_eq!(answers.await, [Bytes::from_static(b"?"), Bytes::from_static(b"?")]);
    eventually("ours asks again", || ours.ask("calls", Bytes::new(), DEADLINE)).await;
}

#[tokio::test]
async fn a_replica_that_died_without_a_word_is_waited_for_until_its_heartbeat_is_old() {
    let prefix = prefix();
    let live_for = Duration::from_secs(3);
    let bus = bus(open(options(redis(), &prefix)).await, 1, live_for).await;
    let client = Client::open(format!("redis://{}", redis())).unwrap();
    let mut raw = client.get_multiplexed_async_connection().await.unwrap();
    let (seconds, _): (u64, u64) = redis::cmd("TIME").query_async(&mut raw).await.unwrap();
    let dead = ReplicaId(Uuid::from_u128(9));
    let beat = dead.to_string();
    let _: () = raw.zadd(format!("{prefix}replicas"), beat, seconds * 1_000).await.unwrap();
    // Whether its heartbeat is still fresh or not: what was said is the answer, in time.
    let asked = bus.ask("calls", Bytes::from_static(b"?"), Duration::from_millis(300));
    let answers = in_time("ask ends", asked).await.unwrap();
    assert_eq!(answers, [Bytes::from_static(b"?")]);
    eventually("it is no longer live", async || {
        let live = bus.live_replicas().await.unwrap();
        if live == [bus.replica()] { Ok(()) } else { Err(live) }
    })
    .await;
    // Now nobody is waited for.
    let asked = bus.ask("calls", Bytes::from_static(b"?"), Duration::from_hours(1));
    assert_eq!(in_time("ask ends at once", asked).await.unwrap(), [Bytes::from_static(b"?")]);
    let mut live = bus.live_count();
    in_time("it is alone", live.wait_for(|live| *live == 1)).await.unwrap();
}
