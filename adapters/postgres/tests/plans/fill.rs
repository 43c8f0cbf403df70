//! Large data, made by the database itself.

use libtest_mimic::Failed;
use registry_contract::DEADLINE;
use tokio_postgres::Client;

use crate::cluster::{Database, number};

const BEFORE: &str = include_str!("fill/before.sql");
/// How many tables have pages with rows that an index alone does not answer for.
const IN_DOUBT: &str = "SELECT count(*) FROM pg_class WHERE relkind = 'r' \
                        AND relnamespace = 'public'::regnamespace AND relallvisible < relpages";
/// Each knows nothing of the others: they run at once.
const PARTS: [&str; 6] = [
    include_str!("fill/registrations.sql"),
    include_str!("fill/documents.sql"),
    include_str!("fill/collections.sql"),
    include_str!("fill/servers.sql"),
    include_str!("fill/logs.sql"),
    include_str!("fill/oauth.sql"),
];

/// Fills a migrated database.
pub(crate) async fn fill(database: &Database) -> Result<(), Failed> {
    let client = database.connect().await?;
    client.batch_execute(BEFORE).await?;
    let parts = PARTS
        .map(async |part| Ok::<_, Failed>(database.connect().await?.batch_execute(part).await?));
    futures_util::future::try_join_all(parts).await?;
    let settled = tokio::time::timeout(DEADLINE, settle(&client));
    settled.await.map_err(|_| "waited too long until all rows were visible to all")?
}

/// Vacuums until an index alone can answer: VACUUM takes no row for visible to all whose commit may
/// not be on disk yet, and where nothing has to survive a crash, commits take their time.
async fn settle(client: &Client) -> Result<(), Failed> {
    client.batch_execute("SET synchronous_commit = on").await?;
    client.batch_execute("VACUUM ANALYZE").await?;
    while number(client, IN_DOUBT).await? > 0 {
        client.batch_execute("VACUUM").await?;
    }
    Ok(())
}
