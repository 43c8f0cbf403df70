//! Chains of records, and the seals that are made of them.

use std::sync::Arc;
use std::time::Duration;

use registry_domain::chain::{Chain, Entry, Flaw, Log, MOST_SEALED};
use registry_domain::event::EventSeq;
use registry_domain::id::ChainId;
use registry_domain::ports::{Clock as _, SealPorts, Span};
use registry_domain::use_cases::{
    Finding, Kept, Report, purge_records, seal_abandoned, seal_audit, seal_chain, verify_records,
};
use uuid::Uuid;

use super::operations::recorded;
use crate::world::{World, failed, taken};
use crate::{Failed, Outcome};

const A_DAY: Duration = Duration::from_hours(24);

fn ports(world: &World) -> SealPorts {
    let (ports, clock) = (world.ports(), Arc::clone(&world.clock));
    SealPorts { seals: ports.seals, events: ports.events, clock }
}

fn chain(world: &World) -> Chain {
    Chain::of_operations(ChainId(world.uuid()), world.stamp().at)
}

/// Appends so many operations to a chain, and answers their ids.
async fn recorded_in(world: &World, chain: &Chain, count: usize) -> Result<Vec<Uuid>, Failed> {
    let operations: Vec<_> = (0..count).map(|_| recorded(world)).collect();
    let ids = operations.iter().map(|operation| operation.id.0).collect();
    world.ports().operations.append(chain, operations).await?;
    Ok(ids)
}

async fn entries(world: &World, chain: &Chain) -> Result<Vec<Entry>, Failed> {
    let span = Span { log: chain.log, chain: chain.id, after: 0, to: None };
    Ok(world.ports().seals.entries(span, 1000).await?)
}

async fn verified(world: &World) -> Result<[Report; 2], Failed> {
    verify_records(world.ports().seals.as_ref()).await.map_err(failed)
}

/// What is wrong with the records of a log, and nothing with the other's.
async fn found(world: &World, log: Log) -> Result<Vec<Finding>, Failed> {
    let mut found = Vec::new();
    for report in verified(world).await? {
        if report.log == log {
            found = report.findings;
        } else {
            assert!(report.is_proven(), "{report:?}");
        }
    }
    Ok(found)
}

fn flaws(findings: &[Finding]) -> Vec<Flaw> {
    let flaw = |finding: &Finding| match finding {
        Finding::Flawed { flaw, .. } => Some(*flaw),
        _ => None,
    };
    findings.iter().filter_map(flaw).collect()
}

pub(crate) async fn a_chain_has_what_its_writer_told_in_order_and_without_gaps(
    world: &World,
) -> Outcome {
    let (one, two) = (chain(world), chain(world));
    let log = world.ports().operations;
    let [a, b, c, d] = [recorded(world), recorded(world), recorded(world), recorded(world)];
    log.append(&one, vec![a.clone(), b.clone(), b.clone()]).await?;
    // What another writer has told, or this one before, stays where it is.
    log.append(&two, vec![b.clone(), c.clone()]).await?;
    log.append(&one, vec![a.clone(), c.clone(), d.clone()]).await?;
    let places = |entries: Vec<Entry>| -> Vec<(i64, Uuid)> {
        entries.into_iter().map(|entry| (entry.position, entry.id)).collect()
    };
    let in_one = places(entries(world, &one).await?);
    assert_eq!(in_one, [(1, a.id.0), (2, b.id.0), (3, d.id.0)]);
    assert_eq!(places(entries(world, &two).await?), [(1, c.id.0)]);
    let open = world.ports().seals.open_chains(Log::Operations).await?;
    assert_eq!(open, [one, two]);
    Ok(())
}

pub(crate) async fn records_read_the_same_whenever_they_are_read(world: &World) -> Outcome {
    let chain = chain(world);
    recorded_in(world, &chain, 3).await?;
    let first = entries(world, &chain).await?;
    assert_eq!(entries(world, &chain).await?, first);
    world.instance.reopen().await?;
    assert_eq!(entries(world, &chain).await?, first);
    let [one, two, three] = first.as_slice() else { return Err("three were told".into()) };
    assert!(one.canonical != two.canonical && two.canonical != three.canonical);
    Ok(())
}

pub(crate) async fn a_seal_reads_back_and_is_kept_once(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    recorded_in(world, &chain, 3).await?;
    assert_eq!(seal_chain(&ports, &chain).await.map_err(failed)?, 3);
    recorded_in(world, &chain, 2).await?;
    assert_eq!(seal_chain(&ports, &chain).await.map_err(failed)?, 2);
    assert_eq!(seal_chain(&ports, &chain).await.map_err(failed)?, 0, "there is nothing new");
    let seals = ports.seals.seals(chain.id, i64::MIN, 10).await?;
    let [first, second] = seals.as_slice() else { return Err(format!("{seals:?}").into()) };
    assert_eq!((first.after, first.to, first.count, first.day), (0, 3, 3, chain.day));
    assert_eq!((second.after, second.to, second.count), (3, 5, 2));
    assert_eq!(second.previous, Some(first.digest));
    assert_eq!(ports.seals.newest_seal(Some(chain.id)).await?.as_ref(), Some(second));
    assert_eq!(ports.seals.seals(chain.id, 3, 10).await?, std::slice::from_ref(second));
    assert_eq!(ports.seals.seals(chain.id, i64::MIN, 1).await?, std::slice::from_ref(first));
    assert_eq!(taken(ports.seals.keep_seal(second).await)?, ("seal", None));
    Ok(())
}

pub(crate) async fn the_first_seal_of_a_chain_follows_the_newest_of_all(world: &World) -> Outcome {
    let ports = ports(world);
    let mut before = None;
    for _ in 0..3 {
        let chain = chain(world);
        recorded_in(world, &chain, 1).await?;
        seal_chain(&ports, &chain).await.map_err(failed)?;
        let seal = ports.seals.newest_seal(None).await?.ok_or("no seal")?;
        assert_eq!((seal.chain, seal.previous), (chain.id, before));
        before = Some(seal.digest);
    }
    world.instance.run_sql("DELETE FROM seals WHERE previous IS NULL").await?;
    world.instance.run_sql("DELETE FROM fastmcp_audit_log WHERE chain <> (SELECT chain FROM fastmcp_audit_log ORDER BY timestamp DESC LIMIT 1)").await?;
    let found = found(world, Log::Operations).await?;
    let unlinked = |finding: &&Finding| matches!(finding, Finding::Unlinked { .. });
    assert_eq!(found.iter().filter(unlinked).count(), 1, "{found:?}");
    Ok(())
}

pub(crate) async fn a_full_seal_is_followed_by_another(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    let most = usize::try_from(MOST_SEALED)?;
    recorded_in(world, &chain, most + 1).await?;
    let sealed = seal_chain(&ports, &chain).await.map_err(failed)?;
    assert_eq!(sealed, u64::from(MOST_SEALED) + 1);
    let [operations, _] = verified(world).await?;
    assert_eq!((operations.seals, operations.records), (2, sealed));
    assert!(operations.is_proven(), "{operations:?}");
    Ok(())
}

pub(crate) async fn an_operation_that_is_changed_is_named(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    let ids = recorded_in(world, &chain, 3).await?;
    seal_chain(&ports, &chain).await.map_err(failed)?;
    assert_eq!(found(world, Log::Operations).await?, []);
    let Some(id) = ids.get(1) else { return Err("there are three".into()) };
    for change in
        ["method = 'ping'", "client_ip = 'not an address'", "params = NULL", "duration_ms = 7"]
    {
        let sql = format!("UPDATE fastmcp_audit_log SET {change} WHERE id = '{id}'");
        world.instance.run_sql(&sql).await?;
        let found = found(world, Log::Operations).await?;
        assert_eq!(flaws(&found), [Flaw::Changed { position: 2, id: *id }], "{change}");
    }
    Ok(())
}

pub(crate) async fn an_operation_that_is_removed_is_named(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    let ids = recorded_in(world, &chain, 4).await?;
    seal_chain(&ports, &chain).await.map_err(failed)?;
    let (Some(middle), Some(last)) = (ids.get(1), ids.last()) else {
        return Err("there are four".into());
    };
    let sql = format!("DELETE FROM fastmcp_audit_log WHERE id IN ('{middle}', '{last}')");
    world.instance.run_sql(&sql).await?;
    let found = found(world, Log::Operations).await?;
    assert_eq!(flaws(&found), [Flaw::Removed { position: 2 }, Flaw::Removed { position: 4 }]);
    Ok(())
}

pub(crate) async fn an_operation_that_is_inserted_is_named(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    recorded_in(world, &chain, 2).await?;
    seal_chain(&ports, &chain).await.map_err(failed)?;
    let (alone, before) = (world.uuid(), world.uuid());
    world
        .instance
        .run_sql(&format!(
            "INSERT INTO fastmcp_audit_log (id, method, success, duration_ms) \
             VALUES ('{alone}', 'ping', true, 1)"
        ))
        .await?;
    world
        .instance
        .run_sql(&format!(
            "INSERT INTO fastmcp_audit_log (id, method, success, duration_ms, chain, position) \
             VALUES ('{before}', 'ping', true, 1, '{}', 0)",
            chain.id
        ))
        .await?;
    let found = found(world, Log::Operations).await?;
    assert_eq!(flaws(&found), [Flaw::Added { position: 0, id: before }]);
    let stray = |finding: &Finding| match finding {
        Finding::Stray(stray) => Some(stray.id),
        _ => None,
    };
    assert_eq!(found.iter().filter_map(stray).collect::<Vec<_>>(), [alone]);
    Ok(())
}

pub(crate) async fn a_seal_that_is_removed_or_changed_is_named(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    for _ in 0..3 {
        recorded_in(world, &chain, 2).await?;
        seal_chain(&ports, &chain).await.map_err(failed)?;
    }
    world.instance.run_sql("UPDATE seals SET count = 3 WHERE after_position = 4").await?;
    assert_eq!(flaws(&found(world, Log::Operations).await?), [Flaw::SealChanged]);
    world.instance.run_sql("UPDATE seals SET count = 2 WHERE after_position = 4").await?;
    assert_eq!(found(world, Log::Operations).await?, []);
    world.instance.run_sql("DELETE FROM seals WHERE after_position = 2").await?;
    let found = found(world, Log::Operations).await?;
    let removed = Finding::SealRemoved { chain: chain.id, after: 2 };
    assert!(found.contains(&removed), "{found:?}");
    Ok(())
}

pub(crate) async fn what_has_no_seal_yet_is_told_with_its_time(world: &World) -> Outcome {
    let (ports, chain) = (ports(world), chain(world));
    recorded_in(world, &chain, 2).await?;
    seal_chain(&ports, &chain).await.map_err(failed)?;
    let since = world.clock.now();
    recorded_in(world, &chain, 3).await?;
    let [operations, _] = verified(world).await?;
    assert!(operations.is_proven(), "{operations:?}");
    let [unsealed] = operations.unsealed.as_slice() else {
        return Err(format!("{operations:?}").into());
    };
    assert_eq!((unsealed.chain, unsealed.count), (chain.id, 3));
    assert_eq!(unsealed.since, since.checked_add(Duration::from_micros(1)).ok());
    Ok(())
}

pub(crate) async fn the_audit_trail_is_sealed_and_what_is_done_to_it_is_named(
    world: &World,
) -> Outcome {
    let ports = ports(world);
    world.approved(1, "one").await?;
    world.submitted(2).await?;
    let looked = seal_audit(&ports, EventSeq::default()).await.map_err(failed)?;
    assert_eq!(looked, ports.events.latest().await?);
    world.submitted(3).await?;
    let [_, audit] = verified(world).await?;
    assert_eq!((audit.seals, audit.records), (1, 3));
    assert_eq!(audit.unsealed.iter().map(|waiting| waiting.count).sum::<u64>(), 1);
    let looked = seal_audit(&ports, looked).await.map_err(failed)?;
    seal_audit(&ports, looked).await.map_err(failed)?;
    let [_, audit] = verified(world).await?;
    assert_eq!((audit.seals, audit.records, audit.unsealed.len()), (2, 4, 0));
    assert!(audit.is_proven(), "{audit:?}");

    world
        .instance
        .run_sql("UPDATE audit_log SET action = 'Rejected' WHERE action = 'Approved'")
        .await?;
    let changed = flaws(&found(world, Log::Audit).await?);
    assert!(matches!(changed.as_slice(), [Flaw::Changed { .. }]), "{changed:?}");
    world.instance.run_sql("DELETE FROM audit_log WHERE action = 'Rejected'").await?;
    let removed = flaws(&found(world, Log::Audit).await?);
    assert!(matches!(removed.as_slice(), [Flaw::Removed { .. }]), "{removed:?}");
    let id = world.uuid();
    world
        .instance
        .run_sql(&format!(
            "INSERT INTO audit_log (log_id, registration_id, user_id, action) \
             SELECT '{id}', registration_id, user_id, 'Approved' FROM audit_log LIMIT 1"
        ))
        .await?;
    let found = found(world, Log::Audit).await?;
    let is_it = |finding: &Finding| matches!(finding, Finding::Stray(stray) if stray.id == id);
    assert!(found.iter().any(is_it), "{found:?}");
    Ok(())
}

pub(crate) async fn whole_sealed_days_are_purged_and_their_seals_stay(world: &World) -> Outcome {
    let ports = ports(world);
    let old = chain(world);
    recorded_in(world, &old, 3).await?;
    seal_chain(&ports, &old).await.map_err(failed)?;
    world.submitted(1).await?;
    seal_audit(&ports, EventSeq::default()).await.map_err(failed)?;
    // No seal, no purge: who would say what there was?
    let unsealed = chain(world);
    recorded_in(world, &unsealed, 1).await?;
    world.clock.advance(A_DAY * 3);
    let new = chain(world);
    recorded_in(world, &new, 2).await?;
    seal_chain(&ports, &new).await.map_err(failed)?;

    let (seals, now) = (ports.seals.as_ref(), world.clock.now());
    let purged = async |log, days| purge_records(seals, Kept { log, days }, now).await;
    assert_eq!(purged(Log::Operations, Some(3)).await.map_err(failed)?, 0, "it is three days old");
    assert_eq!(purged(Log::Operations, None).await.map_err(failed)?, 0);
    assert_eq!(purged(Log::Operations, Some(2)).await.map_err(failed)?, 1);
    assert_eq!(world.ports().operations.count().await?, 3);
    assert_eq!(world.audited().await?, 1, "the other log is kept");
    assert_eq!(purged(Log::Operations, Some(2)).await.map_err(failed)?, 0, "once is enough");

    let [operations, _] = verified(world).await?;
    assert!(operations.is_proven(), "{operations:?}");
    assert_eq!(operations.purged.iter().copied().collect::<Vec<_>>(), [old.day]);
    assert_eq!((operations.seals, operations.records), (2, 2));
    assert_eq!(purged(Log::Audit, Some(1)).await.map_err(failed)?, 1);
    assert_eq!(world.audited().await?, 0);
    let [_, audit] = verified(world).await?;
    assert!(audit.is_proven() && audit.purged.contains(&old.day), "{audit:?}");
    Ok(())
}

pub(crate) async fn what_a_gone_writer_left_is_sealed_by_another_and_its_chain_closed(
    world: &World,
) -> Outcome {
    let (ports, patience) = (ports(world), Duration::from_mins(5));
    let (gone, own) = (chain(world), chain(world));
    recorded_in(world, &gone, 2).await?;
    recorded_in(world, &own, 1).await?;
    let sealed = async || -> Result<u64, Failed> {
        seal_abandoned(&ports, &[own], patience).await.map_err(failed)?;
        let [operations, _] = verified(world).await?;
        Ok(operations.records)
    };
    assert_eq!(sealed().await?, 0, "it may be there still");
    world.clock.advance(patience);
    assert_eq!(sealed().await?, 2);
    world.clock.advance(A_DAY);
    sealed().await?;
    assert_eq!(ports.seals.open_chains(Log::Operations).await?, [gone, own]);
    world.clock.advance(A_DAY);
    sealed().await?;
    assert_eq!(ports.seals.open_chains(Log::Operations).await?, [own]);
    Ok(())
}
