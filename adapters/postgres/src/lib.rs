//! The store ports on PostgreSQL 14 and newer: many replicas on one database, no extension, no
//! superuser.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | the address, TLS, how a connection is made | `address.rs` `tls.rs` `connection.rs` |
//! | how the store opens and closes, how the pool grows and shrinks | `store.rs` `keeper.rs` |
//! | how the schema is brought up to date | `migrate.rs`, `open_error.rs` |
//! | how a read or a write runs, is measured and reported | `read.rs` `write.rs` `error.rs` |
//! | what happens when the answer to a commit gets lost | `settle.rs` |
//! | the port `RegistrationStore` | `registrations.rs` and `registrations/` |
//! | the port `ServerCatalog` | `servers.rs` and `servers/` |
//! | documents and links | `documents.rs` `links.rs` |
//! | everything that lasts, in one file | `archive.rs` |
//! | the other ports | `users.rs` `events.rs` `audit.rs` `operations.rs` `health.rs` `sessions.rs` `leases.rs` `oauth.rs` `credentials.rs` `grants.rs` |
//! | how other replicas' events are noticed | `follow.rs` |
//! | what replicas say to each other where there is no Redis | `bus.rs` and `bus/` |
//! | the tables | `schema.rs` `labels.rs`, and `migrations/postgres` with the reasons |
//!
//! # Invariants
//! - Every statement runs in a task of the main runtime: a dropped caller leaves neither a lock
//!   nor a connection in use behind.
//! - A transaction writes its events last: from there on it holds the lock that numbers them.
//! - No diesel type leaves this crate.
//!
//! # How to add a port method
//! 1. Reading: an async function over `&mut Connection`, called by `self.read(…)`. Writing: a
//!    struct that is a `Write` (`write.rs`), handed to `self.write(…)`.
//! 2. Its behaviours in `adapters/contract`.

mod address;
mod api_keys;
mod archive;
mod audit;
mod bus;
mod collections;
mod connection;
mod credentials;
mod documents;
mod error;
mod events;
mod follow;
mod grants;
mod health;
mod keeper;
mod labels;
mod leases;
mod links;
mod migrate;
mod oauth;
mod open_error;
mod operations;
mod options;
mod place;
mod read;
mod registrations;
mod schema;
mod seals;
mod search;
mod servers;
mod sessions;
mod settle;
mod store;
mod tls;
mod users;
mod write;

pub use address::PgAddress;
pub use bus::{PgBusOptions, PgReplicaBus};
pub use migrate::{Migrated, migrate_down, migrate_up};
pub use open_error::OpenError;
pub use options::PgOptions;
pub use sessions::PgSessions;
pub use store::PgStore;
