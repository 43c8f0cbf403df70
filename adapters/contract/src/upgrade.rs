//! Upgrades: rows that programs of before left, in each earlier schema, and what becomes of them.
//!
//! The rows are written as the SQL of their time: with the columns that their step made, and no
//! later ones. A test of an adapter makes a store of the first `n` steps, writes [`rows_of`] each of
//! them, lets the program bring it up to date, and asks [`check`].

use libtest_mimic::Failed;
use registry_domain::event::EventSeq;
use registry_domain::id::{DocumentId, RegistrationId};
use registry_domain::ports::{AuditQuery, Include, RegistrationQuery, ServerQuery};
use uuid::Uuid;

use crate::Outcome;
use crate::subject::StorePorts;
use crate::world::failed;

/// How SQLite and PostgreSQL spell bytes, and no texts.
const SPELLINGS: [[&str; 3]; 2] =
    [["{bytes}", "X'7b7d'", "'\\x7b7d'"], ["{texts}", "'[]'", "'{}'"]];

const STEPS: [(usize, &str); 8] = [
    (1, include_str!("upgrade/01_registry.sql")),
    (2, include_str!("upgrade/02_gateway.sql")),
    (3, include_str!("upgrade/03_governance.sql")),
    (7, include_str!("upgrade/07_documents.sql")),
    (8, include_str!("upgrade/08_health.sql")),
    (10, include_str!("upgrade/10_seals.sql")),
    (12, include_str!("upgrade/12_api_keys.sql")),
    (13, include_str!("upgrade/13_oauth.sql")),
];

/// The statements that fill what a step made, in SQLite's words or PostgreSQL's.
pub fn rows_of(step: usize, is_postgres: bool) -> Option<String> {
    let (_, sql) = STEPS.iter().find(|(number, _)| *number == step)?;
    let spelled = SPELLINGS.iter().fold((*sql).to_owned(), |sql, [name, sqlite, postgres]| {
        sql.replace(name, if is_postgres { postgres } else { sqlite })
    });
    Some(spelled)
}

/// Checks that a store which was brought up to date from the first `steps` steps has what it had,
/// and that it reads.
///
/// # Errors
/// What the store says.
///
/// # Panics
/// When something is missing, as a failed test does.
pub async fn check(ports: &StorePorts, steps: usize) -> Outcome {
    let query = RegistrationQuery { limit: 10, ..RegistrationQuery::default() };
    let page = ports.registrations.list(&query).await?;
    assert_eq!((page.total, page.items.len()), (3, 3), "registrations");
    let audit = AuditQuery { limit: 10, ..AuditQuery::default() };
    let trail = ports.events.list_audit(&audit).await?;
    assert_eq!((trail.total, trail.items.len()), (4, 4), "the audit trail");
    if steps >= 2 {
        let query = ServerQuery {
            include: Include { tools: true, resources: true },
            limit: 10,
            ..ServerQuery::default()
        };
        let servers = ports.servers.list(&query).await?;
        assert_eq!((servers.total, servers.items.len()), (2, 2), "servers");
        assert_eq!(ports.operations.count().await?, 1, "operations");
        assert_eq!(ports.operations.newest(10).await?.len(), 1, "operations");
    }
    if steps >= 3 {
        assert_eq!(ports.events.after(EventSeq(0), 10).await?.len(), 1, "events");
        let view = ports.registrations.find(RegistrationId(id(0x11))).await?;
        let view = view.ok_or("the pending registration is there")?;
        assert!(view.discovery.manifest().is_some(), "its candidate");
    }
    if steps >= 7 {
        let registration = RegistrationId(id(0x11));
        let document = ports.documents.find(registration, DocumentId(id(0x71))).await?;
        assert!(document.is_some(), "a document");
        assert_eq!(ports.links.list(registration, 10, 0).await?.total, 1, "a link");
    }
    if steps >= 12 {
        assert_eq!(ports.api_keys.list_keys(10).await?.len(), 1, "an API key");
    }
    // The whole reads: an archive has each row of each table.
    let out = std::io::sink();
    let writer = registry_domain::archive::ArchiveWriter::new(out, &ports.archive.schema()?);
    ports.archive.export(Box::new(writer.map_err(failed)?)).await?;
    Ok::<(), Failed>(())
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}
