//! What `/mcp/proxy` answers: the server's own result or error, as it came, in an envelope that
//! says which server it was and how long it took.

use std::time::Duration;

use bytes::Bytes;
use mcp_wire::Envelope;
use registry_domain::id::ServerId;
use serde::Serialize;

use crate::answer::{Answer, AnswerBody};
use crate::exchange::Exchange;
use crate::inbound::Inbound;
use crate::whole;

/// What a wrapped call is answered.
#[derive(Debug)]
pub enum Proxied {
    /// The server's answer, wrapped: a JSON document.
    Answered(Bytes),
    /// It was a notification.
    Accepted,
    /// There is no answer of a server.
    Refused(ProxyRefusal),
}

/// Why there is no answer of a server.
#[derive(Debug, Clone, PartialEq)]
pub struct ProxyRefusal {
    /// The code word of the REST API's errors.
    pub word: &'static str,
    /// The JSON-RPC code.
    pub code: i64,
    /// In words.
    pub message: String,
    /// The request's id as JSON.
    pub id_json: String,
    /// The server that was asked, if any.
    pub server: Option<ServerId>,
    /// How long it took, in milliseconds.
    pub took_ms: f64,
    /// After how long to try again, where that is known.
    pub retry_after: Option<Duration>,
}

/// Answers a wrapped call.
pub(crate) async fn proxy(exchange: &Exchange, inbound: Inbound) -> Proxied {
    let began = exchange.ports.clock.now();
    let id_json =
        Envelope::parse(&inbound.body).map_or("null", |envelope| envelope.id_json()).to_owned();
    let request_id = inbound.request_id.clone();
    let answer = exchange.call(inbound).await;
    let took = exchange.ports.clock.now().duration_since(began);
    let took_ms = (took.as_secs_f64() * 1_000_000.0).round() / 1000.0;
    let server = answer.server;
    let refused = |word, code, message, retry_after| {
        let id_json = id_json.clone();
        Proxied::Refused(ProxyRefusal {
            word,
            code,
            message,
            id_json,
            server,
            took_ms,
            retry_after,
        })
    };
    let Answer { body, refusal, retry_after, .. } = answer;
    if let Some(refusal) = refusal {
        return refused(refusal.word, refusal.code, refusal.message, retry_after);
    }
    if matches!(&body, AnswerBody::Whole(bytes) if bytes.is_empty()) {
        return Proxied::Accepted;
    }
    let message = whole::collect(body, exchange.settings.max_event_bytes).await.ok();
    let wrapped = message
        .as_ref()
        .and_then(|message| wrapped(message, &id_json, server, took_ms, &request_id));
    if let Some(wrapped) = wrapped {
        return Proxied::Answered(wrapped);
    }
    refused("PROXY_ERROR", -32603, "the server's answer could not be read".to_owned(), None)
}

/// What we say beside a server's response.
#[derive(Serialize)]
struct About<'a> {
    server_id: Option<ServerId>,
    response_time_ms: f64,
    success: bool,
    request_id: &'a str,
}

/// The members of the server's response, unread, and ours behind them.
fn wrapped(
    message: &[u8],
    id_json: &str,
    server: Option<ServerId>,
    took_ms: f64,
    request_id: &str,
) -> Option<Bytes> {
    let envelope = Envelope::parse(message).ok()?;
    let (member, raw) = match (envelope.result, envelope.error) {
        (Some(result), None) => ("result", result),
        (None, Some(error)) => ("error", error),
        _ => return None,
    };
    let about = About {
        server_id: server,
        response_time_ms: took_ms,
        success: member == "result",
        request_id,
    };
    let about = serde_json::to_string(&about).ok()?;
    let about = about.strip_prefix('{')?;
    let raw = raw.get();
    Some(format!(r#"{{"jsonrpc":"2.0","id":{id_json},"{member}":{raw},{about}"#).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_server_said_stays_as_it_came_and_nothing_of_it_takes_our_place() {
        let message = br#"{"server_id":"forged","success":true,"error" : {"code":-1,"x":1e400} ,"id":7,"jsonrpc":"2.0"}"#;
        let made = wrapped(message, "12345678901234567890", None, 1.5, "r-1").unwrap();
        assert_eq!(
            made,
            r#"{"jsonrpc":"2.0","id":12345678901234567890,"error":{"code":-1,"x":1e400},"server_id":null,"response_time_ms":1.5,"success":false,"request_id":"r-1"}"#
        );
        assert_eq!(wrapped(b"[]", "1", None, 0.0, ""), None);
    }
}
