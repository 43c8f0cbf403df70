//! An upstream that refuses a call with a status of its own (400 to 499) and a JSON body.

use bytes::BytesMut;
use futures_util::StreamExt;
use mcp_wire::Envelope;
use mcp_wire::revision::Era;
use mcp_wire::splice::replace_id;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::ReplyBody;
use serde::Deserialize;

use super::deadline::over;
use crate::answer::Answer;
use crate::forward::Sent;
use crate::record::{Outcome, Pending};
use crate::request::{Call, Failed};

/// The longest refusal that is passed on.
const MAX_BYTES: usize = 64 << 10;

#[derive(Deserialize)]
struct Code {
    code: i64,
}

/// Passes a JSON-RPC error on, under the status that the client's era gives it. What concerns only
/// our own hop (a header or a version that *we* sent) is our failure, not the client's. A capability
/// that is missing is the client's affair: we declare what it declares, and nothing else.
pub(super) async fn relay(
    call: Call<'_>,
    sent: Sent,
    mut record: Pending,
) -> Result<Answer, Failed> {
    let request = call.request;
    let not_ours = |record| Failed::badly(FaultClass::ProtocolViolation, record);
    let body = match tokio::time::timeout(call.patience, collect(sent.reply.body)).await {
        Ok(Some(body)) => body,
        Ok(None) => return Err(not_ours(record)),
        Err(_) => return Err(Failed::new(over("a refusal was not complete in time"), record)),
    };
    // A server that could not read the request knows no id; any other is that of another call.
    let is_answer = |envelope: &Envelope<'_>| {
        envelope.id_json() == "null" || sent.id.is_borne_by(envelope.id_json().as_bytes())
    };
    let code = Envelope::parse(&body)
        .ok()
        .filter(is_answer)
        .and_then(|envelope| envelope.error)
        .and_then(|error| serde_json::from_str::<Code>(error.get()).ok())
        .map(|error| error.code);
    match code {
        Some(-32022 | -32020) | None => {
            call.forget(&sent.upstream);
            Err(not_ours(record))
        }
        Some(code) => {
            let Some(body) = replace_id(&body, request.id_json) else {
                return Err(not_ours(record));
            };
            record.finish(Outcome::failure(
                "PROXY_ERROR",
                format!("the upstream refused with code {code}"),
            ));
            let status = match (request.front.era, code) {
                (Era::Legacy, _) => 200,
                (Era::Modern, -32601) => 404,
                (Era::Modern, _) => sent.reply.status,
            };
            Ok(Answer::json(status, body))
        }
    }
}

async fn collect(mut body: ReplyBody) -> Option<BytesMut> {
    let mut whole = BytesMut::new();
    while let Some(part) = body.next().await {
        let part = part.ok()?;
        if whole.len() + part.len() > MAX_BYTES {
            return None;
        }
        whole.extend_from_slice(&part);
    }
    Some(whole)
}
