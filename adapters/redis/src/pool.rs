//! The connections, and how a command runs.

use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_redis::redis::{self, AsyncCommands as _, RedisResult};
use tokio::runtime::Handle;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

use crate::address::Address;
use crate::error::{Fault, RedisOpenError};
use crate::link::{Link, Pools, PubSubSource};
use crate::listener::Listener;
use crate::options::RedisOptions;

/// The connections to Redis: a pool for commands, and one connection that listens.
///
/// # URLs
/// | form | for |
/// |---|---|
/// | `redis://[user][:password]@host[:port][/database]` | one Redis |
/// | `redis+sentinel://[user][:password]@host[:port][,…]/master[/database]` | the master that the Sentinels name; the credentials are the master's, the Sentinels are asked without any |
/// | `redis+cluster://[user][:password]@host[:port][,…]` | a cluster; any of its nodes to begin with |
///
/// With `rediss` in place of `redis` connections are encrypted, and certificates are checked
/// against those that the machine trusts.
///
/// # Tasks
/// Connections live on the runtime of `handle`, whoever asks; `tracker` counts what runs there.
/// Cancel `stop` (or drop the pool and all that is made of it) before waiting for the tracker.
pub struct RedisPool {
    pub(crate) pools: Pools,
    pub(crate) listener: Listener,
    pub(crate) options: RedisOptions,
    pub(crate) handle: Handle,
    pub(crate) tracker: TaskTracker,
    pub(crate) stop: CancellationToken,
    place: Arc<str>,
    _stops_with_us: DropGuard,
}

impl RedisPool {
    /// Connects, and sees whether Redis answers.
    ///
    /// # Errors
    /// When the URL is wrong, or nobody answers within the connect and command timeouts.
    pub async fn open(
        options: RedisOptions,
        handle: Handle,
        tracker: TaskTracker,
        stop: &CancellationToken,
    ) -> Result<Arc<Self>, RedisOpenError> {
        let address = Address::parse(&options.url, options.password.as_ref())?;
        if address.is_tls {
            // The client takes the process's provider; somebody may have chosen one already, and
            // then it is that one.
            let _: Result<(), _> = rustls::crypto::aws_lc_rs::default_provider().install_default();
        }
        let place = Arc::clone(&address.place);
        let unreachable =
            |source| RedisOpenError::Unreachable { place: address.place.to_string(), source };
        let pools = Pools::new(&address, &options).map_err(unreachable)?;
        let source = PubSubSource::new(&address).map_err(|error| unreachable(error.into()))?;
        let stop = stop.child_token();
        let listener = Listener::start(
            source,
            &options,
            Arc::clone(&place),
            (&handle, &tracker),
            stop.clone(),
        );
        let guard = stop.clone().drop_guard();
        let pool =
            Self { pools, listener, options, handle, tracker, stop, place, _stops_with_us: guard };
        pool.ping().await.map_err(|fault| unreachable(fault.into()))?;
        Ok(Arc::new(pool))
    }

    /// Where Redis is: host, port and database, for people.
    pub fn place(&self) -> &str {
        &self.place
    }

    pub(crate) fn shared_place(&self) -> Arc<str> {
        Arc::clone(&self.place)
    }

    /// A key with the deployment's prefix.
    pub(crate) fn key(&self, name: &str) -> String {
        format!("{}{name}", self.options.key_prefix)
    }

    pub(crate) async fn ping(&self) -> Result<(), Fault> {
        self.run(
            "ping",
            |mut link| async move { redis::cmd("PING").query_async::<()>(&mut link).await },
        )
        .await
    }

    /// Whether it answers and also takes writes: one that is full, or follows another, only answers.
    pub(crate) async fn check(&self) -> Result<(), Fault> {
        let key = self.key("health-check");
        self.run("check", |mut link| async move {
            redis::cmd("PING").query_async::<()>(&mut link).await?;
            // A value in it so that it takes memory; it is gone in a second.
            link.pset_ex(key, 1, 1_000).await
        })
        .await
    }

    /// Runs commands on one connection, in a task of their own: what was begun is finished, also
    /// when the caller is dropped.
    pub(crate) async fn run<T, W>(
        &self,
        name: &'static str,
        work: impl FnOnce(Link) -> W + Send + 'static,
    ) -> Result<T, Fault>
    where
        T: Send + 'static,
        W: Future<Output = RedisResult<T>> + Send,
    {
        let (pools, place) = (self.pools.clone(), self.shared_place());
        let RedisOptions { connect_timeout, command_timeout, .. } = self.options;
        let task = self.tracker.spawn_on(
            async move {
                let started = Instant::now();
                let done = perform(&pools, &place, (connect_timeout, command_timeout), work).await;
                let outcome = if done.is_ok() { "ok" } else { "failed" };
                metrics::histogram!("mcp_registry_redis_seconds", "name" => name, "outcome" => outcome)
                    .record(started.elapsed());
                done
            },
            &self.handle,
        );
        task.await.map_err(|source| Fault::CutOff { place: self.shared_place(), source }).flatten()
    }
}

async fn perform<T, W>(
    pools: &Pools,
    place: &Arc<str>,
    (connect_timeout, command_timeout): (Duration, Duration),
    work: impl FnOnce(Link) -> W + Send,
) -> Result<T, Fault>
where
    W: Future<Output = RedisResult<T>> + Send,
{
    let place = || Arc::clone(place);
    // One deadline around it all: a pool may have to try many connections that broke at once.
    let link = tokio::time::timeout(connect_timeout, pools.get())
        .await
        .map_err(|_| Fault::LateConnect { place: place() })?
        .map_err(|source| Fault::Connect { place: place(), source })?;
    tokio::time::timeout(command_timeout, work(link))
        .await
        .map_err(|_| Fault::Late { place: place() })?
        .map_err(|source| Fault::Command { place: place(), source })
}

impl Drop for RedisPool {
    fn drop(&mut self) {
        self.pools.close();
    }
}

impl fmt::Debug for RedisPool {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisPool").field("place", &self.place).finish_non_exhaustive()
    }
}
