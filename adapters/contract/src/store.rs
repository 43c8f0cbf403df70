//! The table of a store's behaviours.

use std::sync::Arc;

use libtest_mimic::Trial;

use crate::subject::StoreAdapter;
use crate::trial::{Behaviour, behaviours, trial};
use crate::world::World;

mod api_keys;
mod approval;
mod archive;
mod audit;
mod cancellation;
mod candidates;
mod catalog;
mod collections;
mod commits;
mod credentials;
mod documents;
mod durability;
mod events;
mod fidelity;
mod grants;
mod health;
mod links;
mod lists;
mod management;
mod oauth;
mod offers;
mod operations;
mod removal;
mod revisions;
mod seals;
mod search;
mod servers;
mod urls;
mod users;
mod watch;

const BEHAVIOURS: &[(&str, Behaviour<World>)] = behaviours! { World:
    api_keys {
        a_key_reads_back_whole_and_keys_are_listed_the_newest_first,
        a_key_is_revoked_once_and_for_ever,
    }
    approval {
        approval_makes_the_server_and_pins_the_manifest_byte_for_byte,
        approval_without_a_candidate_awaits_the_first_manifest,
        approval_on_another_candidate_conflicts_and_makes_nothing,
        approval_under_a_taken_name_or_alias_changes_nothing,
        of_racing_approvals_exactly_one_makes_a_server,
        a_proposal_leaves_the_server_as_it_is_until_it_is_approved,
        a_withdrawn_proposal_is_what_was_approved_and_forgets_its_candidate,
    }
    archive {
        an_archive_taken_by_an_empty_store_is_the_same_again,
        a_store_that_is_not_empty_takes_no_archive,
        of_an_archive_that_was_cut_off_or_changed_nothing_is_taken,
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
    catalog {
        a_view_shows_what_was_written,
        servers_are_filtered_by_each_field_and_by_all_together,
        servers_are_found_by_a_text_in_any_script_and_wildcards_are_literal,
        pages_of_servers_are_stable_while_servers_arrive,
        servers_made_at_one_time_are_walked_once_each,
        counts_of_servers_sum_to_their_total,
        a_server_that_does_not_read_is_left_out_of_lists,
        a_server_changed_by_hand_is_found_by_its_new_name,
    }
    collections {
        a_collection_reads_back_whole_until_it_is_removed,
        a_slug_is_one_collections_within_a_tenant,
        a_stale_change_of_a_collection_changes_nothing,
        of_racing_collections_no_more_are_kept_than_may_be,
        a_collection_that_does_not_read_is_left_out_of_lists,
    }
    commits {
        a_commit_is_told_before_its_writer_is_answered,
        what_was_refused_is_not_told,
    }
    credentials {
        a_credential_reads_back_whole_until_it_is_removed,
        a_credential_is_guarded_by_what_was_read,
        of_racing_setters_of_a_credential_exactly_one_wins,
        a_credential_goes_with_its_server_and_stays_through_its_changes,
    }
    grants {
        a_grant_reads_back_whole_until_it_is_removed,
        a_grant_is_guarded_by_what_was_read,
        of_racing_writers_of_a_grant_exactly_one_wins,
        grants_go_with_the_credential_that_they_were_given_for,
    }
    documents {
        a_document_reads_back_whole_and_in_parts,
        documents_are_listed_the_oldest_first_page_by_page,
        a_document_belongs_to_its_registration_alone,
        of_racing_uploads_no_more_are_kept_than_may_be,
        a_document_for_what_is_gone_is_not_kept,
        a_deleted_document_is_gone_with_its_bytes_and_makes_room,
        a_removed_registration_takes_its_documents_and_links,
        uploads_and_deletions_leave_their_audit_row,
        the_largest_document_round_trips,
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
    links {
        a_link_reads_back_until_it_is_deleted,
        an_address_is_linked_once_per_registration,
        of_racing_links_no_more_are_kept_than_may_be,
    }
    lists {
        an_offset_walk_visits_each_row_once,
        pages_by_cursor_are_stable_while_rows_arrive,
        a_cursor_walk_visits_rows_of_the_same_time_once,
        a_list_is_filtered_by_status_and_submitter,
        a_list_and_its_total_have_the_rows_of_the_tenants_that_are_asked_for,
        a_list_shows_candidates_and_servers,
    }
    management {
        a_batch_by_item_writes_what_it_can_and_answers_for_each,
        a_batch_that_is_one_thing_leaves_nothing_behind_when_refused,
        each_server_of_some_ids_is_found_with_its_manifest,
        a_removed_server_takes_its_definitions_and_leaves_its_alias_in_quarantine,
        a_registration_whose_server_is_removed_stays_approved_and_may_have_another,
        servers_that_are_not_asked_await_no_manifest,
    }
    oauth {
        a_client_reads_back_until_it_ends,
        no_more_clients_are_kept_than_may_be_and_ended_ones_make_room,
        a_client_lives_as_long_as_its_grants,
        a_consent_is_remembered_until_it_ends_and_can_be_given_again,
        a_grant_reads_back_whole_and_ends,
        of_many_who_show_one_refresh_token_exactly_one_rotates_it,
        an_ended_grant_is_gone_and_its_tokens_denied,
        of_a_persons_grants_the_newest_are_kept,
        denials_are_told_from_a_time_on_until_they_end,
        of_racing_keys_of_a_generation_one_is_kept,
    }
    offers {
        servers_are_found_by_all_or_any_of_some_tools,
        servers_are_found_by_their_resources_and_templates,
        offers_are_narrowed_by_tenant_status_and_tags,
    }
    operations {
        an_operation_reads_back_whole,
        operations_told_twice_are_kept_once,
        a_large_batch_is_kept_whole,
        overlong_names_are_cut_not_refused,
        operations_are_listed_by_what_is_asked_for,
        pages_of_operations_are_stable_while_operations_arrive,
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
    seals {
        a_chain_has_what_its_writer_told_in_order_and_without_gaps,
        records_read_the_same_whenever_they_are_read,
        a_seal_reads_back_and_is_kept_once,
        the_first_seal_of_a_chain_follows_the_newest_of_all,
        a_full_seal_is_followed_by_another,
        an_operation_that_is_changed_is_named,
        an_operation_that_is_removed_is_named,
        an_operation_that_is_inserted_is_named,
        a_seal_that_is_removed_or_changed_is_named,
        what_has_no_seal_yet_is_told_with_its_time,
        the_audit_trail_is_sealed_and_what_is_done_to_it_is_named,
        whole_sealed_days_are_purged_and_their_seals_stay,
        what_a_gone_writer_left_is_sealed_by_another_and_its_chain_closed,
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
        the_rules_of_a_server_read_back_everywhere,
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
        administrators_are_listed_with_who_made_them,
    }
    watch {
        a_server_is_probed_over_the_transport_that_it_is_called_over,
        a_new_server_is_to_be_probed_before_all_others,
        what_a_probe_finds_is_kept_and_is_no_new_revision,
        a_note_tells_the_event_log_of_changes_only,
        a_note_on_what_no_longer_stands_is_left_out_with_its_event,
        maintenance_is_not_probed_and_not_overruled,
        a_written_server_keeps_the_health_that_was_found,
        a_drift_is_kept_with_its_server_until_it_ends,
        a_drift_that_does_not_read_spoils_its_server_alone,
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
