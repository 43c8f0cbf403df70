//! The port `Archive`: all rows as JSON, made and taken apart by PostgreSQL itself, on a connection
//! of its own that has no time limit.

use async_trait::async_trait;
use diesel::QueryableByName;
use diesel::sql_types::{Bool, Text};
use diesel_async::{RunQueryDsl, SimpleAsyncConnection as _};
use registry_domain::archive::{ArchiveFault, Kind, TABLES, Table};
use registry_domain::ports::{Archive, ArchiveSink, ArchiveSource, PortError};

use crate::connection::{Connection, Connector};
use crate::error::{StoreError, is_refusal};
use crate::migrate;
use crate::options::PgOptions;
use crate::store::PgStore;

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

/// The statement that reads a table's rows, in an order that does not depend on the collation.
fn select(table: &Table) -> String {
    let members = table.listed(|(name, kind)| {
        let value = match kind {
            Kind::Time => {
                format!(r#"to_char("{name}" AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#)
            }
            Kind::Day => format!(r#"to_char("{name}", 'YYYY-MM-DD')"#),
            Kind::Json | Kind::Word(_) => format!(r#""{name}"::text"#),
            Kind::Texts => format!(r#"to_json("{name}")::text"#),
            Kind::Bytes => format!(r#"encode("{name}", 'hex')"#),
            Kind::Uuid | Kind::Text | Kind::Flag | Kind::Number => format!(r#""{name}""#),
        };
        format!(r#"{value} AS "{name}""#)
    });
    let order = table.key.iter().map(|name| match table.kind_of(name) {
        Some(Kind::Text) => format!(r#""{name}" COLLATE "C""#),
        _ => format!(r#""{name}""#),
    });
    let (name, order) = (table.name, order.collect::<Vec<_>>().join(", "));
    // The rows are sorted before their columns become texts: a time is sorted as one.
    format!(
        r#"SELECT row_to_json(one)::text AS "row" FROM
           (SELECT {members} FROM (SELECT * FROM {name} ORDER BY {order}) AS sorted) AS one"#
    )
}

/// The statement that writes rows from an array of objects.
fn insert(table: &Table) -> String {
    let names = table.listed(|(name, _)| format!(r#""{name}""#));
    let values = table.listed(|(name, kind)| {
        let text = format!("one ->> '{name}'");
        match kind {
            Kind::Text => text,
            Kind::Uuid => format!("({text})::uuid"),
            Kind::Word(of) => format!("({text})::{of}"),
            Kind::Flag => format!("({text})::boolean"),
            Kind::Number => format!("({text})::bigint"),
            Kind::Time => format!("({text})::timestamptz"),
            Kind::Day => format!("({text})::date"),
            Kind::Json => format!("({text})::jsonb"),
            Kind::Texts => format!(
                "CASE WHEN {text} IS NOT NULL \
                 THEN ARRAY(SELECT jsonb_array_elements_text(({text})::jsonb)) END"
            ),
            Kind::Bytes => format!("decode({text}, 'hex')"),
        }
    });
    format!(
        "INSERT INTO {} ({names}) SELECT {values} FROM json_array_elements($1::json) AS one",
        table.name
    )
}

fn faulty(fault: ArchiveFault) -> StoreError {
    StoreError::Unreadable { what: "the archive".to_owned(), source: Box::new(fault) }
}

async fn connected(options: &PgOptions) -> Result<Connection, StoreError> {
    let connector =
        Connector::new(options).map_err(|error| StoreError::LostInVain(Box::new(error)))?;
    let connection = connector.named("archive").fresh().await;
    connection.map_err(|error| StoreError::LostInVain(Box::new(error)))
}

async fn export(options: PgOptions, mut sink: Box<dyn ArchiveSink>) -> Result<(), StoreError> {
    // The end of the connection ends the transaction, however this ends.
    let mut conn = connected(&options).await?;
    conn.batch_execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?;
    for table in TABLES {
        let statement = select(table);
        conn.batch_execute(&format!("DECLARE archive NO SCROLL CURSOR FOR {statement}")).await?;
        loop {
            let some = format!("FETCH {} FROM archive", table.rows_at_once);
            let rows: Vec<Row> = diesel::sql_query(some).load(&mut conn).await?;
            if rows.is_empty() {
                break;
            }
            for row in rows {
                sink.row(table, &row.row).map_err(faulty)?;
            }
        }
        conn.batch_execute("CLOSE archive").await?;
    }
    sink.finish().map_err(faulty)
}

async fn import(options: PgOptions, mut source: Box<dyn ArchiveSource>) -> Result<(), StoreError> {
    let mut conn = connected(&options).await?;
    let names = TABLES.iter().map(|table| table.name).collect::<Vec<_>>().join(", ");
    // Nobody else writes from here on. The positions of events are those of the archive.
    conn.batch_execute(&format!(
        "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE; \
         LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE; \
         ALTER TABLE events DISABLE TRIGGER number_events"
    ))
    .await?;
    for table in TABLES {
        let any = format!("SELECT EXISTS (SELECT FROM {}) AS found", table.name);
        let any: Found = diesel::sql_query(any).get_result(&mut conn).await?;
        if any.found {
            return Err(StoreError::Taken { key: table.name, holder: None });
        }
    }
    while let Some(batch) = source.next().map_err(faulty)? {
        let insert = diesel::sql_query(insert(batch.table)).bind::<Text, _>(batch.rows);
        insert.execute(&mut conn).await?;
    }
    conn.batch_execute(
        "ALTER TABLE events ENABLE TRIGGER number_events; \
         UPDATE event_head SET seq = (SELECT COALESCE(max(seq), 0) FROM events)",
    )
    .await?;
    match conn.batch_execute("COMMIT").await {
        Ok(()) => Ok(()),
        Err(error) if is_refusal(&error) => Err(StoreError::Refused(error)),
        Err(error) => Err(StoreError::Lost(Box::new(error))),
    }
}

#[async_trait]
impl Archive for PgStore {
    fn schema(&self) -> Result<String, PortError> {
        let newest = migrate::newest().map_err(|source| StoreError::Unreadable {
            what: "the program's migrations".to_owned(),
            source,
        });
        Ok(newest?)
    }

    async fn export(&self, sink: Box<dyn ArchiveSink>) -> Result<(), PortError> {
        let exporting = self.handle.spawn(export(self.core.options.clone(), sink));
        Ok(exporting.await.map_err(StoreError::from).flatten()?)
    }

    async fn import(&self, source: Box<dyn ArchiveSource>) -> Result<(), PortError> {
        let core = self.core.clone();
        let importing = async move {
            let done = import(core.options.clone(), source).await;
            if let Some(watch) = core.commits.get()
                && matches!(done, Ok(()) | Err(StoreError::Lost(_)))
            {
                watch.committed("import_archive").await;
            }
            done
        };
        let task = self.tracker.spawn_on(importing, &self.handle);
        Ok(task.await.map_err(StoreError::from).flatten()?)
    }
}
