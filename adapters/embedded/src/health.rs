//! Whether the file answers.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sql_types::Integer;
use registry_domain::ports::{PoolState, PortError, StoreHealth};

use crate::error::StoreError;
use crate::store::EmbeddedStore;

#[async_trait]
impl StoreHealth for EmbeddedStore {
    async fn check(&self) -> Result<(), PortError> {
        let asked = self.read("check_health", |conn| {
            diesel::select(diesel::dsl::sql::<Integer>("1")).execute(conn)?;
            Ok(())
        });
        tokio::time::timeout(self.options.health_timeout, asked)
            .await
            .map_err(StoreError::Late)
            .map_err(PortError::from)
            .flatten()
    }

    fn pool(&self) -> PoolState {
        let (readers, writer) = (self.readers.status(), self.writer.status());
        PoolState {
            size: readers.size + writer.size,
            max: readers.max_size + writer.max_size,
            available: readers.available + writer.available,
            waiting: readers.waiting + writer.waiting,
        }
    }

    fn kind(&self) -> &'static str {
        "sqlite"
    }
}
