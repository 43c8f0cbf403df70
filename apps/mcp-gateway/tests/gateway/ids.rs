//! A request's id is the client's: it comes back as it was spelled, and nobody else's call is
//! answered with it.

use registry_testkit::{
    eventually,
    upstreams::{Era, Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake},
};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    messages::{id_text, modern_echo},
    support::World,
};

const IDS: [&str; 8] = [
    "0",
    "-7",
    r#""one""#,
    r#""""#,
    r#""\u00e9\/""#,
    "9007199254740993",
    "12345678901234567890123",
    "null",
];

#[tokio::test]
async fn an_id_comes_back_as_it_was_spelled() {
    // The one knows each call by an id of ours (its session is shared), the other by the client's.
    let sessions =
        RmcpServer::start(RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() });
    let modern = Scripted::start(|request| {
        answer_handshake(request).unwrap_or_else(|| {
            let id = id_text(request);
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"content":[]}}}}"#);
            Reply::new(200, "application/json", body)
        })
    });
    let world = World::start().await;
    let servers =
        [world.list("old", &sessions.url()).await, world.list("new", &modern.url()).await];
    let api = world.mcp();
    for id in IDS {
        for server in &servers {
            let answer = api.request(&server.path, modern_echo(id, "echo")).await.expect(200);
            let text = answer.text();
            assert!(text.contains(&format!(r#""id":{id}"#)), "{id} of {}: {text}", server.alias);
            assert!(answer.rpc()["result"]["content"].is_array(), "{text}");
        }
    }
}

#[tokio::test]
async fn a_call_without_an_id_is_answered_with_id_null() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    for (path, tool) in [(files.path.as_str(), "echo"), ("/mcp", "files__echo")] {
        let answer = world.mcp().request(path, modern_echo("", tool)).await.expect(200).rpc();
        assert_eq!(answer["result"]["content"][0]["text"], "hi", "{answer}");
        assert_eq!(answer.get("id"), Some(&json!(null)));
    }
}

#[tokio::test]
async fn two_calls_at_once_with_the_same_id_are_both_answered() {
    for era in [Era::LegacyOnly, Era::ModernOnly] {
        let upstream = RmcpServer::start(RmcpOptions { era, ..RmcpOptions::default() });
        let bench = upstream.workbench().clone();
        let world = World::start().await;
        let files = world.list("files", &upstream.url()).await;
        let api = world.mcp();
        let both_run = async {
            eventually("both calls run", async || (bench.slow_running() == 2).then_some(())).await;
            bench.slow_gate.open_for_all();
        };
        let (one, two, ()) = tokio::join!(
            api.call_tool(&files.path, "slow", json!({})),
            api.call_tool("/mcp", "files__slow", json!({})),
            both_run
        );
        for answer in [one, two] {
            let answer = answer.expect(200).rpc();
            assert_eq!(answer["id"], 1);
            assert_eq!(answer["result"]["content"][0]["text"], "done", "{answer}");
        }
    }
}

#[tokio::test]
async fn of_many_calls_at_once_each_gets_its_own_answer() {
    let world = World::start().await;
    for era in [Era::LegacyOnly, Era::ModernOnly] {
        let upstream = RmcpServer::start(RmcpOptions { era, ..RmcpOptions::default() });
        let alias = if era == Era::LegacyOnly { "old" } else { "new" };
        let files = world.list(alias, &upstream.url()).await;
        let mut calls = JoinSet::new();
        for number in 0..64 {
            let (api, path) = (world.mcp(), files.path.clone());
            calls.spawn(async move {
                let text = format!("call {number}");
                let answer =
                    api.call_tool(&path, "echo", json!({ "text": text })).await.expect(200);
                assert_eq!(answer.rpc()["result"]["content"][0]["text"], text);
            });
        }
        calls.join_all().await;
        assert_eq!(upstream.seen_of("tools/call").len(), 64);
    }
}

#[tokio::test]
async fn each_person_has_an_upstream_session_of_their_own() {
    let upstream =
        RmcpServer::start(RmcpOptions { era: Era::LegacyOnly, ..RmcpOptions::default() });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let bob = world.token(json!({ "subject": "bob", "tenant": "contoso" })).await;
    for token in [&world.user, &bob, &world.user, &bob] {
        let api = world.mcp_as(token);
        api.call_tool(&files.path, "echo", json!({ "text": "x" })).await.expect(200);
    }
    let seen = upstream.seen_of("tools/call");
    let sessions: Vec<&str> = seen.iter().map(|seen| seen.header("mcp-session-id")).collect();
    assert!(sessions.iter().all(|session| !session.is_empty()));
    assert_eq!((sessions[0], sessions[1]), (sessions[2], sessions[3]));
    assert_ne!(sessions[0], sessions[1]);
}
