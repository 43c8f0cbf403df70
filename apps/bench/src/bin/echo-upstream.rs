//! The upstream of the measurements: an MCP server with one tool, `echo`, that costs as little as
//! one can. `/mcp` answers as JSON, `/sse-mcp` as one Server-Sent Event, `/silent-mcp` calls of its
//! tool not at all; both eras, no sessions.

use std::{borrow::Cow, convert::Infallible, io::Write, process::ExitCode};

use bench::workers::{self, Listen};
use bytes::Bytes;
use clap::Parser;
use http::{HeaderValue, Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio::net::TcpStream;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// An MCP echo server for load measurements; prints its address.
#[derive(Parser)]
struct Args {
    #[command(flatten)]
    listen: Listen,
}

/// A message, as far as an echo needs to read it.
#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
}

#[derive(Deserialize)]
struct Call<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    arguments: Arguments<'a>,
}

#[derive(Deserialize)]
struct Arguments<'a> {
    #[serde(borrow)]
    text: &'a RawValue,
}

const DISCOVER: &str = r#"{"resultType":"complete","supportedVersions":["2026-07-28","2025-11-25"],"capabilities":{"tools":{}},"ttlMs":60000,"cacheScope":"public","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"echo-upstream","version":"1.0.0"}}}"#;
const INITIALIZE: &str = r#"{"protocolVersion":"2025-11-25","capabilities":{"tools":{}},"serverInfo":{"name":"echo-upstream","version":"1.0.0"}}"#;
const TOOLS: &str = r#"{"resultType":"complete","tools":[{"name":"echo","description":"Says the text back","inputSchema":{"type":"object","properties":{"text":{"type":"string"}},"required":["text"]}}],"ttlMs":60000,"cacheScope":"public"}"#;

fn main() -> ExitCode {
    let Args { listen } = Args::parse();
    let ended = workers::run(
        listen,
        |address| writeln!(std::io::stdout(), "{address}"),
        || |socket| serve(socket),
    );
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "echo-upstream: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn serve(socket: TcpStream) {
    // A broken connection ends itself; the load tool counts it.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(socket), service_fn(answer)).await;
}

async fn answer(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    if head.method != Method::POST {
        return Ok(empty(StatusCode::METHOD_NOT_ALLOWED));
    }
    let Ok(body) = body.collect().await else { return Ok(empty(StatusCode::BAD_REQUEST)) };
    let body = body.to_bytes();
    let Ok(message) = serde_json::from_slice::<Message>(&body) else {
        return Ok(empty(StatusCode::BAD_REQUEST));
    };
    let Some(id) = message.id else { return Ok(empty(StatusCode::ACCEPTED)) };
    if head.uri.path() == "/silent-mcp" && message.method == "tools/call" {
        // Until the caller gives up, which drops this future.
        return std::future::pending().await;
    }
    let (status, payload) = respond(&message);
    let event_stream = head.uri.path() == "/sse-mcp";
    let (before, after) = if event_stream { ("event: message\ndata: ", "\n\n") } else { ("", "") };
    let id = id.get();
    let text = format!(r#"{before}{{"jsonrpc":"2.0","id":{id},{payload}}}{after}"#);
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    let content_type = if event_stream { "text/event-stream" } else { "application/json" };
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    Ok(response)
}

/// The status and the `"result":…` or `"error":…` member.
fn respond(message: &Message) -> (StatusCode, String) {
    let result = match message.method.as_ref() {
        "tools/call" => return call(message.params),
        "server/discover" => DISCOVER,
        "initialize" => INITIALIZE,
        "tools/list" => TOOLS,
        "ping" => "{}",
        _ => return (StatusCode::NOT_FOUND, error(-32601, "no such method")),
    };
    (StatusCode::OK, format!(r#""result":{result}"#))
}

fn call(params: Option<&RawValue>) -> (StatusCode, String) {
    let call = params.and_then(|params| serde_json::from_str::<Call>(params.get()).ok());
    let payload = match call {
        Some(Call { name, arguments }) if name == "echo" => {
            // The text is spliced as it was spelled: nothing is decoded or encoded again.
            let text = arguments.text.get();
            format!(
                r#""result":{{"resultType":"complete","content":[{{"type":"text","text":{text}}}],"isError":false}}"#
            )
        }
        _ => error(-32602, "there is one tool, echo, with a text"),
    };
    (StatusCode::OK, payload)
}

fn error(code: i32, message: &str) -> String {
    format!(r#""error":{{"code":{code},"message":"{message}"}}"#)
}

fn empty(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = status;
    response
}
