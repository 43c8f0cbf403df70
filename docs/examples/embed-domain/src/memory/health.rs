//! `StoreHealth`: memory always answers.

use async_trait::async_trait;
use registry_domain::ports::{PoolState, PortError, StoreHealth};

use super::Memory;

#[async_trait]
impl StoreHealth for Memory {
    async fn check(&self) -> Result<(), PortError> {
        Ok(())
    }

    fn pool(&self) -> PoolState {
        PoolState { size: 1, max: 1, available: 1, waiting: 0 }
    }

    fn kind(&self) -> &'static str {
        "memory"
    }
}
