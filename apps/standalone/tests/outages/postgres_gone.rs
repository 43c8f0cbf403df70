//! Without PostgreSQL: probes say so, reads are refused politely, calls go on from the snapshot,
//! and what was recorded meanwhile arrives later.

use std::{collections::BTreeSet, sync::Arc};

use jiff::Timestamp;
use registry_domain::{
    operation::Operation,
    ports::{Clock, OperationLog},
};
use registry_postgres::{PgAddress, PgOptions, PgStore};
use registry_testkit::{
    Api, eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use tokio::task::JoinSet;
use tokio_util::task::TaskTracker;

use crate::support::{Outage, Replica, Stores, USER, told_to_come_again};

/// Calls that were recorded in the store.
const KEPT: &str = "SELECT count(*) FROM fastmcp_audit_log WHERE tool_name = 'echo'";

/// Calls during an outage.
const CALLS: usize = 5;

#[tokio::test]
async fn a_database_that_is_cut_off_stops_no_call_and_comes_back_without_a_restart() {
    goes_away_and_comes_back(Outage::Cut).await;
}

#[tokio::test]
async fn a_database_that_falls_silent_stops_no_call_and_comes_back_without_a_restart() {
    goes_away_and_comes_back(Outage::Stall).await;
}

async fn goes_away_and_comes_back(outage: Outage) {
    let stores = Stores::new().await;
    // Several connections are open: some requests meet a broken one, others find none.
    let replica = Replica::start(&stores, &[("MREG_POSTGRES_MIN_CONNECTIONS", "4")]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    replica.list("files", &upstream.url()).await;
    let other = RmcpServer::start(RmcpOptions::default());
    let waiting = replica.submit("later", &other.url()).await;
    replica.turns("healthy", 200).await;
    replica.gateway_turns("healthy").await;

    outage.begin(&stores.to_postgres);

    let (mut asked, registry) = (JoinSet::new(), replica.registry());
    asked.spawn(async move { registry.get("/registrations").await });
    replica.turns("unhealthy", 503).await;
    replica.gateway_turns("degraded").await;
    let service = Api::service(&replica.program);
    service.get("/livez").await.expect(200);
    service.get("/ready").await.expect(503);
    let gateway = Api::gateway(&replica.program);
    gateway.get("/livez").await.expect(200);
    gateway.get("/ready").await.expect(200);
    for number in 0..CALLS {
        replica.echo("files", &format!("during {number}")).await;
    }
    told_to_come_again(replica.registry().get("/registrations").await);
    told_to_come_again(asked.join_next().await.unwrap().unwrap());
    assert_eq!(stores.number(KEPT).await, 0, "the outage is real");

    stores.to_postgres.restore();

    replica.turns("healthy", 200).await;
    replica.gateway_turns("healthy").await;
    eventually("lists are answered again", async || {
        let list = replica.registry().get("/registrations").await;
        (list.status == 200).then_some(())
    })
    .await;
    replica.approve(&waiting).await;
    replica.serves("later").await;
    replica.echo("later", "after").await;

    let records = records(&stores, CALLS + 1).await;
    let ids: BTreeSet<String> = records.iter().map(|record| record.id.to_string()).collect();
    assert_eq!(ids.len(), CALLS + 1, "each once");
    let said: BTreeSet<String> = records.iter().map(text).collect();
    let mut sent: BTreeSet<String> = (0..CALLS).map(|number| format!("during {number}")).collect();
    sent.insert("after".to_owned());
    assert_eq!(said, sent);
}

/// What `echo` was called with.
fn text(record: &Operation) -> String {
    assert_eq!((record.tool_name.as_deref(), record.success), (Some("echo"), true), "{record:?}");
    let params: serde_json::Value =
        serde_json::from_str(record.params.as_deref().unwrap()).unwrap();
    params["text"].as_str().unwrap().to_owned()
}

/// The user's records once there are so many; more are never there.
async fn records(stores: &Stores, count: usize) -> Vec<Operation> {
    let options = PgOptions::for_testing(PgAddress::parse(stores.database.url()).unwrap());
    let (handle, tracker) = (tokio::runtime::Handle::current(), TaskTracker::new());
    let store = PgStore::open(options, Arc::new(Epoch), handle, tracker).await.unwrap();
    eventually(&format!("{count} records are in the store"), async || {
        let mut records = store.newest(1000).await.unwrap();
        records.retain(|record| record.user_id.as_deref() == Some(USER));
        assert!(records.len() <= count, "{records:#?}");
        (records.len() == count).then_some(records)
    })
    .await
}

/// Reading needs no time.
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}
