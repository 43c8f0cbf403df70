//! A burst of approvals while PostgreSQL comes and goes: each is decided once, whoever asks again.

use std::sync::{Arc, atomic::Ordering};

use registry_testkit::{Api, eventually};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    burst::{Burst, EACH_TIME, OUTAGES},
    support::{Replica, Stores, draft, told_to_come_again},
};

const CLIENTS: usize = 4;

/// Enough for the outages, and some more: a few are accepted while a proxy is being cut.
const SERVERS: usize = (OUTAGES + 1) * (EACH_TIME + 2 * CLIENTS);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_approval_is_made_once_and_served() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, &[]).await;
    let mut shares = vec![vec![]; CLIENTS];
    for number in 0..SERVERS {
        let name = format!("s{number}");
        let draft = draft(&name, &format!("http://127.0.0.1:9/{name}"));
        let answer = replica.registry().post("/registrations", &draft).await.expect(201).json();
        let id = answer["registration_id"].as_str().unwrap().to_owned();
        shares[number % CLIENTS].push(id);
    }
    let burst = Arc::new(Burst::default());
    let mut clients = JoinSet::new();
    for share in shares {
        clients.spawn(approve_all(share, replica.registry(), burst.clone()));
    }
    burst.is_disturbed(&stores).await;
    clients.join_all().await;

    let servers = i64::try_from(SERVERS).unwrap();
    for (what, query) in [
        ("approved", "SELECT count(*) FROM registrations WHERE status = 'Approved'"),
        ("in the trail", "SELECT count(*) FROM audit_log WHERE action = 'Approved'"),
        (
            "in the trail once",
            "SELECT count(DISTINCT registration_id) FROM audit_log WHERE action = 'Approved'",
        ),
        ("listed", "SELECT count(*) FROM servers"),
        ("listed once", "SELECT count(DISTINCT registration_id) FROM servers"),
    ] {
        assert_eq!(stores.number(query).await, servers, "{what}");
    }
    let gateway = Api::gateway(&replica.program);
    eventually("the gateway serves them all", async || {
        let health = gateway.get("/health").await.expect(200).json();
        (health["components"]["router"]["servers"] == servers).then_some(())
    })
    .await;
}

/// Approves one after the other, each until it is decided.
async fn approve_all(share: Vec<String>, registry: Api, burst: Arc<Burst>) {
    for id in share {
        let path = format!("/registrations/{id}/status");
        let mut was_refused = false;
        loop {
            let answer = registry.patch(&path, &json!({ "status": "Approved" })).await;
            match answer.status.as_u16() {
                200 => break,
                // The answer that it was made had got lost.
                409 => {
                    assert!(was_refused, "{}", answer.text());
                    break;
                }
                _ => {
                    told_to_come_again(answer);
                    burst.refused.fetch_add(1, Ordering::Relaxed);
                    was_refused = true;
                }
            }
        }
        burst.accepted.fetch_add(1, Ordering::Relaxed);
    }
}
