//! The behaviours of a health store.

use std::sync::Arc;

use libtest_mimic::Trial;
use registry_domain::ports::ProbeStore;

use crate::adapters::HealthAdapter;
use crate::clock::MockClock;
use crate::trial::{Behaviour, behaviours, trial};

mod probes;

/// A store under test.
struct Subject {
    store: Arc<dyn ProbeStore>,
    clock: Arc<MockClock>,
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    probes {
        a_probe_reads_back_whole,
        a_later_probe_replaces_an_earlier_one,
        servers_do_not_share_their_probes,
        a_probe_that_nobody_repeats_is_forgotten,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn HealthAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("health::{name}"), move || async move {
                let clock = Arc::new(MockClock::new());
                let store = adapter.make(Arc::clone(&clock)).await?;
                behaviour(&Subject { store, clock }).await
            })
        })
        .collect()
}
