//! The behaviours of a rate limiter.

use std::sync::Arc;

use libtest_mimic::Trial;
use registry_domain::ports::RateLimiter;

use crate::clock::MockClock;
use crate::trial::{Behaviour, behaviours, trial};

mod counts;

/// A limiter under test.
struct Subject {
    limiter: Arc<dyn RateLimiter>,
    clock: Arc<MockClock>,
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    counts {
        a_burst_passes_and_the_next_is_told_when_to_come_back,
        a_request_counts_against_all_its_keys_or_none,
        keys_do_not_share_their_counts,
        parallel_callers_are_never_oversold,
        a_request_without_keys_passes,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(make: fn(Arc<MockClock>) -> Arc<dyn RateLimiter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            trial(name, move || async move {
                let clock = Arc::new(MockClock::new());
                let limiter = make(Arc::clone(&clock));
                behaviour(&Subject { limiter, clock }).await
            })
        })
        .collect()
}
