//! Who may change what: open, protected, read only, by approval.

use http::Method;
use registry_testkit::{Api, DataDir, Launch};
use serde_json::json;

use crate::support::{
    Registry, SERVERS, assert_problem, form, path_of, register, server, server_with,
};

const BULK: &str = "/api/v1/servers/bulk";

/// Every way to change something answers with this.
async fn refused(api: &Api, path: &str, status: u16, code: &str) {
    let many = json!({ "servers": [server("x")] });
    for answer in [
        api.post(SERVERS, &server("x")).await,
        api.put(path, &server("x")).await,
        api.delete(path).await,
        api.post(BULK, &many).await,
        api.request("/api/v1/servers/import", form("a.json", "[{}]")).await,
    ] {
        assert_problem(&answer, status, code);
    }
}

/// Every way to read answers.
async fn reads(api: &Api, path: &str) {
    for path in [
        SERVERS,
        path,
        "/api/v1/discovery/tools?tools=a",
        "/api/v1/discovery/resources?resources=a",
        "/api/v1/admin/stats",
    ] {
        api.get(path).await.expect(200);
    }
}

#[tokio::test]
async fn protected_lets_everybody_read_and_administrators_write() {
    let registry = Registry::with(&[("MREG_PUBLIC_API_MODE", "protected")]).await;
    let admin = registry.admin().await;
    let made = register(&admin, &server("files")).await;
    let path = path_of(&made);
    reads(&registry.anyone, &path).await;
    refused(&registry.anyone, &path, 401, "AUTHENTICATION_REQUIRED").await;
    let user = registry.someone(json!({ "subject": "ada" })).await;
    refused(&user, &path, 403, "INSUFFICIENT_PERMISSIONS").await;
    reads(&user, &path).await;
    admin.put(&path, &server("files")).await.expect(200);
    admin.delete(&path).await.expect(204);
}

#[tokio::test]
async fn owners_of_servers_change_their_own() {
    let registry = Registry::with(&[("MREG_PUBLIC_API_MODE", "protected")]).await;
    let owner = json!({ "subject": "bob", "roles": ["server_owner"], "tenant": "contoso" });
    let owner = registry.someone(owner).await;
    let other = json!({ "subject": "eve", "roles": ["server_owner"], "tenant": "contoso" });
    let other = registry.someone(other).await;
    let made = register(&owner, &server("files")).await;
    let path = path_of(&made);
    owner.put(&path, &server("files")).await.expect(200);
    assert_problem(&other.put(&path, &server("x")).await, 403, "INSUFFICIENT_PERMISSIONS");
    assert_problem(&other.delete(&path).await, 403, "INSUFFICIENT_PERMISSIONS");
    let item = server_with("x", &json!({ "id": made["id"] }));
    let report = other.put(BULK, &json!([item])).await.expect(207).json();
    assert_eq!(report["results"][0]["status"], 403, "{report}");
    owner.delete(&path).await.expect(204);
}

#[tokio::test]
async fn read_only_refuses_administrators_too() {
    let data = DataDir::new();
    let start = async |mode: &str| {
        let launch = Launch::program("mcp-registry").data_dir(&data);
        Registry::of(launch.envs(&[("MREG_PUBLIC_API_MODE", mode)]).start().await)
    };
    let path = path_of(&register(&start("open").await.anyone, &server("files")).await);
    let registry = start("read_only").await;
    let admin = registry.admin().await;
    for api in [&registry.anyone, &admin] {
        refused(api, &path, 403, "READ_ONLY").await;
        reads(api, &path).await;
    }
}

#[tokio::test]
async fn where_approval_is_required_only_administrators_list_directly() {
    let registry = Registry::with(&[("MREG_REQUIRE_APPROVAL", "true")]).await;
    let user = registry.someone(json!({ "subject": "ada" })).await;
    for api in [&registry.anyone, &user] {
        let answer = api.post(SERVERS, &server("files")).await;
        let body = assert_problem(&answer, 403, "APPROVAL_REQUIRED");
        let words = body["detail"].as_str().unwrap();
        assert!(words.contains("/registrations"), "it says where to go: {words}");
    }
    register(&registry.admin().await, &server("files")).await;
}

#[tokio::test]
async fn a_bad_token_is_refused_where_none_is_needed() {
    let registry = Registry::start().await;
    let made = register(&registry.anyone, &server("files")).await;
    let forged = Api::service(&registry.program).with_token("a.b.c");
    for path in [SERVERS, &path_of(&made), "/api/v1/discovery/tools?tools=a", "/api/v1/admin/stats"]
    {
        assert_problem(&forged.get(path).await, 401, "INVALID_TOKEN");
    }
    refused(&forged, &path_of(&made), 401, "INVALID_TOKEN").await;
}

#[tokio::test]
async fn administrators_numbers_can_be_kept_from_strangers() {
    let settings = [("MREG_PUBLIC_API_MODE", "protected"), ("MREG_PROTECT_ADMIN_READS", "true")];
    let registry = Registry::with(&settings).await;
    let stats = "/api/v1/admin/stats";
    assert_problem(&registry.anyone.get(stats).await, 401, "AUTHENTICATION_REQUIRED");
    let user = registry.someone(json!({ "subject": "ada" })).await;
    assert_problem(&user.get(stats).await, 403, "INSUFFICIENT_PERMISSIONS");
    registry.admin().await.get(stats).await.expect(200);
}

#[tokio::test]
async fn other_methods_are_told_what_there_is() {
    let registry = Registry::start().await;
    for (path, allowed) in [
        (SERVERS, "GET, HEAD, POST"),
        (BULK, "POST, PUT"),
        ("/api/v1/servers/import", "POST"),
        ("/api/v1/discovery/tools", "GET, HEAD"),
        ("/api/v1/admin/stats", "GET, HEAD"),
    ] {
        let answer = registry.anyone.send(Method::DELETE, path, None).await;
        assert_problem(&answer, 405, "METHOD_NOT_ALLOWED");
        assert_eq!(answer.header("allow"), allowed, "{path}");
    }
}
