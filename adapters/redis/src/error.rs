//! What can go wrong in this adapter, and what the domain gets to hear of it. Each failure names
//! the host and port, and never the password.

use std::error::Error;
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
    /// Whether it may be load alone: somebody was waited for, and nobody said no.
    pub(crate) fn is_late(&self) -> bool {
        match self {
            Self::LateConnect { .. } | Self::Late { .. } => true,
            Self::Command { source, .. } => source.is_timeout(),
            _ => false,
        }
    }

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

/// An error and its causes in one line, for the log.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut line = without_arguments(&error.to_string());
    let mut cause = error.source();
    while let Some(error) = cause {
        line.push_str(": ");
        line.push_str(&without_arguments(&error.to_string()));
        cause = error.source();
    }
    line
}

/// Redis repeats the arguments of a command that it does not know; of `AUTH` that is the password.
fn without_arguments(text: &str) -> String {
    text.split(", with args").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_tells_the_cause_and_no_password() {
        let place: Arc<str> = "there:1/0".into();
        let cause = "ERR unknown command 'AUTH', with args beginning with: 's3cret'";
        let told = chain(&Fault::Connect { place, source: cause.into() });
        let expected =
            "no connection to redis at there:1/0 could be had: ERR unknown command 'AUTH'";
        assert_eq!(told, expected);
    }
}
