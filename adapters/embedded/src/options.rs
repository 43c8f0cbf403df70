//! The store's settings.

use std::time::Duration;

/// How the store uses its file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EmbeddedOptions {
    /// Connections that may read at once, at least 1. One more connection writes.
    pub max_connections: usize,
    /// How long a caller waits for a free connection.
    pub acquire_timeout: Duration,
    /// How long to wait for another process's write to end, each of three times.
    pub busy_timeout: Duration,
    /// How often to look whether another process wrote.
    pub poll_interval: Duration,
    /// How long a health check may take.
    pub health_timeout: Duration,
    /// Whether a commit waits until the disk has it. Without it a commit still survives the
    /// process's death, but not the machine's.
    pub sync_each_commit: bool,
}

impl Default for EmbeddedOptions {
    fn default() -> Self {
        Self {
            max_connections: 8,
            // One connection writes, so many writes at once stand in a line: on a busy machine a
            // hundred take seconds, and each would rather wait than be told to come again.
            acquire_timeout: Duration::from_secs(15),
            busy_timeout: Duration::from_secs(5),
            poll_interval: Duration::from_millis(200),
            health_timeout: Duration::from_secs(1),
            sync_each_commit: true,
        }
    }
}

impl EmbeddedOptions {
    /// For tests: few connections, patience for a busy machine, no waiting for the disk.
    pub fn for_testing() -> Self {
        Self {
            max_connections: 4,
            acquire_timeout: Duration::from_secs(30),
            busy_timeout: Duration::from_secs(10),
            poll_interval: Duration::from_millis(10),
            health_timeout: Duration::from_secs(30),
            sync_each_commit: false,
        }
    }
}
