//! The behaviours of leases.

use std::sync::Arc;

use libtest_mimic::Trial;
use registry_domain::ports::{LeaseHolder, Leases};
use uuid::Uuid;

use crate::adapters::LeasesAdapter;
use crate::clock::MockClock;
use crate::trial::{Behaviour, behaviours, trial};

mod holders;

/// What two replicas see of the same leases.
struct Subject {
    replicas: Vec<Arc<dyn Leases>>,
    clock: Arc<MockClock>,
}

/// One of the holders.
fn holder(number: u128) -> LeaseHolder {
    LeaseHolder(Uuid::from_u128(number))
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    holders {
        a_lease_is_one_holders_until_it_is_given_back,
        leases_of_other_names_are_others,
        of_many_who_want_a_lease_at_once_exactly_one_gets_it,
        a_lease_that_nobody_renews_ends_and_its_holder_notices,
        a_renewed_lease_goes_on,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn LeasesAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("leases::{name}"), move || async move {
                let clock = Arc::new(MockClock::new());
                let replicas = adapter.make(2, Arc::clone(&clock)).await?;
                behaviour(&Subject { replicas, clock }).await
            })
        })
        .collect()
}
