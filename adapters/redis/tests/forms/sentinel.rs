//! A master with a replica, and a Sentinel that looks after them.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::StreamExt as _;
use registry_contract::MockClock;
use registry_domain::ports::{
    Heard, ReplicaBus as _, ReplicaId, SessionStore as _, StoreHealth as _,
};
use registry_redis::{
    BusOptions, RedisHealth, RedisOptions, RedisPool, RedisReplicaBus, RedisSessions,
};
use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::adapter::trials;
use crate::server::{DEADLINE, Server, eventually, random, wait};

struct Watched {
    master: Server,
    replica: Server,
    sentinel: Server,
}

impl Watched {
    async fn start() -> Self {
        let master = Server::start(&[], "");
        eventually("the master listens", || master.told::<()>(&["PING"])).await;
        let replica = Server::start(&[], &format!("replicaof 127.0.0.1 {}", master.port));
        eventually("the replica follows", async || {
            let info: String = replica.told(&["INFO", "replication"]).await.unwrap_or_default();
            if info.contains("master_link_status:up") { Ok(()) } else { Err(info) }
        })
        .await;
        let sentinel = Server::start(
            &["--sentinel"],
            &format!(
                "sentinel monitor main 127.0.0.1 {} 1\n\
                 sentinel down-after-milliseconds main 1000\n\
                 sentinel failover-timeout main 5000",
                master.port
            ),
        );
        eventually("the Sentinel knows both", async || {
            let info: String = sentinel.told(&["INFO", "sentinel"]).await.unwrap_or_default();
            if info.contains("status=ok") && info.contains("slaves=1") { Ok(()) } else { Err(info) }
        })
        .await;
        Self { master, replica, sentinel }
    }

    fn url(&self) -> String {
        format!("redis+sentinel://{}/main", self.sentinel.addr())
    }
}

#[test]
fn every_behaviour_holds_behind_a_sentinel() {
    let watched = wait(Watched::start());
    assert!(registry_contract::all_hold(trials(watched.url())));
}

#[tokio::test]
async fn when_the_master_dies_writes_go_on_at_the_one_that_follows_it_and_the_bus_is_heard() {
    let mut watched = Watched::start().await;
    let options = RedisOptions {
        connect_timeout: Duration::from_secs(1),
        command_timeout: Duration::from_millis(500),
        ping_interval: Duration::from_millis(100),
        ..RedisOptions::for_testing(
            SecretString::from(watched.url()),
            format!("test-{:016x}:", random()),
        )
    };
    let stop = CancellationToken::new();
    let pool = RedisPool::open(options, Handle::current(), TaskTracker::new(), &stop);
    let pool = pool.await.unwrap();
    let sessions = RedisSessions::new(Arc::clone(&pool), 100, Arc::new(MockClock::new()));
    let bus_options = BusOptions { live_for: DEADLINE, ..BusOptions::default() };
    let id = ReplicaId(Uuid::from_u128(1));
    let bus = RedisReplicaBus::open(Arc::clone(&pool), id, bus_options).await.unwrap();
    let mut heard = bus.subscribe("routes").await.unwrap();
    let ttl = Duration::from_hours(1);
    sessions.put("before", Bytes::from_static(b"kept"), ttl).await.unwrap();
    eventually("the replica has it", async || {
        let keys: Vec<String> = watched.replica.told(&["KEYS", "*session:before"]).await.unwrap();
        if keys.len() == 1 { Ok(()) } else { Err(keys) }
    })
    .await;

    watched.master.kill();

    // Somebody who asks meanwhile is refused in time and not held up.
    let refused = sessions.put("meanwhile", Bytes::new(), ttl);
    tokio::time::timeout(DEADLINE, refused).await.unwrap().unwrap_err();
    eventually("writes go on", || sessions.put("after", Bytes::from_static(b"new"), ttl)).await;
    assert_eq!(sessions.find("before").await.unwrap(), Some(Bytes::from_static(b"kept")));
    let role: String = watched.replica.told(&["INFO", "replication"]).await.unwrap();
    assert!(role.contains("role:master"), "{role}");
    let health = RedisHealth::new(Arc::clone(&pool));
    eventually("it is told to be well", || health.check()).await;
    eventually("the bus publishes", || bus.publish("routes", Bytes::from_static(b"again"))).await;
    let heard_again = async {
        loop {
            match heard.next().await.expect("the subscription goes on") {
                Heard::Missed => return,
                Heard::Message(_) => {}
            }
        }
    };
    tokio::time::timeout(DEADLINE, heard_again).await.expect("who listens knows of the gap");
    bus.publish("routes", Bytes::from_static(b"last")).await.unwrap();
    let last =
        async { while heard.next().await != Some(Heard::Message(Bytes::from_static(b"last"))) {} };
    tokio::time::timeout(DEADLINE, last).await.expect("what is said after it is heard");
}
