//! Settings.

use std::fmt;
use std::time::Duration;

use secrecy::SecretString;

use crate::address::Address;
use crate::error::RedisOpenError;

/// How Redis is reached.
#[derive(Clone)]
pub struct RedisOptions {
    /// Where it is: see [`RedisPool`](crate::RedisPool) for the forms. May hold a password.
    pub url: SecretString,
    /// The password, where the URL has none.
    pub password: Option<SecretString>,
    /// Stands before each key and channel, so that deployments can share one Redis.
    pub key_prefix: String,
    /// Connections that are open at most, besides the one that listens.
    pub pool_size: usize,
    /// How long to wait for a connection, be it one of the pool or a new one.
    pub connect_timeout: Duration,
    /// How long a command may take.
    pub command_timeout: Duration,
    /// How long a health check may take in all.
    pub health_timeout: Duration,
    /// How often the listening connection is tried, so that one that went silent is noticed.
    pub ping_interval: Duration,
    /// How long to wait before the listening connection is made again, at first.
    pub min_backoff: Duration,
    /// How long at most, after several failures.
    pub max_backoff: Duration,
}

impl RedisOptions {
    /// The defaults for a Redis at `url`.
    pub fn new(url: SecretString) -> Self {
        Self {
            url,
            password: None,
            key_prefix: String::new(),
            pool_size: 20,
            connect_timeout: Duration::from_secs(2),
            command_timeout: Duration::from_secs(1),
            health_timeout: Duration::from_secs(1),
            ping_interval: Duration::from_secs(2),
            min_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
        }
    }

    /// Whether the URL has one of the known forms; nobody is asked.
    ///
    /// # Errors
    /// [`RedisOpenError::Url`], which never repeats the URL.
    pub fn check(&self) -> Result<(), RedisOpenError> {
        Address::parse(&self.url, self.password.as_ref()).map(drop)
    }

    /// Patient with a busy machine, and with keys apart from those of other tests.
    pub fn for_testing(url: SecretString, key_prefix: String) -> Self {
        Self {
            key_prefix,
            pool_size: 8,
            connect_timeout: Duration::from_secs(30),
            command_timeout: Duration::from_secs(30),
            health_timeout: Duration::from_secs(30),
            ping_interval: Duration::from_secs(30),
            min_backoff: Duration::from_millis(5),
            max_backoff: Duration::from_millis(50),
            ..Self::new(url)
        }
    }
}

impl fmt::Debug for RedisOptions {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisOptions")
            .field("key_prefix", &self.key_prefix)
            .field("pool_size", &self.pool_size)
            .finish_non_exhaustive()
    }
}

/// How replicas find each other.
#[derive(Debug, Clone, Copy)]
pub struct BusOptions {
    /// How often a replica says that it lives.
    pub heartbeat: Duration,
    /// How long it counts as live after it last said so; several heartbeats.
    pub live_for: Duration,
    /// How many questions a replica answers at once; to more it answers nothing.
    pub max_questions: usize,
}

impl Default for BusOptions {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(1),
            live_for: Duration::from_secs(4),
            max_questions: 64,
        }
    }
}

/// How limits are leased.
#[derive(Debug, Clone, Copy)]
pub struct LimitsOptions {
    /// How long tokens are held that nobody uses.
    pub lease_time: Duration,
    /// How many keys may have leased tokens at a time, beyond that each token is fetched alone; and
    /// how many refusals are remembered.
    pub max_leases: usize,
    /// How long a refusal is repeated without asking Redis again, at most.
    pub refusal_memory: Duration,
    /// How long a request waits for Redis before the limits of this process decide on it. Two in a
    /// row that waited in vain, or one failure, and Redis is not asked until it answers again: a
    /// busy moment alone must not make each replica count for itself.
    pub patience: Duration,
    /// How often a Redis that could not be used is tried.
    pub retry_interval: Duration,
}

impl Default for LimitsOptions {
    fn default() -> Self {
        Self {
            lease_time: Duration::from_secs(1),
            max_leases: 10_000,
            refusal_memory: Duration::from_millis(50),
            patience: Duration::from_secs(1),
            retry_interval: Duration::from_millis(500),
        }
    }
}

impl LimitsOptions {
    /// Patient with a busy machine, quick to come back.
    pub fn for_testing() -> Self {
        Self {
            patience: Duration::from_secs(30),
            retry_interval: Duration::from_millis(20),
            ..Self::default()
        }
    }
}
