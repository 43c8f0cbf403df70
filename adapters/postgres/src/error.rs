//! What can go wrong in this adapter, and what the domain gets to hear of it.
//!
//! A failure's meaning comes from where it happened, never from a text. What fails before `COMMIT`
//! was sent was not applied: the database rolls back what it has of a transaction whose client is
//! gone. After that only an answer of the database tells, and where none came, `settle.rs` asks.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;
use registry_domain::id::Revision;
use registry_domain::ports::{Outcome, PortError, Source};
use uuid::Uuid;

/// After how long a caller may try again when the database is busy or gone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// Everything that can go wrong in this adapter.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    #[error("the row to write to is not there")]
    Gone,
    #[error("the row has another revision")]
    Stale(Option<Revision>),
    #[error("{key} is taken")]
    Taken { key: &'static str, holder: Option<Uuid> },
    #[error("the unique index {index} refused a row")]
    Duplicate { index: String, source: DieselError },
    #[error("{what} does not read")]
    Unreadable { what: String, source: Source },
    #[error("as many values are kept as may be")]
    Full,
    #[error("a statement failed")]
    Statement(#[source] DieselError),
    #[error("the transaction could not begin")]
    Begin(#[source] DieselError),
    #[error("the transaction was refused at its end")]
    Refused(#[source] DieselError),
    #[error("the answer to a commit got lost")]
    Lost(#[source] Source),
    #[error("the answer to a commit got lost, and it did not happen")]
    LostInVain(#[source] Source),
    #[error("no connection could be had")]
    Pool(#[from] PoolError),
    #[error("the deadline passed")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("a query panicked")]
    Panicked,
    #[error("the task was cut off")]
    CutOff(#[source] tokio::task::JoinError),
}

impl From<DieselError> for StoreError {
    fn from(error: DieselError) -> Self {
        match error {
            DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, ref said) => {
                let index = said.constraint_name().unwrap_or_default().to_owned();
                Self::Duplicate { index, source: error }
            }
            error => Self::Statement(error),
        }
    }
}

impl From<tokio::task::JoinError> for StoreError {
    fn from(error: tokio::task::JoinError) -> Self {
        if error.is_panic() { Self::Panicked } else { Self::CutOff(error) }
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone => Self::NotFound,
            StoreError::Stale(current) => Self::Conflict { current },
            StoreError::Taken { key, holder } => Self::AlreadyExists { key, existing: holder },
            StoreError::Unreadable { what, source } => Self::Corrupt { what, source },
            StoreError::Statement(ref cause) | StoreError::Refused(ref cause)
                if is_our_fault(cause) =>
            {
                Self::Corrupt { what: "a statement".to_owned(), source: Box::new(error) }
            }
            StoreError::Duplicate { .. } => {
                Self::Corrupt { what: "a statement".to_owned(), source: Box::new(error) }
            }
            StoreError::Panicked => {
                Self::Corrupt { what: "a query".to_owned(), source: Box::new(error) }
            }
            StoreError::Full
            | StoreError::Statement(_)
            | StoreError::Begin(_)
            | StoreError::Refused(_)
            | StoreError::LostInVain(_)
            | StoreError::Pool(_)
            | StoreError::Late(_) => unavailable(Outcome::NotApplied, error),
            StoreError::Lost(_) | StoreError::CutOff(_) => unavailable(Outcome::Unknown, error),
        }
    }
}

fn unavailable(outcome: Outcome, error: StoreError) -> PortError {
    PortError::Unavailable { retry_after: RETRY_AFTER, outcome, source: Box::new(error) }
}

/// A constraint that no use case can break, or a value of another type than the schema's: trying
/// again does not help.
fn is_our_fault(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(kind, _) => is_broken_rule(*kind),
        DieselError::DeserializationError(_)
        | DieselError::SerializationError(_)
        | DieselError::QueryBuilderError(_)
        | DieselError::NotFound => true,
        _ => false,
    }
}

fn is_broken_rule(kind: DatabaseErrorKind) -> bool {
    matches!(
        kind,
        DatabaseErrorKind::UniqueViolation
            | DatabaseErrorKind::ForeignKeyViolation
            | DatabaseErrorKind::NotNullViolation
            | DatabaseErrorKind::CheckViolation
    )
}

/// Whether the database said at `COMMIT` that it did not: anything else, even its own notice that
/// it shuts down, may have come after the deed.
pub(crate) fn is_refusal(error: &DieselError) -> bool {
    match error {
        DieselError::DatabaseError(DatabaseErrorKind::SerializationFailure, _) => true,
        DieselError::DatabaseError(kind, _) => is_broken_rule(*kind),
        _ => false,
    }
}

/// Whether a statement failed because it refers to a row that is not there.
pub(crate) fn is_dangling<T>(result: &Result<T, DieselError>) -> bool {
    matches!(result, Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)))
}

impl StoreError {
    /// Whether it says what is wrong with one change, and nothing of the store.
    pub(crate) fn is_about_the_change(&self) -> bool {
        matches!(self, Self::Gone | Self::Stale(_) | Self::Taken { .. })
    }

    /// Whether the connection, not the statement, may be to blame.
    pub(crate) fn is_about_the_connection(&self) -> bool {
        let (Self::Begin(cause) | Self::Statement(cause)) = self else { return false };
        matches!(
            cause,
            DieselError::DatabaseError(
                DatabaseErrorKind::UnableToSendCommand
                    | DatabaseErrorKind::ClosedConnection
                    | DatabaseErrorKind::Unknown,
                _
            ) | DieselError::BrokenTransactionManager
        )
    }

    /// Whether a transaction that was not applied may pass if it is tried again: after a
    /// serialization failure, a deadlock or a lost connection. diesel keeps the SQLSTATE to
    /// itself and has no kind for a deadlock; of those that it does not know, none is made worse
    /// by a second try.
    pub(crate) fn may_pass_later(&self) -> bool {
        match self {
            Self::Statement(DieselError::DatabaseError(kind, _))
            | Self::Refused(DieselError::DatabaseError(kind, _))
                if matches!(kind, DatabaseErrorKind::SerializationFailure) =>
            {
                true
            }
            _ => self.is_about_the_connection(),
        }
    }
}
