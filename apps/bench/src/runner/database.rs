//! Databases of our own on the server that `TEST_DATABASE_URL` names, and SQL by hand in them.

use std::time::{Duration, Instant};

use diesel::{QueryableByName, sql_query, sql_types::Text};
use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use tokio::runtime::{Builder, Runtime};
use url::Url;

use super::{Result, wait};

#[derive(QueryableByName)]
struct Row {
    #[diesel(sql_type = Text)]
    value: String,
}

/// A connection for one who waits.
struct Client {
    runtime: Runtime,
    connection: AsyncPgConnection,
}

impl Client {
    fn connect(url: &Url) -> Result<Self> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let connection = runtime.block_on(AsyncPgConnection::establish(url.as_str()))?;
        Ok(Self { runtime, connection })
    }

    fn execute(&mut self, sql: &str) -> Result<()> {
        let done = self.runtime.block_on(self.connection.batch_execute(sql));
        done.map_err(|error| format!("{error}: {sql}").into())
    }
}

/// A database; dropping it drops it there too.
pub struct Database {
    url: Url,
    name: String,
    server: Url,
    client: Client,
}

impl Database {
    /// A new database, empty or a copy of another one that nobody is connected to.
    pub fn create(server: &str, purpose: &str, template: Option<&str>) -> Result<Self> {
        let server = Url::parse(server)?;
        let name = format!("bench_{}_{purpose}", std::process::id());
        let mut admin = Client::connect(&server)?;
        let template = template.map(|name| format!(" TEMPLATE {name}")).unwrap_or_default();
        let create = format!("CREATE DATABASE {name}{template}");
        let mut refusal = String::new();
        wait::until("nobody is connected to the template", Duration::from_millis(50), || {
            let done = admin.execute(&create).map_err(|error| refusal = error.to_string());
            if refusal.is_empty() || refusal.contains("being accessed by other users") {
                Ok(done.ok())
            } else {
                Err(std::mem::take(&mut refusal).into())
            }
        })?;
        let mut url = server.clone();
        url.set_path(&name);
        let client = Client::connect(&url)?;
        Ok(Self { url, name, server, client })
    }

    /// Its address.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// A copy of it. Our own connection is given up for the moment; any other is waited for.
    pub fn copy(&mut self, purpose: &str) -> Result<Self> {
        let template = self.name.clone();
        // The connection ends with its driver, which is a task of the old client's runtime.
        self.client = Client::connect(&self.server)?;
        let copy = Self::create(self.server.as_str(), purpose, Some(&template))?;
        self.client = Client::connect(&self.url)?;
        Ok(copy)
    }

    /// Runs statements without asking for rows.
    pub fn execute(&mut self, sql: &str) -> Result<()> {
        self.client.execute(sql)
    }

    /// Runs statements and says how long that took, rows included.
    pub fn time(&mut self, sql: &str) -> Result<Duration> {
        let started = Instant::now();
        self.client.execute(sql)?;
        Ok(started.elapsed())
    }

    /// The texts that a query of one column gives.
    pub fn texts(&mut self, query: &str) -> Result<Vec<String>> {
        let query = sql_query(format!("SELECT value::text FROM ({query}) AS found (value)"));
        let Client { runtime, connection } = &mut self.client;
        let rows: Vec<Row> =
            runtime.block_on(diesel_async::RunQueryDsl::load(query, connection))?;
        Ok(rows.into_iter().map(|row| row.value).collect())
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if let Ok(mut admin) = Client::connect(&self.server) {
            // What cannot be dropped goes with the throwaway server.
            let _ = admin.execute(&format!("DROP DATABASE {} WITH (FORCE)", self.name));
        }
    }
}
