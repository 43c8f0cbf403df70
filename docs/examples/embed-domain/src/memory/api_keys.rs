//! `ApiKeyStore`: one entry per id.

use async_trait::async_trait;
use jiff::Timestamp;
use registry_domain::api_key::ApiKey;
use registry_domain::id::ApiKeyId;
use registry_domain::ports::{ApiKeyStore, PortError};

use super::{Memory, page};

#[async_trait]
impl ApiKeyStore for Memory {
    async fn insert_key(&self, key: &ApiKey) -> Result<(), PortError> {
        self.write(|state| {
            state.api_keys.insert(key.id, key.clone());
            Ok(())
        })
    }

    async fn find_key(&self, id: ApiKeyId) -> Result<Option<ApiKey>, PortError> {
        Ok(self.read(|state| state.api_keys.get(&id).cloned()))
    }

    async fn list_keys(&self, limit: u32) -> Result<Vec<ApiKey>, PortError> {
        Ok(self.read(|state| page(state.api_keys.values().rev().cloned(), 0, limit)))
    }

    async fn revoke_key(&self, id: ApiKeyId, at: Timestamp) -> Result<bool, PortError> {
        self.write(|state| {
            let Some(key) = state.api_keys.get_mut(&id) else { return Ok(false) };
            key.revoked_at.get_or_insert(at);
            Ok(true)
        })
    }
}
