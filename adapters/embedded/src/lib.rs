//! The zero-setup adapters: one SQLite file for everything that must last, this process's memory
//! for sessions, rate limits, and what replicas would share if there were several.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | how the store opens, who may hold which connection | `store.rs`, `connection.rs` |
//! | how a transaction begins, ends, is measured and reported | `transaction.rs`, `error.rs` |
//! | the port `RegistrationStore` | `registrations.rs` and `registrations/` |
//! | the port `ServerCatalog` | `servers.rs` and `servers/` |
//! | everything that lasts, in one file | `archive.rs` |
//! | the other ports | `users.rs` `documents.rs` `links.rs` `events.rs` `audit.rs` `operations.rs` `health.rs` `leases.rs` `oauth.rs` `credentials.rs` `grants.rs` |
//! | what needs no file | `sessions.rs` `limits.rs` `probes.rs` `cache.rs` `live.rs` `bus.rs` |
//! | the tables | `schema.rs`, and `migrations/sqlite` with the reasons |
//!
//! # Invariants
//! - One connection writes; it is never held across an `await` of the caller's.
//! - No query runs on a caller's task: a dropped caller leaves neither a lock nor a connection in
//!   use behind (see `transaction.rs`).
//! - No diesel type leaves this crate.
//!
//! # How to add a port method
//! 1. A synchronous function over `&mut SqliteConnection` beside its like.
//! 2. The port method, one line: `self.read("…", …)` or `self.write("…", …)`.
//! 3. Its behaviours in `adapters/contract`.

mod api_keys;
mod archive;
mod audit;
mod bus;
mod cache;
mod collections;
mod connection;
mod credentials;
mod documents;
mod error;
mod events;
mod file;
mod grants;
mod health;
mod leases;
mod limits;
mod links;
mod live;
mod migrate;
mod oauth;
mod operations;
mod options;
mod place;
mod probes;
mod registrations;
mod schema;
mod seals;
mod search;
mod servers;
mod sessions;
mod store;
mod transaction;
mod users;

pub use bus::{BusHub, EmbeddedReplicaBus};
pub use cache::EmbeddedResponseCache;
pub use limits::EmbeddedLimits;
pub use live::EmbeddedLiveEvents;
pub use migrate::migrate_down;
pub use options::EmbeddedOptions;
pub use probes::EmbeddedProbeStore;
pub use sessions::EmbeddedSessions;
pub use store::EmbeddedStore;
