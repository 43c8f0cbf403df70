//! Whether the database answers.

use std::sync::Arc;

use async_trait::async_trait;
use diesel::sql_types::Integer;
use diesel_async::RunQueryDsl;
use futures_util::FutureExt as _;
use registry_domain::ports::{PoolState, PortError, StoreHealth};

use crate::error::StoreError;
use crate::read::View;
use crate::store::PgStore;

#[async_trait]
impl StoreHealth for PgStore {
    async fn check(&self) -> Result<(), PortError> {
        // A check whose caller has given up goes on, and keeps its connection, until the database
        // answers or is given up too. Checks take turns, so that those of a silent database do not
        // use up the pool.
        let turns = Arc::clone(&self.health_turns);
        let asked = async {
            let turn = turns.acquire_owned().await;
            self.read("check_health", View::Newest, turn, |conn, _turn| {
                async move {
                    let one = diesel::select(diesel::dsl::sql::<Integer>("1"));
                    let _one: i32 = one.get_result(conn).await?;
                    Ok(())
                }
                .boxed()
            })
            .await
        };
        tokio::time::timeout(self.core.options.health_timeout, asked)
            .await
            .map_err(StoreError::Late)
            .map_err(PortError::from)
            .flatten()
    }

    fn pool(&self) -> PoolState {
        let status = self.core.pool.status();
        PoolState {
            size: status.size,
            max: status.max_size,
            available: status.available,
            waiting: status.waiting,
        }
    }

    fn kind(&self) -> &'static str {
        "postgresql"
    }
}
