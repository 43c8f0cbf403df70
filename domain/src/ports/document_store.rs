//! Documents of registrations: what they are, and their bytes.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;

use super::{Page, PortError};
use crate::document::{Document, DocumentRemoval, Upload};
use crate::id::{DocumentId, RegistrationId};

/// What became of something for which there may be no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// It is kept.
    Kept,
    /// There are as many as may be; nothing was written.
    Full,
}

/// Keeps documents. A registration that goes takes its documents with it, in the same transaction.
#[async_trait]
pub trait DocumentStore: Send + Sync {
    /// Keeps a document with its bytes and its event, unless its registration has `most` already:
    /// however many come at once.
    ///
    /// # Errors
    /// [`PortError::NotFound`] when the registration is gone, [`PortError::Unavailable`].
    async fn insert(&self, upload: &Upload, most: u32) -> Result<Kept, PortError>;

    /// A page of a registration's documents, the oldest first.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Document>, PortError>;

    /// A document of a registration.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(
        &self,
        registration: RegistrationId,
        id: DocumentId,
    ) -> Result<Option<Document>, PortError>;

    /// Those bytes of a document that are in `part`; `None` when it is gone.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn read(&self, id: DocumentId, part: Range<u32>) -> Result<Option<Bytes>, PortError>;

    /// Takes a document away, and writes its event.
    ///
    /// # Errors
    /// [`PortError::NotFound`], [`PortError::Unavailable`].
    async fn remove(&self, removal: &DocumentRemoval) -> Result<(), PortError>;
}
