//! The archive: everything that lasts, out of a store and into an empty one.

use std::io::Write;
use std::sync::Arc;

use libtest_mimic::Failed;
use parking_lot::Mutex;
use registry_domain::archive::{ArchiveFault, ArchiveReader, ArchiveWriter, TABLES};
use registry_domain::chain::Chain;
use registry_domain::event::EventSeq;
use registry_domain::id::ChainId;
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{Kept, PortError, SealPorts};
use registry_domain::use_cases::{Report, seal_audit, seal_chain, verify_records};

use super::{api_keys, collections, documents, links, operations};
use crate::Outcome;
use crate::world::{World, failed, manifest};

/// A file in memory that the store writes while the test keeps it.
#[derive(Clone, Default)]
struct File(Arc<Mutex<Vec<u8>>>);

impl Write for File {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

async fn exported(world: &World) -> Result<String, Failed> {
    let (file, archive) = (File::default(), world.ports().archive);
    let writer = ArchiveWriter::new(file.clone(), &archive.schema()?)?;
    archive.export(Box::new(writer)).await?;
    let bytes = file.0.lock().clone();
    Ok(String::from_utf8(bytes)?)
}

async fn imported(world: &World, archive: &str) -> Result<Result<(), PortError>, Failed> {
    let port = world.ports().archive;
    let input = std::io::Cursor::new(archive.to_owned().into_bytes());
    Ok(port.import(Box::new(ArchiveReader::new(input, &port.schema()?)?)).await)
}

/// Takes every row away, as if the store were new.
async fn emptied(world: &World) -> Outcome {
    for table in TABLES.iter().rev() {
        world.instance.run_sql(&format!("DELETE FROM {}", table.name)).await?;
    }
    Ok(())
}

/// Something of everything, with what stores spell differently; and all of it sealed.
async fn filled(world: &World) -> Outcome {
    let definitions = [
        (DefinitionKind::Tool, r#"{"name":"echo","description":"é \u0000 \"quoted\""}"#),
        (DefinitionKind::Resource, r#"{"uri":"file:///a","name":"a"}"#),
        (DefinitionKind::Prompt, r#"{"name":"greet"}"#),
    ];
    let offered = manifest(&definitions)?;
    let registration = world.submitted(1).await?;
    world.discovered(&registration, &offered).await?;
    let approval = world.approval(registration, Some(offered.clone()), "files").await?;
    world.ports().registrations.commit_approval(&approval).await?;
    world.proposed(approval.registration.next, 2).await?;
    let pending = world.submitted(3).await?;
    world.discovered(&pending, &offered).await?;

    let ports = world.ports();
    let link = links::link(world, &pending, "https://example.com/é?q='\"")?;
    assert_eq!(ports.links.insert(&link, 9).await?, Kept::Kept);
    documents::uploaded(world, &pending, "guide.txt").await?;
    ports.api_keys.insert_key(&api_keys::key(world, "é, \"quoted\"")?).await?;
    let collection = collections::made(world, "office", None)?;
    assert_eq!(ports.collections.commit_collection(&collection, 9).await?, Kept::Kept);
    let server = approval.server.next.id;
    for sql in [
        format!(
            "INSERT INTO server_drifts (server_id, definitions, since, refused) \
             VALUES ('{server}', '[]', '2026-11-21T10:00:00.000001Z', TRUE)"
        ),
        "INSERT INTO retired_aliases (tenant_id, alias, free_at) VALUES \
         ('', 'b', '2026-11-21T10:00:00.000000Z'), ('A', 'a', '2026-11-21T10:00:00.5Z'), \
         ('a', 'a', '2026-11-21T10:00:00.000000Z')"
            .replace(".5Z", ".500000Z"),
    ] {
        world.instance.run_sql(&sql).await?;
    }

    let chain = Chain::of_operations(ChainId(world.uuid()), world.stamp().at);
    let mut operation = operations::recorded(world);
    operation.params = Some(r#"{"z":1e2,"a":[1.0,"é",{"y":null,"x":-0.0}]}"#.to_owned());
    let more = operations::recorded(world);
    ports.operations.append(&chain, vec![operation, more]).await?;
    let seals = SealPorts {
        seals: ports.seals.clone(),
        events: ports.events.clone(),
        clock: world.clock.clone(),
    };
    seal_chain(&seals, &chain).await.map_err(failed)?;
    // Twice: what is new is sealed when nothing came since it was seen.
    let looked = seal_audit(&seals, EventSeq::default()).await.map_err(failed)?;
    seal_audit(&seals, looked).await.map_err(failed)?;
    Ok(())
}

async fn all_is_proven(world: &World) -> Result<bool, Failed> {
    let reports = verify_records(world.ports().seals.as_ref()).await.map_err(failed)?;
    Ok(reports.iter().all(|report: &Report| report.is_proven() && report.seals > 0))
}

pub(crate) async fn an_archive_taken_by_an_empty_store_is_the_same_again(world: &World) -> Outcome {
    filled(world).await?;
    let archive = exported(world).await?;
    for table in TABLES {
        let line = format!(r#"{{"table":"{}","row""#, table.name);
        assert!(archive.contains(&line), "nothing of {}", table.name);
    }
    assert!(all_is_proven(world).await?);
    let (latest, audited) = (world.ports().events.latest().await?, world.audited().await?);

    emptied(world).await?;
    imported(world, &archive).await??;
    assert_eq!(exported(world).await?, archive);
    assert!(all_is_proven(world).await?, "seals hold for what was imported");
    assert_eq!((world.ports().events.latest().await?, world.audited().await?), (latest, audited));

    // The store goes on from there, also the next time that it is opened.
    world.instance.reopen().await?;
    assert_eq!(exported(world).await?, archive);
    world.submitted(4).await?;
    let latest = EventSeq(latest.0 + 1);
    assert_eq!(world.ports().events.latest().await?, latest);
    Ok(())
}

pub(crate) async fn a_store_that_is_not_empty_takes_no_archive(world: &World) -> Outcome {
    filled(world).await?;
    let archive = exported(world).await?;
    emptied(world).await?;
    world.person("sam").await?;
    let before = exported(world).await?;
    let told = imported(world, &archive).await?;
    assert!(matches!(told, Err(PortError::AlreadyExists { key: "users", .. })), "{told:?}");
    assert_eq!(exported(world).await?, before);
    Ok(())
}

pub(crate) async fn of_an_archive_that_was_cut_off_or_changed_nothing_is_taken(
    world: &World,
) -> Outcome {
    filled(world).await?;
    let archive = exported(world).await?;
    emptied(world).await?;
    let empty = exported(world).await?;
    let (lines, _) = archive.trim_end().rsplit_once('\n').ok_or("it has lines")?;
    let changed = archive.replacen("Server 3", "Server 4", 1);
    for broken in [format!("{lines}\n"), changed] {
        match imported(world, &broken).await? {
            Err(PortError::Corrupt { source, .. }) => assert!(source.is::<ArchiveFault>()),
            told => return Err(format!("{told:?}").into()),
        }
        assert_eq!(exported(world).await?, empty);
    }
    imported(world, &archive).await??;
    assert_eq!(exported(world).await?, archive);
    Ok(())
}
