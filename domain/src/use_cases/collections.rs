//! Collections: made, read, replaced and removed by administrators.

use std::collections::HashSet;

use super::acting_user;
use crate::caller::{Action, Caller, authorize};
use crate::collection::{Collection, CollectionContent, CollectionDraft, MOST_COLLECTIONS};
use crate::error::{Error, Subject};
use crate::field::{Step, Violation};
use crate::id::{CollectionId, Revision, ServerId, TenantId};
use crate::ports::{Kept, Page, PortError, RegistryPorts};

/// Makes a collection in the maker's tenant.
///
/// # Errors
/// [`Error::Denied`], [`Error::Invalid`], [`Error::SlugTaken`], [`Error::Full`],
/// [`Error::Unavailable`].
pub async fn make_collection(
    ports: &RegistryPorts,
    caller: &Caller,
    draft: CollectionDraft,
) -> Result<Collection, Error> {
    authorize(caller, Action::ManageCollections)?;
    let (by, tenant) = (acting_user(caller)?, caller.tenant.clone());
    let content = checked(ports, draft, tenant.as_ref()).await?;
    let id = CollectionId(ports.ids.next());
    let change = Collection::make(content, id, (by, tenant), ports.stamp());
    match ports.collections.commit_collection(&change, MOST_COLLECTIONS).await {
        Ok(Kept::Kept) => Ok(change.next),
        Ok(Kept::Full) => Err(Error::Full { what: "collections", most: MOST_COLLECTIONS }),
        Err(error) => Err(unwritten(&change.next, error)),
    }
}

/// Finds a collection.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Unavailable`].
pub async fn find_collection(
    ports: &RegistryPorts,
    caller: &Caller,
    id: CollectionId,
) -> Result<Collection, Error> {
    authorize(caller, Action::ManageCollections)?;
    let found = ports.collections.find_collection(id).await?;
    found
        .filter(|collection| caller.sees(collection.tenant.as_ref()))
        .ok_or(Error::NotFound(Subject::Collection(id)))
}

/// Lists collections, by their slugs.
///
/// # Errors
/// [`Error::Denied`], [`Error::Unavailable`].
pub async fn list_collections(
    ports: &RegistryPorts,
    caller: &Caller,
    (limit, offset): (u32, u32),
) -> Result<Page<Collection>, Error> {
    authorize(caller, Action::ManageCollections)?;
    Ok(ports.collections.list_collections(limit, offset).await?)
}

/// Puts other content in the place of a collection's. `expected` is what the writer had read.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`], [`Error::SlugTaken`],
/// [`Error::Stale`] when it changed since it was read, [`Error::Unavailable`].
pub async fn replace_collection(
    ports: &RegistryPorts,
    caller: &Caller,
    id: CollectionId,
    draft: CollectionDraft,
    expected: Option<Revision>,
) -> Result<Collection, Error> {
    let collection = read_at(ports, caller, id, expected).await?;
    let content = checked(ports, draft, collection.tenant.as_ref()).await?;
    let change = collection.replaced(content, acting_user(caller)?, ports.stamp());
    match ports.collections.commit_collection(&change, MOST_COLLECTIONS).await {
        Ok(_) => Ok(change.next),
        Err(error) => Err(unwritten(&change.next, error)),
    }
}

/// Takes a collection away. `expected` is what the writer had read.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Stale`] when it changed since it was read,
/// [`Error::Unavailable`].
pub async fn delete_collection(
    ports: &RegistryPorts,
    caller: &Caller,
    id: CollectionId,
    expected: Option<Revision>,
) -> Result<(), Error> {
    let collection = read_at(ports, caller, id, expected).await?;
    let removal = collection.remove(acting_user(caller)?, ports.stamp());
    let removed = ports.collections.remove_collection(&removal).await;
    removed.map_err(|error| unwritten(&collection, error))
}

async fn read_at(
    ports: &RegistryPorts,
    caller: &Caller,
    id: CollectionId,
    expected: Option<Revision>,
) -> Result<Collection, Error> {
    let collection = find_collection(ports, caller, id).await?;
    if expected.is_some_and(|expected| expected != collection.revision) {
        return Err(Error::Stale { what: "the collection changed since it was read" });
    }
    Ok(collection)
}

/// The content, if it keeps its rules and its servers are there: everybody's, or of the collection's own
/// tenant.
async fn checked(
    ports: &RegistryPorts,
    draft: CollectionDraft,
    tenant: Option<&TenantId>,
) -> Result<CollectionContent, Error> {
    let content = CollectionContent::check(draft).map_err(Error::Invalid)?;
    let ids: Vec<ServerId> = content.members.iter().map(|member| member.server).collect();
    let there: HashSet<ServerId> = ports
        .servers
        .find_each(&ids)
        .await?
        .into_iter()
        .filter(|server| server.tenant.is_none() || server.tenant.as_ref() == tenant)
        .map(|server| server.id)
        .collect();
    let missing = ids.iter().enumerate().filter(|(_, id)| !there.contains(id));
    let wrong: Vec<Violation> = missing
        .map(|(place, _)| {
            let outer = [Step::Member("members".into()), Step::Position(place)];
            let message = "is no server of the collection's tenant";
            Violation::at("server_id", "unknown", message).inside(&outer)
        })
        .collect();
    if wrong.is_empty() { Ok(content) } else { Err(Error::Invalid(wrong)) }
}

fn unwritten(collection: &Collection, error: PortError) -> Error {
    match error {
        PortError::AlreadyExists { existing, .. } => Error::SlugTaken {
            wanted: collection.content.slug.to_string(),
            holder: existing.map(CollectionId),
        },
        PortError::NotFound | PortError::Conflict { current: None } => {
            Error::NotFound(Subject::Collection(collection.id))
        }
        error => error.into(),
    }
}
