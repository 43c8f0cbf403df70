//! Bytes stay bytes: big integers, spellings, unknown members and their order survive both ways.

use http::Request;
use registry_testkit::upstreams::{Reply, RmcpOptions, RmcpServer, Scripted, answer_handshake};

use crate::{
    messages::{MODERN_META, id_text, legacy, legacy_handshake, modern, modern_echo},
    support::World,
};

/// What a JSON library that parses and prints would change.
const ODD: &str = r#"{"z":1.0,"a":12345678901234567890123, "text" : "h\u00e9\/","é":-0,"e":1e2,"n":{"b":[ ],"a":null}}"#;

fn odd_call(tool: &str, meta: &str) -> String {
    format!(
        r#"{{"jsonrpc":"2.0","id":7,"method":"tools/call","x-vendor":[1.50],"params":{{"later":true,"name":"{tool}", "arguments":{ODD},"_meta":{{{meta}"vendor/key":1.0,"progressToken":"p"}}}}}}"#
    )
}

/// An answer with the same oddities, to whatever id.
fn odd_answer(id: &str) -> String {
    format!(
        r#"{{"result":{{"zeta":{ODD},"content":[{{"type":"text","text":"ok","x":1.0}}],"structuredContent":{ODD},"resultType":"complete","_meta":{{"vendor/key":9007199254740993}}}},"jsonrpc":"2.0","id":{id},"x-vendor":2.50}}"#
    )
}

fn modern_meta() -> String {
    format!("{MODERN_META},")
}

#[tokio::test]
async fn a_modern_call_reaches_a_modern_server_byte_for_byte_and_so_does_its_answer() {
    let upstream = Scripted::start(|request| {
        answer_handshake(request)
            .unwrap_or_else(|| Reply::new(200, "application/json", odd_answer(&id_text(request))))
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();

    let sent = odd_call("echo", &modern_meta());
    let answer = api.request(&files.path, modern("tools/call", "echo", sent.clone())).await;
    assert_eq!(answer.expect(200).text(), odd_answer("7"));
    assert_eq!(upstream.requests_of("tools/call")[0].body, sent);

    // At the shared door only the name changes.
    let prefixed = odd_call("files__echo", &modern_meta());
    let answer = api.request("/mcp", modern("tools/call", "files__echo", prefixed)).await;
    assert_eq!(answer.expect(200).text(), odd_answer("7"));
    assert_eq!(upstream.requests_of("tools/call")[1].body, sent);
}

#[tokio::test]
async fn parameters_that_were_mirrored_into_headers_are_passed_on() {
    let upstream = RmcpServer::start(RmcpOptions::default());
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let mut request = modern_echo("1", "echo");
    for (name, value) in [("mcp-param-region", "eu"), ("x-private", "1"), ("cookie", "a=b")] {
        request.headers_mut().insert(name, value.parse().unwrap());
    }
    world.mcp().request(&files.path, request).await.expect(200);
    let seen = upstream.seen_of("tools/call").remove(0);
    assert_eq!(seen.header("mcp-param-region"), "eu");
    assert_eq!((seen.header("x-private"), seen.header("cookie")), ("", ""));
}

#[tokio::test]
async fn a_streamed_answer_keeps_its_bytes_too() {
    let upstream = Scripted::start(|request| {
        answer_handshake(request).unwrap_or_else(|| {
            let answer = odd_answer(&id_text(request));
            Reply::sse().chunk(format!("event: message\ndata: {answer}\n\n")).last_chunk()
        })
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let request = modern("tools/call", "echo", odd_call("echo", &modern_meta()));
    let mut answer = world.mcp().open(&files.path, request).await;
    assert_eq!(answer.next().await.unwrap().data, odd_answer("7"));
    assert_eq!(answer.next().await, None);
}

#[tokio::test]
async fn between_eras_only_what_the_eras_differ_in_changes() {
    let modern_upstream = Scripted::start(|request| {
        answer_handshake(request)
            .unwrap_or_else(|| Reply::new(200, "application/json", odd_answer(&id_text(request))))
    });
    let legacy_upstream = Scripted::start(|request| {
        legacy_handshake(request).unwrap_or_else(|| {
            let answer = odd_answer(&id_text(request)).replace(r#","resultType":"complete""#, "");
            Reply::new(200, "application/json", answer)
        })
    });
    let world = World::start().await;
    let to_modern = world.list("new", &modern_upstream.url()).await;
    let to_legacy = world.list("old", &legacy_upstream.url()).await;
    let api = world.mcp();

    let request: Request<_> = legacy(odd_call("echo", ""));
    let answer = api.request(&to_modern.path, request).await.expect(200);
    let stripped = odd_answer("7").replace(r#","resultType":"complete""#, "");
    assert_eq!(answer.text(), stripped, "a legacy client gets no resultType");
    let seen = modern_upstream.requests_of("tools/call").remove(0);
    assert_eq!(seen.header("mcp-method"), "tools/call");
    assert_eq!(seen.header("mcp-name"), "echo");
    let (text, meta) = (String::from_utf8(seen.body.to_vec()).unwrap(), seen.json());
    assert!(text.contains(&format!(r#""name":"echo", "arguments":{ODD},"#)), "{text}");
    assert!(text.contains(r#""vendor/key":1.0,"progressToken":"p""#), "{text}");
    let meta = &meta["params"]["_meta"];
    assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
    assert!(meta["io.modelcontextprotocol/clientCapabilities"].is_object());

    let request = modern("tools/call", "echo", odd_call("echo", &modern_meta()));
    let answer = api.request(&to_legacy.path, request).await.expect(200);
    assert_eq!(answer.json()["result"]["resultType"], "complete");
    assert!(answer.text().contains(&format!(r#""zeta":{ODD},"content""#)), "{}", answer.text());
    assert!(answer.text().contains(r#""id":7,"x-vendor":2.50"#), "{}", answer.text());
    let seen = legacy_upstream.requests_of("tools/call").remove(0);
    assert_eq!(seen.body, odd_call("echo", ""), "the modern keys are taken out, nothing else");
    assert_eq!(seen.header("mcp-method"), "");
    assert_eq!(seen.header("mcp-protocol-version"), "2025-11-25");
}

#[tokio::test]
async fn approved_definitions_are_shown_as_the_upstream_wrote_them() {
    const TOOL: &str = r#"{"inputSchema":{"type":"object","maximum":1.0,"x-big":12345678901234567890123},"name":"echo", "x-vendor":{"z":1,"a":2}}"#;
    let upstream = Scripted::start(|request| {
        if request.rpc_method() == "tools/list" {
            let id = request.id();
            let body = format!(r#"{{"jsonrpc":"2.0","id":{id},"result":{{"tools":[{TOOL}]}}}}"#);
            return Reply::new(200, "application/json", body);
        }
        legacy_handshake(request).unwrap_or_else(|| Reply::error(request, 200, -32601, "no"))
    });
    let world = World::start().await;
    let files = world.list("files", &upstream.url()).await;
    let api = world.mcp();
    let body = r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#;
    let own = api.request(&files.path, legacy(body)).await.expect(200);
    assert_eq!(own.text(), format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":[{TOOL}]}}}}"#));
    let shared = api.request("/mcp", legacy(body)).await.expect(200).text();
    assert!(shared.contains(&TOOL.replace(r#""echo""#, r#""files__echo""#)), "{shared}");
}
