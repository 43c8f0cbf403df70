//! Administrators read operations: by filter, page by page, and all of them as a file.

use registry_testkit::{Api, Launch, Program, eventually};
use serde_json::{Value, json};

use crate::support::{admin, list, someone};

const OPERATIONS: &str = "/api/v1/audit/operations";

/// A page, once it has so many rows in all.
async fn once_there_are(api: &Api, query: &str, total: u64) -> Value {
    eventually(&format!("{total} operations of {query:?}"), async || {
        let page = api.get(&format!("{OPERATIONS}?{query}")).await.expect(200).json();
        (page["total"] == total).then_some(page)
    })
    .await
}

fn column<'a>(page: &'a Value, member: &str) -> Vec<&'a str> {
    let rows = page["results"].as_array().unwrap();
    rows.iter().map(|row| row[member].as_str().unwrap_or_default()).collect()
}

/// Five servers that two people listed, and one refusal.
async fn busy() -> (Program, Api) {
    let program = Launch::program("mcp-registry").start().await;
    let ada = json!({ "subject": "ada", "tenant": "contoso", "email": "ada@example.com" });
    let ada = someone(&program, ada).await;
    for name in ["one", "two", "three"] {
        list(&ada, name).await;
    }
    let eve = someone(&program, json!({ "subject": "eve", "tenant": "fabrikam" })).await;
    for name in ["four", "five"] {
        list(&eve, name).await;
    }
    eve.post("/api/v1/servers", &json!({ "name": "six", "secret": "hush" })).await.expect(422);
    let root = admin(&program).await;
    once_there_are(&root, "", 6).await;
    (program, root)
}

#[tokio::test]
async fn operations_are_filtered_by_who_what_when_and_how() {
    let (_program, root) = busy().await;
    for (query, total) in [
        ("user_id=ada", 3),
        ("tenant_id=fabrikam", 3),
        ("user_id=ada&tenant_id=fabrikam", 0),
        ("success=false", 1),
        ("success=true&user_id=eve", 2),
        ("method=http:POST%20/api/v1/servers", 6),
        ("tool_name=nonesuch", 0),
        ("from=2020-01-01T00:00:00Z", 6),
        ("to=2020-01-01T00:00:00Z", 0),
    ] {
        once_there_are(&root, query, total).await;
    }
    let page = once_there_are(&root, "success=false", 1).await;
    let refused = &page["results"][0];
    assert_eq!(refused["error_code"], "VALIDATION_ERROR");
    assert_eq!(refused["tenant_id"], "fabrikam");
    assert!(!refused.to_string().contains("hush"), "{refused}");
    let server = once_there_are(&root, "user_id=ada", 3).await["results"][0]["server_id"].clone();
    once_there_are(&root, &format!("server_id={}", server.as_str().unwrap()), 1).await;
}

#[tokio::test]
async fn pages_lead_on_and_rows_that_arrive_meanwhile_move_nothing() {
    let (program, root) = busy().await;
    let all = once_there_are(&root, "", 6).await;
    let mut seen = vec![];
    let mut path = format!("{OPERATIONS}?limit=2");
    loop {
        let answer = root.get(&path).await.expect(200);
        let page = answer.json();
        seen.extend(column(&page, "id").into_iter().map(str::to_owned));
        let Some(next) =
            answer.header("link").strip_prefix('<').and_then(|link| link.split_once('>'))
        else {
            break;
        };
        path = next.0.to_owned();
        let arrived = someone(&program, json!({ "subject": "late" })).await;
        list(&arrived, &format!("late-{}", seen.len())).await;
    }
    assert_eq!(seen, column(&all, "id"), "each once, the newest first");
}

#[tokio::test]
async fn an_export_has_every_row_that_the_filter_finds_one_a_line() {
    let (_program, root) = busy().await;
    let answer = root.get(&format!("{OPERATIONS}/export?user_id=eve")).await.expect(200);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    assert!(answer.header("content-disposition").starts_with("attachment"), "{answer:?}");
    let text = answer.text();
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let page = once_there_are(&root, "user_id=eve", 3).await;
    assert_eq!(json!(rows), page["results"]);
}

#[tokio::test]
async fn nobody_but_administrators_reads_operations() {
    let (program, root) = busy().await;
    let user = someone(&program, json!({ "subject": "ada", "roles": ["server_owner"] })).await;
    for path in [OPERATIONS.to_owned(), format!("{OPERATIONS}/export")] {
        Api::service(&program).get(&path).await.expect(401);
        user.get(&path).await.expect(403);
        root.get(&format!("{path}?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z"))
            .await
            .expect(400);
        root.get(&format!("{path}?success=perhaps")).await.expect(422);
        root.get(&format!("{path}?server_id=x")).await.expect(422);
    }
    root.get(&format!("{OPERATIONS}?limit=201")).await.expect(422);
    root.get(&format!("{OPERATIONS}?cursor=x")).await.expect(422);
}
