//! `CollectionStore`: one entry per id.

use async_trait::async_trait;
use registry_domain::change::Change;
use registry_domain::collection::{Collection, CollectionRemoval};
use registry_domain::id::CollectionId;
use registry_domain::ports::{CollectionStore, Kept, Page, PortError};

use super::{Memory, count, page};

#[async_trait]
impl CollectionStore for Memory {
    async fn commit_collection(
        &self,
        change: &Change<Collection>,
        most: u32,
    ) -> Result<Kept, PortError> {
        self.write(|state| {
            let next = &change.next;
            let stored = state.collections.get(&next.id).map(|stored| stored.revision);
            if stored != change.expected {
                return Err(PortError::Conflict { current: stored });
            }
            let has_slug = |other: &&Collection| {
                other.id != next.id
                    && other.tenant == next.tenant
                    && other.content.slug == next.content.slug
            };
            if let Some(holder) = state.collections.values().find(has_slug) {
                return Err(PortError::AlreadyExists { key: "slug", existing: Some(holder.id.0) });
            }
            if stored.is_none() && count(state.collections.len()) >= most.into() {
                return Ok(Kept::Full);
            }
            state.collections.insert(next.id, next.clone());
            state.events.extend(change.events.iter().cloned());
            Ok(Kept::Kept)
        })
    }

    async fn find_collection(&self, id: CollectionId) -> Result<Option<Collection>, PortError> {
        Ok(self.read(|state| state.collections.get(&id).cloned()))
    }

    async fn list_collections(
        &self,
        limit: u32,
        offset: u32,
    ) -> Result<Page<Collection>, PortError> {
        Ok(self.read(|state| {
            let mut all: Vec<&Collection> = state.collections.values().collect();
            all.sort_by(|a, b| (&a.content.slug, a.id).cmp(&(&b.content.slug, b.id)));
            let items = page(all.into_iter().cloned(), offset, limit);
            Page { total: count(state.collections.len()), items }
        }))
    }

    async fn remove_collection(&self, removal: &CollectionRemoval) -> Result<(), PortError> {
        self.write(|state| {
            let stored = state.collections.get(&removal.id).map(|stored| stored.revision);
            if stored != Some(removal.expected) {
                return Err(PortError::Conflict { current: stored });
            }
            state.collections.remove(&removal.id);
            state.events.push(removal.event.clone());
            Ok(())
        })
    }
}
