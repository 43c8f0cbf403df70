//! Health.

use crate::Outcome;
use crate::world::World;

pub(crate) async fn an_open_store_is_healthy_and_says_what_it_is(world: &World) -> Outcome {
    let health = world.ports().health;
    health.check().await?;
    assert!(!health.kind().is_empty());
    let pool = health.pool();
    assert!(pool.size > 0 && pool.size <= pool.max && pool.available <= pool.size, "{pool:?}");
    Ok(())
}
