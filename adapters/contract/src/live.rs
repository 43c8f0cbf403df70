//! The behaviours of live events.

use std::sync::Arc;

use libtest_mimic::{Failed, Trial};
use registry_domain::ports::LiveEvents;

use crate::adapters::LiveEventsAdapter;
use crate::trial::{Behaviour, behaviours, trial};

mod replay;

/// How many events are kept.
const MAX_EVENTS: usize = 10;

/// What two replicas see of the same events.
struct Subject {
    live: Arc<dyn LiveEvents>,
    beside: Arc<dyn LiveEvents>,
}

const BEHAVIOURS: &[(&str, Behaviour<Subject>)] = behaviours! { Subject:
    replay {
        nothing_has_happened_at_first,
        events_replay_in_order_after_a_position,
        an_event_reads_back_whole,
        what_was_trimmed_away_is_a_gap_and_the_rest_replays_in_order,
        events_that_several_replicas_append_are_kept_once,
        an_append_out_of_order_leaves_no_hole,
        a_waiter_wakes_on_an_append_by_another_replica,
        waiting_for_what_has_happened_returns_at_once,
    }
};

/// A test for each behaviour.
pub(crate) fn trials(adapter: &Arc<dyn LiveEventsAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(&format!("live::{name}"), move || async move {
                let mut made = adapter.make(2, MAX_EVENTS).await?;
                let (Some(beside), Some(live)) = (made.pop(), made.pop()) else {
                    return Err(Failed::from("there are not two of them"));
                };
                behaviour(&Subject { live, beside }).await
            })
        })
        .collect()
}
