//! `DocumentStore` and `LinkStore`: what belongs to a registration and goes with it.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use registry_domain::document::{Document, DocumentRemoval, Upload};
use registry_domain::id::{DocumentId, LinkId, RegistrationId};
use registry_domain::link::{Link, LinkRemoval, NewLink};
use registry_domain::ports::{DocumentStore, Kept, LinkStore, Page, PortError};

use super::{Memory, State, count, page};

impl State {
    fn documents_of(&self, id: RegistrationId) -> impl Iterator<Item = &Document> {
        self.documents.iter().map(|upload| &upload.document).filter(move |it| it.registration == id)
    }

    fn links_of(&self, id: RegistrationId) -> impl Iterator<Item = &Link> {
        self.links.iter().filter(move |link| link.registration == id)
    }

    /// Forgets what belongs to a registration.
    pub(super) fn forget_belongings(&mut self, id: RegistrationId) {
        self.documents.retain(|upload| upload.document.registration != id);
        self.links.retain(|link| link.registration != id);
    }
}

fn is_full(there: usize, most: u32) -> bool {
    count(there) >= most.into()
}

#[async_trait]
impl DocumentStore for Memory {
    async fn insert(&self, upload: &Upload, most: u32) -> Result<Kept, PortError> {
        self.write(|state| {
            let id = upload.document.registration;
            state.revision(id).ok_or(PortError::NotFound)?;
            if is_full(state.documents_of(id).count(), most) {
                return Ok(Kept::Full);
            }
            state.append(std::slice::from_ref(&upload.event), None);
            state.documents.push(upload.clone());
            Ok(Kept::Kept)
        })
    }

    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Document>, PortError> {
        Ok(self.read(|state| {
            let total = count(state.documents_of(registration).count());
            let items = state.documents_of(registration).cloned();
            Page { total, items: page(items, offset, limit) }
        }))
    }

    async fn find(
        &self,
        registration: RegistrationId,
        id: DocumentId,
    ) -> Result<Option<Document>, PortError> {
        Ok(self.read(|state| state.documents_of(registration).find(|it| it.id == id).cloned()))
    }

    async fn read(&self, id: DocumentId, part: Range<u32>) -> Result<Option<Bytes>, PortError> {
        let place = |at: u32, size| usize::try_from(at).unwrap_or(usize::MAX).min(size);
        Ok(Memory::read(self, |state| {
            let upload = state.documents.iter().find(|upload| upload.document.id == id)?;
            let size = upload.content.len();
            let end = place(part.end, size);
            Some(upload.content.slice(place(part.start, size).min(end)..end))
        }))
    }

    async fn remove(&self, removal: &DocumentRemoval) -> Result<(), PortError> {
        self.write(|state| {
            let is_it = |upload: &Upload| {
                let document = &upload.document;
                document.id == removal.id && document.registration == removal.registration
            };
            let at = state.documents.iter().position(is_it).ok_or(PortError::NotFound)?;
            state.documents.remove(at);
            state.append(std::slice::from_ref(&removal.event), None);
            Ok(())
        })
    }
}

#[async_trait]
impl LinkStore for Memory {
    async fn insert(&self, new: &NewLink, most: u32) -> Result<Kept, PortError> {
        let link = &new.link;
        self.write(|state| {
            let id = link.registration;
            state.revision(id).ok_or(PortError::NotFound)?;
            if let Some(same) = state.links_of(id).find(|known| known.url == link.url) {
                return Err(PortError::AlreadyExists { key: "url", existing: Some(same.id.0) });
            }
            if is_full(state.links_of(id).count(), most) {
                return Ok(Kept::Full);
            }
            state.append(std::slice::from_ref(&new.event), None);
            state.links.push(link.clone());
            Ok(Kept::Kept)
        })
    }

    async fn list(
        &self,
        registration: RegistrationId,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Link>, PortError> {
        Ok(self.read(|state| {
            let total = count(state.links_of(registration).count());
            Page { total, items: page(state.links_of(registration).cloned(), offset, limit) }
        }))
    }

    async fn find(
        &self,
        registration: RegistrationId,
        id: LinkId,
    ) -> Result<Option<Link>, PortError> {
        Ok(self.read(|state| state.links_of(registration).find(|link| link.id == id).cloned()))
    }

    async fn remove(&self, removal: &LinkRemoval) -> Result<(), PortError> {
        self.write(|state| {
            let is_it =
                |link: &Link| link.id == removal.id && link.registration == removal.registration;
            let at = state.links.iter().position(is_it).ok_or(PortError::NotFound)?;
            state.links.remove(at);
            state.append(std::slice::from_ref(&removal.event), None);
            Ok(())
        })
    }
}
