//! The behaviours that every adapter of the registry's ports shows: one suite, all adapters.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | what an adapter's test has to provide | `subject.rs`, for the smaller ports `adapters.rs` |
//! | the table of behaviours of a store | `store.rs`, each noun in `store/` |
//! | those of sessions and rate limits | `sessions.rs`, `limits.rs` |
//! | those of what replicas share | `health.rs`, `leases.rs`, `cache.rs`, `bus.rs`, `live.rs` |
//! | rows that programs of before left | `upgrade.rs` |
//! | the time that tests set | `clock.rs` |
//! | registrations, people and manifests to test with | `world.rs` |
//!
//! # How to run it on an adapter
//! A test target with `harness = false` whose `main` is
//! `registry_contract::run(registry_contract::stores(…))`. It says how to make one; nothing else.
//!
//! # How to add a behaviour
//! 1. A `pub(crate) async fn` in the file of its noun, named for the rule that it checks.
//! 2. A line in the table: without it the function is dead code, and that does not compile.
//!
//! # Rules
//! - No sleeps. What takes time is waited for as a fact, at most for [`DEADLINE`].
//! - A behaviour that needs a capability which the adapter does not claim asserts its absence.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Arguments;

mod adapters;
mod bus;
mod cache;
mod clock;
mod health;
mod leases;
mod limits;
mod live;
mod sessions;
mod store;
mod subject;
mod trial;
pub mod upgrade;
mod world;

pub use adapters::{
    BusAdapter, CacheAdapter, HealthAdapter, LeasesAdapter, LimitsAdapter, LiveEventsAdapter,
    SessionsAdapter,
};
pub use clock::MockClock;
pub use libtest_mimic::{Failed, Trial};
pub use subject::{StoreAdapter, StoreInstance, StorePorts};

/// How long a behaviour waits for a fact: long enough for a busy machine, as it says nothing about
/// speed.
pub const DEADLINE: Duration = Duration::from_secs(30);

/// What a behaviour comes to.
pub(crate) type Outcome = Result<(), Failed>;

/// The behaviours of a store: registrations, servers, people, events, operations, health.
pub fn stores(adapter: impl StoreAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn StoreAdapter> = Arc::new(adapter);
    store::trials(&adapter)
}

/// The behaviours of a session store.
pub fn session_stores(adapter: impl SessionsAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn SessionsAdapter> = Arc::new(adapter);
    sessions::trials(&adapter)
}

/// The behaviours of a rate limiter.
pub fn rate_limiters(adapter: impl LimitsAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn LimitsAdapter> = Arc::new(adapter);
    limits::trials(&adapter)
}

/// The behaviours of a health store.
pub fn probe_stores(adapter: impl HealthAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn HealthAdapter> = Arc::new(adapter);
    health::trials(&adapter)
}

/// The behaviours of leases.
pub fn leases(adapter: impl LeasesAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn LeasesAdapter> = Arc::new(adapter);
    leases::trials(&adapter)
}

/// The behaviours of a response cache.
pub fn response_caches(adapter: impl CacheAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn CacheAdapter> = Arc::new(adapter);
    cache::trials(&adapter)
}

/// The behaviours of a replica bus.
pub fn replica_buses(adapter: impl BusAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn BusAdapter> = Arc::new(adapter);
    bus::trials(&adapter)
}

/// The behaviours of live events.
pub fn live_events(adapter: impl LiveEventsAdapter + 'static) -> Vec<Trial> {
    let adapter: Arc<dyn LiveEventsAdapter> = Arc::new(adapter);
    live::trials(&adapter)
}

/// Runs behaviours within a test of their own, and says whether all hold. What fails is told on
/// standard output.
pub fn all_hold(trials: Vec<Trial>) -> bool {
    !libtest_mimic::run(&Arguments::default(), trials).has_failed()
}

/// Runs behaviours as the command line asks.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
