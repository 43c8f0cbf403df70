//! Documents, links, API keys and collections of a store that is down.

use std::ops::Range;

use async_trait::async_trait;
use bytes::Bytes;
use jiff::Timestamp;
use registry_domain::api_key::ApiKey;
use registry_domain::change::Change;
use registry_domain::collection::{Collection, CollectionRemoval};
use registry_domain::document::{Document, DocumentRemoval, Upload};
use registry_domain::id::{ApiKeyId, CollectionId, DocumentId, LinkId, RegistrationId};
use registry_domain::link::{Link, LinkRemoval, NewLink};
use registry_domain::ports::*;

use super::ports::{Broken, down};

#[async_trait]
impl DocumentStore for Broken {
    async fn insert(&self, _upload: &Upload, _most: u32) -> Result<Kept, PortError> {
        down()
    }

    async fn list(
        &self,
        _registration: RegistrationId,
        _limit: u32,
        _offset: u32,
    ) -> Result<Page<Document>, PortError> {
        down()
    }

    async fn find(
        &self,
        _registration: RegistrationId,
        _id: DocumentId,
    ) -> Result<Option<Document>, PortError> {
        down()
    }

    async fn read(&self, _id: DocumentId, _part: Range<u32>) -> Result<Option<Bytes>, PortError> {
        down()
    }

    async fn remove(&self, _removal: &DocumentRemoval) -> Result<(), PortError> {
        down()
    }
}

#[async_trait]
impl LinkStore for Broken {
    async fn insert(&self, _new: &NewLink, _most: u32) -> Result<Kept, PortError> {
        down()
    }

    async fn list(
        &self,
        _registration: RegistrationId,
        _limit: u32,
        _offset: u32,
    ) -> Result<Page<Link>, PortError> {
        down()
    }

    async fn find(
        &self,
        _registration: RegistrationId,
        _id: LinkId,
    ) -> Result<Option<Link>, PortError> {
        down()
    }

    async fn remove(&self, _removal: &LinkRemoval) -> Result<(), PortError> {
        down()
    }
}

#[async_trait]
impl ApiKeyStore for Broken {
    async fn insert_key(&self, _key: &ApiKey) -> Result<(), PortError> {
        down()
    }

    async fn find_key(&self, _id: ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        down()
    }

    async fn list_keys(&self, _limit: u32) -> Result<Vec<ApiKey>, PortError> {
        down()
    }

    async fn revoke_key(&self, _id: ApiKeyId, _at: Timestamp) -> Result<bool, PortError> {
        down()
    }
}

#[async_trait]
impl CollectionStore for Broken {
    async fn commit_collection(
        &self,
        _change: &Change<Collection>,
        _most: u32,
    ) -> Result<Kept, PortError> {
        down()
    }

    async fn find_collection(&self, _id: CollectionId) -> Result<Option<Collection>, PortError> {
        down()
    }

    async fn list_collections(
        &self,
        _limit: u32,
        _offset: u32,
    ) -> Result<Page<Collection>, PortError> {
        down()
    }

    async fn remove_collection(&self, _removal: &CollectionRemoval) -> Result<(), PortError> {
        down()
    }
}
