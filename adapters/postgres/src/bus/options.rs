//! Settings of the bus.

use std::time::Duration;

/// How replicas find each other.
#[derive(Debug, Clone, Copy)]
pub struct PgBusOptions {
    /// How often a replica says that it lives, and sees whether its connection does.
    pub heartbeat: Duration,
    /// How long it counts as live after it last said so; several heartbeats.
    pub live_for: Duration,
    /// How many questions a replica answers at once; to more it answers nothing.
    pub max_questions: usize,
    /// How long the database may take for one statement; a connection on which it takes longer is
    /// made again.
    pub patience: Duration,
    /// How long a message that is too large for a notification is kept for those who were told of
    /// it.
    pub keep_for: Duration,
    /// How long to wait before the connection is made again, at first.
    pub min_backoff: Duration,
    /// How long at most, after several failures.
    pub max_backoff: Duration,
}

impl Default for PgBusOptions {
    fn default() -> Self {
        Self {
            heartbeat: Duration::from_secs(1),
            live_for: Duration::from_secs(4),
            max_questions: 64,
            patience: Duration::from_secs(2),
            keep_for: Duration::from_mins(1),
            min_backoff: Duration::from_millis(50),
            max_backoff: Duration::from_secs(2),
        }
    }
}

impl PgBusOptions {
    /// Patient with a busy machine, quick to come back.
    pub fn for_testing() -> Self {
        Self {
            live_for: Duration::from_mins(1),
            patience: Duration::from_secs(30),
            min_backoff: Duration::from_millis(5),
            max_backoff: Duration::from_millis(50),
            ..Self::default()
        }
    }
}
