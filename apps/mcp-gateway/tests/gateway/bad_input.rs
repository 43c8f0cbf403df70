//! Requests that no client should send, each refused with the status and the code of its rule.

use bytes::Bytes;
use http::{Method, Request};
use registry_testkit::{Api, raw};
use serde_json::{Value, json};

use crate::{
    messages::{MODERN_META, builder, legacy, modern},
    support::World,
};

async fn refused(api: &Api, request: Request<Bytes>, status: u16, code: i64) -> Value {
    let shown = format!("{request:?}");
    let answer = api.request("/mcp", request).await;
    assert_eq!(answer.status, status, "{shown}: {}", answer.text());
    let body = answer.json();
    assert_eq!((&body["jsonrpc"], &body["error"]["code"]), (&json!("2.0"), &json!(code)), "{body}");
    body
}

#[tokio::test]
async fn what_is_no_message_is_refused() {
    let world = World::start().await;
    let api = world.mcp();
    for body in ["", "{", "hello", r#"{"jsonrpc":"2.0","id":1,"method":"ping"}}"#, "{'a':1}"] {
        assert_eq!(refused(&api, legacy(body), 400, -32700).await["id"], Value::Null, "{body}");
    }
    refused(&api, legacy(b"{\"a\":\"\xff\"}".to_vec()), 400, -32700).await;
    for body in [
        "[]",
        r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
        "1",
        "null",
        "{}",
        r#"{"id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","method":"ping"}"#,
        r#"{"jsonrpc":"2.0","id":1,"method":"ping","result":{}}"#,
    ] {
        refused(&api, legacy(body), 400, -32600).await;
    }
}

#[tokio::test]
async fn http_is_held_to_its_rules() {
    let world = World::with(&[("MREG_MCP_MAX_BODY_BYTES", "2048")]).await;
    let api = world.mcp();
    let ping = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
    let padded = |length: usize| format!("{ping}{}", " ".repeat(length - ping.len()));
    api.request("/mcp", legacy(padded(2048))).await.expect(200);
    refused(&api, legacy(padded(2049)), 413, -32600).await;
    refused(&api, legacy(padded(100_000)), 413, -32600).await;
    for kind in ["text/plain", "application/jsonl", "multipart/form-data"] {
        let mut request = legacy(ping);
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        refused(&api, request, 415, -32600).await;
    }
    for kind in ["Application/JSON; charset=utf-8", "application/mcp+json"] {
        let mut request = legacy(ping);
        request.headers_mut().insert("content-type", kind.parse().unwrap());
        api.request("/mcp", request).await.expect(200);
    }
    let mut packed = legacy(ping);
    packed.headers_mut().insert("content-encoding", "gzip".parse().unwrap());
    refused(&api, packed, 415, -32600).await;
    // What is announced too long is refused before any of it has come.
    let head = format!(
        "POST /mcp HTTP/1.1\r\nhost: a\r\nauthorization: Bearer {}\r\ncontent-length: 2049\r\n\r\n",
        world.user
    );
    let answer = raw(&world.gateway_url(), head.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
    for path in ["/mcp", "/servers/files/mcp"] {
        for method in [Method::PUT, Method::PATCH] {
            let answer = api.send(method, path, None).await.expect(405);
            assert_eq!(answer.header("allow"), "POST, GET, HEAD, DELETE");
        }
        // Who reads no stream of events has nothing to GET here.
        let answer = api.send(Method::GET, path, None).await.expect(405);
        assert_eq!(answer.header("allow"), "POST");
    }
    api.get("/nonesuch").await.expect(404);
    let answer = raw(&world.gateway_url(), b"nonsense\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
}

#[tokio::test]
async fn an_unknown_method_is_not_found_in_the_way_of_each_era() {
    let world = World::start().await;
    let api = world.mcp();
    for method in ["nonesuch", "initialize", "ping", "logging/setLevel", "tools/list/"] {
        let answer = api.mcp("/mcp", method, json!({})).await;
        let (status, code) = (answer.status.as_u16(), answer.json()["error"]["code"].clone());
        // An `initialize` under a modern header contradicts itself.
        let expected = if method == "initialize" { code.clone() } else { json!(-32601) };
        assert_eq!(code, expected, "{method}");
        assert_eq!(status, if code == -32601 { 404 } else { 400 }, "{method}");
    }
    for method in ["nonesuch", "server/discover", "tools/list/"] {
        let answer = api.mcp_legacy("/mcp", None, method, json!({})).await.expect(200);
        assert_eq!(answer.json()["error"]["code"], -32601, "{method}");
    }
}

#[tokio::test]
async fn a_modern_request_must_agree_with_its_headers() {
    let world = World::start().await;
    let api = world.mcp();
    let list = format!(
        r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{{MODERN_META}}}}}}}"#
    );
    api.request("/mcp", modern("tools/list", "", list.clone())).await.expect(200);
    refused(&api, modern("tools/call", "", list.clone()), 400, -32020).await;
    let headless = |names: &[(&str, &str)]| {
        let mut request = builder();
        for (name, value) in names {
            request = request.header(*name, *value);
        }
        request.body(Bytes::from(list.clone())).unwrap()
    };
    for headers in [
        &[("mcp-protocol-version", "2026-07-28")][..],
        &[("mcp-method", "tools/list")],
        &[("mcp-protocol-version", "2025-11-25"), ("mcp-method", "tools/list")],
        &[
            ("mcp-protocol-version", "2026-07-28"),
            ("mcp-method", "tools/list"),
            ("mcp-method", "tools/call"),
        ],
    ] {
        refused(&api, headless(headers), 400, -32020).await;
    }
    let call = |name: &str| {
        format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{{"name":"{name}","_meta":{{{MODERN_META}}}}}}}"#
        )
    };
    refused(&api, modern("tools/call", "other", call("files__echo")), 400, -32020).await;
    refused(&api, modern("tools/call", "", call("files__echo")), 400, -32020).await;
    // The encoded form of a name is the name.
    let encoded = "=?base64?ZmlsZXNfX2VjaG8=?=";
    let error =
        refused(&api, modern("tools/call", encoded, call("files__echo")), 200, -32602).await;
    assert!(error["error"]["message"].as_str().unwrap().contains("unknown tool"), "{error}");
}

#[tokio::test]
async fn a_modern_request_says_its_version_and_what_its_client_can() {
    let world = World::start().await;
    let api = world.mcp();
    let with_meta = |meta: &str, version: &str| {
        let body = format!(
            r#"{{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{{"_meta":{{{meta}}}}}}}"#
        );
        let mut request = modern("tools/list", "", body);
        request.headers_mut().insert("mcp-protocol-version", version.parse().unwrap());
        request
    };
    let version = r#""io.modelcontextprotocol/protocolVersion":"2026-07-28""#;
    refused(&api, with_meta(version, "2026-07-28"), 400, -32602).await;
    refused(&api, with_meta("", "2026-07-28"), 400, -32602).await;
    for odd in ["2031-01-01", "2025-11-25"] {
        let meta = MODERN_META.replace("2026-07-28", odd);
        let error = refused(&api, with_meta(&meta, odd), 400, -32022).await;
        let data = &error["error"]["data"];
        assert_eq!(data["requested"], odd);
        assert!(data["supported"].as_array().unwrap().contains(&json!("2026-07-28")));
    }
    let mut unknown = legacy(r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#);
    unknown.headers_mut().insert("mcp-protocol-version", "1999-01-01".parse().unwrap());
    let error = refused(&api, unknown, 400, -32600).await;
    assert!(error["error"]["data"]["supported"].is_array());
}

#[tokio::test]
async fn parameters_that_name_nothing_are_refused() {
    let world = World::start().await;
    let api = world.mcp();
    for tool in ["nonesuch", "files__echo", "__", "a__b__c"] {
        let answer = api.call_tool("/mcp", tool, json!({})).await.expect(200).json();
        assert_eq!(answer["error"]["code"], -32602, "{tool}");
    }
    for method in ["tools/list", "prompts/list", "resources/list", "resources/templates/list"] {
        let answer = api.mcp("/mcp", method, json!({ "cursor": "x" })).await.expect(200).json();
        assert_eq!(answer["error"]["code"], -32602, "{method}");
    }
    let nameless = api.mcp_legacy("/mcp", None, "tools/call", json!({})).await.expect(200).json();
    assert_eq!(nameless["error"]["code"], -32602);
    for path in ["/servers/nonesuch/mcp", "/servers/a%20b/mcp", "/servers/~/mcp"] {
        let answer = api.mcp(path, "tools/list", json!({})).await.expect(404).json();
        assert_eq!(answer["error"]["code"], -32602, "{path}");
    }
}

#[tokio::test]
async fn what_is_no_address_below_servers_is_not_found() {
    let world = World::start().await;
    let api = world.mcp();
    for path in [
        "/servers",
        "/servers/",
        "/servers//mcp",
        "/servers/mcp",
        "/servers/files",
        "/servers/files/mcp/",
        "/servers/files/x/mcp",
        "/serversfiles/mcp",
    ] {
        let answer = api.mcp(path, "tools/list", json!({})).await.expect(404).json();
        assert_eq!(answer["error"], "NOT_FOUND", "{path}");
    }
}
