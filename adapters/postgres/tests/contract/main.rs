//! Runs the behaviour suite on PostgreSQL, and what only this adapter can get wrong.

use std::future::Future;
use std::process::ExitCode;

use libtest_mimic::{Failed, Trial};

mod adapter;
mod bus;
mod cluster;
mod following;
mod hand;
mod opening;
mod outage;
mod pool;
mod proxy;
mod rows;
mod schema;
mod support;
mod upgrade;

/// A test with a runtime of its own, that ends when `run` does.
fn trial<F, W>(name: &str, run: W) -> Trial
where
    F: Future<Output = Result<(), Failed>>,
    W: FnOnce() -> F + Send + 'static,
{
    Trial::test(name, move || {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|error| Failed::from(error.to_string()))?;
        runtime.block_on(run())
    })
}

macro_rules! trials {
    ($($module:ident { $($name:ident,)+ })+) => {
        vec![$($(trial(
            concat!("postgres::", stringify!($module), "::", stringify!($name)),
            $module::$name,
        ),)+)+]
    };
}

fn main() -> ExitCode {
    let mut trials = registry_contract::stores(adapter::Postgres);
    trials.extend(registry_contract::session_stores(adapter::Postgres));
    trials.extend(registry_contract::leases(adapter::Postgres));
    trials.extend(registry_contract::replica_buses(adapter::Postgres));
    trials.extend(trials! {
        schema {
            the_init_script_runs_twice_and_makes_what_it_says,
            the_seeds_sql_runs_verbatim,
            down_and_up_lead_to_the_same_schema,
            the_init_script_does_no_harm_later,
            there_are_at_least_25_indexes,
            four_who_migrate_at_once_run_each_migration_once,
            each_table_is_archived_with_all_its_columns_or_left_out_for_a_reason,
        }
        upgrade {
            every_earlier_schema_is_brought_up_to_date_with_its_rows,
        }
        opening {
            a_schema_newer_than_the_program_is_refused_by_version,
            a_schema_older_than_the_program_is_named_where_it_may_not_migrate,
            four_who_open_an_empty_database_at_once_all_can,
            an_unreachable_database_is_named_without_its_password,
            a_server_that_says_nothing_is_unreachable_in_time,
            who_finds_nothing_to_migrate_waits_for_nobody,
            a_server_without_tls_is_refused_where_tls_is_required,
        }
        pool {
            the_pool_grows_to_its_maximum_and_shrinks_to_its_minimum,
            no_backend_is_left_after_closing,
            what_is_asked_after_closing_is_unavailable,
        }
        outage {
            connections_that_the_server_closed_are_replaced,
            a_commit_whose_answer_is_lost_is_found_to_have_happened,
            a_commit_that_never_arrived_is_told_not_to_have_happened,
            a_deadlock_and_a_serialization_failure_are_tried_again,
            who_waits_too_long_for_a_lock_is_told_after_one_try,
            a_search_that_takes_too_long_is_given_up,
            a_server_that_stalls_is_given_up_and_found_again,
            checks_of_a_silent_server_do_not_use_up_the_pool,
            the_follower_finds_the_server_again,
        }
        bus {
            a_large_message_and_a_large_answer_arrive_in_their_order,
            a_connection_that_was_cut_is_made_again_and_subscribers_are_told,
            a_connection_that_went_silent_is_made_again,
            who_died_without_a_word_is_waited_for_until_its_heartbeat_is_old,
            old_messages_are_taken_away,
            a_dropped_bus_ends_its_subscriptions_its_row_and_its_connection,
            a_bus_without_a_database_does_not_open,
        }
        following {
            no_follower_skips_an_event_while_replicas_write,
            a_forged_notification_neither_spins_nor_hides_events,
            a_counter_that_went_back_is_believed,
        }
        rows {
            a_row_that_does_not_read_is_left_out_of_lists,
            a_server_that_does_not_read_is_left_out_of_the_routes,
            a_time_that_does_not_read_is_refused,
            operations_make_no_notification,
            texts_that_postgresql_cannot_hold_are_mended,
        }
        hand {
            a_registration_made_by_hand_can_be_found,
            an_administrator_by_hand_is_told_from_the_group,
            a_server_changed_by_hand_has_another_revision,
        }
    });
    registry_contract::run(trials)
}
