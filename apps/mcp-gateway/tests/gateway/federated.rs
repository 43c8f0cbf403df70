//! Resources and prompts of many servers behind `/mcp`: each is reached under the name that it is
//! listed by, and what is read comes back under it.

use registry_testkit::{
    clients::{legacy_client, modern_client},
    upstreams::{Era, RmcpOptions, RmcpServer},
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
