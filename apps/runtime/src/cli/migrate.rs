//! `migrate`: the schema, brought up to date.

use super::{Failure, print};
use crate::boot;
use crate::settings::Settings;

pub(super) async fn run(settings: Settings) -> Result<(), Failure> {
    let storage = boot::storage(&settings).await?;
    storage.ports.health.check().await?;
    storage.finish().await;
    print(&format!("the schema of {} is up to date", settings.store.database))?;
    Ok(())
}
