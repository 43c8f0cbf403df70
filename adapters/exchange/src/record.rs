//! One operation record per call, whatever becomes of the call.
//!
//! A [`Pending`] record is made when the call is understood. It is written when the outcome is
//! known, before the last byte of the answer goes out. If the call is dropped before that (the
//! client went away), dropping the record writes it too.
//!
//! The record is the one thing that lives exactly as long as its call. So it carries what else has
//! to be told how the call ended: the server's vitals, the list of active calls, and an upstream
//! that should stop working on what nobody waits for.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use mcp_wire::redact::redact;
use registry_domain::id::{OperationId, ServerId, TenantId};
use registry_domain::manifest::FaultClass;
use registry_domain::operation::Operation;
use registry_domain::ports::{Clock, UpstreamFailure};
use registry_domain::routing::breaker::Ending;

use crate::active_calls::{ActiveCall, CallChange, Running};
use crate::cancel_notice::CancelNotice;
use crate::exchange::Exchange;
use crate::failure::{CANCELLED, code_of};
use crate::inbound::Inbound;
use crate::meters::Meters;
use crate::spool::Spool;
use crate::vitals::Attempt;

/// How a call ended that its server answered, or that never got to one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Well.
    Success,
    /// Not well: the stable code, and what to read in the record.
    Failure {
        /// The code.
        code: &'static str,
        /// In words.
        message: String,
    },
}

impl Outcome {
    pub(crate) fn failure(code: &'static str, message: impl Into<String>) -> Self {
        Self::Failure { code, message: message.into() }
    }

    fn change(&self) -> CallChange {
        match self {
            Self::Success => CallChange::Finished(None),
            Self::Failure { code: CANCELLED, .. } => CallChange::Cancelled(CANCELLED),
            Self::Failure { code, .. } => CallChange::Finished(Some(code)),
        }
    }
}

/// A record that is not written yet. It goes through every hand that a call goes through, so it is
/// one pointer.
pub(crate) struct Pending(Box<Details>);

struct Details {
    operation: Option<Operation>,
    started: Timestamp,
    clock: Arc<dyn Clock>,
    spool: Arc<Spool>,
    meters: Arc<Meters>,
    tenant: Option<TenantId>,
    began: Instant,
    attempt: Option<Attempt>,
    notice: Option<CancelNotice>,
    running: Option<Running>,
    /// Whether another call's record tells of it.
    is_part: bool,
    /// Whether the client waits for less time than the operator would.
    is_hurried: bool,
}

impl Pending {
    /// Begins the record of a call.
    pub(crate) fn begin(
        exchange: &Exchange,
        inbound: &Inbound,
        method: &str,
        arguments: Option<&str>,
    ) -> Self {
        let party = &inbound.party;
        if !inbound.is_part {
            exchange.meters.began();
        }
        let started = exchange.ports.clock.now();
        let limit = exchange.settings.max_recorded_params_bytes;
        let operation = Operation {
            id: OperationId(exchange.ports.ids.next()),
            at: started,
            user_id: Some(party.subject().to_owned()),
            tenant_id: party.tenant().map(ToString::to_string),
            email: party.caller().and_then(|caller| caller.email.clone()),
            method: method.chars().take(100).collect(),
            tool_name: None,
            params: arguments.map(|json| redact(json, limit)),
            success: false,
            error_message: None,
            error_code: None,
            duration_ms: 0,
            server_id: None,
            request_id: inbound.request_id.clone(),
            client_address: party.address(),
        };
        Self(Box::new(Details {
            operation: Some(operation),
            started,
            clock: Arc::clone(&exchange.ports.clock),
            spool: Arc::clone(&exchange.spool),
            meters: Arc::clone(&exchange.meters),
            tenant: party.tenant().cloned(),
            began: Instant::now(),
            attempt: None,
            notice: None,
            running: None,
            is_part: inbound.is_part,
            is_hurried: false,
        }))
    }

    /// Notes that the client waits for less time than the operator would: a server that is too slow
    /// for that is not to blame.
    pub(crate) fn hurries(&mut self) {
        self.0.is_hurried = true;
    }

    /// When the call came in.
    pub(crate) fn started(&self) -> Timestamp {
        self.0.started
    }

    /// Notes which tool is called.
    pub(crate) fn tool(&mut self, name: &str) {
        if let Some(operation) = &mut self.0.operation {
            operation.tool_name = Some(name.chars().take(100).collect());
        }
    }

    /// Notes which server is called.
    pub(crate) fn server(&mut self, id: ServerId) {
        if let Some(operation) = &mut self.0.operation {
            operation.server_id = Some(id);
        }
    }

    /// Keeps the call on the list of active ones until it ends.
    pub(crate) fn runs(&mut self, running: Running) {
        self.0.running = Some(running);
    }

    /// The call on the list of active ones.
    pub(crate) fn active(&self) -> Option<&Arc<ActiveCall>> {
        self.0.running.as_ref().map(Running::call)
    }

    /// Whether somebody cancelled the call.
    pub(crate) fn was_cancelled(&self) -> bool {
        self.active().is_some_and(|call| call.is_cancelled())
    }

    /// Notes that a server is asked; what became of one before it has been noted.
    pub(crate) fn attempts(&mut self, attempt: Attempt) {
        self.0.attempt = Some(attempt);
    }

    /// Notes whom to tell if the answer is no longer waited for.
    pub(crate) fn tells(&mut self, notice: CancelNotice) {
        self.0.notice = Some(notice);
    }

    /// Whom to tell instead, where the exchange goes on without this call.
    pub(crate) fn hands_over(&mut self) -> Option<CancelNotice> {
        self.0.notice.take()
    }

    /// Notes that the server that was asked failed, while the call goes on: another one is asked.
    pub(crate) fn attempt_failed(&mut self, failure: &UpstreamFailure) {
        let ending = self.ending_of(failure);
        self.end_attempt(ending);
        self.0.notice = None;
    }

    /// Writes the record of a call whose server answered, or that never got to one. Only the first
    /// outcome counts.
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        self.0.notice = None;
        self.write(outcome, Ending::Answered);
    }

    /// Writes the record of a call whose server failed, or was no longer waited for.
    pub(crate) fn fail(&mut self, failure: &UpstreamFailure, message: impl Into<String>) {
        let (code, ending) = (self.code_of(failure), self.ending_of(failure));
        if failure.class != FaultClass::Timeout {
            self.0.notice = None;
        }
        self.write(Outcome::failure(code, message), ending);
    }

    /// The stable code of a failure.
    pub(crate) fn code_of(&self, failure: &UpstreamFailure) -> &'static str {
        if self.was_cancelled() { CANCELLED } else { code_of(failure.class) }
    }

    fn ending_of(&self, failure: &UpstreamFailure) -> Ending {
        let is_too_early = self.0.is_hurried && failure.class == FaultClass::Timeout;
        if self.was_cancelled() || is_too_early {
            Ending::GivenUp
        } else if failure.class.counts_against_server() {
            Ending::Failed
        } else {
            Ending::Answered
        }
    }

    fn end_attempt(&mut self, ending: Ending) {
        if let Some(attempt) = self.0.attempt.take() {
            attempt.end(ending, self.0.clock.now());
        }
    }

    fn write(&mut self, outcome: Outcome, ending: Ending) {
        let Some(mut operation) = self.0.operation.take() else { return };
        let took = self.0.began.elapsed();
        if !self.0.is_part {
            self.0.meters.ended(&operation.method, self.0.tenant.as_ref(), &outcome, took);
        }
        let now = self.0.clock.now();
        if let Some(attempt) = self.0.attempt.take() {
            attempt.end(ending, now);
        }
        if let Some(running) = self.0.running.take() {
            // Only a call that a server was found for: a client's invention is no series.
            self.0.meters.server(operation.server_id, operation.tool_name.as_deref(), took);
            running.end(outcome.change(), now);
        }
        if let Some(notice) = self.0.notice.take() {
            notice.send();
        }
        let elapsed = now.duration_since(self.0.started).as_millis();
        operation.duration_ms = u32::try_from(elapsed.max(0)).unwrap_or(u32::MAX);
        match outcome {
            Outcome::Success => operation.success = true,
            Outcome::Failure { code, message } => {
                operation.error_code = Some(code.to_owned());
                operation.error_message = Some(message);
            }
        }
        if !self.0.is_part {
            self.0.spool.append(&operation);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        let gone = "the client went away before the answer was complete";
        self.write(Outcome::failure(CANCELLED, gone), Ending::GivenUp);
    }
}
