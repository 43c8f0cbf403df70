//! kill -9 in the middle of a burst: what was answered with 201 is there, and whole.

use std::collections::{BTreeMap, BTreeSet};

use registry_testkit::{Api, Program};
use serde_json::Value;
use tokio::{sync::mpsc, task::JoinSet};

use crate::support::{admin, draft, run_on, well};

const CLIENTS: usize = 8;
const EACH: usize = 200;

/// After so many accepted registrations the program is killed.
const ENOUGH: usize = 40;

/// How often the program is killed in a row.
const KILLS: usize = 10;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_registration_that_was_accepted_survives_a_kill_in_the_middle_of_a_burst() {
    let mut program = Program::start("public-api", &[]).await;
    let token = admin(&program).await;
    let service = Api::service(&program).with_token(&token);
    let (accepted, mut received) = mpsc::unbounded_channel();
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let (service, accepted) = (service.clone(), accepted.clone());
        clients.spawn(async move {
            for number in 0..EACH {
                let name = format!("s{client}-{number}");
                // Nobody answers there: discovery has its own work in the meantime.
                let draft = draft(&name, &format!("http://127.0.0.1:9/{name}"));
                // Panics when the program is gone, and so ends this client.
                let answer = service.post("/registrations", &draft).await.expect(201).json();
                accepted.send((name, answer)).expect("the test listens");
            }
        });
    }
    drop(accepted);
    let mut promised: Vec<(String, Value)> = vec![];
    while promised.len() < ENOUGH {
        promised.push(received.recv().await.expect("the burst goes on"));
    }
    program.kill();
    while let Some(last) = received.recv().await {
        promised.push(last);
    }
    while clients.join_next().await.is_some() {}
    assert!(promised.len() < CLIENTS * EACH, "the burst was over before the kill");

    let again = program.start_again().await;

    let service = Api::service(&again).with_token(&admin(&again).await);
    Api::service(&again).get("/ready").await.expect(200);
    let ids: BTreeSet<&str> =
        promised.iter().map(|(_, answer)| answer["registration_id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), promised.len(), "each has its own id");
    for (name, answer) in &promised {
        let id = answer["registration_id"].as_str().unwrap();
        let kept = service.get(&format!("/registrations/{id}")).await.expect(200).json();
        for field in ["endpoint_url", "endpoint_name", "owner_contact", "alias", "created_at"] {
            assert!(!answer[field].is_null(), "{field} in {answer}");
            assert_eq!(kept[field], answer[field], "{field} of {name}");
        }
        assert_eq!(kept["status"], "Pending", "{name}");
    }
    let page = service.get("/registrations?limit=1").await.expect(200).json();
    let rows = page["total"].as_u64().unwrap();
    assert!(rows >= u64::try_from(promised.len()).unwrap(), "{rows} rows");
    // At most one per client was kept without its answer having arrived.
    assert!(rows <= u64::try_from(promised.len() + CLIENTS).unwrap(), "{rows} rows");
    let audit = service.get("/audit-logs?limit=1").await.expect(200).json();
    assert!(audit["total"].as_u64().unwrap() >= rows, "every row has its audit event: {audit}");
}

#[tokio::test]
async fn a_program_that_was_killed_at_once_starts_again() {
    let mut program = Program::start("mcp-registry", &[]).await;
    for _ in 0..3 {
        program.kill();
        program = program.start_again().await;
        Api::service(&program).get("/ready").await.expect(200);
        Api::gateway(&program).get("/ready").await.expect(200);
    }
}

/// Submits one registration after the other until the program is gone; tells each that was accepted.
async fn submit_until_the_end(
    service: Api,
    prefix: String,
    accepted: mpsc::UnboundedSender<(String, Value)>,
) {
    for number in 0..EACH {
        let url = format!("http://127.0.0.1:9/{prefix}-{number}");
        let draft = draft(&format!("{prefix}-{number}"), &url);
        // Panics when the program is gone, and so ends this client.
        let answer = service.post("/registrations", &draft).await.expect(201).json();
        accepted.send((url, answer)).expect("the test listens");
    }
}

/// All rows of a list, page by page.
async fn all(service: &Api, path: &str) -> Vec<Value> {
    let mut all = vec![];
    loop {
        let page = service.get(&format!("{path}?limit=100&offset={}", all.len())).await;
        let page = page.expect(200).json();
        let some = page["results"].as_array().unwrap();
        if some.is_empty() {
            return all;
        }
        all.extend(some.iter().cloned());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_writes_under_ten_kills_each_that_was_answered_is_there_once_with_its_audit_row() {
    let mut program = Program::start("public-api", &[]).await;
    let mut promised: BTreeMap<String, Value> = BTreeMap::new();
    for round in 0..KILLS {
        let service = Api::service(&program).with_token(&admin(&program).await);
        let (accepted, mut received) = mpsc::unbounded_channel();
        let mut clients = JoinSet::new();
        for client in 0..CLIENTS {
            let (service, accepted) = (service.clone(), accepted.clone());
            clients.spawn(submit_until_the_end(service, format!("r{round}-{client}"), accepted));
        }
        drop(accepted);
        // At another point of the burst each time.
        for _ in 0..=round {
            let (url, answer) = received.recv().await.expect("the burst goes on");
            promised.insert(url, answer);
        }
        program.kill();
        while let Some((url, answer)) = received.recv().await {
            promised.insert(url, answer);
        }
        while clients.join_next().await.is_some() {}
        program = program.start_again().await;
    }

    let service = Api::service(&program).with_token(&admin(&program).await);
    let kept = all(&service, "/registrations").await;
    let urls: BTreeSet<&str> =
        kept.iter().map(|row| row["endpoint_url"].as_str().unwrap()).collect();
    assert_eq!(urls.len(), kept.len(), "no write is there twice");
    for (url, answer) in &promised {
        let row = kept.iter().find(|row| row["endpoint_url"] == url.as_str());
        let row = row.unwrap_or_else(|| panic!("{url} was answered and is gone"));
        assert_eq!(row["registration_id"], answer["registration_id"]);
    }
    let most = promised.len() + KILLS * CLIENTS;
    assert!(kept.len() <= most, "{} rows, {} answered", kept.len(), promised.len());
    let trail = all(&service, "/audit-logs").await;
    let mut created: Vec<&str> =
        trail.iter().map(|row| row["registration_id"].as_str().unwrap()).collect();
    created.sort_unstable();
    let mut ids: Vec<&str> =
        kept.iter().map(|row| row["registration_id"].as_str().unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(created, ids, "each has its one row in the audit trail");
    well(&run_on(program.data_dir(), &["audit", "verify"], &[]));
}
