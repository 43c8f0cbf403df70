//! Brings a file's schema up to date.

use std::path::Path;

use diesel::{Connection, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness as _, embed_migrations};

use crate::connection::{Access, prepare};
use crate::error::StoreError;
use crate::file;
use crate::options::EmbeddedOptions;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Makes the file where there is none and runs the migrations that it lacks. Blocks; several
/// processes that start at once take turns.
pub(crate) fn bring_up_to_date(path: &Path, options: &EmbeddedOptions) -> Result<(), StoreError> {
    file::ensure_private(path)?;
    let _turn = file::lock_beside(path)?;
    let mut conn = SqliteConnection::establish(&path.to_string_lossy())
        .map_err(|source| StoreError::Migration(Box::new(source)))?;
    prepare(&mut conn, Access::Write, options)?;
    conn.run_pending_migrations(MIGRATIONS).map_err(StoreError::Migration)?;
    Ok(())
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
}
