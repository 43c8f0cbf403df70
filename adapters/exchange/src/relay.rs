//! The upstream's answer made the client's, part by part as it arrives.

mod addresses;
mod deadline;
mod errors;
mod events;
mod json;

use std::time::Duration;

use bytes::Bytes;
use mcp_wire::older::OlderEditor;
use mcp_wire::reply::{CallId, ReplyEdit, ResultEdit};
use mcp_wire::revision::Era;
use registry_domain::manifest::FaultClass;
use registry_domain::ports::{OpenedUpstream, ReplyShape, UpstreamEra};

use crate::answer::Answer;
use crate::forward::Sent;
use crate::interrupt::Interrupt;
use crate::parked::{Rest, Unparked};
use crate::record::{Outcome, Pending};
use crate::request::{Call, Failed, Request};
use crate::rounds;

/// How long an upstream may take to end its answer after the last byte that matters, so that its
/// connection can be used again.
const END_WITHIN: Duration = Duration::from_millis(100);

/// Makes an upstream's answer the client's.
///
/// # Errors
/// [`Failed`] while nothing of the answer has gone out.
pub(crate) async fn relay(call: Call<'_>, sent: Sent, record: Pending) -> Result<Answer, Failed> {
    let edit = edit_for(call.request, sent.upstream.era, sent.id.clone());
    let may_ask = sent.upstream.era == UpstreamEra::Modern
        && sent.reply.shape == ReplyShape::Json
        && rounds::session(call).is_some();
    let sent = if may_ask {
        match Box::pin(rounds::looked_at(sent)).await {
            Ok(sent) => sent,
            Err(failure) => return Err(Failed::new(failure, record)),
        }
    } else {
        sent
    };
    let class = match (sent.reply.status, sent.reply.shape) {
        (200..=299, ReplyShape::Json) => {
            return json::relay(call, sent, edit, record).await;
        }
        (200..=299, ReplyShape::EventStream) => {
            return if call.may_stream {
                Ok(events::relay(call, sent, edit, record))
            } else {
                Box::pin(events::fold(call, sent, edit, record)).await
            };
        }
        (401 | 403, _) => FaultClass::AuthorizationRequired,
        (400..=499, ReplyShape::Json) => {
            return Box::pin(errors::relay(call, sent, record)).await;
        }
        (500.., _) => FaultClass::ServerError,
        _ => FaultClass::NotMcp,
    };
    Err(Failed::badly(class, record))
}

/// Goes on with an exchange that was parked, for the call that its client made next.
///
/// # Errors
/// As [`relay`].
pub(crate) async fn resume(
    call: Call<'_>,
    parked: Unparked,
    interrupt: Interrupt,
    record: Pending,
) -> Result<Answer, Failed> {
    let Unparked { upstream, credential, call_id, rest } = parked;
    let id = CallId::of_ours(&call_id, call.request.id_json);
    let edit = edit_for(call.request, upstream.era, id);
    let rest = Rest { body: interrupt.guard(rest.body), frames: rest.frames };
    events::resume(call, (&upstream, credential), rest, edit, record).await
}

/// What has to change in the answer: the id where it is not the client's, and the members of the
/// result by which the eras differ.
fn edit_for(request: &Request<'_>, upstream: UpstreamEra, id: CallId) -> ReplyEdit {
    let result = match (request.front.era, upstream) {
        (Era::Modern, UpstreamEra::Legacy) => {
            bridged("modern", "legacy");
            ResultEdit::ToModern {
                members: Bytes::from_static(modern_members(request.method).as_bytes()),
            }
        }
        (Era::Legacy, UpstreamEra::Modern) => {
            bridged("legacy", "modern");
            ResultEdit::ToLegacy
        }
        (Era::Legacy, UpstreamEra::Legacy) | (Era::Modern, UpstreamEra::Modern) => ResultEdit::Keep,
    };
    ReplyEdit { id: Some(id), result }
}

/// What makes the result one that the client's revision knows; nothing where the server speaks no
/// newer one. Who speaks plain JSON-RPC reads the result as its server made it.
fn older(request: &Request<'_>, upstream: &OpenedUpstream) -> Option<OlderEditor> {
    let client = request.front.revision;
    let is_older = client.as_str() < upstream.revision.as_str() && !request.is_plain();
    if is_older { OlderEditor::of(request.method, client) } else { None }
}

/// Counts an answer that goes from one era to the other.
fn bridged(client: &'static str, server: &'static str) {
    metrics::counter!("mcp_registry_bridged_answers_total", "client" => client, "server" => server)
        .increment(1);
}

/// What every complete result has in revision 2026-07-28; a list and a read resource say
/// besides how long they may be kept (SEP-2549): nobody told us, so not at all.
fn modern_members(method: &str) -> &'static str {
    match method {
        "resources/read"
        | "tools/list"
        | "resources/list"
        | "resources/templates/list"
        | "prompts/list" => r#""resultType":"complete","ttlMs":0,"cacheScope":"private""#,
        _ => r#""resultType":"complete""#,
    }
}

/// How a complete answer goes into the record.
fn outcome(is_error: bool, is_tool_error: bool) -> Outcome {
    if is_error {
        Outcome::failure("PROXY_ERROR", "the upstream answered with a JSON-RPC error")
    } else if is_tool_error {
        Outcome::failure("PROXY_ERROR", "the tool answered with isError")
    } else {
        Outcome::Success
    }
}
