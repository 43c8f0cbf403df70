//! What can go wrong on the bus, and what the domain gets to hear of it. Each failure names the
//! database, and never the password.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::{Outcome, PortError};

/// After how long a caller may try again.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Everything that can go wrong once the bus is open.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("nothing is heard from the database {place}")]
    Deaf { place: Arc<str> },
    #[error("a statement of the database {place} failed")]
    Statement { place: Arc<str>, source: tokio_postgres::Error },
    #[error("a statement of the database {place} took too long")]
    Late { place: Arc<str> },
    #[error("a task for the database {place} was cut off")]
    CutOff { place: Arc<str>, source: tokio::task::JoinError },
}

impl Fault {
    /// Whether it may have happened all the same: where a statement left and no answer came.
    fn outcome(&self) -> Outcome {
        match self {
            Self::Deaf { .. } => Outcome::NotApplied,
            Self::Statement { source, .. } if source.code().is_some() => Outcome::NotApplied,
            Self::Statement { .. } | Self::Late { .. } | Self::CutOff { .. } => Outcome::Unknown,
        }
    }
}

impl From<Fault> for PortError {
    fn from(fault: Fault) -> Self {
        Self::Unavailable {
            retry_after: RETRY_AFTER,
            outcome: fault.outcome(),
            source: Box::new(fault),
        }
    }
}
