//! What the indexes gain: the product's queries on large tables, before and after all indexes but
//! the primary keys are dropped.

mod data;
mod queries;
mod report;

use std::{
    path::Path,
    time::{Duration, Instant},
};

pub use report::Report;
use report::Row;

use super::{
    Options, Result, database::Database, process::Process, progress::tell, statistics::median,
};
use queries::Query;

/// How often each query is timed, and for how long at most: one that reads whole tables needs no
/// more.
const TIMES: usize = 15;
const PATIENCE: Duration = Duration::from_secs(2);

/// Fills a database, and times each query with the indexes and without them.
pub fn measure(folder: &Path, options: &Options, server: &str) -> Result<Report> {
    let mut database = Database::create(server, "indexes", None)?;
    let data = tempfile::tempdir()?;
    let envs = [
        ("ENVIRONMENT", "development"),
        ("MREG_DATA_DIR", &*data.path().to_string_lossy()),
        ("DATABASE_URL", database.url()),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    Process::spawn(folder, "mcp-registry", &["migrate"], &envs)?.finish("mcp-registry migrate")?;
    let size = data::fill(&mut database, options.index_scale)?;
    let queries = queries::all(size);
    let with = time_all(&mut database, &queries, "with")?;
    let dropped = data::drop_indexes(&mut database)?;
    let without = time_all(&mut database, &queries, "without")?;
    let rows = queries.iter().zip(with).zip(without);
    let rows = rows.map(|((query, with), without)| Row::new(query.name, with, without));
    Ok(Report { size, dropped, rows: rows.collect() })
}

/// The median of each query in milliseconds. Once before, unmeasured: for what is not yet in
/// memory.
fn time_all(database: &mut Database, queries: &[Query], how: &str) -> Result<Vec<f64>> {
    let mut medians = vec![];
    for query in queries {
        database.time(&query.sql)?;
        let started = Instant::now();
        let mut times = vec![];
        while times.len() < TIMES && (times.len() < 3 || started.elapsed() < PATIENCE) {
            times.push(database.time(&query.sql)?.as_secs_f64() * 1e3);
        }
        let middle = median(times).unwrap_or_default();
        tell(format_args!("{how} indexes: {:36} {middle:9.2} ms", query.name));
        medians.push(middle);
    }
    Ok(medians)
}
