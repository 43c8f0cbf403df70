//! What the call path counts. The handles of what every call counts are found once, here: a call
//! formats and looks up nothing.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use metrics::{Counter, Gauge, Histogram};
use parking_lot::Mutex;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::manifest::FaultClass;

use crate::record::Outcome;

/// The most tenants that have series of their own.
const MOST_TENANTS: usize = 500;
/// The most servers and tools that have series of their own.
const MOST_TOOLS: usize = 2_000;

/// The methods that are told apart. What else clients ask for is `other`: a name that a client made
/// up must not become a series.
const METHODS: [&str; 14] = [
    "tools/call",
    "tools/list",
    "prompts/get",
    "prompts/list",
    "resources/read",
    "resources/list",
    "resources/templates/list",
    "completion/complete",
    "initialize",
    "server/discover",
    "ping",
    "subscriptions/listen",
    "tasks/get",
    "other",
];

/// The call path's meters.
pub(crate) struct Meters {
    calls: Vec<CallMeter>,
    active: Gauge,
    answered: Histogram,
    failed: Histogram,
    tenants: Option<Mutex<HashMap<TenantId, TenantMeter>>>,
    tools: Option<Mutex<HashMap<Called, Histogram>>>,
}

/// A server, and the tool that was called there, as the client named it; empty for other methods.
type Called = (ServerId, String);

/// The meter of one method.
#[derive(Clone)]
pub(crate) struct CallMeter {
    method: &'static str,
    successes: Counter,
    seconds: Histogram,
}

#[derive(Clone)]
struct TenantMeter {
    successes: Counter,
    failures: Counter,
}

impl fmt::Debug for Meters {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Meters").finish_non_exhaustive()
    }
}

impl Meters {
    /// Meters in the process's recorder. Calls are counted by tenant, and by server and tool, too where
    /// an operator wants it.
    pub(crate) fn new(by_tenant: bool) -> Self {
        let upstream = |outcome: &'static str| metrics::histogram!("mcp_registry_upstream_seconds", "outcome" => outcome);
        Self {
            calls: METHODS.into_iter().map(CallMeter::new).collect(),
            active: metrics::gauge!("mcp_registry_active_exchanges"),
            answered: upstream("answered"),
            failed: upstream("failed"),
            tenants: by_tenant.then(Mutex::default),
            tools: by_tenant.then(Mutex::default),
        }
    }

    /// Counts how long a call took, by its server and tool where an operator wants it.
    pub(crate) fn server(&self, server: Option<ServerId>, tool: Option<&str>, time: Duration) {
        if let (Some(tools), Some(server)) = (&self.tools, server) {
            let called = (server, tool.unwrap_or_default().to_owned());
            note_tool(&mut tools.lock(), called, time);
        }
    }

    /// Counts a call as active, until [`Self::ended`].
    pub(crate) fn began(&self) {
        self.active.increment(1.0);
    }

    /// Counts a call that has ended.
    pub(crate) fn ended(
        &self,
        method: &str,
        tenant: Option<&TenantId>,
        outcome: &Outcome,
        took: Duration,
    ) {
        self.active.decrement(1.0);
        let known = self.calls.iter().find(|call| call.method == method).or(self.calls.last());
        if let Some(call) = known {
            call.note(outcome, took);
        }
        if let (Some(tenants), Some(tenant)) = (&self.tenants, tenant) {
            note_tenant(&mut tenants.lock(), tenant, outcome);
        }
    }

    /// Counts how long an upstream took until its answer began, or until it failed.
    pub(crate) fn upstream(&self, failure: Option<FaultClass>, took: Duration) {
        match failure {
            None => self.answered.record(took),
            Some(class) => {
                self.failed.record(took);
                let class = class.as_str();
                metrics::counter!("mcp_registry_upstream_failures_total", "class" => class)
                    .increment(1);
            }
        }
    }
}

impl CallMeter {
    fn new(method: &'static str) -> Self {
        Self {
            method,
            successes: metrics::counter!(
                "mcp_registry_calls_total", "method" => method, "outcome" => "success"
            ),
            seconds: metrics::histogram!("mcp_registry_call_seconds", "method" => method),
        }
    }

    fn note(&self, outcome: &Outcome, took: Duration) {
        self.seconds.record(took);
        match outcome {
            Outcome::Success => self.successes.increment(1),
            Outcome::Failure { code, .. } => metrics::counter!(
                "mcp_registry_calls_total", "method" => self.method, "outcome" => *code
            )
            .increment(1),
        }
    }
}

fn note_tool(tools: &mut HashMap<Called, Histogram>, called: Called, time: Duration) {
    if let Some(known) = tools.get(&called) {
        return known.record(time);
    }
    let of = |server: String, tool: String| metrics::histogram!("mcp_registry_server_call_seconds", "server" => server, "tool" => tool);
    if tools.len() >= MOST_TOOLS {
        return of("other".to_owned(), String::new()).record(time);
    }
    let meter = of(called.0.to_string(), called.1.clone());
    meter.record(time);
    tools.insert(called, meter);
}

fn note_tenant(tenants: &mut HashMap<TenantId, TenantMeter>, tenant: &TenantId, outcome: &Outcome) {
    let count = |meter: &TenantMeter| match outcome {
        Outcome::Success => meter.successes.increment(1),
        Outcome::Failure { .. } => meter.failures.increment(1),
    };
    if let Some(known) = tenants.get(tenant) {
        return count(known);
    }
    if tenants.len() >= MOST_TENANTS {
        return count(&TenantMeter::new("other"));
    }
    let meter = TenantMeter::new(&tenant.to_string());
    count(&meter);
    tenants.insert(tenant.clone(), meter);
}

impl TenantMeter {
    fn new(tenant: &str) -> Self {
        let of = |outcome: &'static str| {
            metrics::counter!(
                "mcp_registry_tenant_calls_total", "tenant" => tenant.to_owned(), "outcome" => outcome
            )
        };
        Self { successes: of("success"), failures: of("failure") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tenants_beyond_the_bound_share_a_series() {
        let mut tenants = HashMap::new();
        for number in 0..MOST_TENANTS + 10 {
            let tenant = TenantId::parse(&format!("tenant-{number}")).unwrap();
            note_tenant(&mut tenants, &tenant, &Outcome::Success);
        }
        assert_eq!(tenants.len(), MOST_TENANTS);
    }

    #[test]
    fn tools_beyond_the_bound_share_a_series() {
        let (mut tools, server) = (HashMap::new(), ServerId(uuid::Uuid::nil()));
        for number in 0..MOST_TOOLS + 10 {
            note_tool(&mut tools, (server, format!("tool-{number}")), Duration::from_millis(1));
        }
        assert_eq!(tools.len(), MOST_TOOLS);
    }

    #[test]
    fn the_last_of_the_methods_takes_what_is_made_up() {
        assert_eq!(METHODS.last(), Some(&"other"));
    }
}
