//! Who changed what: one operation record per request that may have.

use std::sync::Arc;

use http::Method;
use jiff::Timestamp;
use registry_domain::operation::Operation;
use registry_domain::ports::{Clock, OperationLog};
use registry_embedded::{EmbeddedOptions, EmbeddedStore};
use registry_postgres::{PgAddress, PgOptions, PgStore};
use registry_testkit::{DataDir, eventually};
use serde_json::json;
use tokio_util::task::TaskTracker;

use crate::support::{Registry, SERVERS, path_of, register, server, text};

/// Reading needs no time.
struct Epoch;

impl Clock for Epoch {
    fn now(&self) -> Timestamp {
        Timestamp::UNIX_EPOCH
    }
}

async fn open(data: &DataDir) -> Arc<dyn OperationLog> {
    let (handle, tracker) = (tokio::runtime::Handle::current(), TaskTracker::new());
    if let Some(url) = data.database_url() {
        let options = PgOptions::for_testing(PgAddress::parse(url).unwrap());
        return PgStore::open(options, Arc::new(Epoch), handle, tracker).await.unwrap();
    }
    let (file, options) = (data.path().join("registry.db"), EmbeddedOptions::for_testing());
    EmbeddedStore::open(&file, options, Arc::new(Epoch), handle, tracker).await.unwrap()
}

/// The records, oldest first, once there are `count` of them.
async fn records(registry: &Registry, count: usize) -> Vec<Operation> {
    let store = open(registry.program.data_dir()).await;
    eventually(&format!("{count} records are in the store"), async || {
        let mut records = store.newest(1000).await.unwrap();
        assert!(records.len() <= count, "{records:#?}");
        records.reverse();
        (records.len() == count).then_some(records)
    })
    .await
}

#[tokio::test]
async fn every_change_leaves_a_record_that_says_who_what_and_how() {
    let registry = Registry::start().await;
    let claims = json!({ "subject": "ada", "email": "ada@example.com" });
    let ada = registry.someone(claims).await.with_header("x-request-id", "trace-1");
    let made = register(&ada, &server("files")).await;
    let path = path_of(&made);
    ada.get(SERVERS).await.expect(200);
    registry.anyone.put(&path, &json!({})).await.expect(422);
    registry.anyone.send(Method::POST, "/api/v1/nowhere", None).await.expect(404);
    ada.delete(&path).await.expect(204);

    let records = records(&registry, 3).await;
    let methods: Vec<&str> = records.iter().map(|record| record.method.as_str()).collect();
    assert_eq!(
        methods,
        [
            "http:POST /api/v1/servers",
            "http:PUT /api/v1/servers/{server_id}",
            "http:DELETE /api/v1/servers/{server_id}",
        ]
    );
    let (listed, refused, removed) = (&records[0], &records[1], &records[2]);
    assert!(listed.user_id.is_some() && listed.user_id == removed.user_id);
    assert_eq!(listed.email.as_deref(), Some("ada@example.com"));
    assert_eq!((listed.success, listed.error_code.as_deref()), (true, None));
    assert_eq!(listed.request_id, "trace-1");
    assert_eq!(listed.client_address, None);
    for record in &records {
        assert_eq!(record.server_id.map(|id| id.to_string()).as_deref(), Some(text(&made, "id")));
    }
    assert_eq!(refused.user_id.as_deref(), Some("anonymous"));
    assert_eq!(refused.client_address, "127.0.0.1".parse().ok());
    assert_eq!((refused.success, refused.error_code.as_deref()), (false, Some("VALIDATION_ERROR")));
    assert!(refused.params.as_deref().unwrap().contains(&path), "{refused:?}");
}
