//! A database of each earlier schema, with rows in it, is brought up to date and keeps them.

use std::fs;

use libtest_mimic::Failed;
use registry_contract::{StorePorts, upgrade};

use crate::cluster::{Database, migrations, script};
use crate::support::open;

pub(crate) async fn every_earlier_schema_is_brought_up_to_date_with_its_rows() -> Result<(), Failed>
{
    let mut names: Vec<String> = fs::read_dir(migrations())?
        .filter_map(Result::ok)
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    names.sort();
    for count in 1..=names.len() {
        let database = Database::empty().await?;
        let client = database.connect().await?;
        client
            .batch_execute(
                "CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY \
                 NOT NULL, run_on TIMESTAMP NOT NULL DEFAULT CURRENT_TIMESTAMP)",
            )
            .await?;
        for name in names.iter().take(count) {
            let version = name.split('_').next().unwrap_or_default().replace('-', "");
            let applied =
                format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{version}')");
            client.batch_execute(&script(name, "up.sql")?).await?;
            client.batch_execute(&applied).await?;
        }
        for rows in (1..=count).filter_map(|step| upgrade::rows_of(step, true)) {
            client.batch_execute(&rows).await?;
        }
        let store = open(database.options()?).await?;
        upgrade::check(&StorePorts::of(store.clone()), count).await?;
        store.close().await;
    }
    Ok(())
}
