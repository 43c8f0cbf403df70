//! What was approved is what is served, under which name, and to whom.

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use serde_json::json;

use crate::support::{TENANT, World, tools_shown};

#[tokio::test]
async fn a_call_reaches_the_right_one_of_two_servers_with_the_same_tools() {
    let world = World::start().await;
    let upstreams = ["one", "two"].map(|_| RmcpServer::start(RmcpOptions::default()));
    for (alias, upstream) in ["one", "two"].into_iter().zip(&upstreams) {
        world.list(alias, &upstream.url()).await;
    }
    let names = world.tools("/mcp").await;
    assert_eq!(names.len(), 12);
    assert_eq!((names[2].as_str(), names[8].as_str()), ("one__echo", "two__echo"));

    let api = world.mcp();
    let calls = || upstreams.each_ref().map(|upstream| upstream.seen_of("tools/call").len());
    for (number, tool, path, expected) in [
        (1, "two__echo", "/mcp", [0, 1]),
        (2, "one__echo", "/mcp", [1, 1]),
        (3, "echo", "/servers/one/mcp", [2, 1]),
        (4, "echo", "/servers/two/mcp", [2, 2]),
    ] {
        let text = format!("call {number}");
        let answer = api.call_tool(path, tool, json!({ "text": text })).await.expect(200).rpc();
        assert_eq!(answer["result"]["content"][0]["text"], text);
        assert_eq!(calls(), expected, "{tool} at {path}");
    }
    let seen = upstreams[1].seen_of("tools/call");
    assert_eq!(seen[0].json()["params"]["name"], "echo");
    assert_eq!(seen[0].header("mcp-name"), "echo");
    assert_eq!(seen[0].header("authorization"), "", "the client's token stays with us");
}

#[tokio::test]
async fn only_approved_servers_are_served() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let registration = world.submit("files", &upstream.url()).await;
    assert!(world.tools("/mcp").await.is_empty());
    let api = world.mcp();
    let call = api.call_tool("/mcp", "files__echo", json!({ "text": "x" })).await.expect(200);
    assert_eq!(call.rpc()["error"]["code"], -32602);
    let own = api.mcp("/servers/files/mcp", "tools/list", json!({})).await.expect(404);
    assert_eq!(own.json()["error"]["code"], -32602);
    assert!(upstream.seen_of("tools/call").is_empty());

    world.approve(&registration).await;
    assert_eq!(world.tools("/mcp").await.len(), 6);
}

#[tokio::test]
async fn a_rejected_registration_is_not_served() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let registration = world.submit("files", &upstream.url()).await;
    let path = format!("/registrations/{registration}/status");
    let verdict = json!({ "status": "Rejected", "reason": "no" });
    world.registry().patch(&path, &verdict).await.expect(200);
    assert!(world.tools("/mcp").await.is_empty());
    world.mcp().mcp("/servers/files/mcp", "tools/list", json!({})).await.expect(404);
}

#[tokio::test]
async fn a_tool_that_the_upstream_added_after_approval_is_neither_listed_nor_callable() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    upstream.workbench().hide("big");
    upstream.workbench().redescribe("echo", "as it was approved");
    let files = world.list("files", &upstream.url()).await;
    upstream.workbench().restore();

    let api = world.mcp();
    for (path, prefix) in [("/mcp", "files__"), (files.path.as_str(), "")] {
        let big = format!("{prefix}big");
        assert!(!world.tools(path).await.contains(&big));
        let call = api.call_tool(path, &big, json!({ "bytes": 1 })).await.expect(200).rpc();
        assert_eq!(call["error"]["code"], -32602, "{call}");
        let list = api.mcp(path, "tools/list", json!({})).await.json();
        let tools = list["result"]["tools"].as_array().unwrap();
        let echo = tools.iter().find(|tool| tool["name"] == format!("{prefix}echo")).unwrap();
        assert_eq!(echo["description"], "as it was approved");
    }
    assert!(upstream.seen_of("tools/call").is_empty());
}

#[tokio::test]
async fn lists_do_not_wait_for_an_upstream_that_is_gone() {
    let world = World::start().await;
    let mut upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    upstream.stop();
    assert_eq!(world.tools(&files.path).await.len(), 6);
    assert_eq!(world.tools("/mcp").await.len(), 6);
}

#[tokio::test]
async fn another_tenants_server_does_not_exist_but_an_administrator_sees_it() {
    let world = World::start().await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let files = world.list("files", &upstream.url()).await;
    assert_eq!(world.tools(&files.path).await.len(), 6);

    let stranger = world.token(json!({ "subject": "eve", "tenant": "fabrikam" })).await;
    let stranger = world.mcp_as(&stranger);
    assert!(tools_shown(&stranger, "/mcp").await.is_empty());
    let foreign = format!("/servers/{TENANT}~files/mcp");
    let missing = stranger.mcp("/servers/nonesuch/mcp", "tools/list", json!({})).await.expect(404);
    for path in [files.path.as_str(), foreign.as_str()] {
        for method in ["tools/list", "server/discover", "tools/call", "nonesuch"] {
            let answer = stranger.mcp(path, method, json!({ "name": "echo" })).await.expect(404);
            let (error, told) = (answer.json()["error"].clone(), missing.json()["error"].clone());
            assert_eq!(error["code"], told["code"], "{method} at {path}: {error}");
        }
    }
    for tool in ["files__echo", "contoso~files__echo", "nonesuch__echo"] {
        let call = stranger.call_tool("/mcp", tool, json!({ "text": "x" })).await.expect(200);
        let error = &call.json()["error"];
        assert_eq!(error["code"], -32602);
        assert_eq!(error["message"], format!("unknown tool: \"{tool}\""));
    }
    assert!(upstream.seen_of("tools/call").is_empty());

    let boss = world.token(json!({ "subject": "boss", "roles": ["admin"], "tenant": "hq" })).await;
    let boss = world.mcp_as(&boss);
    let names = tools_shown(&boss, "/mcp").await;
    assert!(names.contains(&"contoso~files__echo".to_owned()), "{names:?}");
    assert_eq!(tools_shown(&boss, &foreign).await.len(), 6);
    for (path, tool) in [("/mcp", "contoso~files__echo"), (foreign.as_str(), "echo")] {
        let call = boss.call_tool(path, tool, json!({ "text": "x" })).await.expect(200).rpc();
        assert_eq!(call["result"]["content"][0]["text"], "x", "{call}");
    }
}

#[tokio::test]
async fn two_tenants_may_use_the_same_alias() {
    let world = World::start().await;
    let ours = RmcpServer::start(RmcpOptions::default());
    world.list("files", &ours.url()).await;
    // Another administrator, of another tenant, lists another server under the same alias.
    let theirs = RmcpServer::start(RmcpOptions::default());
    let admin = json!({ "subject": "root2", "roles": ["admin"], "tenant": "fabrikam" });
    let fabrikam = World { admin: world.token(admin).await, ..world };
    let listed = fabrikam.list("files", &theirs.url()).await;
    assert_eq!(listed.alias, "files");

    let bob = fabrikam.token(json!({ "subject": "bob", "tenant": "fabrikam" })).await;
    for (api, upstream) in [(fabrikam.mcp_as(&bob), &theirs), (fabrikam.mcp(), &ours)] {
        let call = api.call_tool("/mcp", "files__echo", json!({ "text": "x" })).await.expect(200);
        assert_eq!(call.rpc()["result"]["content"][0]["text"], "x");
        assert_eq!(upstream.seen_of("tools/call").len(), 1);
    }
}
