//! `proxy_request`: one call of a server, by a client that speaks to the gateway only.

use std::pin::Pin;
use std::time::Duration;

use mcp_wire::WireError;
use registry_domain::caller::Caller;
use registry_domain::id::ServerId;
use registry_domain::routing::RouteRefusal;
use serde_json::{Value, json};

use super::arguments::{Arguments, refused};
use super::result::ToolResult;
use super::shapes::UserContext;
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound, InboundHeaders, Wants};
use crate::proxied::Proxied;
use crate::request::Request;

/// The longest name of a method, in characters.
const MAX_METHOD_CHARS: usize = 1024;

/// Makes the call through the same path as every other, permit and limits and all; it is no
/// operation of its own, but a part of this one.
///
/// # Errors
/// -32602 for an argument that breaks its rule. A call that fails is a result that says so.
pub(super) async fn call(
    exchange: &Exchange,
    request: &Request<'_>,
    caller: &Caller,
    mut arguments: Arguments,
) -> Result<ToolResult, WireError> {
    let server = server(exchange, caller, &mut arguments)?;
    let method = method(&mut arguments)?;
    let params = params(&mut arguments)?;
    let timeout = timeout(exchange, &mut arguments)?;
    arguments.end()?;
    let mut message = json!({"jsonrpc": "2.0", "id": 1, "method": method});
    if let (Some(params), Some(members)) = (params, message.as_object_mut()) {
        members.insert("params".to_owned(), params);
    }
    let inbound = Inbound {
        door: Door::Any(Wants {
            only_server: server,
            timeout: Some(timeout),
            wrapped: true,
            ..Wants::default()
        }),
        headers: InboundHeaders { hops: request.inbound.headers.hops, ..InboundHeaders::default() },
        body: message.to_string().into(),
        party: request.inbound.party.clone(),
        request_id: request.inbound.request_id.clone(),
        is_part: true,
    };
    let proxied = proxied(exchange, inbound).await;
    told(proxied, server, &method, caller)
}

/// The call path calls itself here: the type of its future has to end somewhere.
fn proxied(
    exchange: &Exchange,
    inbound: Inbound,
) -> Pin<Box<dyn Future<Output = Proxied> + Send + '_>> {
    Box::pin(exchange.proxy(inbound))
}

fn told(
    proxied: Proxied,
    wanted: Option<ServerId>,
    method: &str,
    caller: &Caller,
) -> Result<ToolResult, WireError> {
    let structured = |success: bool, response: Value, error: Value, server: Value, took: Value| {
        json!({
            "success": success,
            "response": response,
            "error": error,
            "server_id": server,
            "method": method,
            "execution_time_ms": took,
            "user_context": UserContext::of(caller),
        })
    };
    match proxied {
        Proxied::Answered(document) => {
            let mut answered: Value = serde_json::from_slice(&document).map_err(|_| {
                WireError::upstream("PROXY_ERROR", "the server's answer could not be read")
            })?;
            let mut take = |name: &str| answered.get_mut(name).map(Value::take).unwrap_or_default();
            let (result, error) = (take("result"), take("error"));
            let (server, took) = (take("server_id"), take("response_time_ms"));
            let id = server.as_str().and_then(|id| id.parse().ok());
            if error.is_null() {
                let structured = structured(true, result, Value::Null, server, took);
                return Ok(ToolResult::of(structured)?.by(id));
            }
            let words =
                error.get("message").and_then(Value::as_str).unwrap_or("an error").to_owned();
            let structured = structured(false, Value::Null, json!(words), server, took);
            Ok(ToolResult::failed(structured, "PROXY_ERROR", words)?.by(id))
        }
        Proxied::Accepted => {
            let server = wanted.map(|id| json!(id.to_string())).unwrap_or_default();
            ToolResult::of(structured(true, Value::Null, Value::Null, server, json!(0)))
        }
        Proxied::Refused(refusal) => {
            let server = refusal.server.map(|id| json!(id.to_string())).unwrap_or_default();
            let (words, took) = (refusal.message, json!(refusal.took_ms));
            let structured = structured(false, Value::Null, json!(words), server, took);
            Ok(ToolResult::failed(structured, refusal.word, words)?.by(refusal.server))
        }
    }
}

fn server(
    exchange: &Exchange,
    caller: &Caller,
    arguments: &mut Arguments,
) -> Result<Option<ServerId>, WireError> {
    let Some(text) = arguments.text("server_id")? else { return Ok(None) };
    let id = text.parse().map_err(|_| refused("server_id", "must be a UUID"))?;
    match exchange.routes.now().reach(Some(caller), false, id) {
        // Who is asked later says what is wrong with a server that is there.
        Ok(_) | Err(RouteRefusal::InMaintenance) => Ok(Some(id)),
        Err(RouteRefusal::Unknown) => {
            Err(refused("server_id", "is the id of no server that you can call"))
        }
    }
}

fn method(arguments: &mut Arguments) -> Result<String, WireError> {
    let method = arguments.text("method")?.ok_or_else(|| refused("method", "is required"))?;
    if (1..=MAX_METHOD_CHARS).contains(&method.chars().count()) {
        Ok(method)
    } else {
        Err(refused("method", "must have 1 to 1024 characters"))
    }
}

fn params(arguments: &mut Arguments) -> Result<Option<Value>, WireError> {
    match arguments.take("params") {
        Some(params) if !params.is_object() && !params.is_array() => {
            Err(refused("params", "must be an object or an array"))
        }
        params => Ok(params),
    }
}

/// At most as long as any call may take.
fn timeout(exchange: &Exchange, arguments: &mut Arguments) -> Result<Duration, WireError> {
    let most = exchange.settings.request_timeout;
    let Some(value) = arguments.take("timeout") else { return Ok(most) };
    value
        .as_f64()
        .filter(|seconds| *seconds > 0.0)
        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
        .filter(|timeout| !timeout.is_zero() && *timeout <= most)
        .ok_or_else(|| {
            let rule = format!("must be a number of seconds above 0 and up to {}", most.as_secs());
            refused("timeout", &rule)
        })
}
