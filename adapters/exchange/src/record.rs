//! One operation record per call, whatever becomes of the call.
//!
//! A [`Pending`] record is made when the call is understood. It is written when the outcome is
//! known, before the last byte of the answer goes out. If the call is dropped before that (the
//! client went away), dropping the record writes it too.

use std::sync::Arc;
use std::time::Instant;

use jiff::Timestamp;
use mcp_wire::redact::redact;
use registry_domain::caller::Caller;
use registry_domain::id::{OperationId, ServerId, TenantId};
use registry_domain::operation::Operation;
use registry_domain::ports::Clock;

use crate::exchange::Exchange;
use crate::meters::Meters;
use crate::spool::Spool;

/// How a call ended.
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
}

/// A record that is not written yet.
pub(crate) struct Pending {
    operation: Option<Operation>,
    started: Timestamp,
    clock: Arc<dyn Clock>,
    spool: Arc<Spool>,
    meters: Arc<Meters>,
    tenant: Option<TenantId>,
    began: Instant,
}

impl Pending {
    /// Begins the record of a call.
    pub(crate) fn begin(
        exchange: &Exchange,
        caller: &Caller,
        method: &str,
        request_id: &str,
        arguments: Option<&str>,
    ) -> Self {
        exchange.meters.began();
        let started = exchange.ports.clock.now();
        let limit = exchange.settings.max_recorded_params_bytes;
        let operation = Operation {
            id: OperationId(exchange.ports.ids.next()),
            at: started,
            user_id: Some(caller.subject.clone()),
            tenant_id: caller.tenant.as_ref().map(ToString::to_string),
            email: caller.email.clone(),
            method: method.chars().take(100).collect(),
            tool_name: None,
            params: arguments.map(|json| redact(json, limit)),
            success: false,
            error_message: None,
            error_code: None,
            duration_ms: 0,
            server_id: None,
            request_id: request_id.to_owned(),
        };
        Self {
            operation: Some(operation),
            started,
            clock: Arc::clone(&exchange.ports.clock),
            spool: Arc::clone(&exchange.spool),
            meters: Arc::clone(&exchange.meters),
            tenant: caller.tenant.clone(),
            began: Instant::now(),
        }
    }

    /// Notes which tool is called.
    pub(crate) fn tool(&mut self, name: &str) {
        if let Some(operation) = &mut self.operation {
            operation.tool_name = Some(name.chars().take(100).collect());
        }
    }

    /// Notes which server is called.
    pub(crate) fn server(&mut self, id: ServerId) {
        if let Some(operation) = &mut self.operation {
            operation.server_id = Some(id);
        }
    }

    /// Writes the record. Only the first outcome counts.
    pub(crate) fn finish(&mut self, outcome: Outcome) {
        let Some(mut operation) = self.operation.take() else { return };
        let elapsed = self.clock.now().duration_since(self.started).as_millis();
        let took = self.began.elapsed();
        self.meters.ended(&operation.method, self.tenant.as_ref(), &outcome, took);
        operation.duration_ms = u32::try_from(elapsed.max(0)).unwrap_or(u32::MAX);
        match outcome {
            Outcome::Success => operation.success = true,
            Outcome::Failure { code, message } => {
                operation.error_code = Some(code.to_owned());
                operation.error_message = Some(message);
            }
        }
        self.spool.append(&operation);
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        self.finish(Outcome::failure(
            "REQUEST_CANCELLED",
            "the client went away before the answer was complete",
        ));
    }
}
