//! The table of a store's behaviours.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::subject::StoreAdapter;
use crate::trial::{Behaviour, behaviours, trial};
use crate::world::World;

mod approval;
mod audit;
mod cancellation;
mod candidates;
mod commits;
mod durability;
mod events;
mod fidelity;
mod health;
mod lists;
mod operations;
mod removal;
mod revisions;
mod search;
mod servers;
mod urls;
mod users;

const BEHAVIOURS: &[(&str, Behaviour<World>)] = behaviours! { World:
    approval {
        approval_makes_the_server_and_pins_the_manifest_byte_for_byte,
        approval_without_a_candidate_awaits_the_first_manifest,
        approval_on_another_candidate_conflicts_and_makes_nothing,
        approval_under_a_taken_name_or_alias_changes_nothing,
        of_racing_approvals_exactly_one_makes_a_server,
        a_proposal_leaves_the_server_as_it_is_until_it_is_approved,
        a_withdrawn_proposal_is_what_was_approved_and_forgets_its_candidate,
    }
    audit {
        audit_rows_exist_if_and_only_if_the_change_does,
        an_audit_row_tells_who_did_what_when,
        the_audit_trail_is_filtered_and_paged_newest_first,
    }
    cancellation {
        a_cancelled_caller_strands_no_lock_and_its_write_is_finished,
        cancelled_readers_do_not_use_up_the_pool,
    }
    candidates {
        a_candidate_reads_back_with_the_registration,
        a_candidate_for_an_older_revision_is_not_kept,
        a_candidate_after_the_decision_is_not_kept,
        an_edit_and_a_resubmission_forget_the_candidate,
        an_address_changed_by_hand_forgets_the_candidate,
        a_failed_discovery_is_due_again_at_its_time,
        due_discoveries_are_pending_registrations_only,
    }
    commits {
        a_commit_is_told_before_its_writer_is_answered,
        what_was_refused_is_not_told,
    }
    durability {
        a_reopened_store_keeps_everything,
        two_who_open_the_store_at_once_both_can,
    }
    events {
        events_are_visible_if_and_only_if_the_change_is,
        events_come_in_order_without_gaps_while_many_write,
        an_event_reads_back_whole,
        a_waiter_wakes_on_a_commit,
        every_waiter_wakes_on_a_commit_by_another_process,
        waiting_for_what_has_happened_returns_at_once,
    }
    fidelity {
        limits_and_unicode_round_trip,
        timestamps_round_trip_to_the_microsecond,
        a_decision_round_trips_with_its_reason,
        a_row_that_does_not_read_is_corrupt_alone_and_left_out_of_lists,
    }
    health {
        an_open_store_is_healthy_and_says_what_it_is,
    }
    lists {
        an_offset_walk_visits_each_row_once,
        pages_by_cursor_are_stable_while_rows_arrive,
        a_cursor_walk_visits_rows_of_the_same_time_once,
        a_list_is_filtered_by_status_and_submitter,
        a_list_shows_candidates_and_servers,
    }
    operations {
        an_operation_reads_back_whole,
        operations_told_twice_are_kept_once,
        a_large_batch_is_kept_whole,
        overlong_names_are_cut_not_refused,
    }
    removal {
        removal_takes_the_server_with_it_and_keeps_the_audit,
        removal_tells_followers_of_the_server,
        removal_is_guarded_like_any_write,
        a_retired_alias_is_taken_until_its_time,
    }
    revisions {
        a_stale_commit_conflicts_and_changes_nothing,
        of_racing_deciders_exactly_one_wins,
        sql_by_hand_conflicts_too,
        a_commit_to_what_is_gone_conflicts,
    }
    search {
        search_takes_wildcards_literally,
        search_folds_case_in_any_script,
        search_looks_into_name_contact_and_description,
    }
    servers {
        a_server_of_no_registration_reads_back_whole,
        a_changed_server_has_the_new_manifest_only,
        a_stale_server_commit_conflicts_and_changes_nothing,
        names_and_aliases_are_unique_within_a_tenant,
        routes_are_true_as_of_their_event,
        a_server_that_does_not_read_is_left_out_of_the_routes,
    }
    urls {
        a_duplicate_url_names_its_holder,
        two_spellings_of_one_url_collide,
        a_registration_is_found_by_its_text_or_its_key,
        an_edit_to_a_taken_url_changes_nothing,
        of_racing_submissions_of_one_url_exactly_one_is_kept,
        an_address_that_is_served_is_taken_while_another_is_proposed,
    }
    users {
        many_who_ensure_a_new_user_at_once_make_one_row,
        ensuring_the_same_identity_writes_nothing,
        a_changed_identity_changes_the_row,
        the_group_gives_and_takes_the_administrators_flag,
        an_administrator_made_by_hand_stays_one,
    }
};

/// A test for each behaviour, each with a store of its own.
pub(crate) fn trials(adapter: &Arc<dyn StoreAdapter>) -> Vec<Trial> {
    BEHAVIOURS
        .iter()
        .map(|(name, behaviour)| {
            let adapter = Arc::clone(adapter);
            trial(name, move || async move {
                let world = World::new(adapter.as_ref()).await?;
                behaviour(&world).await
            })
        })
        .collect()
}
