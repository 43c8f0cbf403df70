//! PostgreSQL and Redis for tests: an empty database, or a prefix for keys, per test.
//!
//! `make test` provides the two servers; by hand it is `tools/testenv.sh run cargo test …`. A test
//! that needs them fails without them: none is skipped.

use tokio_postgres::NoTls;
use url::Url;
use uuid::Uuid;

use crate::ChaosProxy;

/// A database of its own on the tests' PostgreSQL; dropping it removes it, with whoever is connected.
///
/// ```no_run
/// # async fn example() {
/// use registry_testkit::{Program, TestDatabase};
///
/// let database = TestDatabase::create().await;
/// let program = Program::start("mcp-registry", &[("DATABASE_URL", database.url())]).await;
/// # }
/// ```
pub struct TestDatabase {
    server: Url,
    url: Url,
    name: String,
    removed: bool,
}

impl TestDatabase {
    /// A new, empty database. Panics, saying what to do, when there is no server.
    pub async fn create() -> Self {
        let server = server("TEST_DATABASE_URL");
        let name = format!("t_{}", random());
        on_server(&server, &format!("CREATE DATABASE {name}")).await.unwrap_or_else(|error| {
            panic!("no database can be made on TEST_DATABASE_URL: {error}")
        });
        let mut url = server.clone();
        url.set_path(&name);
        Self { server, url, name, removed: false }
    }

    /// The same from where nobody can wait: a thread does it.
    pub(crate) fn create_blocking() -> Self {
        std::thread::scope(|scope| {
            let creation = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.expect("a runtime can be made").block_on(Self::create())
            });
            creation.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    }

    /// Its URL, good for `DATABASE_URL`.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The server's `host:port`, for [`ChaosProxy::before`].
    pub fn address(&self) -> String {
        address(&self.url, 5432)
    }

    /// Its URL by way of `proxy`.
    pub fn through(&self, proxy: &ChaosProxy) -> String {
        through(&self.url, proxy)
    }

    /// Runs statements in it, as an operator does by hand.
    pub async fn run(&self, sql: &str) {
        on_server(&self.url, sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
    }

    /// Removes it now, and panics if that fails; for tests that look at what is left behind.
    pub async fn close(mut self) {
        self.removed = true;
        self.remove().await.expect("the test's database can be removed");
    }

    async fn remove(&self) -> Result<(), tokio_postgres::Error> {
        on_server(&self.server, &format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name))
            .await
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        if self.removed {
            return;
        }
        // One cannot wait inside a runtime: a thread does it. A server that is gone took the database
        // with it, and the test may be failing already: what goes wrong here is not told.
        std::thread::scope(|scope| {
            let removal = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
                runtime.map(|runtime| runtime.block_on(self.remove()))
            });
            let _ = removal.join();
        });
    }
}

/// The tests' Redis, and a prefix that no other test has.
#[derive(Clone, Debug)]
pub struct TestRedis {
    url: Url,
    prefix: String,
}

/// The tests' Redis. Panics, saying what to do, when there is none. Keys are left behind: the server
/// is thrown away after the run.
pub fn test_redis() -> TestRedis {
    TestRedis { url: server("TEST_REDIS_URL"), prefix: format!("t_{}:", random()) }
}

impl TestRedis {
    /// Its URL, good for `MREG_REDIS_URL`.
    pub fn url(&self) -> &str {
        self.url.as_str()
    }

    /// What this test's keys begin with, such as `t_0f…:`.
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The server's `host:port`, for [`ChaosProxy::before`].
    pub fn address(&self) -> String {
        address(&self.url, 6379)
    }

    /// Its URL by way of `proxy`.
    pub fn through(&self, proxy: &ChaosProxy) -> String {
        through(&self.url, proxy)
    }
}

/// Runs one statement on a connection of its own.
async fn on_server(server: &Url, statement: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(server.as_str(), NoTls).await?;
    let ((), ()) = tokio::try_join!(connection, async {
        // The connection ends when its client is gone.
        let client = client;
        client.batch_execute(statement).await
    })?;
    Ok(())
}

fn server(variable: &str) -> Url {
    let url = std::env::var(variable).unwrap_or_default();
    assert!(
        !url.is_empty(),
        "{variable} is not set: run `make test`, or `tools/testenv.sh run cargo test …`"
    );
    url.parse().unwrap_or_else(|error| panic!("{variable} is not a URL: {error}"))
}

fn address(url: &Url, default_port: u16) -> String {
    let host = url.host_str().expect("a server's URL names its host");
    format!("{host}:{}", url.port().unwrap_or(default_port))
}

fn through(url: &Url, proxy: &ChaosProxy) -> String {
    let mut url = url.clone();
    url.set_host(Some("127.0.0.1")).expect("a server's URL has a host");
    url.set_port(Some(proxy.port())).expect("a server's URL has a port");
    url.into()
}

#[expect(clippy::disallowed_methods, reason = "a name that no other run has is no domain id")]
fn random() -> String {
    Uuid::new_v4().simple().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn databases(name: &str) -> i64 {
        let server = server("TEST_DATABASE_URL");
        let (client, connection) = tokio_postgres::connect(server.as_str(), NoTls).await.unwrap();
        let asked = async {
            let client = client;
            client.query_one("SELECT count(*) FROM pg_database WHERE datname = $1", &[&name]).await
        };
        let (count, _end) = tokio::join!(asked, connection);
        count.unwrap().get(0)
    }

    #[tokio::test]
    async fn a_database_is_there_until_it_is_dropped_or_closed() {
        let database = TestDatabase::create().await;
        let name = database.name().to_owned();
        assert!(database.url().ends_with(&name));
        on_server(&database.url, "CREATE TABLE t (a int)").await.unwrap();
        assert_eq!(databases(&name).await, 1);
        // Somebody is still connected.
        let (_client, connection) = tokio_postgres::connect(database.url(), NoTls).await.unwrap();
        drop(database);
        assert_eq!(databases(&name).await, 0);
        assert!(connection.await.is_err());

        let database = TestDatabase::create().await;
        let name = database.name().to_owned();
        database.close().await;
        assert_eq!(databases(&name).await, 0);
    }

    #[tokio::test]
    async fn a_database_can_be_cut_off_and_reached_again() {
        let database = TestDatabase::create().await;
        let proxy = ChaosProxy::before(&database.address());
        let url: Url = database.through(&proxy).parse().unwrap();
        on_server(&url, "SELECT 1").await.unwrap();
        proxy.cut();
        assert!(on_server(&url, "SELECT 1").await.is_err());
        proxy.restore();
        on_server(&url, "SELECT 1").await.unwrap();
    }

    #[test]
    fn each_test_has_a_prefix_of_its_own() {
        let (one, two) = (test_redis(), test_redis());
        assert_eq!(one.url(), two.url());
        assert_ne!(one.prefix(), two.prefix());
        let proxy = ChaosProxy::before(&one.address());
        assert!(one.through(&proxy).ends_with(&format!("127.0.0.1:{}", proxy.port())));
    }

    #[test]
    #[should_panic(expected = "tools/testenv.sh run")]
    fn an_absent_server_names_the_command() {
        let _ = server("TEST_NO_SUCH_URL");
    }
}
