//! The server to test on, and databases of it: one for each test, copied from a migrated one.

use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash as _, Hasher as _};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use libtest_mimic::Failed;
use registry_postgres::{PgAddress, PgOptions, migrate_up};
use tokio::runtime::Handle;
use tokio::sync::OnceCell;
use tokio_postgres::{Client, NoTls};
use url::Url;

/// Held while the template is made, so that parallel test processes make one.
const TEMPLATE_LOCK: i64 = 7_236_833_204_514_288_998;

static MADE: AtomicU64 = AtomicU64::new(0);
static TEMPLATE: OnceCell<String> = OnceCell::const_new();

/// The folder with the migrations.
pub(crate) fn migrations() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../migrations/postgres"))
}

/// The script of a migration.
pub(crate) fn script(folder: &str, file: &str) -> Result<String, Failed> {
    Ok(std::fs::read_to_string(migrations().join(folder).join(file))?)
}

/// The server's own database.
fn server() -> Result<Url, Failed> {
    let url = std::env::var("TEST_DATABASE_URL").map_err(|_| {
        "TEST_DATABASE_URL names no PostgreSQL to test on: use `make test`, or \
         `tools/testenv.sh run cargo test -p registry-postgres`"
    })?;
    Ok(url.parse()?)
}

/// Connects without the adapter, as `psql` would.
pub(crate) async fn connect(url: &str) -> Result<Client, Failed> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    Handle::current().spawn(connection);
    Ok(client)
}

/// One number.
pub(crate) async fn number(client: &Client, sql: &str) -> Result<i64, Failed> {
    Ok(client.query_one(sql, &[]).await?.try_get(0)?)
}

/// One column of texts.
pub(crate) async fn texts(client: &Client, sql: &str) -> Result<Vec<String>, Failed> {
    let rows = client.query(sql, &[]).await?;
    rows.iter().map(|row| row.try_get(0).map_err(Failed::from)).collect()
}

/// A database, and with it what is in it, until it is dropped.
pub(crate) struct Database {
    pub(crate) name: String,
}

impl Database {
    /// One with the product's schema.
    pub(crate) async fn migrated() -> Result<Self, Failed> {
        let template = TEMPLATE.get_or_try_init(template).await?;
        let client = connect(server()?.as_str()).await?;
        // Copying files takes half the time of writing them into the log. Before 15, copying is
        // the only way there is.
        let version = number(&client, "SELECT current_setting('server_version_num')::bigint");
        let strategy = if version.await? >= 150_000 { "STRATEGY file_copy" } else { "" };
        Self::made(&client, &format!("TEMPLATE {template} {strategy}")).await
    }

    /// An empty one.
    pub(crate) async fn empty() -> Result<Self, Failed> {
        Self::made(&connect(server()?.as_str()).await?, "").await
    }

    /// An empty one that belongs to a role without any right beyond it.
    pub(crate) async fn of_plain_role() -> Result<(Self, String), Failed> {
        let client = connect(server()?.as_str()).await?;
        let database = Self::made(&client, "").await?;
        let role = format!("{}_owner", database.name);
        client
            .batch_execute(&format!(
                "CREATE ROLE {role} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD 'plain';
                 ALTER DATABASE {} OWNER TO {role}",
                database.name
            ))
            .await?;
        let mut url: Url = database.url()?.parse()?;
        url.set_username(&role).map_err(|()| "no user name")?;
        url.set_password(Some("plain")).map_err(|()| "no password")?;
        Ok((database, url.to_string()))
    }

    async fn made(client: &Client, how: &str) -> Result<Self, Failed> {
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let name = format!("mcp_test_{}_{number}", std::process::id());
        client.batch_execute(&format!("DROP DATABASE IF EXISTS {name}")).await?;
        client.batch_execute(&format!("CREATE DATABASE {name} {how}")).await?;
        Ok(Self { name })
    }

    /// Its address.
    pub(crate) fn url(&self) -> Result<String, Failed> {
        let mut url = server()?;
        url.set_path(&self.name);
        Ok(url.to_string())
    }

    /// Options for a store on it.
    pub(crate) fn options(&self) -> Result<PgOptions, Failed> {
        Ok(PgOptions::for_testing(PgAddress::parse(&self.url()?)?))
    }

    /// A connection to it.
    pub(crate) async fn connect(&self) -> Result<Client, Failed> {
        connect(&self.url()?).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        let name = self.name.clone();
        // The test's runtime may be ending: a thread with a runtime of its own.
        let dropping = std::thread::spawn(move || -> Result<(), Failed> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(async {
                let client = connect(server()?.as_str()).await?;
                client.batch_execute(&format!("DROP DATABASE {name} WITH (FORCE)")).await?;
                let role = format!("DROP ROLE IF EXISTS {name}_owner");
                Ok(client.batch_execute(&role).await?)
            })
        });
        // One that could not be dropped is no reason to fail a test that passed: the next run drops
        // what has its name.
        drop(dropping.join());
    }
}

/// The name of a database with the schema that the migrations make now; makes it where it is not.
async fn template() -> Result<String, Failed> {
    let mut hasher = DefaultHasher::new();
    let mut folders: Vec<_> = std::fs::read_dir(migrations())?.collect::<Result<_, _>>()?;
    folders.sort_by_key(std::fs::DirEntry::file_name);
    for folder in folders.iter().filter(|folder| folder.path().is_dir()) {
        folder.file_name().hash(&mut hasher);
        std::fs::read(folder.path().join("up.sql"))?.hash(&mut hasher);
    }
    let name = format!("mcp_template_{:016x}", hasher.finish());

    let client = connect(server()?.as_str()).await?;
    client.batch_execute(&format!("SELECT pg_advisory_lock({TEMPLATE_LOCK})")).await?;
    let made = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    if number(&client, &made).await? == 0 {
        let half = Database::made(&client, "").await?;
        migrate_up(&half.options()?, &Handle::current()).await?;
        let busy = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = '{}'", half.name);
        while number(&client, &busy).await? > 0 {
            tokio::task::yield_now().await;
        }
        let rename = format!("ALTER DATABASE {} RENAME TO {name}", half.name);
        client.batch_execute(&rename).await?;
        std::mem::forget(half);
    }
    Ok(name)
}
