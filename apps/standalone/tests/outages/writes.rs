//! A burst of submissions while PostgreSQL comes and goes: what was accepted is there once, and
//! what was refused may be sent again.

use std::{
    collections::BTreeMap,
    sync::{Arc, atomic::Ordering},
};

use registry_testkit::Api;
use tokio::task::JoinSet;

use crate::{
    burst::Burst,
    support::{Replica, Stores, draft, told_to_come_again},
};

const CLIENTS: usize = 6;

/// What clients were answered: the registration's id, or nothing.
type Answers = BTreeMap<String, Option<String>>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_accepted_submission_is_lost_and_none_is_kept_twice() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, &[]).await;
    let burst = Arc::new(Burst::default());
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        clients.spawn(submit_on_and_on(client, replica.registry(), burst.clone()));
    }
    burst.is_disturbed(&stores).await;
    burst.over.store(true, Ordering::Relaxed);
    let answers: Answers = clients.join_all().await.into_iter().flatten().collect();
    replica.turns("healthy", 200).await;

    let kept = kept(&stores).await;
    for (name, answer) in &answers {
        // What was refused is there with its audit row, or not at all: nobody could know.
        if answer.is_some() {
            assert_eq!(kept.get(name), answer.as_ref(), "{name} was accepted");
        } else {
            let again = replica.registry().post("/registrations", &draft_of(name)).await;
            let wanted = if kept.contains_key(name) { 409 } else { 201 };
            assert_eq!(again.status, wanted, "{name} again: {}", again.text());
        }
    }
    let names: Vec<&String> = answers.keys().collect();
    let rows = self::kept(&stores).await;
    assert_eq!(rows.keys().collect::<Vec<_>>(), names, "each is there, and nothing else");
}

/// Submits one server after the other until the burst is over.
async fn submit_on_and_on(client: usize, registry: Api, burst: Arc<Burst>) -> Answers {
    let mut answers = Answers::new();
    for number in 0.. {
        if burst.over.load(Ordering::Relaxed) {
            break;
        }
        let name = format!("s{client}-{number}");
        let answer = registry.post("/registrations", &draft_of(&name)).await;
        if answer.status == 201 {
            burst.accepted.fetch_add(1, Ordering::Relaxed);
            let id = answer.json()["registration_id"].as_str().unwrap().to_owned();
            answers.insert(name, Some(id));
        } else {
            told_to_come_again(answer);
            burst.refused.fetch_add(1, Ordering::Relaxed);
            answers.insert(name, None);
        }
    }
    answers
}

/// Nobody answers there: discovery has its own work in the meantime.
fn draft_of(name: &str) -> serde_json::Value {
    draft(name, &format!("http://127.0.0.1:9/{name}"))
}

/// Every registration's name and id; each is there once, with one audit row that says so.
async fn kept(stores: &Stores) -> BTreeMap<String, String> {
    let rows = stores
        .rows(
            "SELECT alias, registration_id::text, (SELECT count(*) FROM audit_log \
             WHERE audit_log.registration_id = registrations.registration_id \
             AND action = 'Created') FROM registrations",
        )
        .await;
    let mut kept = BTreeMap::new();
    for row in &rows {
        let (name, id, created): (String, String, i64) = (row.get(0), row.get(1), row.get(2));
        assert_eq!(created, 1, "audit rows of {name}");
        assert_eq!(kept.insert(name.clone(), id), None, "{name} is there twice");
    }
    let created = "SELECT count(*) FROM audit_log WHERE action = 'Created'";
    assert_eq!(stores.number(created).await, i64::try_from(rows.len()).unwrap());
    kept
}
