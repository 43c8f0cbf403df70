//! The audit trail, the event log, and the log of operations.

use libtest_mimic::Failed;
use registry_domain::chain::{Chain, Log};
use registry_domain::change::Change;
use registry_domain::event::{AuditAction, EventKind, EventSeq, RegistryEvent};
use registry_domain::id::{ChainId, OperationId};
use registry_domain::operation::Operation;
use registry_domain::ports::{
    AuditQuery, EventLog as _, OperationLog, SealStore as _, ServerCatalog, Span,
};
use registry_domain::server::Server;
use registry_postgres::PgOptions;

use crate::proxy::{Mode, Proxy};
use crate::scene::{Scene, chain, id, minute, operation, registration, server, steps, user};

steps! {
    list_audit fetches 200 by ["idx_audit_log_timestamp"]
    list_audit_of_a_registration fetches 10 by ["idx_audit_log_registration_id"]
    list_audit_of_a_person fetches 30 by ["idx_audit_log_user_id_timestamp"]
    list_audit_of_an_action fetches 60 by ["idx_audit_log_action_timestamp"]
    list_audit_of_a_time fetches 60 by ["idx_audit_log_timestamp"]
    list_audit_of_a_person_and_a_time fetches 60 by ["idx_audit_log_user_id_timestamp"]
    list_audit_of_an_action_and_a_time fetches 60 by ["idx_audit_log_action_timestamp"]
    list_audit_of_a_person_and_an_action fetches 500 by ["idx_audit_log_user_id_timestamp"]
    latest_event fetches 0 by []
    list_events fetches 100 by ["events_pkey"]
    settle_a_lost_commit fetches 20 by ["idx_events_event_id"]
    append_operations fetches 10 by ["fastmcp_audit_log_pkey" "chains_pkey"]
    list_entries fetches 10 by ["idx_fastmcp_audit_log_chain"]
    list_audit_entries fetches 70 by ["events_pkey" "audit_log_pkey"]
    find_newest_seal fetches 2 by ["seals_pkey" "idx_seals_made_at"]
    list_seals fetches 1100 by ["seals_pkey"]
    list_open_chains fetches 10 by ["idx_chains_open"]
    find_next_chain fetches 4 by ["seals_pkey" "idx_fastmcp_audit_log_chain"]
    list_stray_operations fetches 20 by ["idx_fastmcp_audit_log_chain"]
    purge_records fetches 100 by ["idx_seals_day" "idx_fastmcp_audit_log_chain"]
    list_newest_operations fetches 60 by ["idx_fastmcp_audit_log_timestamp"]
    count_operations fetches 2000 by []
}

async fn page(scene: &Scene, query: AuditQuery, rows: usize) -> Result<(), Failed> {
    let query = AuditQuery { limit: 20, ..query };
    let page = scene.store.list_audit(&query).await?;
    assert_eq!(page.items.len(), rows, "{query:?}");
    Ok(())
}

async fn list_audit(scene: &Scene, _: u64) -> Result<(), Failed> {
    page(scene, AuditQuery::default(), 20).await
}

async fn list_audit_of_a_registration(scene: &Scene, round: u64) -> Result<(), Failed> {
    let registration = Some(registration(70_001 + round));
    page(scene, AuditQuery { registration, ..Default::default() }, 2).await
}

async fn list_audit_of_a_person(scene: &Scene, round: u64) -> Result<(), Failed> {
    let user = Some(user(1 + 100 * round));
    page(scene, AuditQuery { user, ..Default::default() }, 20).await
}

fn action(round: u64) -> Option<AuditAction> {
    const ACTIONS: [AuditAction; 3] =
        [AuditAction::Created, AuditAction::Approved, AuditAction::Deleted];
    ACTIONS.into_iter().cycle().nth(usize::try_from(round).unwrap_or_default())
}

async fn list_audit_of_an_action(scene: &Scene, round: u64) -> Result<(), Failed> {
    page(scene, AuditQuery { action: action(round), ..Default::default() }, 20).await
}

fn a_day(round: u64) -> AuditQuery {
    let from = 1000 + round;
    AuditQuery { from: Some(minute(from)), to: Some(minute(from + 1440)), ..Default::default() }
}

async fn list_audit_of_a_time(scene: &Scene, round: u64) -> Result<(), Failed> {
    page(scene, a_day(round), 20).await
}

async fn list_audit_of_a_person_and_a_time(scene: &Scene, round: u64) -> Result<(), Failed> {
    let user = Some(user(100 + round));
    let query = AuditQuery { user, from: Some(minute(10_000)), ..Default::default() };
    page(scene, query, 20).await
}

async fn list_audit_of_an_action_and_a_time(scene: &Scene, round: u64) -> Result<(), Failed> {
    page(scene, AuditQuery { action: action(round), ..a_day(round) }, 20).await
}

async fn list_audit_of_a_person_and_an_action(scene: &Scene, round: u64) -> Result<(), Failed> {
    let (user, action) = (Some(user(100 + round)), Some(AuditAction::Created));
    page(scene, AuditQuery { user, action, ..Default::default() }, 20).await
}

async fn latest_event(scene: &Scene, _: u64) -> Result<(), Failed> {
    assert!(scene.store.latest().await?.0 > 200_000);
    Ok(())
}

async fn list_events(scene: &Scene, round: u64) -> Result<(), Failed> {
    let after = EventSeq(100_000 + i64::try_from(round)?);
    assert_eq!(scene.store.after(after, 100).await?.len(), 100);
    Ok(())
}

async fn settle_a_lost_commit(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = ServerCatalog::find(scene.store.as_ref(), server(40_001 + round)).await?;
    let found = found.ok_or("it is not there")?;
    let (expected, stamp) = (found.revision, scene.stamp());
    let event =
        RegistryEvent::of(EventKind::ServerChanged, stamp, user(1)).on_server(found.id, None);
    let next = Server { revision: expected.next(), updated_at: stamp.at, ..found };
    let change = Change { next, expected: Some(expected), events: vec![event] };

    let proxy = Proxy::before(&scene.database).await?;
    let options = PgOptions { max_connections: 2, ..proxy.options(&scene.database)? };
    let store = scene.beside(options).await?;
    proxy.set(Mode::CutAfterCommit);
    ServerCatalog::commit(store.as_ref(), &change).await?;
    assert_eq!(proxy.mode(), Mode::Pass, "it was cut");
    store.close().await;
    Ok(())
}

/// A chain with nothing in it.
fn chain_of_its_own() -> Chain {
    Chain::of_operations(ChainId(id()), minute(467_160))
}

async fn append_operations(scene: &Scene, round: u64) -> Result<(), Failed> {
    let made = |id| Operation {
        id: OperationId(id),
        at: minute(467_160),
        user_id: None,
        tenant_id: None,
        email: None,
        method: "ping".to_owned(),
        tool_name: None,
        params: None,
        success: true,
        error_message: None,
        error_code: None,
        duration_ms: 1,
        server_id: None,
        request_id: "r".to_owned(),
        client_address: None,
    };
    // One of them is there already.
    let operations = vec![made(id()), made(operation(500_000 + round)), made(id())];
    Ok(scene.store.append(&chain_of_its_own(), operations).await?)
}

async fn entries(scene: &Scene, span: Span, rows: usize) -> Result<(), Failed> {
    assert_eq!(scene.store.entries(span, 10).await?.len(), rows, "{span:?}");
    Ok(())
}

async fn list_entries(scene: &Scene, round: u64) -> Result<(), Failed> {
    let after = i64::try_from(round)?;
    let span = Span { log: Log::Operations, chain: chain(60 + round), after, to: Some(after + 9) };
    entries(scene, span, 9).await
}

async fn list_audit_entries(scene: &Scene, round: u64) -> Result<(), Failed> {
    let after = 1000 + i64::try_from(round)?;
    entries(scene, Span { log: Log::Audit, chain: Chain::AUDIT, after, to: None }, 10).await
}

async fn find_newest_seal(scene: &Scene, round: u64) -> Result<(), Failed> {
    let of_chain = scene.store.newest_seal(Some(chain(60 + round))).await?;
    assert_eq!(of_chain.map(|seal| seal.to), Some(10_000));
    assert!(scene.store.newest_seal(None).await?.is_some());
    Ok(())
}

async fn list_seals(scene: &Scene, round: u64) -> Result<(), Failed> {
    assert_eq!(scene.store.seals(chain(60 + round), 5_000, 16).await?.len(), 16);
    Ok(())
}

async fn list_open_chains(scene: &Scene, _: u64) -> Result<(), Failed> {
    assert!(!scene.store.open_chains(Log::Operations).await?.is_empty());
    Ok(())
}

async fn find_next_chain(scene: &Scene, round: u64) -> Result<(), Failed> {
    let next = scene.store.next_chain(Log::Operations, Some(chain(60 + round))).await?;
    assert_eq!(next, Some(chain(61 + round)));
    Ok(())
}

async fn list_stray_operations(scene: &Scene, _: u64) -> Result<(), Failed> {
    assert_eq!(scene.store.strays(Log::Operations, 10).await?, []);
    Ok(())
}

async fn purge_records(scene: &Scene, _: u64) -> Result<(), Failed> {
    let before = jiff::civil::date(2026, 3, 1);
    let purged = scene.store.purge(Log::Operations, before, minute(0), 4).await?;
    assert_eq!(purged, 4);
    Ok(())
}

async fn list_newest_operations(scene: &Scene, _: u64) -> Result<(), Failed> {
    assert_eq!(scene.store.newest(50).await?.len(), 50);
    Ok(())
}

async fn count_operations(scene: &Scene, _: u64) -> Result<(), Failed> {
    // Of a million some have been purged by now.
    assert!(OperationLog::count(&*scene.store).await? >= 500_000);
    Ok(())
}
