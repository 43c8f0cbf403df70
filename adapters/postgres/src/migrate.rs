//! Brings a database's schema up to date, and back.

use diesel::dsl::sql;
use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel::sql_types::{Bool, Text};
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_async::{RunQueryDsl as _, SimpleAsyncConnection as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use registry_domain::ports::Source;
use tokio::runtime::Handle;

use crate::connection::{Connection, Connector};
use crate::open_error::OpenError;
use crate::options::PgOptions;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Of the lock that who changes this database's schema holds, until its connection ends. The number
/// is ours alone by convention.
const LOCK: i64 = 7_236_833_204_514_288_999;

type Blocking = AsyncConnectionWrapper<Connection>;

/// What a change of the schema came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Migrated {
    /// The versions that were run, or taken back, in that order.
    pub versions: Vec<String>,
}

/// Why a change of the schema stopped.
enum Stop {
    Newer { found: String, known: String },
    Older { missing: String },
    Failed(Source),
}

impl From<Source> for Stop {
    fn from(source: Source) -> Self {
        Self::Failed(source)
    }
}

/// Runs the migrations that a database lacks.
///
/// # Errors
/// [`OpenError`]; among them that the schema is newer than the program.
pub async fn migrate_up(options: &PgOptions, handle: &Handle) -> Result<Migrated, OpenError> {
    alone(options, handle, up).await
}

/// Takes back the last `steps` migrations.
///
/// # Errors
/// [`OpenError`]; among them that the schema is newer than the program.
pub async fn migrate_down(
    options: &PgOptions,
    handle: &Handle,
    steps: usize,
) -> Result<Migrated, OpenError> {
    alone(options, handle, move |conn| down(conn, steps)).await
}

/// Sees to it that the schema is the program's, as the options allow. Where it is already, nobody is
/// waited for.
pub(crate) async fn check(connector: &Connector, options: &PgOptions) -> Result<(), OpenError> {
    let mut conn = fresh(connector, options).await?;
    let applied = applied(&mut conn).await.map_err(|source| told(options, source.into()))?;
    if missing(&applied).map_err(|stop| told(options, stop))?.is_none() {
        return Ok(());
    }
    drop(conn);
    let work = if options.migrate { up } else { compare };
    locked(connector, options, work).await.map(drop)
}

async fn alone(
    options: &PgOptions,
    handle: &Handle,
    work: impl FnOnce(&mut Blocking) -> Result<Migrated, Stop> + Send + 'static,
) -> Result<Migrated, OpenError> {
    let connector = Connector::new(options)?;
    let (of_task, options) = (options.clone(), options.clone());
    let task = handle.spawn(async move { locked(&connector, &of_task, work).await });
    task.await.unwrap_or_else(|cut_off| Err(told(&options, Stop::Failed(Box::new(cut_off)))))
}

/// Does something with the schema while nobody else does. What is written for blocking connections
/// runs on a blocking thread.
async fn locked(
    connector: &Connector,
    options: &PgOptions,
    work: impl FnOnce(&mut Blocking) -> Result<Migrated, Stop> + Send + 'static,
) -> Result<Migrated, OpenError> {
    let mut conn = fresh(connector, options).await?;
    lock(&mut conn, options).await.map_err(|source| told(options, source.into()))?;
    let done = tokio::task::spawn_blocking(move || work(&mut Blocking::from(conn))).await;
    done.unwrap_or_else(|cut_off| Err(Stop::Failed(Box::new(cut_off))))
        .map_err(|stop| told(options, stop))
}

async fn fresh(connector: &Connector, options: &PgOptions) -> Result<Connection, OpenError> {
    connector.fresh().await.map_err(|source| OpenError::Unreachable {
        database: options.address.to_string(),
        source: Box::new(source),
    })
}

/// Waits until nobody else changes this database's schema, and says so if it is not at once.
async fn lock(conn: &mut Connection, options: &PgOptions) -> Result<(), Source> {
    let is_ours = format!("pg_try_advisory_lock({LOCK})");
    if diesel::select(sql::<Bool>(&is_ours)).get_result(conn).await? {
        return Ok(());
    }
    tracing::info!(database = %options.address, "waiting for another process that changes the schema");
    let wait =
        format!("SET lock_timeout = '5min'; SELECT pg_advisory_lock({LOCK}); SET lock_timeout = 0");
    Ok(conn.batch_execute(&wait).await?)
}

/// The versions that have run. Unlike diesel's own look it makes no table: two who did that at once
/// would fail, and it takes a right that who may not migrate need not have.
async fn applied(conn: &mut Connection) -> Result<Vec<MigrationVersion<'static>>, Source> {
    let is_there = "to_regclass('__diesel_schema_migrations') IS NOT NULL";
    if !diesel::select(sql::<Bool>(is_there)).get_result::<bool>(conn).await? {
        return Ok(Vec::new());
    }
    let versions = sql::<Text>("SELECT version::text FROM __diesel_schema_migrations");
    let versions: Vec<String> = versions.load(conn).await?;
    Ok(versions.into_iter().map(MigrationVersion::from).collect())
}

fn told(options: &PgOptions, stop: Stop) -> OpenError {
    let database = options.address.to_string();
    match stop {
        Stop::Newer { found, known } => OpenError::NewerSchema { database, found, known },
        Stop::Older { missing } => OpenError::OlderSchema { database, missing },
        Stop::Failed(source) => OpenError::Migration { database, source },
    }
}

fn up(conn: &mut Blocking) -> Result<Migrated, Stop> {
    refuse_newer(conn)?;
    let run = conn.run_pending_migrations(MIGRATIONS)?;
    Ok(Migrated { versions: run.iter().map(ToString::to_string).collect() })
}

fn down(conn: &mut Blocking, steps: usize) -> Result<Migrated, Stop> {
    refuse_newer(conn)?;
    let mut versions = Vec::new();
    for _ in 0..steps.min(conn.applied_migrations()?.len()) {
        versions.push(conn.revert_last_migration(MIGRATIONS)?.to_string());
    }
    Ok(Migrated { versions })
}

fn compare(conn: &mut Blocking) -> Result<Migrated, Stop> {
    match missing(&conn.applied_migrations()?)? {
        Some(missing) => Err(Stop::Older { missing: missing.to_string() }),
        None => Ok(Migrated::default()),
    }
}

fn refuse_newer(conn: &mut Blocking) -> Result<(), Stop> {
    missing(&conn.applied_migrations()?).map(drop)
}

/// The first version that a schema lacks. One that it has and the program does not know is refused.
fn missing(
    applied: &[MigrationVersion<'static>],
) -> Result<Option<MigrationVersion<'static>>, Stop> {
    let known = known()?;
    if let Some(found) = applied.iter().find(|version| !known.contains(version)) {
        let newest = known.iter().max().map(ToString::to_string).unwrap_or_default();
        return Err(Stop::Newer { found: found.to_string(), known: newest });
    }
    Ok(known.into_iter().find(|version| !applied.contains(version)))
}

fn known() -> Result<Vec<MigrationVersion<'static>>, Source> {
    let migrations = MigrationSource::<Pg>::migrations(&MIGRATIONS)?;
    let mut versions: Vec<_> =
        migrations.iter().map(|migration| migration.name().version().as_owned()).collect();
    versions.sort();
    Ok(versions)
}

/// The newest version that the program knows.
pub(crate) fn newest() -> Result<String, Source> {
    Ok(known()?.last().map(ToString::to_string).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use diesel::QueryableByName;
    use diesel_async::AsyncConnection as _;

    use super::*;

    const SCRIPTS: [&str; 18] = [
        include_str!("../../../migrations/postgres/2026-11-21-000001_registry/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000002_gateway/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000003_governance/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000004_proposals/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000005_replicas/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000006_management/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000007_documents/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000008_health/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000009_client_address/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000010_seals/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000011_tool_rules/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000012_api_keys/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000013_oauth/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000014_administrators/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000017_collections/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-22-000018_credentials/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-22-000019_user_grants/up.sql"),
        include_str!(
            "../../../migrations/postgres/2026-11-22-000020_tenants_of_registrations/up.sql"
        ),
    ];

    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }

    #[tokio::test]
    async fn the_schema_in_rust_is_the_schema_in_the_database() {
        let url = std::env::var("TEST_DATABASE_URL").expect(
            "TEST_DATABASE_URL names no PostgreSQL to test on: use `make test`, or \
             `tools/testenv.sh run cargo test -p registry-postgres`",
        );
        let mut conn = Connection::establish(&url).await.unwrap();
        // Never committed, so nothing is left of it.
        let schema = format!("mcp_schema_{}", std::process::id());
        let begin = format!("BEGIN; CREATE SCHEMA {schema}; SET LOCAL search_path = {schema}");
        conn.batch_execute(&begin).await.unwrap();
        for script in SCRIPTS {
            conn.batch_execute(script).await.unwrap();
        }
        assert_eq!(SCRIPTS.len(), known().unwrap().len(), "a migration is missing here");
        for (table, mut named) in crate::schema::columns() {
            let query = format!(
                "SELECT column_name::text AS name FROM information_schema.columns \
                 WHERE table_schema = '{schema}' AND table_name = '{table}'"
            );
            let stored: Vec<Name> = diesel::sql_query(query).load(&mut conn).await.unwrap();
            let mut stored: Vec<String> = stored.into_iter().map(|row| row.name).collect();
            stored.sort();
            named.sort();
            assert_eq!(named, stored, "{table}");
        }
    }
}
