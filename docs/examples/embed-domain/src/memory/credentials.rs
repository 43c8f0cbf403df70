//! `CredentialVault` and `Sealer`: this service keeps no secrets. Its servers want none.

use async_trait::async_trait;
use registry_domain::change::Change;
use registry_domain::credential::{CredentialRemoval, StoredCredential};
use registry_domain::id::ServerId;
use registry_domain::ports::{CredentialVault, PortError, Purpose, Sealer};

/// Keeps nothing, and says so to whoever wants to keep something.
#[derive(Debug, Default)]
pub(crate) struct NoCredentials;

fn refused() -> PortError {
    PortError::Corrupt {
        what: "a credential".to_owned(),
        source: "this service keeps no secrets".into(),
    }
}

#[async_trait]
impl CredentialVault for NoCredentials {
    async fn find(&self, _server: ServerId) -> Result<Option<StoredCredential>, PortError> {
        Ok(None)
    }

    async fn all(&self) -> Result<Vec<StoredCredential>, PortError> {
        Ok(Vec::new())
    }

    async fn commit(&self, _change: &Change<StoredCredential>) -> Result<(), PortError> {
        Err(refused())
    }

    async fn commit_removal(&self, _removal: &CredentialRemoval) -> Result<(), PortError> {
        Err(refused())
    }
}

impl Sealer for NoCredentials {
    fn seal(&self, _: Purpose, _: &[u8], _: &[u8]) -> Result<Vec<u8>, PortError> {
        Err(refused())
    }

    fn open(&self, _: Purpose, _: &[u8], _: &[u8]) -> Option<Vec<u8>> {
        None
    }
}
