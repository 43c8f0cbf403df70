//! Two programs with nothing in common but PostgreSQL and Redis are one product.

use registry_testkit::{
    eventually,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::json;

use crate::support::{Outage, Replica, Stores, path};

#[tokio::test]
async fn two_programs_that_start_together_on_an_empty_database_both_come_up() {
    let stores = Stores::new().await;
    let (one, two) = tokio::join!(Replica::start(&stores, &[]), Replica::start(&stores, &[]));
    for replica in [&one, &two] {
        replica.turns("healthy", 200).await;
    }
    let twice = "SELECT count(*) - count(DISTINCT version) FROM __diesel_schema_migrations";
    assert_eq!(stores.number(twice).await, 0);
}

#[tokio::test]
async fn what_is_approved_on_one_is_served_by_the_other_until_it_is_deleted() {
    let stores = Stores::new().await;
    let (one, two) = tokio::join!(Replica::start(&stores, &[]), Replica::start(&stores, &[]));
    comes_and_goes(&one, &two, "files").await;
}

#[tokio::test]
async fn replicas_hear_of_each_other_again_after_an_outage() {
    let stores = Stores::new().await;
    let (one, two) = tokio::join!(Replica::start(&stores, &[]), Replica::start(&stores, &[]));
    for (outage, alias) in [(Outage::Cut, "cut"), (Outage::Stall, "stalled")] {
        outage.begin(&stores.to_postgres);
        for replica in [&one, &two] {
            replica.turns("unhealthy", 503).await;
        }
        stores.to_postgres.restore();
        for replica in [&one, &two] {
            replica.turns("healthy", 200).await;
        }
        comes_and_goes(&one, &two, alias).await;
    }
}

async fn comes_and_goes(one: &Replica, two: &Replica, alias: &str) {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let id = one.submit(alias, &upstream.url()).await;
    two.approve(&id).await;
    for replica in [one, two] {
        replica.serves(alias).await;
        replica.echo(alias, "here").await;
    }
    one.registry().delete(&format!("/registrations/{id}")).await.expect(204);
    for replica in [one, two] {
        eventually("it is gone", async || {
            let call = replica.mcp().call_tool(&path(alias), "echo", json!({})).await;
            (call.status == 404).then_some(())
        })
        .await;
        replica.registry().get(&format!("/registrations/{id}")).await.expect(404);
    }
}
