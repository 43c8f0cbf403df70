//! Create, read, replace, delete.

use http::Method;
use registry_testkit::Api;
use serde_json::{Value, json};

use crate::support::{
    NOBODY, Registry, SERVERS, assert_breaks, assert_problem, path_of, register, request, server,
    server_with, text,
};

#[tokio::test]
async fn a_server_is_listed_read_replaced_and_deleted() {
    let registry = Registry::start().await;
    let api = &registry.anyone;
    let sent = server_with(
        "file-tools",
        &json!({
            "version": "2.1.0", "description": "files", "tags": ["prod", "eu"],
            "capabilities": { "x": { "deep": [1, 2.50] } },
        }),
    );
    let answer = api.post(SERVERS, &sent).await.expect(201);
    let made = answer.json();
    assert_eq!(answer.header("location"), path_of(&made));
    assert_eq!(made["discovery"], "skipped");

    let read = api.get(&path_of(&made)).await.expect(200).json();
    assert_eq!(
        members(&read),
        [
            "alias",
            "capabilities",
            "created_at",
            "description",
            "endpoint_url",
            "health_status",
            "id",
            "last_health_check",
            "mcp_url",
            "name",
            "registration_id",
            "tags",
            "tenant_id",
            "transport_type",
            "updated_at",
            "version",
        ]
    );
    for member in ["name", "endpoint_url", "transport_type", "version", "description", "tags"] {
        assert_eq!(read[member], sent[member], "{member}");
    }
    assert_eq!(read["capabilities"], sent["capabilities"]);
    assert_eq!((&read["health_status"], &read["alias"]), (&json!("unknown"), &json!("file-tools")));
    for member in ["last_health_check", "tenant_id", "registration_id"] {
        assert_eq!(read[member], Value::Null, "{member}");
    }
    assert!(text(&read, "created_at").ends_with('Z'));

    let replaced = api.put(&path_of(&made), &server("files")).await.expect(200).json();
    assert_eq!((text(&replaced, "name"), text(&replaced, "version")), ("files", "1.0.0"));
    for (member, cleared) in
        [("description", Value::Null), ("tags", json!([])), ("capabilities", json!({}))]
    {
        assert_eq!(replaced[member], cleared, "a replacement clears what it leaves out: {member}");
    }
    for member in ["id", "created_at", "alias"] {
        assert_eq!(replaced[member], read[member], "{member} is kept");
    }

    let gone = api.delete(&path_of(&made)).await.expect(204);
    assert!(gone.body.is_empty());
    assert_problem(&api.delete(&path_of(&made)).await, 404, "SERVER_NOT_FOUND");
    assert_problem(&api.get(&path_of(&made)).await, 404, "SERVER_NOT_FOUND");
}

fn members(object: &Value) -> Vec<&str> {
    let mut members: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    members.sort_unstable();
    members
}

#[tokio::test]
async fn defaults_are_told() {
    let registry = Registry::start().await;
    let made = register(&registry.anyone, &server("plain")).await;
    assert_eq!(made["version"], "1.0.0");
    assert_eq!(made["description"], Value::Null);
    assert_eq!((&made["tags"], &made["capabilities"]), (&json!([]), &json!({})));
    assert_eq!(made["mcp_url"], Value::Null, "the gateway serves what somebody vouched for");
    assert!(made.get("tools").is_none() && made.get("resources").is_none(), "{made}");
    let vouched = register(&registry.admin().await, &server("vouched")).await;
    assert!(text(&vouched, "mcp_url").ends_with("/servers/vouched/mcp"), "{vouched}");
}

#[tokio::test]
async fn what_nobody_has_is_404_and_what_is_no_id_is_422() {
    let registry = Registry::start().await;
    let api = &registry.anyone;
    let nobody = format!("{SERVERS}/{NOBODY}");
    for answer in
        [api.get(&nobody).await, api.put(&nobody, &server("a")).await, api.delete(&nobody).await]
    {
        let body = assert_problem(&answer, 404, "SERVER_NOT_FOUND");
        assert_eq!(body["details"]["server_id"], NOBODY);
    }
    let wrong = format!("{SERVERS}/me");
    for answer in
        [api.get(&wrong).await, api.put(&wrong, &server("a")).await, api.delete(&wrong).await]
    {
        assert_breaks(&answer, "path.server_id");
    }
}

#[tokio::test]
async fn a_name_is_one_servers_alone() {
    let registry = Registry::start().await;
    let api = &registry.anyone;
    register(api, &server("files")).await;
    let other = register(api, &server("other")).await;
    let again = api.post(SERVERS, &server_with("files", &json!({ "alias": "files-2" }))).await;
    assert_problem(&again, 409, "SERVER_NAME_CONFLICT");
    let renamed = api.put(&path_of(&other), &server("files")).await;
    assert_problem(&renamed, 409, "SERVER_NAME_CONFLICT");
    register(api, &server("Files")).await;
}

#[tokio::test]
async fn aliases_that_names_would_share_are_numbered() {
    let registry = Registry::start().await;
    let first = register(&registry.anyone, &server("My files")).await;
    let second = register(&registry.anyone, &server("my  files")).await;
    assert_eq!(first["alias"], "my-files");
    assert_ne!(second["alias"], first["alias"]);
}

#[tokio::test]
async fn a_body_is_not_needed_where_none_is_read() {
    let registry = Registry::start().await;
    let made = register(&registry.anyone, &server("files")).await;
    let json = [("content-type", "application/json")];
    let get = request(Method::GET, &json, "");
    registry.anyone.request(&path_of(&made), get).await.expect(200);
    let delete = request(Method::DELETE, &json, "");
    registry.anyone.request(&path_of(&made), delete).await.expect(204);
}

#[tokio::test]
async fn a_server_can_be_found_by_its_tenant_only_where_it_has_that_one() {
    let registry = Registry::start().await;
    let made =
        register(&registry.anyone, &server_with("files", &json!({ "tenant_id": "contoso" }))).await;
    assert_eq!(made["tenant_id"], "contoso");
    let path = path_of(&made);
    registry.anyone.get(&format!("{path}?tenant_id=contoso")).await.expect(200);
    let other = registry.anyone.get(&format!("{path}?tenant_id=fabrikam")).await;
    assert_problem(&other, 404, "SERVER_NOT_FOUND");
}

#[tokio::test]
async fn a_stale_writer_is_told() {
    let registry = Registry::start().await;
    let api = &registry.anyone;
    let made = api.post(SERVERS, &server("files")).await.expect(201);
    let path = path_of(&made.json());
    let first = made.header("etag").to_owned();
    let seen = |tag: &str| Api::service(&registry.program).with_header("if-match", tag);
    let second = seen(&first).put(&path, &server("files")).await.expect(200);
    let stale = seen(&first).put(&path, &server("files again")).await;
    assert_problem(&stale, 409, "INVALID_STATE_TRANSITION");
    let stale = seen(&first).delete(&path).await;
    assert_problem(&stale, 409, "INVALID_STATE_TRANSITION");
    assert_problem(&seen("\"x\"").delete(&path).await, 400, "BAD_REQUEST");
    seen(second.header("etag")).delete(&path).await.expect(204);
}

#[tokio::test]
async fn the_server_of_an_approved_registration_can_be_deleted_and_listed_again() {
    let registry = Registry::start().await;
    let admin = registry.admin().await;
    let draft = json!({
        "endpoint_url": "http://127.0.0.1:1/r", "endpoint_name": "Reviewed", "owner_contact": "me",
    });
    let submitted = admin.post("/registrations", &draft).await.expect(201).json();
    let registration = format!("/registrations/{}", text(&submitted, "registration_id"));
    let approval = json!({ "status": "Approved" });
    let approved = admin.patch(&format!("{registration}/status"), &approval).await.expect(200);
    let id = text(&approved.json(), "server_id").to_owned();
    let path = format!("{SERVERS}/{id}");
    let found = registry.anyone.get(&path).await.expect(200).json();
    assert_eq!(found["registration_id"], submitted["registration_id"]);

    admin.delete(&path).await.expect(204);
    let left = admin.get(&registration).await.expect(200).json();
    assert_eq!((&left["status"], &left["server_id"]), (&json!("Approved"), &Value::Null));
    let relist = format!("{registration}/relist");
    let again = admin.send(Method::POST, &relist, None).await.expect(200).json();
    let found = format!("{SERVERS}/{}", text(&again, "server_id"));
    let found = registry.anyone.get(&found).await.expect(200).json();
    assert_eq!(found["registration_id"], submitted["registration_id"]);
    let twice = admin.send(Method::POST, &relist, None).await.expect(200).json();
    assert_eq!(twice["server_id"], again["server_id"], "what is listed stays as it is");
    let user = registry.someone(json!({ "subject": "ada" })).await;
    let user = user.send(Method::POST, &relist, None).await;
    assert_problem(&user, 403, "INSUFFICIENT_PERMISSIONS");
}

#[tokio::test]
async fn the_numbers_of_all_servers_add_up() {
    let registry = Registry::start().await;
    let stats = || registry.anyone.get("/api/v1/admin/stats");
    let none = stats().await.expect(200).json();
    assert_eq!(
        none,
        json!({ "total_servers": 0, "servers_by_status": {}, "servers_by_transport": {} })
    );
    register(&registry.anyone, &server("a")).await;
    register(&registry.anyone, &server("b")).await;
    let socket = json!({ "endpoint_url": "ws://127.0.0.1:1/c", "transport_type": "websocket" });
    register(&registry.anyone, &server_with("c", &socket)).await;
    let three = stats().await.expect(200).json();
    assert_eq!(three["total_servers"], 3);
    assert_eq!(three["servers_by_transport"], json!({ "http": 2, "websocket": 1 }));
    let by_status: u64 =
        three["servers_by_status"].as_object().unwrap().values().filter_map(Value::as_u64).sum();
    assert_eq!(by_status, 3);
}
