//! JSON-RPC batches, which revision 2025-03-26 had and no other: an array of messages, answered
//! together.
//!
//! Each entry is a call of its own: resolved, permitted, forwarded and recorded as if it had come
//! alone. What is answered is bounded as a whole.

use bytes::Bytes;
use futures_util::{StreamExt, stream};
use mcp_wire::params::CallParams;
use mcp_wire::{Envelope, WireError};
use serde_json::value::RawValue;

use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::inbound::{Door, Inbound};
use crate::whole;

/// The most messages of a batch.
const MOST: usize = 50;
/// How many of them are under way at once.
const AT_ONCE: usize = 8;
/// The one revision that has batches; a client of it sends no header, as that is younger.
const REVISION: &str = "2025-03-26";

/// How many messages a body has that is a batch; 0 for any other body.
pub fn batch_len(body: &[u8]) -> usize {
    if is_batch(body) { entries(body).map_or(0, |entries| entries.len()) } else { 0 }
}

/// Whether a body is to be read as a batch.
pub(crate) fn is_batch(body: &[u8]) -> bool {
    body.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[')
}

fn entries(body: &[u8]) -> Option<Vec<&RawValue>> {
    serde_json::from_slice(body).ok()
}

/// Answers a batch.
pub(crate) async fn answer(exchange: &Exchange, inbound: Inbound) -> Answer {
    let entries = match checked(&inbound) {
        Ok(entries) => entries,
        Err(error) => return Answer::refused(&error, "null"),
    };
    let calls = entries.into_iter().map(|body| one(exchange, &inbound, body));
    let mut answers = stream::iter(calls).buffered(AT_ONCE);
    let mut together = Vec::from(*b"[");
    let most = exchange.settings.max_event_bytes;
    while let Some(answered) = answers.next().await {
        let Some((id_json, answer)) = answered else { continue };
        if together.len() > 1 {
            together.push(b',');
        }
        let left = most.saturating_sub(together.len());
        let message = match whole::collect(answer.body, left).await {
            Ok(message) if message.len() <= left => message.into(),
            Ok(_) => {
                let words = "the answers of the batch are longer than they may be together";
                WireError::upstream("PROXY_ERROR", words).to_json(&id_json)
            }
            Err(failure) => WireError::upstream("PROXY_ERROR", failure.detail).to_json(&id_json),
        };
        together.extend_from_slice(&message);
    }
    if together.len() == 1 {
        // Notifications and responses need no answer.
        return Answer::accepted();
    }
    together.push(b']');
    Answer::json(200, together)
}

/// The messages of a batch that may be one.
fn checked(inbound: &Inbound) -> Result<Vec<Bytes>, WireError> {
    let headers = &inbound.headers;
    let is_of_revision = headers.protocol_version.as_deref().is_none_or(|said| said == REVISION);
    if !is_of_revision || headers.method.is_some() || matches!(inbound.door, Door::Any(_)) {
        return Err(WireError::batch());
    }
    let entries = entries(&inbound.body).ok_or_else(WireError::parse)?;
    if entries.is_empty() || entries.len() > MOST {
        return Err(WireError::invalid(format!("a batch has 1 to {MOST} messages")));
    }
    let entries: Vec<Bytes> =
        entries.iter().map(|entry| inbound.body.slice_ref(entry.get().as_bytes())).collect();
    if entries.iter().any(|entry| is_modern(entry)) {
        return Err(WireError::batch());
    }
    Ok(entries)
}

/// Whether a message claims to be of the revision without a handshake, which has no batches.
fn is_modern(message: &[u8]) -> bool {
    let Ok(envelope) = Envelope::parse(message) else { return false };
    CallParams::parse(envelope.params)
        .is_ok_and(|params| params.meta_keys.protocol_version.is_some())
}

/// Answers one message; `None` for one that needs no answer.
async fn one(exchange: &Exchange, batch: &Inbound, body: Bytes) -> Option<(String, Answer)> {
    let mut id_json = "null".to_owned();
    if let Ok(envelope) = Envelope::parse(&body) {
        id_json = envelope.id_json().to_owned();
        if envelope.method.as_deref() == Some("initialize") {
            let error = WireError::invalid("initialize must not be part of a batch");
            return Some((id_json.clone(), Answer::refused(&error, &id_json)));
        }
    }
    let mut inbound = Inbound { body, ..batch.clone() };
    // Each answer is a part of one JSON document.
    inbound.headers.accepts_event_stream = false;
    let answer = Box::pin(crate::call::call(exchange, inbound)).await;
    (answer.status != 202).then_some((id_json, answer))
}
