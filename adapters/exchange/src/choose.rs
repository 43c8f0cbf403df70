//! Which server gets a call that names none: those that can do it, of these the ones that are well,
//! of these the preferred ones, and of these one by the algorithm.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use registry_domain::caller::Permit;
use registry_domain::id::ServerId;
use registry_domain::manifest::DefinitionKind;
use registry_domain::party::Party;
use registry_domain::routing::balance::{Candidate, Draw, RoutingWish, pick};
use registry_domain::routing::ejection::is_outlier;
use registry_domain::routing::{Offered, RoutingTable, ServerEntry};
use registry_domain::server::HealthStatus;

use crate::exchange::Exchange;
use crate::inbound::Wants;
use crate::vitals::{Attempt, ServerVitals, Standing};

/// After how long to try again when servers are unwell: a probe may have found them well by then.
const RETRY_AFTER: Duration = Duration::from_secs(5);

/// What a method needs of its server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need<'a> {
    /// This tool.
    Tool(&'a str),
    /// This resource.
    Resource(&'a str),
    /// This prompt.
    Prompt(&'a str),
    /// Anything of a kind.
    Any(DefinitionKind),
    /// Nothing in particular.
    Nothing,
}

impl Need<'_> {
    fn is_met_by(self, server: Offered<'_>) -> bool {
        match self {
            Self::Tool(name) => server.find(DefinitionKind::Tool, name).is_some(),
            Self::Resource(uri) => server.offers_resource(uri),
            Self::Prompt(name) => server.find(DefinitionKind::Prompt, name).is_some(),
            Self::Any(kind) => server.offers_any(kind),
            Self::Nothing => true,
        }
    }
}

/// Who wants what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Choice<'a> {
    pub(crate) party: &'a Party,
    pub(crate) wants: &'a Wants,
    pub(crate) need: Need<'a>,
}

impl Choice<'_> {
    fn is_met_by(&self, server: &ServerEntry) -> bool {
        let server = server.offered_to(self.party.caller());
        self.need.is_met_by(server)
            && self.wants.required_tools.iter().all(|name| Need::Tool(name).is_met_by(server))
            && self.wants.required_resources.iter().all(|uri| Need::Resource(uri).is_met_by(server))
    }
}

/// Why there is no server for a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoChoice {
    /// None that is within reach can do it.
    NoneCapable,
    /// None of those that can is available.
    NoneAvailable {
        /// After how long to try again.
        retry_after: Duration,
    },
}

/// The server that was chosen, and the call that has begun there.
pub(crate) type Chosen = (Permit<Arc<ServerEntry>>, Attempt);

/// A server that could get the call.
struct Able<'a> {
    entry: &'a Arc<ServerEntry>,
    vitals: Arc<ServerVitals>,
    standing: Standing,
    wish: RoutingWish,
}

impl Able<'_> {
    /// How gladly it is chosen by its health; `None`: not at all.
    fn rank(&self) -> Option<u8> {
        match self.entry.health {
            HealthStatus::Healthy | HealthStatus::Degraded => Some(0),
            HealthStatus::Unknown => Some(1),
            HealthStatus::Unhealthy | HealthStatus::Maintenance => None,
        }
    }
}

/// Chooses a server that was not tried yet, and begins the call there.
///
/// # Errors
/// [`NoChoice`].
pub(crate) fn choose(
    exchange: &Exchange,
    table: &RoutingTable,
    choice: Choice<'_>,
    tried: &[ServerId],
) -> Result<Chosen, NoChoice> {
    let (vitals, now) = (&exchange.vitals, exchange.ports.clock.now());
    let (caller, open) = (choice.party.caller(), choice.wants.open);
    // From here to the end no other choice is made in this process: each server's turn counts.
    let mut turn = vitals.turns.lock();
    let capable: Vec<Able<'_>> = table
        .reachable(caller, open)
        .filter(|entry| choice.wants.only_server.is_none_or(|only| only == entry.id))
        .filter(|entry| (open || entry.listed_by.is_vouched()) && choice.is_met_by(entry))
        .map(|entry| {
            let server = vitals.of(entry.id, table);
            let standing = server.standing(&vitals.policies, now);
            Able { entry, vitals: server, standing, wish: entry.routing }
        })
        .collect();
    if capable.is_empty() {
        return Err(NoChoice::NoneCapable);
    }
    let none = NoChoice::NoneAvailable { retry_after: soonest(&capable) };
    let mut available: Vec<Able<'_>> = capable
        .into_iter()
        .filter(|able| {
            // Whoever names a server has it tried.
            (able.rank().is_some() || choice.wants.only_server.is_some())
                && able.standing.passes.is_ok()
                && !tried.contains(&able.entry.id)
        })
        .collect();
    eject_outliers(exchange, &mut available, now);
    prefer(&mut available, |able| choice.wants.preferred_servers.contains(&able.entry.id));
    let best = available.iter().filter_map(Able::rank).min();
    prefer(&mut available, |able| able.rank() == best);
    prefer(&mut available, |able| !able.standing.is_ejected);

    let algorithm = RoutingWish::agreed(
        available.iter().map(|able| able.wish),
        exchange.settings.load_balancer,
    );
    let key = choice.party.affinity_key();
    while !available.is_empty() {
        let candidates: Vec<Candidate> = available.iter().map(candidate).collect();
        let draw = Draw { key: &key, dice: exchange.ports.ids.next().as_u64_pair().1 };
        let Some(chosen) = pick(algorithm, &candidates, draw) else { break };
        let Some(at) = available.iter().position(|able| able.entry.id == chosen) else { break };
        let able = available.swap_remove(at);
        let Ok(permit) = table.reach(caller, open, chosen) else { continue };
        let server = Arc::clone(&able.vitals);
        // Its breaker may have opened, or its last trial begun, since it was asked.
        let Ok(attempt) = Attempt::begin(server, &vitals.policies, now) else { continue };
        *turn = turn.wrapping_add(1);
        able.vitals.last_turn.store(*turn, Ordering::Relaxed);
        return Ok((permit, attempt));
    }
    Err(none)
}

fn candidate(able: &Able<'_>) -> Candidate {
    Candidate {
        id: able.entry.id,
        weight: able.wish.weight,
        share: able.standing.share,
        in_flight: able.standing.in_flight,
        last_turn: able.standing.last_turn,
        success_rate: 1.0 - able.standing.sample.failure_rate(),
        average_ms: able.standing.average_ms,
    }
}

/// Keeps only the ones that are preferred, if there are any.
fn prefer(available: &mut Vec<Able<'_>>, is_preferred: impl Fn(&Able<'_>) -> bool) {
    if available.iter().any(&is_preferred) {
        available.retain(is_preferred);
    }
}

/// Takes outliers out of the choice, as long as at least half of the servers stay in it.
fn eject_outliers(exchange: &Exchange, available: &mut [Able<'_>], now: Timestamp) {
    let policies = &exchange.vitals.policies;
    let samples: Vec<_> =
        available.iter().map(|able| (able.entry.id, able.standing.sample)).collect();
    let mut ejected = available.iter().filter(|able| able.standing.is_ejected).count();
    for able in available.iter_mut().filter(|able| !able.standing.is_ejected) {
        if able.standing.sample.failures == 0 || (ejected + 1) * 2 > samples.len() {
            continue;
        }
        let others: Vec<_> = samples
            .iter()
            .filter(|(id, _)| *id != able.entry.id)
            .map(|(_, sample)| *sample)
            .collect();
        if is_outlier(&policies.ejection, able.standing.sample, &others) {
            tracing::warn!(
                server = able.entry.name,
                failures = able.standing.sample.failures,
                calls = able.standing.sample.calls,
                "a server fails much more often than others that can do the same: it is left out for a while"
            );
            able.vitals.eject(policies, now);
            able.standing.is_ejected = true;
            ejected += 1;
        }
    }
}

/// After how long the first of some servers may be used again.
fn soonest(capable: &[Able<'_>]) -> Duration {
    capable
        .iter()
        .filter(|able| able.rank().is_some())
        .filter_map(|able| able.standing.passes.err())
        .map(|refused| refused.retry_after)
        .min()
        .unwrap_or(RETRY_AFTER)
}
