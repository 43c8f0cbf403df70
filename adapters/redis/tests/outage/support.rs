//! A Redis to test with, lines that can be cut, and waiting.

use std::fmt::{Debug, Display};
use std::future::Future;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::Arc;
use std::time::Duration;

use registry_redis::{RedisOptions, RedisPool};
use secrecy::SecretString;
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::proxy::Proxy;

/// How long a fact is waited for.
pub(crate) const DEADLINE: Duration = Duration::from_secs(30);

/// `host:port` of the Redis to test with.
pub(crate) fn redis() -> String {
    let url = std::env::var("TEST_REDIS_URL").expect(
        "TEST_REDIS_URL names no Redis: use `make test`, or `tools/testenv.sh run cargo test …`",
    );
    url.trim_start_matches("redis://").trim_end_matches('/').to_owned()
}

/// Keys apart from those of all other tests, also of another run on the same Redis.
pub(crate) fn prefix() -> String {
    format!("test-{:016x}:", RandomState::new().hash_one(std::process::id()))
}

/// Short waits, as Redis goes away on purpose.
pub(crate) fn options(host: impl Display, prefix: &str) -> RedisOptions {
    let url = SecretString::from(format!("redis://{host}"));
    RedisOptions {
        connect_timeout: Duration::from_secs(1),
        command_timeout: Duration::from_millis(500),
        health_timeout: Duration::from_millis(500),
        ping_interval: Duration::from_millis(100),
        ..RedisOptions::for_testing(url, prefix.to_owned())
    }
}

pub(crate) async fn open(options: RedisOptions) -> Arc<RedisPool> {
    let stop = CancellationToken::new();
    RedisPool::open(options, Handle::current(), TaskTracker::new(), &stop).await.unwrap()
}

/// A Redis behind a line that can be cut, and one that cannot.
pub(crate) struct Lines {
    pub(crate) proxy: Proxy,
    pub(crate) through: Arc<RedisPool>,
    pub(crate) direct: Arc<RedisPool>,
}

impl Lines {
    pub(crate) async fn open() -> Self {
        let (proxy, prefix) = (Proxy::before(redis()).await, prefix());
        let through = open(options(proxy.addr, &prefix)).await;
        let direct = open(options(redis(), &prefix)).await;
        Self { proxy, through, direct }
    }
}

pub(crate) async fn in_time<F: Future>(what: &str, future: F) -> F::Output {
    tokio::time::timeout(DEADLINE, future).await.unwrap_or_else(|_| panic!("waited for: {what}"))
}

/// Tries again until it succeeds.
pub(crate) async fn eventually<T, E: Debug, F>(what: &str, attempt: impl Fn() -> F) -> T
where
    F: Future<Output = Result<T, E>>,
{
    let mut last = None;
    let tried = tokio::time::timeout(DEADLINE, async {
        loop {
            match attempt().await {
                Ok(value) => return value,
                Err(error) => last = Some(error),
            }
            tokio::task::yield_now().await;
        }
    });
    let done = tried.await.ok();
    done.unwrap_or_else(|| panic!("waited for: {what}; last: {last:?}"))
}
