//! The port `Archive`: all rows as JSON, made and taken apart by SQLite itself.

use async_trait::async_trait;
use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::{Bool, Text};
use registry_domain::archive::{ArchiveFault, Kind, TABLES, Table};
use registry_domain::ports::{Archive, ArchiveSink, ArchiveSource, PortError};

use crate::error::StoreError;
use crate::migrate;
use crate::store::EmbeddedStore;

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    row: String,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Bool)]
    found: bool,
}

/// The statement that reads a table's rows in their order.
fn select(table: &Table) -> String {
    let members = table.listed(|(name, kind)| match kind {
        Kind::Bytes => format!(r#"'{name}', iif("{name}" IS NULL, NULL, lower(hex("{name}")))"#),
        _ => format!(r#"'{name}', "{name}""#),
    });
    let (name, key) = (table.name, table.key.join(", "));
    format!(r#"SELECT json_object({members}) AS "row" FROM {name} ORDER BY {key}"#)
}

/// The statement that writes rows from an array of objects.
fn insert(table: &Table) -> String {
    let names = table.listed(|(name, _)| format!(r#""{name}""#));
    let values = table.listed(|(name, kind)| match kind {
        Kind::Bytes => format!("unhex(one.value ->> '$.{name}')"),
        _ => format!("one.value ->> '$.{name}'"),
    });
    format!("INSERT INTO {} ({names}) SELECT {values} FROM json_each(?1) AS one", table.name)
}

fn faulty(fault: ArchiveFault) -> StoreError {
    StoreError::Unreadable { what: "the archive".to_owned(), source: Box::new(fault) }
}

fn export(conn: &mut SqliteConnection, mut sink: Box<dyn ArchiveSink>) -> Result<(), StoreError> {
    for table in TABLES {
        let rows = diesel::sql_query(select(table));
        for row in rows.load_iter::<Row, DefaultLoadingMode>(conn)? {
            sink.row(table, &row?.row).map_err(faulty)?;
        }
    }
    sink.finish().map_err(faulty)
}

fn import(
    conn: &mut SqliteConnection,
    mut source: Box<dyn ArchiveSource>,
) -> Result<(), StoreError> {
    for table in TABLES {
        let any = format!("SELECT EXISTS (SELECT 1 FROM {}) AS found", table.name);
        if diesel::sql_query(any).get_result::<Found>(conn)?.found {
            return Err(StoreError::Taken { key: table.name, holder: None });
        }
    }
    while let Some(batch) = source.next().map_err(faulty)? {
        diesel::sql_query(insert(batch.table)).bind::<Text, _>(batch.rows).execute(conn)?;
    }
    Ok(())
}

#[async_trait]
impl Archive for EmbeddedStore {
    fn schema(&self) -> Result<String, PortError> {
        Ok(migrate::newest()?)
    }

    async fn export(&self, sink: Box<dyn ArchiveSink>) -> Result<(), PortError> {
        self.read("export_archive", move |conn| export(conn, sink)).await
    }

    async fn import(&self, source: Box<dyn ArchiveSource>) -> Result<(), PortError> {
        self.write("import_archive", move |conn| import(conn, source)).await
    }
}

#[cfg(test)]
mod tests {
    use registry_domain::archive::LEFT_OUT;

    use super::*;
    use crate::connection::{Access, prepare};
    use crate::options::EmbeddedOptions;

    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }

    fn names(conn: &mut SqliteConnection, sql: String) -> Vec<String> {
        let rows: Vec<Name> = diesel::sql_query(sql).load(conn).unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    #[test]
    fn each_table_is_archived_with_all_its_columns_or_left_out_for_a_reason() {
        let folder = tempfile::tempdir().unwrap();
        let (path, options) = (folder.path().join("registry.db"), EmbeddedOptions::for_testing());
        migrate::bring_up_to_date(&path, &options).unwrap();
        let mut conn = SqliteConnection::establish(&path.to_string_lossy()).unwrap();
        prepare(&mut conn, Access::Read, &options).unwrap();
        let tables = "SELECT name FROM sqlite_master WHERE type = 'table'".to_owned();
        for name in names(&mut conn, tables) {
            let archived = TABLES.iter().find(|table| table.name == name);
            let left_out = LEFT_OUT.iter().any(|(left_out, _)| *left_out == name);
            assert!(archived.is_some() != left_out, "put {name} into domain/src/archive/tables.rs");
            let Some(table) = archived else { continue };
            let mut there =
                names(&mut conn, format!("SELECT name FROM pragma_table_info('{name}')"));
            let mut described: Vec<_> = table.columns.iter().map(|(name, _)| *name).collect();
            there.sort_unstable();
            described.sort_unstable();
            assert_eq!(described, there, "{name} in domain/src/archive/tables.rs");
        }
    }
}
