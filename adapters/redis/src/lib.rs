//! What replicas share, on Redis: sessions, the last probes, cached answers, rate limits, live
//! events and the replica bus.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | which URLs there are, how connections open, how a command runs | `pool.rs`, `address.rs`, `link.rs` |
//! | the connection that listens | `listener.rs` |
//! | the port `SessionStore` | `sessions.rs`, with its bound in `bound.rs` |
//! | the ports `ProbeStore` and `ResponseCache` | `probes.rs`, `cache.rs` |
//! | the port `RateLimiter` | `limits.rs`: its script, its leases, what happens without Redis |
//! | the port `LiveEvents` | `live.rs` |
//! | the port `ReplicaBus` | `bus.rs`: who lives, questions and answers |
//! | the port `Leases` | `leases.rs` |
//! | whether Redis answers and takes writes | `health.rs` |
//!
//! # Keys
//! Each stands after the deployment's prefix.
//! | key | holds |
//! |---|---|
//! | `session:{key}` | `{"user_context", "expiry"}`, the value in base64 |
//! | `sessions` | the names of the sessions by their ends |
//! | `health:{server_id}` | `{"status", "last_check", "details"}` |
//! | `lease:{name}` | who has the lease |
//! | a cached answer's own key | its bytes |
//! | `cached` | the keys of the cached answers by their ends |
//! | `{limits}:{key}` | when the key is due, in microseconds |
//! | `events:{log}`, `news:{log}` | the stream, and the channel that tells of it |
//! | `health-check` | that a write was tried, for a second |
//! | `replicas` | the replicas by their heartbeats |
//! | `bus:topic:{topic}`, `bus:questions`, `bus:answers:{replica}` | channels |
//!
//! # Invariants
//! - Every wait has a deadline, every queue a bound.
//! - A script touches keys of one cluster slot only.
//! - No failure tells a password or a session's key.
//! - No type of the client leaves this crate.
//!
//! # How to add a port
//! A file with its struct over `Arc<RedisPool>`, each method one `pool.run("name", …)`; its
//! behaviours in `adapters/contract`; a line in `tests/contract.rs`.

mod address;
mod bound;
mod bus;
mod cache;
mod error;
mod health;
mod leases;
mod limits;
mod link;
mod listener;
mod live;
mod options;
mod pool;
mod probes;
mod sessions;
mod time;

pub use bus::RedisReplicaBus;
pub use cache::RedisResponseCache;
pub use error::RedisOpenError;
pub use health::RedisHealth;
pub use leases::RedisLeases;
pub use limits::RedisLimits;
pub use live::RedisLiveEvents;
pub use options::{BusOptions, LimitsOptions, RedisOptions};
pub use pool::RedisPool;
pub use probes::RedisProbeStore;
pub use sessions::RedisSessions;
