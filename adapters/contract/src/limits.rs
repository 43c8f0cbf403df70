//! The behaviours of a rate limiter.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use registry_domain::ports::RateLimiter;

use crate::adapters::LimitsAdapter;
use crate::clock::MockClock;
use crate::trial::{Behaviour, behaviours, trial};

mod counts;
mod replicas;

/// The limiters of two replicas under test.
struct Subject {
    limiter: Arc<dyn RateLimiter>,
    beside: Arc<dyn RateLimiter>,
    is_shared: bool,
    clock: Arc<MockClock>,
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    counts {
        a_burst_passes_and_the_next_is_told_when_to_come_back,
        a_request_counts_against_all_its_keys_or_none,
        keys_do_not_share_their_counts,
        parallel_callers_are_never_oversold,
        a_large_limit_admits_exactly_its_burst,
        a_request_without_keys_passes,
    }
    replicas {
        replicas_share_their_counts_where_they_say_so,
        parallel_replicas_never_oversell_a_lease,
        what_one_replica_leased_and_did_not_use_comes_back,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn LimitsAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("limits::{name}"), move || async move {
                let clock = Arc::new(MockClock::new());
                let mut made = adapter.make(2, Arc::clone(&clock)).await?;
                let (Some(beside), Some(limiter)) = (made.pop(), made.pop()) else {
                    return Err(Failed::from("there are not two limiters"));
                };
                let is_shared = adapter.is_shared();
                behaviour(&Subject { limiter, beside, is_shared, clock }).await
            })
        })
        .collect()
}
