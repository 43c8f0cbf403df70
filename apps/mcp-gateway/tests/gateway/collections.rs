//! Collections: named subsets of servers and tools behind an address of their own, which grant
//! nothing.

use bytes::Bytes;
use http::Request;
use registry_testkit::upstreams::{Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake};
use registry_testkit::{Api, DEADLINE, eventually};
use serde_json::{Value, json};

use crate::support::{TENANT, World, tools_shown};

const OFFICE: &str = "/collections/office/mcp";

/// The id of a listed server.
async fn server_of(world: &World, registration: &str) -> String {
    let shown = world.registry().get(&format!("/registrations/{registration}")).await;
    shown.expect(200).json()["server_id"].as_str().unwrap().to_owned()
}

/// Makes a collection, and waits until the gateway knows it.
async fn make(world: &World, slug: &str, members: Value) -> Value {
    let body = json!({
        "slug": slug, "name": "Office", "instructions": "First the note.\nThen the mail.",
        "members": members,
    });
    let made = world.registry().post("/api/v1/collections", &body).await.expect(201).json();
    let admin = world.mcp_as(&world.admin);
    eventually("the gateway knows the collection", async || {
        let answer = admin.mcp(&format!("/collections/{slug}/mcp"), "tools/list", json!({})).await;
        (answer.status == 200).then_some(())
    })
    .await;
    made
}

async fn listed(api: &Api, method: &str, member: &str, key: &str) -> Vec<String> {
    let answer = api.mcp(OFFICE, method, json!({})).await.expect(200).json();
    let all = answer["result"][member].as_array().unwrap().iter();
    all.map(|one| one[key].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_collection_has_what_it_names_under_the_names_it_gives() {
    let (files, mail) =
        (RmcpServer::start(RmcpOptions::default()), RmcpServer::start(RmcpOptions::default()));
    let world = World::start().await;
    let first = world.list("files", &files.url()).await;
    let second = world.list("mail", &mail.url()).await;
    let (first, second) = (
        server_of(&world, &first.registration).await,
        server_of(&world, &second.registration).await,
    );
    let said = "Says it again, for the office.";
    make(
        &world,
        "office",
        json!([
            {"server_id": second, "tools": [{"tool": "echo", "name": "say", "description": said}],
             "prompts": false, "resources": false},
            {"server_id": first, "tools": [{"tool": "echo"}]},
        ]),
    )
    .await;
    let api = world.mcp();

    let about = api.mcp(OFFICE, "server/discover", json!({})).await.expect(200).json();
    assert_eq!(about["result"]["instructions"], "First the note.\nThen the mail.");
    let hello = json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {}});
    let hello = api.mcp_legacy(OFFICE, None, "initialize", hello).await.expect(200).json();
    assert_eq!(hello["result"]["instructions"], "First the note.\nThen the mail.");
    let title = hello["result"]["serverInfo"]["name"].as_str().unwrap();
    assert!(title.ends_with("(Office)"), "{hello}");

    assert_eq!(listed(&api, "tools/list", "tools", "name").await, ["say", "files__echo"]);
    let tools = api.mcp(OFFICE, "tools/list", json!({})).await.json();
    assert_eq!(tools["result"]["tools"][0]["description"], said);
    assert_ne!(tools["result"]["tools"][1]["description"], said);
    assert_eq!(listed(&api, "prompts/list", "prompts", "name").await, ["files__greet"]);
    let uris = listed(&api, "resources/list", "resources", "uri").await;
    assert_eq!(uris, ["files+note://welcome"]);

    let (at_mail, at_files) = (mail.seen_of("tools/call").len(), files.seen_of("tools/call").len());
    for name in ["say", "files__echo"] {
        let answer = api.call_tool(OFFICE, name, json!({"text": "hi"})).await.expect(200).rpc();
        assert_eq!(answer["result"]["content"][0]["text"], "hi", "{name}: {answer}");
    }
    let called = mail.seen_of("tools/call");
    assert_eq!((called.len(), files.seen_of("tools/call").len()), (at_mail + 1, at_files + 1));
    assert_eq!(called.last().unwrap().json()["params"]["name"], "echo");
    let read = json!({"uri": "files+note://other"});
    let read = api.mcp(OFFICE, "resources/read", read).await.expect(200).rpc();
    assert_eq!(read["result"]["contents"][0]["uri"], "files+note://other", "{read}");

    // What it leaves out is not there, nor is a tool under the name that it has elsewhere.
    for name in ["mail__echo", "files__add", "echo", "list_servers"] {
        let answer = api.call_tool(OFFICE, name, json!({})).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{name}: {answer}");
        let told = format!("unknown tool: \"{name}\"");
        assert_eq!(answer["error"]["message"], told.as_str());
    }
    for (method, params) in [
        ("resources/read", json!({"uri": "mail+note://welcome"})),
        ("prompts/get", json!({"name": "mail__greet"})),
    ] {
        let answer = api.mcp(OFFICE, method, params).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{method}: {answer}");
    }
}

#[tokio::test]
async fn a_collection_grants_nothing_that_its_caller_could_not_reach_without_it() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let server = server_of(&world, &files.registration).await;
    make(&world, "office", json!([{"server_id": server}])).await;
    let stranger = world.token(json!({"subject": "eve", "tenant": "fabrikam"})).await;
    let unknown = world.mcp_as(&stranger).mcp(OFFICE, "tools/list", json!({})).await;
    assert_eq!(unknown.expect(404).json()["error"]["code"], -32602);

    let insider = world.token(json!({"subject": "ivy", "tenant": TENANT, "groups": ["ops"]})).await;
    let rules = json!({"rules": [{"effect": "allow", "tools": ["echo"], "groups": ["ops"]}]});
    let path = format!("/api/v1/servers/{server}/tool-rules");
    world.registry().put(&path, &rules).await.expect(200);
    eventually("the gateway goes by the rule", async || {
        let tools = tools_shown(&world.mcp(), OFFICE).await;
        (!tools.contains(&"files__echo".to_owned())).then_some(())
    })
    .await;
    let calls = upstream.seen_of("tools/call").len();
    let denied = world.mcp().call_tool(OFFICE, "files__echo", json!({"text": "x"})).await.json();
    assert_eq!(denied["error"]["code"], -32602, "{denied}");
    assert_eq!(upstream.seen_of("tools/call").len(), calls);
    assert!(tools_shown(&world.mcp_as(&insider), OFFICE).await.contains(&"files__echo".to_owned()));

    world.registry().delete(&format!("/registrations/{}", files.registration)).await.expect(204);
    eventually("the revoked server is in no collection", async || {
        tools_shown(&world.mcp_as(&insider), OFFICE).await.is_empty().then_some(())
    })
    .await;
}

#[tokio::test]
async fn who_listens_at_a_collection_is_told_when_it_changes_and_of_no_other_server() {
    let (inside, outside) =
        (RmcpServer::start(RmcpOptions::default()), RmcpServer::start(RmcpOptions::default()));
    let world = World::start().await;
    let files = world.list("files", &inside.url()).await;
    let server = server_of(&world, &files.registration).await;
    let made = make(&world, "office", json!([{"server_id": server}])).await;
    let get = Request::get("/").header("accept", "text/event-stream").body(Bytes::new()).unwrap();
    let mut stream = world.mcp().open(OFFICE, get).await;
    assert_eq!(stream.status, 200);

    world.list("mail", &outside.url()).await;
    let body = json!({"slug": "office", "name": "Office", "members": [
        {"server_id": server, "tools": []},
    ]});
    let path = format!("/api/v1/collections/{}", made["collection_id"].as_str().unwrap());
    world.registry().put(&path, &body).await.expect(200);
    let mut told = Vec::new();
    while told.len() < 3 {
        let event = tokio::time::timeout(DEADLINE, stream.next()).await.expect("in time");
        told.push(event.unwrap().json()["method"].as_str().unwrap().to_owned());
    }
    assert_eq!(told[0], "notifications/tools/list_changed");
    assert!(tools_shown(&world.mcp(), OFFICE).await.is_empty(), "told of another server: {told:?}");

    world.registry().delete(&path).await.expect(204);
    eventually("the collection is gone", async || {
        let answer = world.mcp().mcp(OFFICE, "tools/list", json!({})).await;
        (answer.status == 404).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_a_result_says_of_resources_can_be_read_where_it_was_told() {
    let upstream = Scripted::start(|request| {
        answer_handshake(request).unwrap_or_else(|| {
            let result = json!({ "resultType": "complete", "content": [
                { "type": "resource_link", "uri": "note://a", "name": "a" },
                { "type": "resource", "resource": { "uri": "ui://face", "text": "note://b" } },
            ], "structuredContent": { "uri": "note://c" } });
            let moved = json!({ "jsonrpc": "2.0", "method": "notifications/resources/updated",
                "params": { "uri": "note://d" } });
            if request.json()["params"]["arguments"]["text"] == "stream" {
                let answer = json!({ "jsonrpc": "2.0", "id": request.id(), "result": result });
                return Reply::sse().event(&moved).event(&answer).last_chunk();
            }
            Reply::result(request, &result)
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let server = server_of(&world, &files.registration).await;
    make(&world, "office", json!([{"server_id": server}])).await;
    let api = world.mcp();
    for path in ["/mcp", OFFICE] {
        for text in ["plain", "stream"] {
            let answer =
                api.call_tool(path, "files__echo", json!({"text": text})).await.expect(200);
            let result = &answer.rpc()["result"];
            assert_eq!(result["content"][0]["uri"], "files+note://a", "{path} {text}: {result}");
            assert_eq!(result["content"][1]["resource"]["uri"], "ui://files+face", "{path} {text}");
            assert_eq!(result["content"][1]["resource"]["text"], "note://b");
            assert_eq!(result["structuredContent"]["uri"], "note://c");
            if text == "stream" {
                assert!(answer.text().contains("\"files+note://d\""), "{}", answer.text());
            }
        }
    }
    // At its own door a server's words are its own.
    let own = api.call_tool(&files.path, "echo", json!({"text": "plain"})).await.expect(200).rpc();
    assert_eq!(own["result"]["content"][0]["uri"], "note://a", "{own}");
}
