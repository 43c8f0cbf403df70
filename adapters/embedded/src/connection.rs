//! Connections: one that writes, a few that read. SQLite has one writer at a time whatever we do;
//! a queue of our own is fair, its busy handler is not.

use std::path::Path;

use diesel::connection::SimpleConnection as _;
use diesel::{ConnectionError, SqliteConnection};
use diesel_async::AsyncConnection as _;
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::sync_connection_wrapper::SyncConnectionWrapper;

use crate::error::StoreError;
use crate::options::EmbeddedOptions;

/// A connection whose statements run on the runtime's blocking threads.
pub(crate) type Connection = SyncConnectionWrapper<SqliteConnection>;
/// A pool of such connections.
pub(crate) type Connections = Pool<Connection>;
/// A connection on loan from its pool.
pub(crate) type Loan = Object<Connection>;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Reading.
    Read,
    /// Writing.
    Write,
}

/// Sets a fresh connection up.
pub(crate) fn prepare(
    conn: &mut SqliteConnection,
    access: Access,
    options: &EmbeddedOptions,
) -> Result<(), diesel::result::Error> {
    // busy_timeout comes first: switching to WAL may have to wait for another process.
    // FULL waits for the disk at each commit; NORMAL survives a killed process, not a power cut.
    let synchronous = if options.sync_each_commit { "FULL" } else { "NORMAL" };
    let query_only = if access == Access::Read { "ON" } else { "OFF" };
    conn.batch_execute(&format!(
        "PRAGMA busy_timeout = {};
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = {synchronous};
         PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA cache_size = -8000;
         PRAGMA query_only = {query_only};",
        options.busy_timeout.as_millis(),
    ))
}

/// Opens one connection.
pub(crate) async fn open(
    url: &str,
    access: Access,
    options: EmbeddedOptions,
) -> Result<Connection, ConnectionError> {
    let mut conn = Connection::establish(url).await?;
    conn.spawn_blocking(move |conn| prepare(conn, access, &options))
        .await
        .map_err(ConnectionError::CouldntSetupConfiguration)?;
    Ok(conn)
}

/// A pool of at most `size` connections, opened when first needed.
pub(crate) fn pool(
    path: &Path,
    access: Access,
    size: usize,
    options: EmbeddedOptions,
) -> Result<Connections, StoreError> {
    let mut config = ManagerConfig::<Connection>::default();
    config.custom_setup = Box::new(move |url| {
        let url = url.to_owned();
        Box::pin(async move { open(&url, access, options).await })
    });
    // A local file does not go away between two uses: no ping at each loan. A connection with a
    // transaction left open is replaced all the same.
    config.recycling_method = RecyclingMethod::Fast;
    let manager = AsyncDieselConnectionManager::new_with_config(path.to_string_lossy(), config);
    Pool::builder(manager)
        .max_size(size.max(1))
        .build()
        .map_err(|error: BuildError| StoreError::File(std::io::Error::other(error)))
}
