//! Which of several servers that can do the same gets a call: five algorithms, as pure functions.
//!
//! All randomness comes in as a number and all state as values, so that a choice can be repeated.
//! A server that begins slowly ([`super::ejection`]) loses part of its turns, whatever the
//! algorithm.

use serde_json::{Map, Value};

use crate::id::ServerId;

/// How one of several servers is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Algorithm {
    /// One after the other.
    #[default]
    RoundRobin,
    /// By chance, in proportion to weight and to how well and fast each answered lately.
    Weighted,
    /// The one with the fewest calls under way.
    LeastConnections,
    /// By chance.
    Random,
    /// The same caller always gets the same one, on every replica.
    ConsistentHash,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::RoundRobin,
        Self::Weighted,
        Self::LeastConnections,
        Self::Random,
        Self::ConsistentHash,
    ];

    /// The name in settings and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RoundRobin => "round_robin",
            Self::Weighted => "weighted",
            Self::LeastConnections => "least_connections",
            Self::Random => "random",
            Self::ConsistentHash => "consistent_hash",
        }
    }

    /// The inverse of [`Algorithm::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.as_str() == text)
    }
}

/// What a server's owner wishes: the member `routing` of its capabilities,
/// `{"algorithm": "weighted", "weight": 1..100}`. What does not read as that is no wish.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoutingWish {
    /// The algorithm among servers that wish for the same.
    pub algorithm: Option<Algorithm>,
    /// The weight; 1 without one.
    pub weight: u8,
}

impl Default for RoutingWish {
    fn default() -> Self {
        Self { algorithm: None, weight: 1 }
    }
}

impl RoutingWish {
    /// The wish in a server's capabilities.
    pub fn of(capabilities: &Map<String, Value>) -> Self {
        let wish = |member| capabilities.get("routing").and_then(|routing| routing.get(member));
        let algorithm = wish("algorithm").and_then(Value::as_str).and_then(Algorithm::parse);
        let weight = wish("weight")
            .and_then(Value::as_u64)
            .and_then(|weight| u8::try_from(weight).ok())
            .filter(|weight| (1..=100).contains(weight));
        Self { algorithm, weight: weight.unwrap_or(1) }
    }

    /// The algorithm for servers with these wishes: the one that all wish for who wish for any,
    /// else the installation's.
    pub fn agreed(wishes: impl IntoIterator<Item = Self>, otherwise: Algorithm) -> Algorithm {
        let mut algorithms = wishes.into_iter().filter_map(|wish| wish.algorithm);
        match algorithms.next() {
            Some(first) if algorithms.all(|next| next == first) => first,
            _ => otherwise,
        }
    }
}

/// A server that could get the call, as it stands now.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Candidate {
    /// Which.
    pub id: ServerId,
    /// Its weight.
    pub weight: u8,
    /// Which share of its turns it gets: 1 unless it begins slowly.
    pub share: f64,
    /// Calls under way.
    pub in_flight: u32,
    /// When it was last chosen: a number that grows with each choice.
    pub last_turn: u64,
    /// The share of its recent calls that went well.
    pub success_rate: f64,
    /// How long its recent calls took on average, in milliseconds.
    pub average_ms: f64,
}

impl Candidate {
    /// How well it answers, with the weights of health, latency and capacity.
    fn quality(&self) -> f64 {
        0.3 * self.success_rate
            + 0.4 / (1.0 + self.average_ms / 100.0)
            + 0.3 / (1.0 + f64::from(self.in_flight) / 10.0)
    }
}

/// What a choice depends on beside the candidates.
#[derive(Debug, Clone, Copy)]
pub struct Draw<'a> {
    /// Who calls, for [`Algorithm::ConsistentHash`].
    pub key: &'a str,
    /// A random number.
    pub dice: u64,
}

/// Chooses a candidate; `None` only of none.
pub fn pick(algorithm: Algorithm, candidates: &[Candidate], draw: Draw<'_>) -> Option<ServerId> {
    let begun: Vec<&Candidate> =
        candidates.iter().filter(|one| takes_its_turn(one, draw.dice)).collect();
    let rested = if begun.is_empty() { candidates.iter().collect() } else { begun };
    let chosen = match algorithm {
        Algorithm::RoundRobin => rested.iter().min_by_key(|one| (one.last_turn, one.id)).copied(),
        Algorithm::Random => drawn(&rested, draw.dice, |_| 1.0),
        Algorithm::Weighted => weighted(&rested, draw.dice),
        Algorithm::LeastConnections => {
            let least = rested.iter().map(|one| one.in_flight).min();
            let idlest: Vec<&Candidate> =
                rested.into_iter().filter(|one| Some(one.in_flight) == least).collect();
            weighted(&idlest, draw.dice)
        }
        Algorithm::ConsistentHash => {
            rested.into_iter().max_by_key(|one| (affinity(draw.key, one.id), one.id))
        }
    };
    chosen.map(|one| one.id)
}

/// By chance among those that answer at least half as well as the best.
fn weighted<'a>(candidates: &[&'a Candidate], dice: u64) -> Option<&'a Candidate> {
    let best = candidates.iter().map(|one| one.quality()).fold(0.0, f64::max);
    let good: Vec<&Candidate> =
        candidates.iter().copied().filter(|one| one.quality() * 2.0 >= best).collect();
    drawn(&good, dice, |one| one.quality() * f64::from(one.weight))
}

fn drawn<'a>(
    candidates: &[&'a Candidate],
    dice: u64,
    part: impl Fn(&Candidate) -> f64,
) -> Option<&'a Candidate> {
    let whole: f64 = candidates.iter().map(|one| part(one)).sum();
    let mut left = unit(mixed(dice)) * whole;
    candidates
        .iter()
        .find(|one| {
            left -= part(one);
            left < 0.0
        })
        .or(candidates.last())
        .copied()
}

fn takes_its_turn(candidate: &Candidate, dice: u64) -> bool {
    let (high, low) = candidate.id.0.as_u64_pair();
    candidate.share >= 1.0 || unit(mixed(dice ^ high.rotate_left(32) ^ low)) < candidate.share
}

/// How much a caller belongs to a server: the highest wins (rendezvous hashing). It depends on the
/// two alone, so every process agrees, and a server that goes away moves only its own callers.
fn affinity(key: &str, server: ServerId) -> u64 {
    const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0100_0000_01b3;
    let bytes = key.bytes().chain([0]).chain(*server.0.as_bytes());
    mixed(bytes.fold(OFFSET, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME)))
}

/// Spreads a number over all 64 bits (the finalizer of `SplitMix64`).
const fn mixed(number: u64) -> u64 {
    let number = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    number ^ (number >> 31)
}

/// A number from 0 up to, not including, 1.
fn unit(number: u64) -> f64 {
    let high = u32::try_from(number >> 32).unwrap_or(u32::MAX);
    f64::from(high) / 4_294_967_296.0
}

#[cfg(test)]
mod tests;
