//! Why the store could not be opened or its schema not be changed. Each says which database, none
//! with which password.

use registry_domain::ports::Source;

/// Why a store did not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The address does not read.
    #[error("the address of the database cannot be used: {0}")]
    Address(&'static str),
    /// The file with the authorities to trust cannot be used.
    #[error("the root certificates in {file} cannot be used")]
    Certificates {
        /// The file.
        file: String,
        /// The cause.
        source: Source,
    },
    /// Nobody answered in time, or the answer was a refusal.
    #[error("the database {database} cannot be reached")]
    Unreachable {
        /// Host, port and name.
        database: String,
        /// The cause.
        source: Source,
    },
    /// A newer program changed the schema.
    #[error(
        "the schema of the database {database} is newer than this program: it has {found}, the \
         program knows {known}"
    )]
    NewerSchema {
        /// Host, port and name.
        database: String,
        /// The version that the program does not know.
        found: String,
        /// The newest version that it knows.
        known: String,
    },
    /// Migrations are missing and were not to be run.
    #[error("the schema of the database {database} is older than this program: it lacks {missing}")]
    OlderSchema {
        /// Host, port and name.
        database: String,
        /// The first version that is missing.
        missing: String,
    },
    /// A migration failed.
    #[error("the schema of the database {database} could not be changed")]
    Migration {
        /// Host, port and name.
        database: String,
        /// The cause.
        source: Source,
    },
}
