//! The archive of everything that lasts.

use async_trait::async_trait;

use super::PortError;
use crate::archive::{ArchiveBatch, ArchiveFault, Table};

/// Takes the rows of an archive that is written.
pub trait ArchiveSink: Send {
    /// Takes a row: a JSON object as the store has it.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    fn row(&mut self, table: &'static Table, stored: &str) -> Result<(), ArchiveFault>;

    /// Hears that there are no more.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    fn finish(&mut self) -> Result<(), ArchiveFault>;
}

/// Gives the rows of an archive that is read.
pub trait ArchiveSource: Send {
    /// The next rows; nothing at the end, once it is known that the archive is whole.
    ///
    /// # Errors
    /// [`ArchiveFault`].
    fn next(&mut self) -> Result<Option<ArchiveBatch>, ArchiveFault>;
}

/// Gives everything that lasts away as rows, and takes it.
///
/// A fault of the archive is a [`PortError::Corrupt`] whose source is the [`ArchiveFault`].
#[async_trait]
pub trait Archive: Send + Sync {
    /// The schema's version, the same of all stores.
    ///
    /// # Errors
    /// [`PortError::Corrupt`].
    fn schema(&self) -> Result<String, PortError>;

    /// Hands over all rows of all tables of an archive, of one state of the store.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn export(&self, sink: Box<dyn ArchiveSink>) -> Result<(), PortError>;

    /// Takes all rows, or none.
    ///
    /// # Errors
    /// [`PortError::AlreadyExists`] with the name of a table that is not empty as its key;
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn import(&self, source: Box<dyn ArchiveSource>) -> Result<(), PortError>;
}
