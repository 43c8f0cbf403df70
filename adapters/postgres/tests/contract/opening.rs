//! Opening a store, and being told why it does not open.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use libtest_mimic::Failed;
use registry_contract::{DEADLINE, MockClock};
use registry_domain::ports::EventLog as _;
use registry_postgres::{OpenError, PgAddress, PgOptions, PgStore, migrate_down, migrate_up};
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tokio_util::task::TaskTracker;

use crate::cluster::{Database, number};
use crate::support::{eventually, open};

async fn refused(options: PgOptions) -> Result<OpenError, Failed> {
    let (clock, tracker) = (Arc::new(MockClock::new()), TaskTracker::new());
    match PgStore::open(options, clock, Handle::current(), tracker).await {
        Ok(_) => Err("it opened".into()),
        Err(error) => Ok(error),
    }
}

pub(crate) async fn a_schema_newer_than_the_program_is_refused_by_version() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let newer = "INSERT INTO __diesel_schema_migrations (version) VALUES ('20991231000001')";
    database.connect().await?.batch_execute(newer).await?;
    let error = refused(database.options()?).await?;
    let said = error.to_string();
    let OpenError::NewerSchema { found, known, .. } = error else {
        return Err(format!("{error:?}").into());
    };
    assert_eq!(found, "20991231000001");
    assert!(said.contains(&known) && said.contains(&database.name), "{said}");
    for told in [
        migrate_up(&database.options()?, &Handle::current()).await,
        migrate_down(&database.options()?, &Handle::current(), 1).await,
    ] {
        assert!(matches!(told, Err(OpenError::NewerSchema { .. })), "{told:?}");
    }
    Ok(())
}

pub(crate) async fn a_schema_older_than_the_program_is_named_where_it_may_not_migrate()
-> Result<(), Failed> {
    let database = Database::migrated().await?;
    let taken_back = migrate_down(&database.options()?, &Handle::current(), 1).await?.versions;
    let options = PgOptions { migrate: false, ..database.options()? };
    let OpenError::OlderSchema { missing, .. } = refused(options.clone()).await? else {
        return Err("it opened, or said something else".into());
    };
    assert_eq!([missing], taken_back.as_slice());
    migrate_up(&options, &Handle::current()).await?;
    open(options).await?;
    Ok(())
}

pub(crate) async fn four_who_open_an_empty_database_at_once_all_can() -> Result<(), Failed> {
    let database = Database::empty().await?;
    let options = database.options()?;
    for store in join_all((0..4).map(|_| open(options.clone()))).await {
        store?.latest().await?;
    }
    Ok(())
}

pub(crate) async fn who_finds_nothing_to_migrate_waits_for_nobody() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let (options, client) = (database.options()?, database.connect().await?);
    let lock = "pg_advisory_lock(7236833204514288999)";
    client.batch_execute(&format!("SELECT {lock}")).await?;
    for migrate in [true, false] {
        let opened = open(PgOptions { migrate, ..options.clone() });
        tokio::time::timeout(DEADLINE, opened).await??;
    }
    client.batch_execute("SELECT pg_advisory_unlock_all()").await?;

    migrate_down(&options, &Handle::current(), 1).await?;
    client.batch_execute(&format!("SELECT {lock}")).await?;
    let opening = Handle::current().spawn(open(options));
    let waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                   AND wait_event_type = 'Lock' AND wait_event = 'advisory'";
    eventually("somebody waits", || async { Ok(number(&client, waiting).await? == 1) }).await?;
    client.batch_execute("SELECT pg_advisory_unlock_all()").await?;
    opening.await??.latest().await?;
    Ok(())
}

pub(crate) async fn an_unreachable_database_is_named_without_its_password() -> Result<(), Failed> {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").await?.local_addr()?.port();
    let url = format!("postgres://ada:s3cret@127.0.0.1:{port}/registry");
    let error = refused(PgOptions::for_testing(PgAddress::parse(&url)?)).await?;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    let said = format!("{error} {error:?}");
    assert!(error.to_string().contains(&format!("127.0.0.1:{port}/registry")), "{said}");
    assert!(!said.contains("s3cret"), "{said}");
    Ok(())
}

pub(crate) async fn a_server_that_says_nothing_is_unreachable_in_time() -> Result<(), Failed> {
    let mute = TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("postgres://ada@{}/registry", mute.local_addr()?);
    let connect_timeout = Duration::from_millis(100);
    let options = PgOptions { connect_timeout, ..PgOptions::for_testing(PgAddress::parse(&url)?) };
    let error = refused(options).await?;
    assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
    Ok(())
}

pub(crate) async fn a_server_without_tls_is_refused_where_tls_is_required() -> Result<(), Failed> {
    let database = Database::migrated().await?;
    let client = database.connect().await?;
    let ssl: String = client.query_one("SHOW ssl", &[]).await?.try_get(0)?;
    let url = format!("{}?sslmode=verify-full", database.url()?);
    let error = refused(PgOptions::for_testing(PgAddress::parse(&url)?)).await?;
    // With TLS it is the certificate that is refused: nobody made one for this server.
    assert!(matches!(error, OpenError::Unreachable { .. }), "ssl is {ssl}: {error:?}");
    let url = format!("{}?sslmode=prefer", database.url()?);
    open(PgOptions::for_testing(PgAddress::parse(&url)?)).await?;
    Ok(())
}
