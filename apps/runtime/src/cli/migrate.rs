//! `migrate`: the schema, brought up to date; or taken back, step by step.

use clap::Args;
use registry_embedded::EmbeddedOptions;
use registry_postgres::{migrate_down, migrate_up};
use tokio::runtime::Handle;

use super::{Failure, print};
use crate::boot;
use crate::settings::{Database, Settings};

#[derive(Args)]
pub(super) struct Arguments {
    /// Take back so many steps, the newest first, with the data that they made room for
    #[arg(long, value_name = "STEPS")]
    down: Option<usize>,
}

pub(super) async fn run(arguments: Arguments, settings: Settings) -> Result<(), Failure> {
    let database = settings.store.database.clone();
    let Some(steps) = arguments.down else {
        up(&settings).await?;
        print(&format!("the schema of {database} is up to date"))?;
        return Ok(());
    };
    let handle = Handle::current();
    let taken = match &database {
        Database::Postgres(options) => migrate_down(options, &handle, steps).await?.versions,
        Database::File(path) => {
            let options = EmbeddedOptions::default();
            registry_embedded::migrate_down(path.clone(), options, &handle, steps).await?
        }
    };
    for version in taken {
        print(&format!("taken back: {version}"))?;
    }
    Ok(())
}

/// Whatever `MREG_AUTO_MIGRATE` says: this is what was asked for.
async fn up(settings: &Settings) -> Result<(), Failure> {
    if let Database::Postgres(options) = &settings.store.database {
        migrate_up(options, &Handle::current()).await?;
    }
    let storage = boot::storage(settings).await?;
    storage.ports.health.check().await?;
    storage.finish().await;
    Ok(())
}
