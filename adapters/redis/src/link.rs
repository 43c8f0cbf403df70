//! The three kinds of connections and their pools, as one.

use std::io;
use std::sync::Arc;

use deadpool_redis::redis::aio::{ConnectionLike, PubSub};
use deadpool_redis::redis::sentinel::{
    SentinelClient, SentinelNodeConnectionInfo, SentinelServerType,
};
use deadpool_redis::redis::{
    AsyncConnectionConfig, Client, Cmd, Pipeline, RedisFuture, RedisResult, Value,
};
use deadpool_redis::{PoolConfig, Runtime, Timeouts, cluster, sentinel};
use registry_domain::ports::{PoolState, Source};
use tokio::sync::Mutex;

use crate::address::{Address, Form};
use crate::options::RedisOptions;

/// A pool of connections to one Redis, the master behind Sentinels, or a cluster.
#[derive(Clone)]
pub(crate) enum Pools {
    Single(deadpool_redis::Pool),
    Sentinel(sentinel::Pool),
    Cluster(cluster::Pool),
}

/// A borrowed connection; it goes back when it is dropped.
pub(crate) enum Link {
    Single(deadpool_redis::Connection),
    Sentinel(sentinel::Connection),
    Cluster(cluster::Connection),
}

impl Pools {
    pub(crate) fn new(address: &Address, options: &RedisOptions) -> Result<Self, Source> {
        let mut config = PoolConfig::new(options.pool_size.max(1));
        config.timeouts = Timeouts {
            wait: Some(options.connect_timeout),
            create: Some(options.connect_timeout),
            recycle: Some(options.command_timeout),
        };
        let runtime = Runtime::Tokio1;
        Ok(match &address.form {
            Form::Single(info) => {
                let timeouts = AsyncConnectionConfig::new()
                    .set_connection_timeout(Some(options.connect_timeout))
                    .set_response_timeout(Some(options.command_timeout));
                let manager =
                    deadpool_redis::Manager::new_with_config(info.as_ref().clone(), timeouts)?;
                let pool = deadpool_redis::Pool::builder(manager).config(config).runtime(runtime);
                Self::Single(pool.build()?)
            }
            Form::Sentinel { sentinels, master, node } => {
                let settings = sentinel::SentinelNodeConnectionInfo {
                    tls_mode: address.tls_mode().map(Into::into),
                    redis_connection_info: Some(node.redis_settings().clone().into()),
                };
                let manager = sentinel::Manager::new(
                    sentinels.clone(),
                    master.clone(),
                    Some(settings),
                    sentinel::SentinelServerType::Master,
                )?;
                let pool = sentinel::Pool::builder(manager).config(config).runtime(runtime);
                Self::Sentinel(pool.build()?)
            }
            Form::Cluster(nodes) => {
                let manager = cluster::Manager::new(nodes.clone(), false)?;
                let pool = cluster::Pool::builder(manager).config(config).runtime(runtime);
                Self::Cluster(pool.build()?)
            }
        })
    }

    pub(crate) async fn get(&self) -> Result<Link, Source> {
        Ok(match self {
            Self::Single(pool) => Link::Single(pool.get().await?),
            Self::Sentinel(pool) => Link::Sentinel(pool.get().await?),
            Self::Cluster(pool) => Link::Cluster(pool.get().await?),
        })
    }

    pub(crate) fn state(&self) -> PoolState {
        let status = match self {
            Self::Single(pool) => pool.status(),
            Self::Sentinel(pool) => pool.status(),
            Self::Cluster(pool) => pool.status(),
        };
        PoolState {
            size: status.size,
            max: status.max_size,
            available: status.available,
            waiting: status.waiting,
        }
    }

    pub(crate) fn close(&self) {
        match self {
            Self::Single(pool) => pool.close(),
            Self::Sentinel(pool) => pool.close(),
            Self::Cluster(pool) => pool.close(),
        }
    }
}

impl ConnectionLike for Link {
    fn req_packed_command<'a>(&'a mut self, cmd: &'a Cmd) -> RedisFuture<'a, Value> {
        match self {
            Self::Single(conn) => conn.req_packed_command(cmd),
            Self::Sentinel(conn) => conn.req_packed_command(cmd),
            Self::Cluster(conn) => conn.req_packed_command(cmd),
        }
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        cmd: &'a Pipeline,
        offset: usize,
        count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        match self {
            Self::Single(conn) => conn.req_packed_commands(cmd, offset, count),
            Self::Sentinel(conn) => conn.req_packed_commands(cmd, offset, count),
            Self::Cluster(conn) => conn.req_packed_commands(cmd, offset, count),
        }
    }

    fn get_db(&self) -> i64 {
        match self {
            Self::Single(conn) => conn.get_db(),
            Self::Sentinel(conn) => conn.get_db(),
            Self::Cluster(conn) => conn.get_db(),
        }
    }
}

/// Where a connection that listens comes from.
#[derive(Clone)]
pub(crate) enum PubSubSource {
    /// Any of them does: a cluster tells all its nodes what is published on one.
    Nodes(Vec<Client>),
    Sentinel(Arc<Mutex<SentinelClient>>),
}

impl PubSubSource {
    pub(crate) fn new(address: &Address) -> RedisResult<Self> {
        Ok(match &address.form {
            Form::Single(info) => Self::Nodes(vec![Client::open(info.as_ref().clone())?]),
            Form::Cluster(nodes) => {
                Self::Nodes(nodes.iter().cloned().map(Client::open).collect::<Result<_, _>>()?)
            }
            Form::Sentinel { sentinels, master, node } => {
                let mut settings = SentinelNodeConnectionInfo::default()
                    .set_redis_connection_info(node.redis_settings().clone());
                if let Some(mode) = address.tls_mode() {
                    settings = settings.set_tls_mode(mode);
                }
                let client = SentinelClient::build(
                    sentinels.clone(),
                    master.clone(),
                    Some(settings),
                    SentinelServerType::Master,
                )?;
                Self::Sentinel(Arc::new(Mutex::new(client)))
            }
        })
    }

    /// Connects; where there are several nodes, to another one with each attempt.
    pub(crate) async fn connect(&self, attempt: usize) -> RedisResult<PubSub> {
        match self {
            Self::Nodes(nodes) => {
                let turn = attempt.checked_rem(nodes.len()).unwrap_or_default();
                let node = nodes.get(turn).ok_or_else(|| io::Error::other("there are no nodes"))?;
                node.get_async_pubsub().await
            }
            Self::Sentinel(client) => {
                client.lock().await.async_get_client().await?.get_async_pubsub().await
            }
        }
    }
}
