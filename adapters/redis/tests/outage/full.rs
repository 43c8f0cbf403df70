//! A Redis that answers and takes no writes: one of the test's own, as its settings change.

use std::io;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use deadpool_redis::redis::{self, Client, aio::MultiplexedConnection};
use registry_contract::MockClock;
use registry_domain::ports::{RateLimiter as _, StoreHealth as _};
use registry_redis::{LimitsOptions, RedisHealth};

use crate::limits::{HERE, limits, tenant};
use crate::support::{eventually, in_time, open, options, prefix};

/// Ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _: io::Result<()> = self.0.kill();
        let _: io::Result<_> = self.0.wait();
    }
}

/// Starts a Redis of the test's own: this one is going to be full.
async fn start() -> (Server, String, MultiplexedConnection) {
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = gone.local_addr().unwrap();
    drop(gone);
    let started = Command::new("redis-server")
        .args(["--bind", "127.0.0.1", "--port", &addr.port().to_string()])
        .args(["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"])
        .current_dir(std::env::temp_dir())
        .stdout(Stdio::null())
        .spawn();
    let server = Server(started.expect("`make test` puts redis-server on the PATH"));
    let client = Client::open(format!("redis://{addr}")).unwrap();
    let raw = eventually("it listens", || client.get_multiplexed_async_connection()).await;
    (server, addr.to_string(), raw)
}

async fn set(raw: &mut MultiplexedConnection, name: &str, value: &str) {
    let mut set = redis::cmd("CONFIG");
    set.arg("SET").arg(name).arg(value).query_async::<()>(raw).await.unwrap();
}

#[tokio::test]
async fn a_redis_that_answers_and_takes_no_writes_is_not_healthy() {
    let (_server, addr, mut raw) = start().await;
    let pool = open(options(addr, &prefix())).await;
    let health = RedisHealth::new(Arc::clone(&pool));
    let clock = Arc::new(MockClock::new());
    let (limits, _) = limits(pool, &clock, LimitsOptions::for_testing());
    health.check().await.unwrap();
    assert_eq!(limits.admit(&tenant()).await.remaining(), Some(4));
    for (name, refusing, taking, cause) in
        [("maxmemory", "1", "0", "OOM"), ("min-replicas-to-write", "1", "0", "NOREPLICAS")]
    {
        set(&mut raw, name, refusing).await;
        assert_eq!(in_time("an answer all the same", limits.admit(&tenant())).await, HERE);
        let told = format!("{:?}", health.check().await.unwrap_err());
        assert!(told.contains(cause), "{told}");
        // The circuit stays open as long as that.
        assert_eq!(limits.admit(&tenant()).await, HERE);
        set(&mut raw, name, taking).await;
        eventually("it is healthy again", || health.check()).await;
        eventually("limits are shared again", async || {
            let told = limits.admit(&tenant()).await;
            if told == HERE { Err("the process still counts") } else { Ok(told) }
        })
        .await;
    }
}
