//! Files of servers: JSON, NDJSON, CSV; tried first, and what becomes of names that are taken.

use http::Method;
use serde_json::{Value, json};

use crate::support::{
    Registry, SERVERS, assert_problem, form, listed, locations, path_of, register, request, server,
    server_with,
};

const IMPORT: &str = "/api/v1/servers/import";

const CSV: &str = "name,endpoint_url,transport_type,version,description,tags,tenant_id\r\n\
                   files,http://127.0.0.1:1/f,http,2.0.0,\"reads, and writes\",prod;eu,contoso\r\n\
                   live,ws://127.0.0.1:1/l,websocket,,,,\r\n";

async fn import(registry: &Registry, query: &str, file: &str, content: &str, status: u16) -> Value {
    let path = format!("{IMPORT}?{query}");
    registry.anyone.request(&path, form(file, content)).await.expect(status).json()
}

#[tokio::test]
async fn a_csv_file_lists_its_servers() {
    let registry = Registry::start().await;
    let report = import(&registry, "format=csv", "servers", CSV, 200).await;
    assert_eq!((&report["succeeded"], &report["dry_run"]), (&json!(2), &json!(false)));
    assert_eq!(report["results"][0]["status"], 201);
    let list = registry.anyone.get(&format!("{SERVERS}?order=asc")).await.expect(200).json();
    let (files, live) = (&list[0], &list[1]);
    assert_eq!(files["tags"], json!(["prod", "eu"]));
    assert_eq!(
        (&files["description"], &files["version"]),
        (&json!("reads, and writes"), &json!("2.0.0"))
    );
    assert_eq!(files["tenant_id"], "contoso");
    assert_eq!((&live["transport_type"], &live["version"]), (&json!("websocket"), &json!("1.0.0")));
}

#[tokio::test]
async fn json_and_ndjson_files_are_read_by_their_names() {
    let registry = Registry::start().await;
    let list = json!([server("a"), server("b")]).to_string();
    import(&registry, "", "servers.json", &list, 200).await;
    let wrapped = json!({ "servers": [server("c")] }).to_string();
    import(&registry, "", "more.JSON", &wrapped, 200).await;
    let lines = format!("{}\n\n{{oops}}\n{}\n", server("d"), server("e"));
    let report = import(&registry, "", "servers.ndjson", &lines, 207).await;
    assert_eq!(report["failed"], 1);
    assert_eq!(report["results"][1]["index"], 1);
    let message = report["results"][1]["error"]["message"].as_str().unwrap();
    assert!(message.contains("line 3"), "{message}");
    assert_eq!(listed(&registry.anyone, "order=asc").await, ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_dry_run_tells_everything_and_writes_nothing() {
    let registry = Registry::start().await;
    register(&registry.anyone, &server("b")).await;
    let twice = json!([
        server("a"),
        server("b"),
        server("a"),
        server_with("c", &json!({ "transport_type": "stdio" })),
    ])
    .to_string();
    let report = import(&registry, "dry_run=true", "s.json", &twice, 207).await;
    assert_eq!((&report["dry_run"], &report["succeeded"]), (&json!(true), &json!(1)));
    let statuses: Vec<&Value> =
        report["results"].as_array().unwrap().iter().map(|result| &result["status"]).collect();
    assert_eq!(statuses, [201, 409, 409, 422]);
    assert_eq!(
        locations(&report["results"][3]["error"]["errors"]),
        ["body.servers.3.transport_type"]
    );
    assert_eq!(listed(&registry.anyone, "").await, ["b"]);
}

#[tokio::test]
async fn a_name_that_is_taken_fails_is_skipped_or_updates() {
    let registry = Registry::start().await;
    let old = register(&registry.anyone, &server_with("b", &json!({ "tags": ["old"] }))).await;
    let file = json!([server("a"), server_with("b", &json!({ "description": "new" }))]).to_string();

    let report = import(&registry, "on_conflict=fail", "s.json", &file, 207).await;
    assert_eq!(report["results"][1]["error"]["error"], "SERVER_NAME_CONFLICT");

    let report = import(&registry, "on_conflict=skip", "s.json", &file, 200).await;
    assert_eq!(report["failed"], 0);
    assert_eq!(report["results"][1]["skipped"], true);
    let kept = registry.anyone.get(&path_of(&old)).await.expect(200).json();
    assert_eq!(kept["tags"], json!(["old"]));

    let dry = import(&registry, "on_conflict=update&dry_run=true", "s.json", &file, 200).await;
    assert_eq!(dry["succeeded"], 2);
    let kept = registry.anyone.get(&path_of(&old)).await.expect(200).json();
    assert_eq!(kept["description"], Value::Null);

    let report = import(&registry, "on_conflict=update", "s.json", &file, 200).await;
    assert_eq!(
        (&report["results"][1]["status"], &report["results"][1]["id"]),
        (&json!(200), &old["id"])
    );
    let new = registry.anyone.get(&path_of(&old)).await.expect(200).json();
    assert_eq!((&new["description"], &new["tags"]), (&json!("new"), &json!([])));
    assert_eq!(listed(&registry.anyone, "").await.len(), 2);
}

#[tokio::test]
async fn what_cannot_be_read_refuses_the_whole_file() {
    let registry = Registry::start().await;
    for (query, file, content) in [
        ("format=csv", "a", "name,endpoint_url,transport_type\n\"never closed"),
        ("format=csv", "a", "name\na"),
        ("format=csv", "a", ""),
        ("format=json", "a", "{"),
        ("format=json", "a", "[]"),
        ("format=json", "a", "5"),
        ("format=xml", "a", "<a/>"),
        ("on_conflict=shrug", "a.json", "[{}]"),
        ("", "a.xml", "<a/>"),
    ] {
        let path = format!("{IMPORT}?{query}");
        let answer = registry.anyone.request(&path, form(file, content)).await;
        assert_problem(&answer, 422, "VALIDATION_ERROR");
    }
    let json = request(Method::POST, &[("content-type", "application/json")], "[]");
    let answer = registry.anyone.request(IMPORT, json).await;
    assert_problem(&answer, 415, "UNSUPPORTED_MEDIA_TYPE");
    let large = format!("[\"{}\"]", "x".repeat(9 << 20));
    let answer = registry.anyone.request(IMPORT, form("a.json", &large)).await;
    assert_problem(&answer, 413, "PAYLOAD_TOO_LARGE");
    let many = vec![server("a"); 1001];
    let answer = registry.anyone.request(IMPORT, form("a.json", &json!(many).to_string())).await;
    assert_problem(&answer, 422, "VALIDATION_ERROR");
}
