//! Collections.

use async_trait::async_trait;

use super::{Kept, Page, PortError};
use crate::change::Change;
use crate::collection::{Collection, CollectionRemoval};
use crate::id::CollectionId;

/// Keeps collections.
#[async_trait]
pub trait CollectionStore: Send + Sync {
    /// Writes a new collection or changes one, with its events; a new one only while there are fewer
    /// than `most`, however many come at once.
    ///
    /// # Errors
    /// [`PortError::AlreadyExists`] with key `slug` and the id of the tenant's collection that has
    /// it, [`PortError::Conflict`], [`PortError::Unavailable`].
    async fn commit_collection(
        &self,
        change: &Change<Collection>,
        most: u32,
    ) -> Result<Kept, PortError>;

    /// A collection by id.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find_collection(&self, id: CollectionId) -> Result<Option<Collection>, PortError>;

    /// A page of collections, by slug and then id; those that do not read are left out.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn list_collections(
        &self,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Collection>, PortError>;

    /// Takes a collection away, and writes its event.
    ///
    /// # Errors
    /// [`PortError::Conflict`], without a revision when it is gone; [`PortError::Unavailable`].
    async fn remove_collection(&self, removal: &CollectionRemoval) -> Result<(), PortError>;
}
