//! Many servers in one request: each for itself, or all or none.

use serde_json::{Value, json};

use crate::support::{
    NOBODY, Registry, assert_problem, listed, locations, path_of, register, server, server_with,
};

const BULK: &str = "/api/v1/servers/bulk";

fn of(servers: &[Value]) -> Value {
    json!({ "servers": servers })
}

/// One member of each result.
fn column(report: &Value, member: &str) -> Vec<Value> {
    report["results"].as_array().unwrap().iter().map(|result| result[member].clone()).collect()
}

#[tokio::test]
async fn five_hundred_servers_are_listed_by_one_request() {
    let registry = Registry::start().await;
    let servers: Vec<Value> = (0..500).map(|number| server(&format!("s{number}"))).collect();
    let report = registry.anyone.post(BULK, &of(&servers)).await.expect(200).json();
    assert_eq!(
        (&report["total"], &report["succeeded"], &report["failed"]),
        (&json!(500), &json!(500), &json!(0))
    );
    let last = &report["results"][499];
    assert_eq!((&last["index"], &last["status"]), (&json!(499), &json!(201)));
    assert_eq!(last["server"]["name"], "s499");
    assert_eq!(last["id"], last["server"]["id"]);
    let all = registry.anyone.get("/api/v1/servers?limit=1").await.expect(200);
    assert_eq!(all.header("x-total-count"), "500");
}

#[tokio::test]
async fn one_that_is_wrong_fails_alone_and_is_told_by_its_place() {
    let registry = Registry::start().await;
    register(&registry.anyone, &server("taken")).await;
    let sent = of(&[
        server("good"),
        server_with("bad", &json!({ "endpoint_url": "ftp://a/", "version": 1 })),
        server("taken"),
        json!("no object"),
        server("good"),
        server("fine"),
    ]);
    let report = registry.anyone.post(BULK, &sent).await.expect(207).json();
    assert_eq!(
        (&report["total"], &report["succeeded"], &report["failed"]),
        (&json!(6), &json!(2), &json!(4))
    );
    assert_eq!(column(&report, "index"), (0..6).map(Value::from).collect::<Vec<_>>());
    assert_eq!(column(&report, "status"), [201, 422, 409, 422, 409, 201].map(Value::from));
    let results = &report["results"];
    assert_eq!(results[2]["error"]["error"], "SERVER_NAME_CONFLICT");
    assert!(results[2].get("server").is_none(), "{results}");
    assert_eq!(results[1]["error"]["error"], "VALIDATION_ERROR");
    assert_eq!(locations(&results[1]["error"]["errors"]), ["body.servers.1.version"]);
    assert!(!results[1]["error"]["message"].as_str().unwrap().is_empty());
    assert_eq!(listed(&registry.anyone, "order=asc").await, ["taken", "good", "fine"]);
}

#[tokio::test]
async fn all_or_none_leaves_nothing_behind() {
    let registry = Registry::start().await;
    register(&registry.anyone, &server("taken")).await;
    let conflict = json!({ "servers": [server("a"), server("taken")], "atomic": true });
    let body =
        assert_problem(&registry.anyone.post(BULK, &conflict).await, 409, "SERVER_NAME_CONFLICT");
    assert_eq!(body["details"]["index"], 1);
    let invalid = of(&[server("a"), server_with("b", &json!({ "version": 5 }))]);
    let answer = registry.anyone.post(&format!("{BULK}?atomic=true"), &invalid).await;
    let body = assert_problem(&answer, 422, "VALIDATION_ERROR");
    assert_eq!(locations(&body["errors"]), ["body.servers.1.version"]);
    assert_eq!(listed(&registry.anyone, "").await, ["taken"]);
    let good = json!({ "servers": [server("a"), server("b")], "atomic": true });
    registry.anyone.post(BULK, &good).await.expect(200);
    assert_eq!(listed(&registry.anyone, "order=asc").await.len(), 3);
}

#[tokio::test]
async fn a_bare_list_is_read_as_well() {
    let registry = Registry::start().await;
    registry.anyone.post(BULK, &json!([server("a"), server("b")])).await.expect(200);
    assert_eq!(listed(&registry.anyone, "").await.len(), 2);
}

#[tokio::test]
async fn there_are_one_to_a_thousand() {
    let registry = Registry::start().await;
    for bad in [json!({ "servers": [] }), json!({}), json!({ "servers": 5 }), json!(5)] {
        assert_problem(&registry.anyone.post(BULK, &bad).await, 422, "VALIDATION_ERROR");
    }
    let many: Vec<Value> = (0..1001).map(|number| server(&number.to_string())).collect();
    assert_problem(&registry.anyone.post(BULK, &of(&many)).await, 422, "VALIDATION_ERROR");
    assert_eq!(listed(&registry.anyone, "").await, [""; 0]);
}

fn with_id(id: &Value, mut server: Value) -> Value {
    server["id"] = id.clone();
    server
}

#[tokio::test]
async fn many_are_replaced_by_their_ids() {
    let registry = Registry::start().await;
    let a = register(&registry.anyone, &server_with("a", &json!({ "tags": ["old"] }))).await;
    let b = register(&registry.anyone, &server("b")).await;
    let sent = of(&[
        with_id(&a["id"], server("a2")),
        with_id(&json!(NOBODY), server("c")),
        server("without id"),
        with_id(&json!("me"), server("d")),
        with_id(&b["id"], server_with("b", &json!({ "description": "new" }))),
    ]);
    let report = registry.anyone.put(BULK, &sent).await.expect(207).json();
    assert_eq!(column(&report, "status"), [200, 404, 422, 422, 200].map(Value::from));
    assert_eq!(report["results"][1]["error"]["error"], "SERVER_NOT_FOUND");
    assert_eq!(locations(&report["results"][2]["error"]["errors"]), ["body.servers.2.id"]);
    let a = registry.anyone.get(&path_of(&a)).await.expect(200).json();
    assert_eq!((&a["name"], &a["tags"]), (&json!("a2"), &json!([])));
    let b = registry.anyone.get(&path_of(&b)).await.expect(200).json();
    assert_eq!(b["description"], "new");
}

#[tokio::test]
async fn replacing_all_or_none_changes_nothing_when_one_is_gone() {
    let registry = Registry::start().await;
    let a = register(&registry.anyone, &server("a")).await;
    let sent = json!({
        "servers": [with_id(&a["id"], server("a2")), with_id(&json!(NOBODY), server("c"))],
        "atomic": true,
    });
    assert_problem(&registry.anyone.put(BULK, &sent).await, 404, "SERVER_NOT_FOUND");
    assert_eq!(listed(&registry.anyone, "").await, ["a"]);
}
