//! The behaviours of a session store.

use std::sync::Arc;
use std::time::Duration;

use libtest_mimic::Trial;
use registry_domain::ports::SessionStore;

use crate::adapters::SessionsAdapter;
use crate::clock::MockClock;
use crate::trial::{Behaviour, behaviours, trial};

mod values;

/// How many values the stores under test may keep.
const MAX_SESSIONS: usize = 4;
/// How long their values are kept.
const TTL: Duration = Duration::from_mins(1);

/// A store under test.
struct Subject {
    store: Arc<dyn SessionStore>,
    clock: Arc<MockClock>,
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    values {
        a_value_ends_exactly_when_its_time_is_up,
        a_later_value_replaces_an_earlier_one,
        of_many_who_take_one_gets_it,
        a_full_store_refuses_until_something_ends,
        what_was_taken_makes_room,
        a_value_that_never_ends_is_kept,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn SessionsAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("sessions::{name}"), move || async move {
                let clock = Arc::new(MockClock::new());
                let store = adapter.make(MAX_SESSIONS, Arc::clone(&clock)).await?;
                behaviour(&Subject { store, clock }).await
            })
        })
        .collect()
}
