//! `migrate`: the schema, brought up to date.

use super::{Failure, print};
use crate::boot;
use crate::settings::Settings;

pub(super) async fn run(mut settings: Settings) -> Result<(), Failure> {
    settings.store.auto_migrate = true;
    let storage = boot::storage(&settings).await?;
    storage.health.check().await?;
    storage.writes.close();
    storage.writes.wait().await;
    print(&format!("the schema of {} is up to date", settings.store.database.display()));
    Ok(())
}
