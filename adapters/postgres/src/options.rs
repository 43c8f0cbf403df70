//! The store's settings.

use std::time::Duration;

use crate::address::PgAddress;

/// How the store uses its database.
#[derive(Debug, Clone)]
pub struct PgOptions {
    /// Where it is.
    pub address: PgAddress,
    /// Whether opening runs the migrations that the database lacks.
    pub migrate: bool,
    /// Connections that stay open while nobody needs them.
    pub min_connections: usize,
    /// Connections that may be open at once, at least 1. One more listens for events.
    pub max_connections: usize,
    /// How long a connection above the minimum stays open unused.
    pub idle_timeout: Duration,
    /// How often to look whether the pool has too many connections or too few.
    pub keep_interval: Duration,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// How long the database works on one statement.
    pub statement_timeout: Duration,
    /// How long a statement waits for a lock, as for that of the event counter: less than a
    /// statement may take, so that waiting writers do not keep all connections.
    pub lock_timeout: Duration,
    /// How long it works on one substring search, which reads all rows.
    pub search_timeout: Duration,
    /// How long to wait for the database's answers to one transaction: longer than a statement may
    /// take, as it is for a network that swallows them.
    pub answer_timeout: Duration,
    /// How long to try to find out whether a commit whose answer got lost happened.
    pub settle_timeout: Duration,
    /// How long a health check may take.
    pub health_timeout: Duration,
    /// How often to look for events that no notification told of.
    pub poll_interval: Duration,
}

impl PgOptions {
    /// The defaults for a database.
    pub fn new(address: PgAddress) -> Self {
        Self {
            address,
            migrate: true,
            min_connections: 10,
            max_connections: 20,
            idle_timeout: Duration::from_mins(1),
            keep_interval: Duration::from_secs(5),
            acquire_timeout: Duration::from_secs(5),
            connect_timeout: Duration::from_secs(5),
            statement_timeout: Duration::from_secs(10),
            lock_timeout: Duration::from_secs(3),
            search_timeout: Duration::from_secs(5),
            answer_timeout: Duration::from_secs(15),
            settle_timeout: Duration::from_secs(5),
            health_timeout: Duration::from_secs(1),
            poll_interval: Duration::from_secs(2),
        }
    }

    /// For tests: few connections, patience for a busy machine.
    pub fn for_testing(address: PgAddress) -> Self {
        Self {
            min_connections: 1,
            max_connections: 4,
            acquire_timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(30),
            statement_timeout: Duration::from_secs(30),
            lock_timeout: Duration::from_secs(30),
            search_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_mins(1),
            health_timeout: Duration::from_secs(30),
            poll_interval: Duration::from_millis(200),
            ..Self::new(address)
        }
    }
}
