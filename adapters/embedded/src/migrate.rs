//! Brings a file's schema up to date, or back.

use std::path::{Path, PathBuf};

use diesel::migration::{MigrationSource, MigrationVersion};
use diesel::sqlite::Sqlite;
use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};
use registry_domain::ports::{PortError, Source};
use tokio::runtime::Handle;

use crate::connection::{Access, prepare};
use crate::error::StoreError;
use crate::file;
use crate::options::EmbeddedOptions;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Makes the file where there is none and runs the migrations that it lacks. Blocks; several
/// processes that start at once take turns.
pub(crate) fn bring_up_to_date(path: &Path, options: &EmbeddedOptions) -> Result<(), StoreError> {
    alone(path, options, |conn| {
        conn.run_pending_migrations(MIGRATIONS).map_err(StoreError::Migration)?;
        Ok(())
    })
}

/// Takes back the last `steps` migrations of a file that nobody has open, with the data that they
/// made room for; answers their versions.
///
/// # Errors
/// [`PortError::Corrupt`] when the file is newer than the program, [`PortError::Unavailable`] when
/// it cannot be written.
pub async fn migrate_down(
    path: PathBuf,
    options: EmbeddedOptions,
    handle: &Handle,
    steps: usize,
) -> Result<Vec<String>, PortError> {
    let task = handle.spawn_blocking(move || {
        alone(&path, &options, |conn| {
            let applied = conn.applied_migrations().map_err(StoreError::Migration)?;
            let mut versions = Vec::new();
            for _ in 0..steps.min(applied.len()) {
                let version = conn.revert_last_migration(MIGRATIONS);
                versions.push(version.map_err(StoreError::Migration)?.to_string());
            }
            Ok(versions)
        })
    });
    Ok(task.await.map_err(StoreError::from).flatten()?)
}

/// Does something with the schema while nobody else does, unless it is newer than the program.
fn alone<T>(
    path: &Path,
    options: &EmbeddedOptions,
    work: impl FnOnce(&mut SqliteConnection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    file::ensure_private(path)?;
    let _turn = file::lock_beside(path)?;
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|source| StoreError::Migration(Box::new(source)))?;
    prepare(&mut conn, Access::Write, options)?;
    refuse_newer(&mut conn)?;
    work(&mut conn)
}

fn refuse_newer(conn: &mut SqliteConnection) -> Result<(), StoreError> {
    let known = known().map_err(StoreError::Migration)?;
    let applied = conn.applied_migrations().map_err(StoreError::Migration)?;
    let Some(found) = applied.into_iter().find(|version| !known.contains(version)) else {
        return Ok(());
    };
    let newest = known.iter().max().map(ToString::to_string).unwrap_or_default();
    Err(StoreError::NewerSchema { found: found.to_string(), known: newest })
}

fn known() -> Result<Vec<MigrationVersion<'static>>, Source> {
    let migrations = MigrationSource::<Sqlite>::migrations(&MIGRATIONS)?;
    Ok(migrations.iter().map(|migration| migration.name().version().as_owned()).collect())
}

/// The newest version that the program knows.
pub(crate) fn newest() -> Result<String, StoreError> {
    let known = known().map_err(StoreError::Migration)?;
    Ok(known.iter().max().map(ToString::to_string).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::sql_types::Text;

    use super::*;

    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }

    fn objects(conn: &mut SqliteConnection) -> Vec<String> {
        diesel::sql_query("SELECT sql AS name FROM sqlite_master WHERE sql IS NOT NULL ORDER BY 1")
            .load::<Name>(conn)
            .unwrap()
            .into_iter()
            .map(|row| row.name)
            .collect()
    }

    #[test]
    fn every_migration_can_be_taken_back_and_run_again() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.run_pending_migrations(MIGRATIONS).unwrap();
        let up = objects(&mut conn);
        conn.revert_all_migrations(MIGRATIONS).unwrap();
        assert!(!objects(&mut conn).iter().any(|sql| sql.contains("registrations")));
        conn.run_pending_migrations(MIGRATIONS).unwrap();
        assert_eq!(objects(&mut conn), up);
    }

    #[test]
    fn the_schema_in_rust_is_the_schema_in_the_file() {
        let mut conn = SqliteConnection::establish(":memory:").unwrap();
        conn.run_pending_migrations(MIGRATIONS).unwrap();
        for (table, columns) in crate::schema::columns() {
            let query = format!("SELECT name FROM pragma_table_info('{table}')");
            let mut stored: Vec<String> = diesel::sql_query(query)
                .load::<Name>(&mut conn)
                .unwrap()
                .into_iter()
                .map(|row| row.name)
                .collect();
            let mut named: Vec<String> = columns.into_iter().map(str::to_owned).collect();
            stored.sort();
            named.sort();
            assert_eq!(named, stored, "{table}");
        }
    }

    #[tokio::test]
    async fn a_file_that_a_newer_program_changed_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.db");
        let options = EmbeddedOptions::for_testing();
        bring_up_to_date(&path, &options).unwrap();
        let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        diesel::sql_query("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101')")
            .execute(&mut conn)
            .unwrap();
        let refused = bring_up_to_date(&path, &options).unwrap_err().to_string();
        let newest = known().unwrap().into_iter().max().unwrap().to_string();
        assert!(refused.contains("99990101") && refused.contains(&newest), "{refused}");
        let handle = Handle::current();
        let refused = migrate_down(path, options, &handle, 1).await;
        assert!(matches!(refused, Err(PortError::Corrupt { .. })), "{refused:?}");
    }

    #[tokio::test]
    async fn steps_are_taken_back_the_newest_first() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("registry.db");
        let options = EmbeddedOptions::for_testing();
        bring_up_to_date(&path, &options).unwrap();
        let mut all: Vec<_> = known().unwrap().iter().map(ToString::to_string).collect();
        all.sort_by(|one, other| other.cmp(one));
        let handle = Handle::current();
        let taken = migrate_down(path.clone(), options, &handle, 2).await.unwrap();
        assert_eq!(taken, all[..2]);
        let taken = migrate_down(path, options, &handle, 99).await.unwrap();
        assert_eq!(taken, all[2..]);
    }
}
