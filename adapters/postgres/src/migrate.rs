//! Brings a database's schema up to date, and back.

use diesel::migration::{Migration, MigrationSource, MigrationVersion};
use diesel::pg::Pg;
use diesel_async::SimpleAsyncConnection as _;
use diesel_async::async_connection_wrapper::AsyncConnectionWrapper;
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use registry_domain::ports::Source;
use tokio::runtime::Handle;

use crate::connection::{Connection, Connector};
use crate::open_error::OpenError;
use crate::options::PgOptions;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// Waits until nobody else changes this database's schema; the lock ends with its connection. The
/// number is ours alone by convention.
const LOCK: &str = "SET lock_timeout = '5min'; \
                    SELECT pg_advisory_lock(7236833204514288999); \
                    SET lock_timeout = 0";

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

/// Sees to it that the schema is the program's, as the options allow.
pub(crate) async fn check(connector: &Connector, options: &PgOptions) -> Result<(), OpenError> {
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
    let mut conn = connector.fresh().await.map_err(|source| OpenError::Unreachable {
        database: options.address.to_string(),
        source: Box::new(source),
    })?;
    conn.batch_execute(LOCK)
        .await
        .map_err(|source| told(options, Stop::Failed(Box::new(source))))?;
    let done = tokio::task::spawn_blocking(move || work(&mut Blocking::from(conn))).await;
    done.unwrap_or_else(|cut_off| Err(Stop::Failed(Box::new(cut_off))))
        .map_err(|stop| told(options, stop))
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
    refuse_newer(conn)?;
    let applied = conn.applied_migrations()?;
    match known()?.into_iter().find(|version| !applied.contains(version)) {
        Some(missing) => Err(Stop::Older { missing: missing.to_string() }),
        None => Ok(Migrated::default()),
    }
}

fn refuse_newer(conn: &mut Blocking) -> Result<(), Stop> {
    let known = known()?;
    let found = conn.applied_migrations()?.into_iter().find(|version| !known.contains(version));
    let Some(found) = found else { return Ok(()) };
    let newest = known.iter().max().map(ToString::to_string).unwrap_or_default();
    Err(Stop::Newer { found: found.to_string(), known: newest })
}

fn known() -> Result<Vec<MigrationVersion<'static>>, Source> {
    let migrations = MigrationSource::<Pg>::migrations(&MIGRATIONS)?;
    let mut versions: Vec<_> =
        migrations.iter().map(|migration| migration.name().version().as_owned()).collect();
    versions.sort();
    Ok(versions)
}

#[cfg(test)]
mod tests {
    use diesel::QueryableByName;
    use diesel::sql_types::Text;
    use diesel_async::{AsyncConnection as _, RunQueryDsl as _};

    use super::*;

    const SCRIPTS: [&str; 5] = [
        include_str!("../../../migrations/postgres/2026-11-21-000001_registry/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000002_gateway/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000003_governance/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000004_proposals/up.sql"),
        include_str!("../../../migrations/postgres/2026-11-21-000005_replicas/up.sql"),
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
