//! API keys: shown once, good at their doors until their end, and named in records.

use http::Method;
use registry_testkit::{Answer, Api, Launch, Program, eventually};
use serde_json::{Value, json};

use crate::support::{admin, list, someone};

const KEYS: &str = "/api/v1/api-keys";
const ON: [(&str, &str); 2] =
    [("MREG_SECURITY_ENABLE_API_KEYS", "true"), ("MREG_PUBLIC_API_MODE", "protected")];

async fn start() -> (Program, Api) {
    let program = Launch::program("mcp-registry").envs(&ON).start().await;
    let root = admin(&program).await;
    (program, root)
}

/// A new key; what was answered.
async fn make(root: &Api, members: &Value) -> Value {
    root.post(KEYS, members).await.expect(201).json()
}

fn text(value: &Value, member: &str) -> String {
    value[member].as_str().unwrap().to_owned()
}

fn with(api: Api, key: &Value) -> Api {
    api.with_header("x-api-key", &text(key, "api_key"))
}

async fn tools(api: &Api) -> Answer {
    api.mcp("/mcp", "tools/list", json!({})).await
}

#[tokio::test]
async fn a_key_opens_the_doors_that_it_was_made_for_and_records_name_it() {
    let (program, root) = start().await;
    let owner = json!({ "name": "import", "scopes": ["api"], "roles": ["server_owner"] });
    let owner = make(&root, &owner).await;
    let caller = make(&root, &json!({ "name": "agent", "scopes": ["mcp"] })).await;
    let by_owner = with(Api::service(&program), &owner);
    list(&by_owner, "made-by-a-key").await;
    with(Api::gateway(&program), &owner).mcp("/mcp", "ping", json!({})).await.expect(401);
    tools(&with(Api::gateway(&program), &caller)).await.expect(200);
    with(Api::service(&program), &caller).get("/users/me").await.expect(401);
    let user = format!("key:{}", text(&owner, "key_id"));
    eventually("the record names the key", async || {
        let path = format!("/api/v1/audit/operations?user_id={user}");
        (root.get(&path).await.expect(200).json()["total"] == 1).then_some(())
    })
    .await;
    // Without roles it may what everybody may.
    let plain = make(&root, &json!({ "name": "plain", "scopes": ["api"] })).await;
    let plain = with(Api::service(&program), &plain);
    let server = json!({
        "name": "x", "endpoint_url": "http://127.0.0.1:1/x", "transport_type": "http",
    });
    plain.post("/api/v1/servers", &server).await.expect(403);
}

#[tokio::test]
async fn the_record_of_a_keys_making_names_the_key_and_not_its_secret() {
    let (program, root) = start().await;
    let made = make(&root, &json!({ "name": "agent", "scopes": ["mcp"] })).await;
    root.delete(&format!("{KEYS}/{}", text(&made, "key_id"))).await.expect(204);
    let records = eventually("both records are there", async || {
        let listed = root.get("/api/v1/audit/operations").await.expect(200).json();
        let records = listed["results"].as_array().unwrap().clone();
        let of_keys = |record: &Value| record["method"].as_str().unwrap().contains(KEYS);
        let records: Vec<Value> = records.into_iter().filter(of_keys).collect();
        (records.len() == 2).then_some(records)
    })
    .await;
    let id = text(&made, "key_id");
    assert_eq!(records[1]["params"], json!({ "path": KEYS, "made": id }));
    assert_eq!(records[0]["params"]["path"], format!("{KEYS}/{id}"));
    let all = format!("{records:?}{:?}", program.logs());
    assert!(!all.contains(&text(&made, "api_key")), "{all}");
}

#[tokio::test]
async fn a_page_may_ask_to_show_a_key() {
    let (program, _) = start().await;
    let preflight = http::Request::builder()
        .method(Method::OPTIONS)
        .header("origin", "http://localhost:3000")
        .header("access-control-request-method", "GET")
        .header("access-control-request-headers", "x-api-key")
        .body(bytes::Bytes::new())
        .unwrap();
    let answer = Api::service(&program).request("/users/me", preflight).await.expect(200);
    assert!(answer.header("access-control-allow-headers").contains("x-api-key"));
}

#[tokio::test]
async fn a_key_is_shown_once_and_ends_when_it_is_revoked() {
    let (program, root) = start().await;
    let made = make(&root, &json!({ "name": "agent", "scopes": ["mcp", "api"] })).await;
    let secret = text(&made, "api_key");
    assert!(secret.starts_with("mreg_") && secret.len() > 80, "{secret}");
    let listed = root.get(KEYS).await.expect(200).text();
    assert!(listed.contains(&text(&made, "key_id")) && !listed.contains(&secret), "{listed}");
    let gateway = with(Api::gateway(&program), &made);
    tools(&gateway).await.expect(200);
    root.delete(&format!("{KEYS}/{}", text(&made, "key_id"))).await.expect(204);
    eventually("the key is refused", async || (tools(&gateway).await.status == 401).then_some(()))
        .await;
    let logs = format!("{:?}{}", program.logs(), program.errors());
    assert!(!logs.contains(&secret) && !logs.contains(secret.rsplit('_').next().unwrap()));
}

#[tokio::test]
async fn what_is_no_key_is_refused_and_two_at_once_too() {
    let (program, root) = start().await;
    let made = make(&root, &json!({ "name": "agent", "scopes": ["api"] })).await;
    let good = text(&made, "api_key");
    let (beginning, _) = good.split_at(good.len() - 4);
    for bad in ["", "x", "mreg_", &format!("{beginning}0000"), &good.to_uppercase()] {
        let api = Api::service(&program).with_header("x-api-key", bad);
        api.get("/users/me").await.expect(401);
    }
    let both = root.clone().with_header("x-api-key", &good);
    both.get("/users/me").await.expect(401);
    with(Api::service(&program), &made).get("/users/me").await.expect(200);
}

#[tokio::test]
async fn only_people_who_administrate_make_keys() {
    let (program, root) = start().await;
    let admins = json!({ "name": "boss", "scopes": ["api"], "roles": ["admin"] });
    let made = make(&root, &admins).await;
    let key = with(Api::service(&program), &made);
    key.get("/audit-logs").await.expect(200);
    let user = someone(&program, json!({ "subject": "ada" })).await;
    let own = format!("{KEYS}/{}", text(&made, "key_id"));
    for api in [&key, &user] {
        api.post(KEYS, &admins).await.expect(403);
        api.get(KEYS).await.expect(403);
        api.delete(&own).await.expect(403);
    }
    for wrong in [
        json!({ "name": "", "scopes": ["api"] }),
        json!({ "name": "x" }),
        json!({ "name": "x", "scopes": ["door"] }),
        json!({ "name": "x", "scopes": ["api"], "roles": ["boss"] }),
        json!({ "name": "x", "scopes": ["api"], "expires_in_days": 366 }),
        json!({ "name": "x", "scopes": ["api"], "expires_in_days": 0 }),
        json!({ "name": "x", "scopes": ["api"], "expires": "never" }),
    ] {
        root.post(KEYS, &wrong).await.expect(422);
    }
    root.delete(&format!("{KEYS}/00000000-0000-4000-8000-000000000000")).await.expect(404);
}

#[tokio::test]
async fn where_keys_are_off_none_is_made_and_their_header_means_nothing() {
    let (on, root) = start().await;
    let made = make(&root, &json!({ "name": "agent", "scopes": ["api", "mcp"] })).await;
    let off = Launch::program("mcp-registry").data_dir(on.data_dir()).start().await;
    let root = admin(&off).await;
    root.post(KEYS, &json!({ "name": "x", "scopes": ["api"] })).await.expect(403);
    root.get(KEYS).await.expect(403);
    with(Api::service(&off), &made).get("/users/me").await.expect(401);
    tools(&with(Api::gateway(&off), &made)).await.expect(401);
    root.send(Method::GET, "/users/me", None).await.expect(200);
}
