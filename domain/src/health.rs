//! What a probe says about a server, when a server is due to be probed, and what is kept of it.
//!
//! Pure: a status moves only after so many findings in a row, and the time of the next probe
//! follows from the server's id and the interval, so that all replicas come to the same.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::endpoint::EndpointUrl;
use crate::event::RegistryEvent;
use crate::id::{RegistrationId, ServerId, TenantId};
use crate::manifest::FaultClass;
use crate::server::HealthStatus;

/// What one probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It speaks MCP.
    Alive,
    /// It is alive, but tells nothing without credentials.
    NeedsAuthorization,
    /// It cannot be used as it is.
    Failing(FaultClass),
}

impl Verdict {
    /// What a probe's failure, or its lack, means.
    pub const fn of(fault: Option<FaultClass>) -> Self {
        match fault {
            None => Self::Alive,
            Some(FaultClass::AuthorizationRequired | FaultClass::CredentialRefused) => {
                Self::NeedsAuthorization
            }
            Some(fault) => Self::Failing(fault),
        }
    }

    /// Whether something that speaks MCP answered.
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Alive | Self::NeedsAuthorization)
    }

    /// The status that enough such findings lead to.
    const fn status(self) -> HealthStatus {
        match self {
            Self::Alive => HealthStatus::Healthy,
            Self::NeedsAuthorization => HealthStatus::Degraded,
            Self::Failing(_) => HealthStatus::Unhealthy,
        }
    }
}

/// How many findings in a row move a status.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Thresholds {
    /// Failures until a server is unhealthy.
    pub unhealthy: u16,
    /// Probes that went well until it is healthy (or degraded) again.
    pub healthy: u16,
}

/// A status with the findings in a row that speak for it or against it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Condition {
    /// The status that stands.
    pub status: HealthStatus,
    /// The last findings of one kind in a row: above zero it was alive so often, below it failed.
    pub streak: i32,
}

impl Condition {
    /// The condition after one more finding. An operator's word is not overruled.
    #[must_use]
    pub fn after(self, verdict: Verdict, thresholds: Thresholds) -> Self {
        if self.status == HealthStatus::Maintenance {
            return self;
        }
        let streak = if verdict.is_alive() {
            self.streak.max(0).saturating_add(1)
        } else {
            self.streak.min(0).saturating_sub(1)
        };
        let needed = if verdict.is_alive() { thresholds.healthy } else { thresholds.unhealthy };
        // What is up already moves between healthy and degraded by what was found last.
        let is_up = matches!(self.status, HealthStatus::Healthy | HealthStatus::Degraded);
        let is_settled = streak.unsigned_abs() >= u32::from(needed);
        let moves = is_settled || (verdict.is_alive() && is_up);
        Self { status: if moves { verdict.status() } else { self.status }, streak }
    }
}

/// The rules by which servers are probed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProbeRules {
    /// How often each server is probed.
    pub interval: Duration,
    /// How long one probe may take.
    pub timeout: Duration,
    /// How long what a probe found is kept for people.
    pub kept_for: Duration,
    /// What moves a status.
    pub thresholds: Thresholds,
    /// How often what a server offers is compared with what is pinned.
    pub drift_interval: Duration,
}

/// When a server that was probed at `at` is probed again: at its own places in the row of
/// intervals, which its id spreads over the interval, but not before half an interval has passed.
pub fn next_probe(server: ServerId, interval: Duration, at: Timestamp) -> Timestamp {
    let interval_us = i64::try_from(interval.as_micros()).unwrap_or(i64::MAX).max(1);
    let place = i64::try_from(spread(server) % interval_us.unsigned_abs()).unwrap_or_default();
    let earliest = at.as_microsecond().saturating_add(interval_us / 2);
    let since_place = earliest.saturating_sub(place).rem_euclid(interval_us);
    let wait = if since_place == 0 { 0 } else { interval_us - since_place };
    Timestamp::from_microsecond(earliest.saturating_add(wait)).unwrap_or(Timestamp::MAX)
}

/// Ids begin with the time at which they were made, so those of one import are alike: their bits
/// are mixed (the finalizer of `splitmix64`) until neighbours are far apart.
fn spread(server: ServerId) -> u64 {
    let (high, low) = server.0.as_u64_pair();
    let mut mixed = high ^ low.rotate_left(32);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// What the prober has to know of a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Watched {
    /// The server.
    pub server: ServerId,
    /// Whose it is.
    pub tenant: Option<TenantId>,
    /// The registration that it came from.
    pub registration: Option<RegistrationId>,
    /// The address to dial, over the server's transport.
    pub endpoint: EndpointUrl,
    /// How it is.
    pub condition: Condition,
    /// When it is to be probed; long ago for one that never was.
    pub next_probe_at: Timestamp,
    /// When what it offers was last compared with what is pinned.
    pub compared_at: Option<Timestamp>,
}

impl Watched {
    /// Whether it is to be probed now. A plan reaches an interval and a half; what is
    /// much further away was planned under another setting, and counts no more.
    pub fn is_due(&self, now: Timestamp, interval: Duration) -> bool {
        let wait = self.next_probe_at.duration_since(now);
        let most = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
        wait <= SignedDuration::ZERO || wait > most.saturating_mul(2)
    }

    /// Whether what it offers is to be read now.
    pub fn is_to_be_compared(&self, now: Timestamp, interval: Duration) -> bool {
        let interval = SignedDuration::try_from(interval).unwrap_or(SignedDuration::MAX);
        self.compared_at.is_none_or(|at| now.duration_since(at) >= interval)
    }
}

/// What one probe changes of what is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct HealthNote {
    /// The server.
    pub server: ServerId,
    /// The condition that the finding was judged on: if it is another one by now, the note is of
    /// no use.
    pub before: Condition,
    /// The condition after it.
    pub after: Condition,
    /// When it was asked.
    pub at: Timestamp,
    /// When it is asked again.
    pub next_probe_at: Timestamp,
    /// When what it offers was compared, if it was.
    pub compared_at: Option<Timestamp>,
    /// What the event log is told: of changes only.
    pub event: Option<RegistryEvent>,
}

#[cfg(test)]
mod tests;
