//! Servers that ask clients of the other era: one with a handshake asks a client without one by
//! the result of its call, whose retry brings the answer; one without asks a client in a session by
//! requests on the stream of its call, which is then made again.

use bytes::Bytes;
use http::Request;
use registry_testkit::{
    Answer, Api, eventually,
    upstreams::{Gate, Reply, Scripted, ScriptedRequest, answer_handshake},
};
use serde_json::{Value, json};

use crate::messages::{legacy, legacy_handshake};
use crate::support::World;

/// The scripted server's session.
const SESSION: &str = "upstream-session";

/// A server with sessions that asks these, one after the other, before it answers a call.
struct Asking {
    server: Scripted,
}

impl Asking {
    fn start(questions: Vec<Value>) -> Self {
        let gate = Gate::new();
        let server = Scripted::start(move |request| script(request, &questions, &gate));
        Self { server }
    }

    /// The responses that the server got.
    fn responses(&self) -> Vec<Value> {
        let all = self.server.requests().into_iter();
        all.filter(|request| request.header("mcp-session-id") == SESSION)
            .map(|request| request.json())
            .filter(|message| message["method"].is_null() && !message["id"].is_null())
            .collect()
    }
}

/// Opens a session, and otherwise knows nothing of the modern era.
fn script(request: &ScriptedRequest, questions: &[Value], gate: &Gate) -> Reply {
    match request.rpc_method().as_str() {
        "initialize" => {
            let result = json!({
                "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
                "serverInfo": {"name": "asking", "version": "1"},
            });
            let body = json!({"jsonrpc": "2.0", "id": request.id(), "result": result}).to_string();
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nmcp-session-id: {SESSION}\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            );
            Reply::bytes().send(head)
        }
        "tools/call" => {
            let mut reply = Reply::sse();
            for question in questions {
                reply = reply.event(question).wait(gate).event(&json!({
                    "jsonrpc": "2.0", "method": "notifications/progress",
                    "params": {"progressToken": "first", "progress": 1},
                }));
            }
            let result = json!({"content": [{"type": "text", "text": "done"}]});
            reply
                .event(&json!({"jsonrpc": "2.0", "id": request.id(), "result": result}))
                .last_chunk()
        }
        "" if !request.id().is_null() => {
            gate.open();
            Reply::bytes().send("HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
        }
        _ => legacy_handshake(request).unwrap_or_else(|| Reply::error(request, 200, -32601, "no")),
    }
}

fn form(id: &str, message: &str) -> Value {
    json!({
        "jsonrpc": "2.0", "id": id, "method": "elicitation/create",
        "params": {"mode": "form", "message": message, "requestedSchema": {"type": "object"}},
    })
}

fn meta(capabilities: &Value, token: &str) -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": capabilities,
        "progressToken": token,
    })
}

/// The params of a call of the server's tool.
fn call(capabilities: &Value) -> Value {
    json!({"name": "echo", "arguments": {"text": "hi"}, "_meta": meta(capabilities, "first")})
}

/// The params of the same call with an answer.
fn answering(asked: &Value, answer: &Value) -> Value {
    let requests = asked["result"]["inputRequests"].as_object().expect("questions");
    let (key, _) = requests.iter().next().expect("a question");
    json!({
        "name": "echo", "arguments": {"text": "hi"},
        "_meta": meta(&json!({"elicitation": {}}), "second"),
        "inputResponses": {key: answer},
        "requestState": asked["result"]["requestState"],
    })
}

fn accepted() -> Value {
    json!({"action": "accept", "content": {"name": "Ada"}})
}

async fn made(api: &Api, path: &str, params: Value) -> Answer {
    api.mcp(path, "tools/call", params).await.expect(200)
}

fn question(asked: &Value) -> &Value {
    assert_eq!(asked["result"]["resultType"], "input_required", "{asked}");
    asked["result"]["inputRequests"].as_object().unwrap().values().next().unwrap()
}

#[tokio::test]
async fn a_modern_client_is_asked_by_the_result_of_its_call() {
    let asking = Asking::start(vec![form("q-1", "Who?"), form("q-2", "Where?")]);
    let world = World::start().await;
    let listed = world.list("asking", &asking.server.url()).await;
    let api = world.mcp();
    for (path, tool) in [(listed.path.as_str(), "echo"), ("/mcp", "asking__echo")] {
        let before = asking.responses().len();
        let named = |mut params: Value| {
            params["name"] = json!(tool);
            params
        };
        let elicitation = json!({"elicitation": {"form": {}}});
        let asked = made(&api, path, named(call(&elicitation))).await.rpc();
        assert_eq!(question(&asked)["method"], "elicitation/create");
        assert_eq!(question(&asked)["params"]["message"], "Who?");
        let again = made(&api, path, named(answering(&asked, &accepted()))).await;
        let progress = again.text().matches("notifications/progress").count();
        assert_eq!((progress, again.text().matches(r#""second""#).count()), (1, 1));
        let again = again.rpc();
        assert_eq!(question(&again)["params"]["message"], "Where?");
        let declined = json!({"action": "decline"});
        let done = made(&api, path, named(answering(&again, &declined))).await.rpc();
        assert_eq!(done["result"]["content"][0]["text"], "done");
        assert_eq!(done["result"]["resultType"], "complete");
        let told = asking.responses().split_off(before);
        assert_eq!(told[0], json!({"jsonrpc": "2.0", "id": "q-1", "result": accepted()}));
        assert_eq!(told[1], json!({"jsonrpc": "2.0", "id": "q-2", "result": declined}));
    }
    let calls = asking.server.requests_of("tools/call");
    assert_eq!(calls.len(), 2, "a retry is not another call to the server");
    let records = world.records(6).await;
    assert!(records.iter().all(|record| record.success), "{records:#?}");
    let opened = asking.server.requests_of("initialize");
    let told: Vec<Value> =
        opened.iter().map(|one| one.json()["params"]["capabilities"].clone()).collect();
    assert!(told.contains(&json!({"elicitation": {"form": {}}})), "{told:?}");
}

#[tokio::test]
async fn a_call_that_brings_no_answer_is_asked_again() {
    let asking = Asking::start(vec![form("q-1", "Who?")]);
    let world = World::start().await;
    let path = world.list("asking", &asking.server.url()).await.path;
    let elicitation = json!({"elicitation": {}});
    let asked = made(&world.mcp(), &path, call(&elicitation)).await.rpc();
    let mut empty = answering(&asked, &accepted());
    empty["inputResponses"] = json!({});
    let again = made(&world.mcp(), &path, empty).await.rpc();
    assert_eq!(question(&again), question(&asked));
    assert_ne!(again["result"]["requestState"], asked["result"]["requestState"]);
    let done = made(&world.mcp(), &path, answering(&again, &accepted())).await.rpc();
    assert_eq!(done["result"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn what_is_brought_back_is_good_for_its_own_call_once_and_for_nobody_else() {
    let asking = Asking::start(vec![form("q-1", "Who?")]);
    let other = Asking::start(vec![form("q-1", "Who?")]);
    let world = World::start().await;
    let path = world.list("asking", &asking.server.url()).await.path;
    let elsewhere = world.list("other", &other.server.url()).await.path;
    let api = world.mcp();
    let elicitation = json!({"elicitation": {}});
    let asked = made(&api, &path, call(&elicitation)).await.rpc();
    let retry = answering(&asked, &accepted());
    let state = retry["requestState"].as_str().unwrap().to_owned();
    let with = |change: fn(&mut Value)| {
        let mut changed = retry.clone();
        change(&mut changed);
        changed
    };
    let eve = world.token(json!({"subject": "eve", "tenant": "contoso"})).await;
    let eve = world.mcp_as(&eve);
    let mut forged = retry.clone();
    let (first, rest) = state.split_at(1);
    forged["requestState"] = json!(format!("{}{rest}", if first == "A" { "B" } else { "A" }));
    for (who, path, params) in [
        (&api, &path, forged),
        (&api, &path, with(|params| params["requestState"] = json!("x"))),
        (&api, &path, with(|params| params["arguments"]["text"] = json!("other"))),
        (&api, &elsewhere, retry.clone()),
        (&eve, &path, retry.clone()),
    ] {
        let refused = made(who, path, params).await.rpc();
        assert_eq!(refused["error"]["code"], -32602, "{refused}");
        let words = refused["error"]["message"].as_str().unwrap();
        assert!(words.contains("params.requestState"), "{words}");
    }
    assert!(asking.responses().is_empty() && other.responses().is_empty());
    let done = made(&api, &path, retry.clone()).await.rpc();
    assert_eq!(done["result"]["content"][0]["text"], "done");
    let twice = made(&api, &path, retry).await.rpc();
    assert_eq!(twice["error"]["code"], -32602, "{twice}");
    assert_eq!(asking.server.requests_of("tools/call").len(), 1);
}

#[tokio::test]
async fn a_server_is_told_when_nobody_comes_back() {
    let asking = Asking::start(vec![form("q-1", "Who?")]);
    let world = World::with(&[("MREG_MCP_QUESTION_TIMEOUT", "1")]).await;
    let path = world.list("asking", &asking.server.url()).await.path;
    let elicitation = json!({"elicitation": {}});
    let asked = made(&world.mcp(), &path, call(&elicitation)).await.rpc();
    eventually("the server was told that its call is given up", async || {
        let told = asking.server.requests_of("notifications/cancelled");
        let calls = asking.server.requests_of("tools/call");
        let id = &told.first()?.json()["params"]["requestId"];
        (*id == calls[0].id()).then_some(())
    })
    .await;
    let late = made(&world.mcp(), &path, answering(&asked, &accepted())).await.rpc();
    assert_eq!(late["error"]["code"], -32602, "{late}");
    assert_eq!(asking.responses().len(), 0);
}

#[tokio::test]
async fn what_a_client_did_not_declare_is_refused_to_the_server_at_once() {
    let asking = Asking::start(vec![form("q-1", "Who?")]);
    let world = World::start().await;
    let path = world.list("asking", &asking.server.url()).await.path;
    for capabilities in [json!({}), json!({"sampling": {}}), json!({"elicitation": {"url": {}}})] {
        let before = asking.responses().len();
        let done = made(&world.mcp(), &path, call(&capabilities)).await.rpc();
        assert_eq!(done["result"]["content"][0]["text"], "done", "{capabilities}");
        let told = asking.responses().split_off(before);
        assert_eq!(told[0]["id"], "q-1");
        assert_eq!(told[0]["error"]["code"], -32601, "{told:?}");
    }
    // A client with a handshake and without a session cannot answer either.
    let legacy = json!({"name": "echo", "arguments": {"text": "hi"}});
    let done = world.mcp().mcp_legacy(&path, None, "tools/call", legacy).await.expect(200);
    assert_eq!(done.rpc()["result"]["content"][0]["text"], "done");
    assert_eq!(asking.responses().len(), 4);
}

#[tokio::test]
async fn a_client_that_reads_no_events_is_asked_too() {
    let asking = Asking::start(vec![form("q-1", "Who?")]);
    let world = World::start().await;
    let path = world.list("asking", &asking.server.url()).await.path;
    let send = async |params: Value| {
        let body = json!({"jsonrpc": "2.0", "id": 5, "method": "tools/call", "params": params});
        let request = Request::post("/")
            .header("content-type", "application/json")
            .header("accept", "application/json")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "echo");
        let request = request.body(body.to_string().into()).unwrap();
        world.mcp().request(&path, request).await.expect(200).json()
    };
    let asked = send(call(&json!({"elicitation": {}}))).await;
    assert_eq!(asked["id"], 5);
    let done = send(answering(&asked, &accepted())).await;
    assert_eq!(done["result"]["content"][0]["text"], "done");
}

/// A server of the modern era alone that asks by its results before it answers a call.
fn asking_by_results(rounds: usize) -> Scripted {
    Scripted::start(move |request| {
        if request.rpc_method() != "tools/call" {
            return answer_handshake(request)
                .unwrap_or_else(|| Reply::error(request, 404, -32601, "no"));
        }
        let params = &request.json()["params"];
        let state = params["requestState"].as_str().unwrap_or("0");
        let round: usize = state.parse().expect("our own state");
        assert_eq!(round == 0, params["inputResponses"].is_null(), "{params}");
        if round == rounds {
            return Reply::result(
                request,
                &json!({
                    "resultType": "complete", "content": [{"type": "text", "text": "done"}],
                    "_meta": {"seen": params["inputResponses"]},
                }),
            );
        }
        let asked = json!({
            "resultType": "input_required", "requestState": (round + 1).to_string(),
            "inputRequests": {
                "who": {"method": "elicitation/create", "params": {
                    "mode": "form", "message": format!("Round {round}?"),
                    "requestedSchema": {"type": "object"},
                }},
                "roots": {"method": "roots/list"},
            },
        });
        // Both ways in which a server may answer.
        if round.is_multiple_of(2) {
            return Reply::result(request, &asked);
        }
        let message = json!({"jsonrpc": "2.0", "id": request.id(), "result": asked});
        Reply::sse().event(&message).last_chunk()
    })
}

/// A session of a legacy client that can be asked.
async fn session(api: &Api, path: &str, capabilities: &Value) -> String {
    let hello = json!({
        "protocolVersion": "2025-11-25", "capabilities": capabilities,
        "clientInfo": {"name": "test", "version": "1"},
    });
    let answer = api.mcp_legacy(path, None, "initialize", hello).await.expect(200);
    answer.header("mcp-session-id").to_owned()
}

fn in_session(session: &str, body: &Value) -> Request<Bytes> {
    let mut request = legacy(body.to_string());
    request.headers_mut().insert("mcp-session-id", session.parse().unwrap());
    request
}

fn legacy_call(id: u32) -> Value {
    let params = json!({"name": "echo", "arguments": {"text": "hi"}});
    json!({"jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params})
}

#[tokio::test]
async fn a_client_in_a_session_is_asked_what_a_modern_server_needs() {
    let upstream = asking_by_results(2);
    let world = World::start().await;
    let path = world.list("asking", &upstream.url()).await.path;
    let api = world.mcp();
    let capabilities = json!({"elicitation": {}, "roots": {}});
    let session = session(&api, &path, &capabilities).await;
    let mut stream = api.open(&path, in_session(&session, &legacy_call(7))).await;
    assert_eq!(stream.status, 200);
    for round in 0..2 {
        let question = stream.next().await.expect("a question").json();
        assert_eq!(question["method"], "elicitation/create");
        assert_eq!(question["params"]["message"], format!("Round {round}?"));
        let roots = stream.next().await.expect("another").json();
        assert_eq!(roots["method"], "roots/list");
        for (asked, result) in [(&roots, json!({"roots": []})), (&question, accepted())] {
            let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": result});
            api.request(&path, in_session(&session, &answer)).await.expect(202);
        }
    }
    let done = stream.next().await.expect("an answer").json();
    assert_eq!(done["id"], 7);
    assert_eq!(done["result"]["content"][0]["text"], "done");
    assert!(done["result"].get("resultType").is_none(), "{done}");
    let seen = &done["result"]["_meta"]["seen"];
    assert_eq!(*seen, json!({"who": accepted(), "roots": {"roots": []}}));
    let calls = upstream.requests_of("tools/call");
    assert_eq!(calls.len(), 3);
    for sent in &calls {
        let meta = &sent.json()["params"]["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"], capabilities);
    }
    // The handshake and the call, however often it was made.
    assert_eq!(world.records(2).await.len(), 2);
}

#[tokio::test]
async fn a_server_that_asks_without_end_or_for_what_nobody_declared_fails_the_call() {
    let endless = asking_by_results(usize::MAX);
    let world = World::start().await;
    let path = world.list("asking", &endless.url()).await.path;
    let api = world.mcp();
    let all = session(&api, &path, &json!({"elicitation": {}, "roots": {}})).await;
    let mut stream = api.open(&path, in_session(&all, &legacy_call(1))).await;
    let mut rounds = 0;
    let last = loop {
        let message = stream.next().await.expect("a message").json();
        if message["method"].is_null() {
            break message;
        }
        rounds += usize::from(message["method"] == "roots/list");
        let result =
            if message["method"] == "roots/list" { json!({"roots": []}) } else { accepted() };
        let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
        api.request(&path, in_session(&all, &answer)).await.expect(202);
    };
    assert_eq!((rounds, &last["result"]["isError"]), (8, &json!(true)), "{last}");
    let some = session(&api, &path, &json!({"elicitation": {}})).await;
    let refused = api.request(&path, in_session(&some, &legacy_call(2))).await.expect(200).rpc();
    let words = refused["error"]["message"].as_str().expect("an error");
    assert!(words.contains("roots/list"), "{words}");
    // A client that answers with an error has answered.
    let mut stream = api.open(&path, in_session(&all, &legacy_call(3))).await;
    for _ in 0..2 {
        let question = stream.next().await.expect("a question").json();
        let error = json!({"code": -1, "message": "no"});
        let answer = json!({"jsonrpc": "2.0", "id": question["id"], "error": error});
        api.request(&path, in_session(&all, &answer)).await.expect(202);
    }
    let failed = stream.next().await.expect("an answer").json();
    assert_eq!((&failed["id"], &failed["error"]["code"]), (&json!(3), &json!(-32603)));
}
