//! One server asked: forward → relay, while nobody cancels and time is left.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::active_calls::{ActiveCall, Beginning};
use crate::answer::Answer;
use crate::exchange::Exchange;
use crate::interrupt::Interrupt;
use crate::record::Pending;
use crate::request::{Call, Failed, Request};
use crate::vitals::Attempt;
use crate::{forward, relay};

/// Puts a call on the list of active ones, where it stays until its record is written.
pub(crate) fn begin(
    exchange: &Exchange,
    request: &Request<'_>,
    record: &mut Pending,
) -> Arc<ActiveCall> {
    let is_tool_call = request.method == "tools/call";
    let running = exchange.active.begin(&Beginning {
        request_id: &request.inbound.request_id,
        id_json: request.id_json,
        method: request.method,
        tool: request.params.name.as_deref().filter(|_| is_tool_call),
        party: &request.inbound.party,
        session: request.session.as_ref().map(|session| session.id.as_str()),
        at: record.started(),
    });
    let active = Arc::clone(running.call());
    record.runs(running);
    active
}

/// Sends a call to its upstream and makes its answer the client's.
///
/// # Errors
/// [`Failed`] while nothing of the answer has gone out.
pub(crate) async fn attempt(
    call: Call<'_>,
    active: &Arc<ActiveCall>,
    attempt: Attempt,
    mut record: Pending,
) -> Result<Answer, Failed> {
    record.attempts(attempt);
    call.exchange.active.asks(active, call.route.server.of());
    let interrupt = Interrupt::of(active, call.deadline);
    let sent = tokio::select! {
        biased;
        sent = forward::send(call, &mut record) => sent,
        failure = interrupt.clone().fired() => Err(failure),
    };
    match sent {
        Ok(mut sent) => {
            sent.reply.body = interrupt.guard(sent.reply.body);
            relay::relay(call, sent, record).await
        }
        Err(failure) => Err(Failed::new(failure, record)),
    }
}

/// When a call has to be answered that may take so long.
pub(crate) fn deadline(timeout: Option<Duration>) -> Option<Instant> {
    timeout.and_then(|timeout| Instant::now().checked_add(timeout))
}
