//! Resources and prompts of many servers behind `/mcp`: each is reached under the name that it is
//! listed by, and what is read comes back under it.

use registry_testkit::{
    clients::{legacy_client, modern_client},
    upstreams::{Era, Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake},
};
use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn resources_and_prompts_of_two_servers_are_reached_by_both_eras() {
    let old = RmcpServer::start(RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() });
    let new = RmcpServer::start(RmcpOptions { era: Era::ModernOnly, ..RmcpOptions::default() });
    let world = World::start().await;
    world.list("old", &old.url()).await;
    world.list("new", &new.url()).await;
    let url = format!("{}/mcp", world.gateway_url());
    for client in [
        modern_client(&url, &world.user).await.unwrap(),
        legacy_client(&url, &world.user).await.unwrap(),
    ] {
        let resources = client.list_all_resources().await.unwrap();
        let uris: Vec<&str> = resources.iter().map(|resource| resource.uri.as_str()).collect();
        assert_eq!(uris, ["new+note://welcome", "old+note://welcome"]);
        let templates = client.list_all_resource_templates().await.unwrap();
        let uris: Vec<&str> = templates.iter().map(|one| one.uri_template.as_str()).collect();
        assert_eq!(uris, ["new+note://{name}", "old+note://{name}"]);
        let prompts = client.list_all_prompts().await.unwrap();
        let names: Vec<&str> = prompts.iter().map(|prompt| prompt.name.as_str()).collect();
        assert_eq!(names, ["new__greet", "old__greet"]);
        client.cancel().await.unwrap();
    }
    let api = world.mcp();
    for alias in ["old", "new"] {
        let uri = format!("{alias}+note://other");
        let read = json!({ "uri": uri });
        let modern = api.mcp("/mcp", "resources/read", read.clone()).await.expect(200).rpc();
        let legacy = api.mcp_legacy("/mcp", None, "resources/read", read).await.expect(200).rpc();
        for answer in [modern, legacy] {
            let content = &answer["result"]["contents"][0];
            assert_eq!(content["text"], "the note other", "{answer}");
            assert_eq!(content["uri"], uri.as_str(), "{answer}");
        }
        let greet = json!({ "name": format!("{alias}__greet"), "arguments": { "name": "Ada" } });
        let modern = api.mcp("/mcp", "prompts/get", greet.clone()).await.expect(200).rpc();
        let legacy = api.mcp_legacy("/mcp", None, "prompts/get", greet).await.expect(200).rpc();
        for answer in [modern, legacy] {
            let text = &answer["result"]["messages"][0]["content"]["text"];
            assert_eq!(text, "Say hello to Ada", "{answer}");
        }
    }
}

#[tokio::test]
async fn an_argument_is_completed_by_the_server_of_its_prompt_or_template() {
    let upstream = Scripted::start(|request| {
        let result = match request.rpc_method().as_str() {
            "prompts/list" => json!({ "prompts": [{ "name": "greet" }] }),
            "resources/templates/list" => {
                json!({ "resourceTemplates": [{ "uriTemplate": "note://{name}", "name": "n" }] })
            }
            "completion/complete" => {
                let about = &request.json()["params"]["ref"];
                let told = about.get("name").or_else(|| about.get("uri")).unwrap().clone();
                json!({ "completion": { "values": [told] } })
            }
            "server/discover" => json!({
                "supportedVersions": ["2026-07-28"],
                "capabilities": { "tools": {}, "prompts": {}, "resources": {}, "completions": {} },
                "_meta": {"io.modelcontextprotocol/serverInfo": {"name": "s", "version": "1"}},
            }),
            _ => return answer_handshake(request).unwrap(),
        };
        let mut result = result;
        for (member, value) in [
            ("resultType", json!("complete")),
            ("ttlMs", json!(0)),
            ("cacheScope", json!("private")),
        ] {
            result[member] = value;
        }
        Reply::result(request, &result)
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    let complete = async |path: &str, reference: serde_json::Value| {
        let params = json!({ "ref": reference, "argument": { "name": "n", "value": "v" } });
        let modern = api.mcp(path, "completion/complete", params.clone()).await.json();
        let legacy = api.mcp_legacy(path, None, "completion/complete", params).await.json();
        assert_eq!(modern["result"]["completion"], legacy["result"]["completion"], "{modern}");
        modern
    };
    let prompt = |name: &str| json!({ "type": "ref/prompt", "name": name });
    let template = |uri: &str| json!({ "type": "ref/resource", "uri": uri });
    for (path, reference, told) in [
        ("/mcp", prompt("files__greet"), "greet"),
        ("/mcp", template("files+note://{name}"), "note://{name}"),
        (files.path.as_str(), prompt("greet"), "greet"),
    ] {
        let answer = complete(path, reference).await;
        assert_eq!(answer["result"]["completion"]["values"], json!([told]), "{answer}");
    }
    let asked = upstream.requests_of("completion/complete").len();
    for reference in [
        prompt("greet"),
        prompt("files__nonesuch"),
        template("note://{name}"),
        template("files+file:///{x}"),
        json!({ "type": "ref/tool", "name": "files__greet" }),
    ] {
        let answer = complete("/mcp", reference.clone()).await;
        assert_eq!(answer["error"]["code"], -32602, "{reference}: {answer}");
    }
    assert_eq!(upstream.requests_of("completion/complete").len(), asked);
}

#[tokio::test]
async fn what_names_no_server_or_was_not_approved_is_unknown() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    world.list("files", &upstream.url()).await;
    let api = world.mcp();
    let seen = upstream.seen_of("resources/read").len();
    for uri in ["note://welcome", "mail+note://welcome", "files+file:///etc/passwd", "files+", "+x"]
    {
        let answer = api.mcp("/mcp", "resources/read", json!({ "uri": uri })).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{uri}: {answer}");
    }
    for name in ["greet", "mail__greet", "files__nonesuch", "files__"] {
        let answer = api.mcp("/mcp", "prompts/get", json!({ "name": name })).await.json();
        assert_eq!(answer["error"]["code"], -32602, "{name}: {answer}");
    }
    assert_eq!(upstream.seen_of("resources/read").len(), seen);
}
