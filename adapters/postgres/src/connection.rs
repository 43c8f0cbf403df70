//! Connections: how one is made and set up, and the pool of them.

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use deadpool::managed::QueueMode;
use diesel::ConnectionError;
use diesel_async::pooled_connection::deadpool::{BuildError, Object, Pool};
use diesel_async::pooled_connection::{
    AsyncDieselConnectionManager, ManagerConfig, RecyclingMethod,
};
use diesel_async::{AsyncPgConnection, SimpleAsyncConnection as _};
use futures_util::FutureExt as _;
use tokio_postgres::config::SslMode;
use tokio_postgres::tls::MakeTlsConnect;
use tokio_postgres::{Client, Config, Socket};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::open_error::OpenError;
use crate::options::PgOptions;
use crate::tls;

/// A connection.
pub(crate) type Connection = AsyncPgConnection;
/// A pool of connections.
pub(crate) type Connections = Pool<Connection>;
/// A connection on loan from its pool.
pub(crate) type Loan = Object<Connection>;
/// What has to be polled for a bare client to get its answers.
pub(crate) type Driver =
    tokio_postgres::Connection<Socket, <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream>;

/// Makes connections.
#[derive(Clone)]
pub(crate) struct Connector {
    config: Config,
    tls: MakeRustlsConnect,
    timeout: Duration,
    setup: Arc<str>,
}

impl Connector {
    /// What the options say of connecting.
    pub(crate) fn new(options: &PgOptions) -> Result<Self, OpenError> {
        let mut config = options.address.config.clone();
        // A peer that is gone without a word is noticed, whether we wait for it or it for us.
        config
            .connect_timeout(options.connect_timeout)
            .tcp_user_timeout(options.answer_timeout)
            .keepalives_idle(Duration::from_secs(30))
            .keepalives_interval(Duration::from_secs(10))
            .keepalives_retries(3);
        // A transaction that we lost sight of ends by itself: others may wait for its locks.
        // Pages are in memory or on flash. The planner's default is for a disk with an arm: it would
        // rather read a table of 100,000 rows from end to end than look 1,000 of them up.
        let setup = format!(
            "SET statement_timeout = {}; SET lock_timeout = {}; \
             SET idle_in_transaction_session_timeout = {}; SET random_page_cost = 1.1",
            options.statement_timeout.as_millis(),
            options.lock_timeout.as_millis(),
            options.answer_timeout.as_millis(),
        );
        Ok(Self {
            config,
            tls: tls::connector(options.address.root_certificates())?,
            timeout: options.connect_timeout,
            setup: setup.into(),
        })
    }

    /// The same, shown in `pg_stat_activity` with its purpose.
    pub(crate) fn named(&self, purpose: &str) -> Self {
        let mut named = self.clone();
        let name = self.config.get_application_name().unwrap_or_default();
        named.config.application_name(format!("{name}-{purpose}"));
        named
    }

    /// A bare connection, to be driven by the caller.
    pub(crate) async fn bare(&self) -> Result<(Client, Driver), ConnectionError> {
        tokio::time::timeout(self.timeout, self.connect())
            .await
            .map_err(|late| ConnectionError::BadConnection(format!("no answer: {late}")))?
            .map_err(|error| ConnectionError::BadConnection(in_words(&error)))
    }

    /// A connection as the pool has them. Its driver is a task of the present runtime.
    pub(crate) async fn open(&self) -> Result<Connection, ConnectionError> {
        let mut conn = self.fresh().await?;
        conn.batch_execute(&self.setup)
            .await
            .map_err(ConnectionError::CouldntSetupConfiguration)?;
        Ok(conn)
    }

    /// A connection without any time limit, for migrations.
    pub(crate) async fn fresh(&self) -> Result<Connection, ConnectionError> {
        let (client, driver) = self.bare().await?;
        Connection::try_from_client_and_connection(client, driver).await
    }

    async fn connect(&self) -> Result<(Client, Driver), tokio_postgres::Error> {
        match self.config.connect(self.tls.clone()).await {
            // `prefer` promises no more than a connection in clear: a certificate that we do not
            // trust is no reason to have none. What the server itself says is an answer.
            Err(error)
                if self.config.get_ssl_mode() == SslMode::Prefer && error.code().is_none() =>
            {
                tracing::debug!(error = in_words(&error), "trying to connect without TLS");
                let mut in_clear = self.config.clone();
                in_clear.ssl_mode(SslMode::Disable).connect(self.tls.clone()).await
            }
            done => done,
        }
    }
}

/// An error with its causes, in one line.
pub(crate) fn in_words(error: &(dyn StdError + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| (*error).source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A pool of at most `size` connections, opened when first needed. The one used last is used next,
/// so that those which nobody needs grow old.
pub(crate) fn pool(connector: &Connector, size: usize) -> Result<Connections, BuildError> {
    let connector = connector.clone();
    let mut config = ManagerConfig::<Connection>::default();
    config.custom_setup = Box::new(move |_| {
        let connector = connector.clone();
        async move { connector.open().await }.boxed()
    });
    // No ping at each loan: a connection that is known to be closed, or has a transaction left
    // open, is replaced all the same, and what fails on a stale one is tried again.
    config.recycling_method = RecyclingMethod::Fast;
    // The address stays in the connector: it has a password.
    let manager = AsyncDieselConnectionManager::new_with_config("", config);
    Pool::builder(manager).max_size(size.max(1)).queue_mode(QueueMode::Lifo).build()
}
