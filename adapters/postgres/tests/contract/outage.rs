//! What happens when the server, or the way to it, breaks.

use std::time::Duration;

use libtest_mimic::Failed;
use registry_domain::ports::{
    EventLog as _, Outcome, PortError, RegistrationQuery, RegistrationStore as _, StoreHealth as _,
};
use registry_postgres::PgOptions;

use crate::cluster::{Database, number};
use crate::proxy::{Mode, Proxy};
use crate::support::{eventually, open, submission, submitted};

fn not_applied<T>(told: &Result<T, PortError>) -> bool {
    matches!(told, Err(PortError::Unavailable { outcome: Outcome::NotApplied, .. }))
}

/// Ends all other connections, and waits until each has ended: one that is about to end takes a
/// statement and answers nothing, which is another fault than this.
const CLOSE_ALL: &str = "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity \
                         WHERE datname = current_database() AND pid <> pg_backend_pid()";

pub(crate) async fn connections_that_the_server_closed_are_replaced() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let store = open(PgOptions { min_connections: 3, ..database.options()? }).await?;
    for number_ in 0..10 {
        assert!(number(&client, CLOSE_ALL).await? >= 1);
        submitted(&store, number_).await?;
        number(&client, CLOSE_ALL).await?;
        let page = store.list(&RegistrationQuery { limit: 100, ..Default::default() }).await?;
        assert_eq!(page.total, u64::from(number_) + 1);
    }
    Ok(())
}

pub(crate) async fn a_commit_whose_answer_is_lost_is_found_to_have_happened() -> Result<(), Failed>
{
    let database = Database::migrated().await?;
    let proxy = Proxy::before(&database).await?;
    let store = open(proxy.options(&database)?).await?;
    let change = submission(&store, 1).await?;
    proxy.set(Mode::CutAfterCommit);
    store.commit(&change).await?;
    assert_eq!(proxy.mode(), Mode::Pass, "it was cut");
    assert_eq!(store.latest().await?.0, 1, "it was written once");
    let found = store.find(change.next.id).await?.ok_or("it is not there")?;
    assert_eq!(found.registration, change.next);
    Ok(())
}

pub(crate) async fn a_commit_that_never_arrived_is_told_not_to_have_happened() -> Result<(), Failed>
{
    let database = Database::migrated().await?;
    let proxy = Proxy::before(&database).await?;
    let store = open(proxy.options(&database)?).await?;
    let change = submission(&store, 1).await?;
    proxy.set(Mode::CutAtCommit);
    let told = store.commit(&change).await;
    assert_eq!(proxy.mode(), Mode::Pass, "it was cut");
    assert!(not_applied(&told), "{told:?}");
    assert_eq!(store.latest().await?.0, 0);
    store.commit(&change).await?;
    assert_eq!(store.latest().await?.0, 1);
    Ok(())
}

pub(crate) async fn a_deadlock_and_a_serialization_failure_are_tried_again() -> Result<(), Failed> {
    for (code, failures, passes) in [("40P01", 2, true), ("40001", 2, true), ("40001", 3, false)] {
        let database = Database::migrated().await?;
        let store = open(database.options()?).await?;
        let change = submission(&store, 1).await?;
        // A sequence counts the tries: it is not rolled back.
        let fail = format!(
            "CREATE SEQUENCE tries;
             CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                 IF nextval('tries') <= {failures} THEN
                     RAISE EXCEPTION 'on purpose' USING ERRCODE = '{code}';
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER fail BEFORE INSERT ON registrations
                 FOR EACH ROW EXECUTE FUNCTION fail()"
        );
        let client = database.connect().await?;
        client.batch_execute(&fail).await?;
        let told = store.commit(&change).await;
        assert_eq!(told.is_ok(), passes, "{code} {failures}: {told:?}");
        assert!(passes || not_applied(&told), "{told:?}");
        assert_eq!(number(&client, "SELECT last_value FROM tries").await?, 3);
        assert_eq!(store.latest().await?.0, i64::from(passes));
    }
    Ok(())
}

pub(crate) async fn who_waits_too_long_for_a_lock_is_told_after_one_try() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let lock_timeout = Duration::from_millis(50);
    let store = open(PgOptions { lock_timeout, ..database.options()? }).await?;
    let change = submission(&store, 1).await?;
    let other = database.connect().await?;
    // A sequence counts the tries: it is not rolled back.
    let count = "CREATE SEQUENCE tries;
                 CREATE FUNCTION try() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                     PERFORM nextval('tries');
                     RETURN NEW;
                 END $$;
                 CREATE TRIGGER try BEFORE INSERT ON registrations
                     FOR EACH ROW EXECUTE FUNCTION try()";
    other.batch_execute(count).await?;
    other.batch_execute("BEGIN; SELECT FROM event_head FOR UPDATE").await?;
    let told = store.commit(&change).await;
    assert!(not_applied(&told), "{told:?}");
    assert_eq!(number(&other, "SELECT last_value FROM tries").await?, 1);
    other.batch_execute("ROLLBACK").await?;
    store.commit(&change).await?;
    assert_eq!(store.latest().await?.0, 1);
    Ok(())
}

pub(crate) async fn a_search_that_takes_too_long_is_given_up() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let search_timeout = Duration::from_millis(50);
    let store = open(PgOptions { search_timeout, ..database.options()? }).await?;
    submitted(&store, 1).await?;
    let other = database.connect().await?;
    other.batch_execute("BEGIN; LOCK TABLE registrations IN ACCESS EXCLUSIVE MODE").await?;
    let search = Some("server".to_owned());
    let query = RegistrationQuery { search, limit: 10, ..Default::default() };
    let told = store.list(&query).await;
    assert!(not_applied(&told), "{told:?}");
    other.batch_execute("ROLLBACK").await?;
    assert_eq!(store.list(&query).await?.total, 1);
    Ok(())
}

pub(crate) async fn a_server_that_stalls_is_given_up_and_found_again() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let proxy = Proxy::before(&database).await?;
    let options = PgOptions {
        answer_timeout: Duration::from_millis(500),
        connect_timeout: Duration::from_secs(2),
        health_timeout: Duration::from_millis(250),
        ..proxy.options(&database)?
    };
    let store = open(options).await?;
    let change = submission(&store, 1).await?;
    proxy.set(Mode::Stall);
    let sick = store.check().await;
    assert!(not_applied(&sick), "{sick:?}");
    let read = store.find(change.next.id).await;
    assert!(not_applied(&read), "{read:?}");
    let written = store.commit(&change).await;
    assert!(not_applied(&written), "{written:?}");
    proxy.set(Mode::Pass);
    // What was swallowed is lost: connections that wait for it must not be used again.
    eventually("the store is healthy again", || async { Ok(store.check().await.is_ok()) }).await?;
    // On a busy machine a try may take longer than this store's patience, so it is tried again; what
    // was written by then is written once.
    eventually("the store takes the write", || async {
        let told = store.commit(&change).await;
        Ok(told.is_ok() || store.latest().await.is_ok_and(|seq| seq.0 == 1))
    })
    .await
}

pub(crate) async fn checks_of_a_silent_server_do_not_use_up_the_pool() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let proxy = Proxy::before(&database).await?;
    let options = PgOptions {
        max_connections: 4,
        health_timeout: Duration::from_millis(20),
        ..proxy.options(&database)?
    };
    let store = open(options).await?;
    proxy.set(Mode::Stall);
    for _ in 0..8 {
        assert!(store.check().await.is_err());
    }
    let pool = store.pool();
    assert!(pool.size - pool.available <= 1 && pool.waiting == 0, "{pool:?}");
    proxy.set(Mode::Pass);
    Ok(())
}

pub(crate) async fn the_follower_finds_the_server_again() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let (store, beside) = (open(database.options()?).await?, open(database.options()?).await?);
    for round in 0..3 {
        let before = beside.latest().await?;
        number(&client, CLOSE_ALL).await?;
        let (woken, made) = tokio::join!(
            tokio::time::timeout(registry_contract::DEADLINE, beside.wait(before)),
            submitted(&store, round)
        );
        made?;
        woken?;
        assert!(beside.latest().await? > before);
    }
    Ok(())
}
