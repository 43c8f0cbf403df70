//! Links of registrations.

use async_trait::async_trait;

use super::{Kept, Page, PortError};
use crate::id::{LinkId, RegistrationId};
use crate::link::{Link, LinkRemoval, NewLink};

/// Keeps links. A registration that goes takes its links with it, in the same transaction.
#[async_trait]
pub trait LinkStore: Send + Sync {
    /// Keeps a link and its event, unless its registration has `most` already: however many come at
    /// once.
    ///
    /// # Errors
    /// [`PortError::AlreadyExists`] with key `url` and the id of the registration's link to the same
    /// address, [`PortError::NotFound`] when the registration is gone, [`PortError::Unavailable`].
    async fn insert(&self, new: &NewLink, most: u32) -> Result<Kept, PortError>;

    /// A page of a registration's links, the oldest first.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Link>, PortError>;

    /// A link of a registration.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn find(
        &self,
        registration: RegistrationId,
        id: LinkId,
    ) -> Result<Option<Link>, PortError>;

    /// Takes a link away, and writes its event.
    ///
    /// # Errors
    /// [`PortError::NotFound`], [`PortError::Unavailable`].
    async fn remove(&self, removal: &LinkRemoval) -> Result<(), PortError>;
}
