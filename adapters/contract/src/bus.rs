//! The behaviours of a replica bus.

use std::sync::Arc;

use libtest_mimic::Trial;
use parking_lot::Mutex;
use registry_domain::ports::ReplicaBus;

use crate::adapters::BusAdapter;
use crate::trial::{Behaviour, behaviours, trial};

mod questions;
mod replicas;
mod topics;

/// How many replicas there are.
const REPLICAS: usize = 3;

/// The buses of a deployment under test.
struct Subject {
    buses: Mutex<Vec<Arc<dyn ReplicaBus>>>,
}

impl Subject {
    fn bus(&self, number: usize) -> Arc<dyn ReplicaBus> {
        let buses = self.buses.lock();
        let bus = buses.iter().cycle().nth(number);
        #[expect(clippy::expect_used, reason = "a test's own table")]
        Arc::clone(bus.expect("there are buses"))
    }

    fn all(&self) -> Vec<Arc<dyn ReplicaBus>> {
        self.buses.lock().clone()
    }
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    topics {
        every_subscriber_hears_what_is_published,
        messages_of_one_publisher_keep_their_order,
        topics_do_not_mix,
        a_slow_subscriber_is_told_that_it_missed_something,
        a_topic_can_be_left_and_joined_again,
    }
    questions {
        all_live_replicas_answer,
        ask_ends_when_all_live_replicas_have_answered,
        a_replica_without_a_handler_is_not_waited_for,
        a_silent_replica_does_not_hold_ask_longer_than_its_time,
        parallel_questions_do_not_mix,
        a_later_handler_replaces_an_earlier_one,
    }
    replicas {
        all_replicas_see_the_same_live_ones,
        a_dropped_replica_is_no_longer_live_nor_asked,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn BusAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("bus::{name}"), move || async move {
                let buses = Mutex::new(adapter.make(REPLICAS).await?);
                behaviour(&Subject { buses }).await
            })
        })
        .collect()
}
