//! What can go wrong in this adapter, and what the domain gets to hear of it. Each failure names
//! the host and port, and never the password.

use std::sync::Arc;
use std::time::Duration;

use deadpool_redis::redis::RedisError;
use registry_domain::ports::{Outcome, PortError, Source};

/// After how long a caller may try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Why Redis could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum RedisOpenError {
    /// The URL is not one that this adapter knows. The URL itself is not told: it may hold a
    /// password.
    #[error("the redis URL is wrong: {why}")]
    Url {
        /// What is wrong with it.
        why: String,
    },
    /// Nobody answers there, or not as a Redis does.
    #[error("redis at {place} cannot be used")]
    Unreachable {
        /// Host, port and database.
        place: String,
        /// The cause.
        source: Source,
    },
}

/// Everything that can go wrong once it is open.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error("no connection to redis at {place} could be had")]
    Connect { place: Arc<str>, source: Source },
    #[error("no connection to redis at {place} could be had in time")]
    LateConnect { place: Arc<str> },
    #[error("a command to redis at {place} failed")]
    Command { place: Arc<str>, source: RedisError },
    #[error("a command to redis at {place} took too long")]
    Late { place: Arc<str> },
    #[error("a task for redis at {place} was cut off")]
    CutOff { place: Arc<str>, source: tokio::task::JoinError },
    #[error("nothing is heard from redis at {place}")]
    Deaf { place: Arc<str> },
    #[error("as many sessions are kept as may be")]
    Full,
    #[error("{what} does not read")]
    Unreadable { what: String, source: Source },
}

impl Fault {
    /// Whether a write may have happened: where the command left and no answer came.
    fn outcome(&self) -> Outcome {
        match self {
            Self::Connect { .. }
            | Self::LateConnect { .. }
            | Self::Deaf { .. }
            | Self::Full
            | Self::Unreadable { .. } => Outcome::NotApplied,
            // What Redis answered with an error it did not do; several commands may be half done.
            Self::Command { .. } | Self::Late { .. } | Self::CutOff { .. } => Outcome::Unknown,
        }
    }
}

impl From<Fault> for PortError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Unreadable { what, source } => Self::Corrupt { what, source },
            fault => Self::Unavailable {
                retry_after: RETRY_AFTER,
                outcome: fault.outcome(),
                source: Box::new(fault),
            },
        }
    }
}
