//! The behaviours that every adapter of the registry's ports shows: one suite, all adapters.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | what an adapter's test has to provide | `subject.rs` |
//! | the table of behaviours of a store | `store.rs`, each noun in `store/` |
//! | those of sessions and rate limits | `sessions.rs`, `limits.rs` |
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

use libtest_mimic::{Arguments, Trial};
use registry_domain::ports::{RateLimiter, SessionStore};

mod clock;
mod limits;
mod sessions;
mod store;
mod subject;
mod trial;
mod world;

pub use clock::MockClock;
pub use libtest_mimic::Failed;
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

/// The behaviours of a session store; `make` makes an empty one for at most so many values.
pub fn session_stores(make: fn(usize, Arc<MockClock>) -> Arc<dyn SessionStore>) -> Vec<Trial> {
    sessions::trials(make)
}

/// The behaviours of a rate limiter; `make` makes one that has counted nothing yet.
pub fn rate_limiters(make: fn(Arc<MockClock>) -> Arc<dyn RateLimiter>) -> Vec<Trial> {
    limits::trials(make)
}

/// Runs behaviours as the command line asks.
pub fn run(trials: Vec<Trial>) -> ExitCode {
    libtest_mimic::run(&Arguments::from_args(), trials).exit_code()
}
