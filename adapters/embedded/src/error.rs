//! What can go wrong in this adapter, and what the domain gets to hear of it.
//!
//! A failure's meaning comes from where it happened, never from a text. What fails inside a
//! transaction was not applied: SQLite rolls it back, or diesel does, or the pool does by closing
//! the connection. That holds for `COMMIT` too: unlike with a server, its answer cannot get lost.
//! Only a task that was cut off leaves its outcome open.

use std::time::Duration;

use diesel::result::{DatabaseErrorKind, Error as DieselError};
use diesel_async::pooled_connection::deadpool::PoolError;
use registry_domain::id::Revision;
use registry_domain::ports::{Outcome, PortError, Source};
use uuid::Uuid;

/// After how long a caller may try again when the file is busy or full.
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
    #[error("{what} does not read")]
    Unreadable { what: String, source: Source },
    #[error("a statement failed")]
    Statement(#[from] DieselError),
    #[error("the transaction could not begin")]
    Begin(#[source] DieselError),
    #[error("the transaction could not be committed")]
    Commit(#[source] DieselError),
    #[error("no connection could be had")]
    Pool(#[from] PoolError),
    #[error("the deadline passed")]
    Late(#[from] tokio::time::error::Elapsed),
    #[error("a query panicked")]
    Panicked,
    #[error("the task was cut off")]
    CutOff(#[from] tokio::task::JoinError),
    #[error("the database file could not be prepared")]
    File(#[from] std::io::Error),
    #[error("the schema could not be changed")]
    Migration(#[source] Source),
    #[error("the schema is newer than this program: it has {found}, the program knows {known}")]
    NewerSchema { found: String, known: String },
}

impl StoreError {
    /// Whether it says what is wrong with one change, and nothing of the store.
    pub(crate) fn is_about_the_change(&self) -> bool {
        matches!(self, Self::Gone | Self::Stale(_) | Self::Taken { .. })
    }
}

impl From<StoreError> for PortError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Gone => Self::NotFound,
            StoreError::Stale(current) => Self::Conflict { current },
            StoreError::Taken { key, holder } => Self::AlreadyExists { key, existing: holder },
            StoreError::Unreadable { what, source } => Self::Corrupt { what, source },
            StoreError::Statement(ref cause) if is_our_fault(cause) => {
                Self::Corrupt { what: "a statement".to_owned(), source: Box::new(error) }
            }
            StoreError::NewerSchema { .. } => {
                Self::Corrupt { what: error.to_string(), source: Box::new(error) }
            }
            StoreError::Panicked => {
                Self::Corrupt { what: "a query".to_owned(), source: Box::new(error) }
            }
            StoreError::Migration(_) => {
                Self::Corrupt { what: "the schema".to_owned(), source: Box::new(error) }
            }
            StoreError::Statement(_)
            | StoreError::Begin(_)
            | StoreError::Commit(_)
            | StoreError::Pool(_)
            | StoreError::Late(_)
            | StoreError::File(_) => unavailable(Outcome::NotApplied, error),
            StoreError::CutOff(_) => unavailable(Outcome::Unknown, error),
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
        DieselError::DatabaseError(kind, _) => matches!(
            kind,
            DatabaseErrorKind::UniqueViolation
                | DatabaseErrorKind::ForeignKeyViolation
                | DatabaseErrorKind::NotNullViolation
                | DatabaseErrorKind::CheckViolation
        ),
        DieselError::DeserializationError(_)
        | DieselError::SerializationError(_)
        | DieselError::QueryBuilderError(_)
        | DieselError::NotFound => true,
        _ => false,
    }
}

/// Whether a statement failed because a unique key is taken. Which one and by whom, the caller
/// asks in the same transaction.
pub(crate) fn is_duplicate<T>(result: &Result<T, DieselError>) -> bool {
    matches!(result, Err(DieselError::DatabaseError(DatabaseErrorKind::UniqueViolation, _)))
}

/// Whether a statement failed because it refers to a row that is not there.
pub(crate) fn is_dangling<T>(result: &Result<T, DieselError>) -> bool {
    matches!(result, Err(DieselError::DatabaseError(DatabaseErrorKind::ForeignKeyViolation, _)))
}
