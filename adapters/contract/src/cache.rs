//! The behaviours of a response cache.

use std::sync::Arc;

use libtest_mimic::Trial;
use registry_domain::ports::ResponseCache;

use crate::adapters::CacheAdapter;
use crate::clock::MockClock;
use crate::trial::{Behaviour, behaviours, trial};

mod responses;

/// How many values the caches under test may keep.
const MAX_VALUES: usize = 4;
/// How large each may be, in bytes.
const MAX_BYTES: usize = 1_000;

/// A cache under test.
struct Subject {
    cache: Arc<dyn ResponseCache>,
    clock: Arc<MockClock>,
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    responses {
        a_value_reads_back_byte_for_byte,
        a_later_value_replaces_an_earlier_one,
        a_forgotten_value_is_gone,
        a_value_ends_when_its_time_is_up,
        a_full_cache_makes_room,
        what_is_too_large_is_not_kept,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn CacheAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("cache::{name}"), move || async move {
                let clock = Arc::new(MockClock::new());
                let cache = adapter.make(MAX_VALUES, MAX_BYTES, Arc::clone(&clock)).await?;
                behaviour(&Subject { cache, clock }).await
            })
        })
        .collect()
}
