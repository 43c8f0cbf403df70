//! SIGTERM: nobody stays connected, and the end comes although a server does not answer.

use std::time::Duration;

use registry_testkit::{
    ChaosProxy, eventually, eventually_within,
    upstreams::{RmcpOptions, RmcpServer},
};
use tokio::task::JoinSet;

use crate::support::{Outage, Replica, Stores};

/// Calls that were recorded in the store.
const KEPT: &str = "SELECT count(*) FROM fastmcp_audit_log WHERE tool_name = 'echo'";

/// Far above what an orchestrator waits for before it kills.
const GENEROUS: Duration = Duration::from_secs(90);

/// Connections to this database, but for the one that asks.
const CONNECTED: &str = "SELECT count(*) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()";

#[tokio::test]
async fn nobody_stays_connected_after_the_end() {
    let stores = Stores::new().await;
    let mut replica = Replica::start(&stores, &[("MREG_POSTGRES_MIN_CONNECTIONS", "5")]).await;
    // The pool's, and one that listens.
    eventually("the program is connected", async || {
        (stores.number(CONNECTED).await >= 6).then_some(())
    })
    .await;

    replica.program.terminate();
    assert_eq!(replica.program.wait_exit().await.code(), Some(0));

    eventually("nobody is connected", async || (stores.number(CONNECTED).await == 0).then_some(()))
        .await;
    eventually("the proxies carry nothing", async || {
        (stores.to_postgres.connections() + stores.to_redis.connections() == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_end_comes_although_the_database_is_silent() {
    let stores = Stores::new().await;
    ends(&stores, &stores.to_postgres, Outage::Stall, "unhealthy").await;
}

#[tokio::test]
async fn the_end_comes_although_the_database_is_gone() {
    let stores = Stores::new().await;
    ends(&stores, &stores.to_postgres, Outage::Cut, "unhealthy").await;
}

#[tokio::test]
async fn the_end_comes_although_redis_is_silent() {
    let stores = Stores::new().await;
    ends(&stores, &stores.to_redis, Outage::Stall, "degraded").await;
}

/// The program is told to stop in an outage, with a record in its spool and a request in flight. It
/// ends, and the next one finds the record.
async fn ends(stores: &Stores, proxy: &ChaosProxy, outage: Outage, health: &str) {
    let mut replica = Replica::start(stores, &[("MREG_POSTGRES_MIN_CONNECTIONS", "4")]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    replica.list("files", &upstream.url()).await;
    outage.begin(proxy);
    replica.echo("files", "one").await;
    let (mut asked, registry) = (JoinSet::new(), replica.registry());
    asked.spawn(async move { registry.get("/registrations").await.status });
    let code = if health == "degraded" { 200 } else { 503 };
    replica.turns(health, code).await;

    replica.program.terminate();

    eventually_within(GENEROUS, "the program says its last word", async || {
        let logs = replica.program.logs();
        logs.iter().any(|log| log.to_string().contains("stopped: ")).then_some(())
    })
    .await;
    assert_eq!(replica.program.wait_exit().await.code(), Some(0));
    let answered = asked.join_next().await.unwrap().unwrap();
    assert_eq!(answered, code, "what was in flight was answered");
    proxy.restore();
    let _again = replica.program.start_again().await;
    eventually("the record is in the store", async || {
        let kept = stores.number(KEPT).await;
        assert!(kept <= 1, "{kept} records of one call");
        (kept == 1).then_some(())
    })
    .await;
}
