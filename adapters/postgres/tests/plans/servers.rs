//! Servers and what is pinned of them.

use libtest_mimic::Failed;
use registry_domain::caller::TenantScope;
use registry_domain::change::Change;
use registry_domain::event::{EventKind, RegistryEvent};
use registry_domain::health::{Condition, HealthNote};
use registry_domain::id::{Alias, ServerId, TenantId};
use registry_domain::ports::{
    Atomicity, BatchItem, Include, ListCursor, Matching, NamePattern, OfferKind, OfferQuery, Order,
    Page, PortError, ServerCatalog, ServerQuery, ServerView,
};
use registry_domain::server::{HealthStatus, Server};

use crate::scene::{Scene, id, minute, registration, server, steps, user};

steps! {
    find_server fetches 5
        by [
            "servers_pkey"
            "idx_server_tools_server_id_name"
            "idx_server_resources_server_id_uri"
            "idx_server_prompts_server_id_name"
        ]
    find_server_of_a_registration fetches 5 by ["idx_servers_registration_id"]
    find_taken_names fetches 3
        by ["idx_servers_name_tenant_id" "idx_servers_alias_tenant_id" "retired_aliases_pkey"]
    change_server fetches 12
        by [
            "servers_pkey"
            "idx_server_tools_server_id_name"
            "idx_server_resources_server_id_uri"
            "idx_server_prompts_server_id_name"
            "retired_aliases_pkey"
        ]
    insert_server fetches 12 by ["retired_aliases_pkey"]
    insert_server_of_a_taken_name fetches 12 by ["idx_servers_name_tenant_id"]
    insert_server_of_a_taken_alias fetches 12 by ["idx_servers_alias_tenant_id"]
    find_taken_aliases fetches 4 by ["idx_servers_alias_tenant_id" "retired_aliases_pkey"]
    find_holders_of_names fetches 6 by ["idx_servers_name_tenant_id"]
    find_each_of_some_servers fetches 20
        by [
            "servers_pkey"
            "idx_server_tools_server_id_name"
            "idx_server_resources_server_id_uri"
            "idx_server_prompts_server_id_name"
        ]
    list_servers fetches 1000
        by [
            "idx_servers_created_at"
            "idx_server_tools_server_id_name"
            "idx_server_resources_server_id_uri"
        ]
    list_servers_of_a_tenant fetches 60 by ["idx_servers_tenant_id_created_at"]
    list_servers_by_status fetches 60 by ["idx_servers_health_status_created_at"]
    list_servers_by_tag fetches 30 by ["idx_servers_tags"]
    list_servers_by_name fetches 5 by ["idx_servers_name_tenant_id"]
    find_server_view fetches 5 by ["servers_pkey" "idx_server_tools_server_id_name"]
    discover_a_tool fetches 20 by ["idx_server_tools_name"]
    discover_a_resource fetches 20 by ["idx_server_resources_uri"]
    search_servers fetches 25_000 by []
    count_servers fetches 0 by []
    insert_a_batch_and_remove_it fetches 40 by ["servers_pkey" "retired_aliases_pkey"]
    list_servers_awaiting_a_manifest fetches 20 by ["idx_servers_awaited"]
    list_upcoming_probes fetches 64 by ["idx_servers_next_probe_at"]
    find_watched_server fetches 1 by ["servers_pkey"]
    note_health fetches 128 by ["servers_pkey"]
    order_health fetches 6 by ["servers_pkey"]
}

async fn found(scene: &Scene, number: u64) -> Result<Server, Failed> {
    let found = scene.store.find(server(number)).await?;
    Ok(found.ok_or("it is not there")?)
}

async fn find_server(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = found(scene, 7101 + round).await?;
    assert!(found.manifest.digest().is_some());
    Ok(())
}

async fn find_server_of_a_registration(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = scene.store.find_by_registration(registration(1001 + 5 * round)).await?;
    assert!(found.is_some());
    Ok(())
}

fn alias(text: &str) -> Result<Alias, Failed> {
    Alias::parse(text).map_err(|wrong| format!("{wrong:?}").into())
}

async fn find_taken_names(scene: &Scene, round: u64) -> Result<(), Failed> {
    let name = format!("Server {}", 8000 + round);
    let gone = alias(&format!("gone-{}", 9000 + round))?;
    let now = minute(467_160);
    let taken = scene.store.taken(None, &name, &gone, now).await?;
    assert!(taken.name && taken.alias);
    let taken = scene.store.taken(None, "nobody", &alias("server-77")?, now).await?;
    assert!(!taken.name && taken.alias);
    Ok(())
}

async fn change_server(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = found(scene, 10_101 + round).await?;
    let expected = found.revision;
    let stamp = scene.stamp();
    let event =
        RegistryEvent::of(EventKind::ServerChanged, stamp, user(1)).on_server(found.id, None);
    let next = Server {
        version: "2.0.0".to_owned(),
        revision: expected.next(),
        updated_at: stamp.at,
        ..found
    };
    let change = Change { next, expected: Some(expected), events: vec![event] };
    Ok(ServerCatalog::commit(scene.store.as_ref(), &change).await?)
}

/// Inserts an administrator's own server, made after another one.
async fn insert(
    scene: &Scene,
    name: &str,
    with_alias: &str,
) -> Result<Result<(), PortError>, Failed> {
    let like = found(scene, 20_001).await?;
    let (stamp, new) = (scene.stamp(), ServerId(id()));
    let next = Server {
        id: new,
        name: name.to_owned(),
        alias: alias(with_alias)?,
        registration: None,
        ..like
    };
    let event = RegistryEvent::of(EventKind::ServerListed, stamp, user(1)).on_server(new, None);
    let change = Change { next, expected: None, events: vec![event] };
    Ok(ServerCatalog::commit(scene.store.as_ref(), &change).await)
}

async fn insert_server(scene: &Scene, round: u64) -> Result<(), Failed> {
    let name = format!("own-{round}");
    Ok(insert(scene, &name, &name).await??)
}

async fn insert_server_of_a_taken_name(scene: &Scene, round: u64) -> Result<(), Failed> {
    let holder = 30_000 + round;
    taken(&insert(scene, &format!("Server {holder}"), "nobody").await?, holder)
}

async fn insert_server_of_a_taken_alias(scene: &Scene, round: u64) -> Result<(), Failed> {
    let holder = 30_000 + round;
    taken(&insert(scene, "nobody", &format!("server-{holder}")).await?, holder)
}

fn taken(told: &Result<(), PortError>, by: u64) -> Result<(), Failed> {
    let Err(PortError::AlreadyExists { existing: Some(holder), .. }) = told else {
        return Err(format!("it was not refused: {told:?}").into());
    };
    assert_eq!(*holder, server(by).0);
    Ok(())
}

async fn list_servers_awaiting_a_manifest(scene: &Scene, _: u64) -> Result<(), Failed> {
    let awaiting = scene.store.awaiting_manifest(20).await?;
    assert_eq!(awaiting.len(), 20);
    Ok(())
}

async fn find_taken_aliases(scene: &Scene, round: u64) -> Result<(), Failed> {
    let asked =
        [alias(&format!("server-{}", 8000 + round))?, alias(&format!("gone-{}", 9000 + round))?];
    let taken = scene.store.taken_aliases(None, &asked, minute(467_160)).await?;
    assert_eq!(taken.len(), 2);
    Ok(())
}

async fn find_holders_of_names(scene: &Scene, round: u64) -> Result<(), Failed> {
    let names = [8000, 8100, 8200].map(|number| format!("Server {}", number + round));
    assert_eq!(scene.store.holders_of_names(None, &names).await?.len(), 3);
    Ok(())
}

async fn find_each_of_some_servers(scene: &Scene, round: u64) -> Result<(), Failed> {
    let ids = [40_101 + round, 50_101 + round, 60_101 + round].map(server);
    assert_eq!(scene.store.find_each(&ids).await?.len(), 3);
    Ok(())
}

/// A page of twenty servers.
async fn page(scene: &Scene, query: ServerQuery) -> Result<Page<ServerView>, Failed> {
    let query = ServerQuery { limit: 20, ..query };
    Ok(ServerCatalog::list(scene.store.as_ref(), &query).await?)
}

async fn list_servers(scene: &Scene, round: u64) -> Result<(), Failed> {
    let order = if round.is_multiple_of(2) { Order::NewestFirst } else { Order::OldestFirst };
    let number = 70_000 + 100 * round;
    let after = ListCursor { created_at: minute(number + 60), id: server(number) };
    let include = Include { tools: true, resources: true };
    let query = ServerQuery { order, after: Some(after), include, ..ServerQuery::default() };
    let page = page(scene, query).await?;
    assert_eq!(page.items.len(), 20);
    assert!(page.items.iter().all(|view| view.definitions.len() >= 4));
    Ok(())
}

async fn list_servers_of_a_tenant(scene: &Scene, _: u64) -> Result<(), Failed> {
    let contoso = TenantId::parse("contoso").map_err(|wrong| format!("{wrong:?}"))?;
    let tenant = TenantScope::Only(contoso);
    let page = page(scene, ServerQuery { tenant, ..ServerQuery::default() }).await?;
    assert_eq!((page.total, page.items.len()), (100, 20));
    Ok(())
}

async fn list_servers_by_status(scene: &Scene, _: u64) -> Result<(), Failed> {
    let health = Some(HealthStatus::Maintenance);
    let page = page(scene, ServerQuery { health, ..ServerQuery::default() }).await?;
    assert_eq!((page.total, page.items.len()), (100, 20));
    Ok(())
}

async fn list_servers_by_tag(scene: &Scene, _: u64) -> Result<(), Failed> {
    let tags = vec!["rare".to_owned()];
    let page = page(scene, ServerQuery { tags, ..ServerQuery::default() }).await?;
    assert_eq!((page.total, page.items.len()), (10, 10));
    Ok(())
}

async fn list_servers_by_name(scene: &Scene, round: u64) -> Result<(), Failed> {
    let name = Some(format!("Server {}", 80_000 + round));
    let page = page(scene, ServerQuery { name, ..ServerQuery::default() }).await?;
    assert_eq!(page.total, 1);
    Ok(())
}

async fn find_server_view(scene: &Scene, round: u64) -> Result<(), Failed> {
    let include = Include { tools: true, resources: false };
    let found = scene.store.find_view(server(40_101 + round), include).await?;
    assert!(found.is_some_and(|view| !view.definitions.is_empty()));
    Ok(())
}

async fn offering(scene: &Scene, kind: OfferKind, name: String) -> Result<(), Failed> {
    let query = OfferQuery {
        kind,
        names: vec![NamePattern::Exact(name)],
        matching: Matching::All,
        tenant: TenantScope::All,
        health: None,
        tags: vec![],
        limit: 20,
    };
    let found = scene.store.find_offering(&query).await?;
    let definitions: Vec<usize> = found.iter().map(|view| view.definitions.len()).collect();
    assert_eq!(definitions, [1]);
    Ok(())
}

async fn discover_a_tool(scene: &Scene, round: u64) -> Result<(), Failed> {
    offering(scene, OfferKind::Tools, format!("tool_{}", 60_011 + 2 * round)).await
}

async fn discover_a_resource(scene: &Scene, round: u64) -> Result<(), Failed> {
    offering(scene, OfferKind::Resources, format!("file:///{}", 60_011 + 2 * round)).await
}

async fn search_servers(scene: &Scene, round: u64) -> Result<(), Failed> {
    let search = Some(format!("WHAT SERVER 8{round}"));
    let page = page(scene, ServerQuery { search, ..ServerQuery::default() }).await?;
    assert!(page.total > 1000);
    Ok(())
}

async fn count_servers(scene: &Scene, _: u64) -> Result<(), Failed> {
    let counts = ServerCatalog::count(scene.store.as_ref(), &TenantScope::All).await?;
    assert!(counts.total >= 100_000);
    Ok(())
}

async fn insert_a_batch_and_remove_it(scene: &Scene, round: u64) -> Result<(), Failed> {
    let like = found(scene, 20_001).await?;
    let mut changes = Vec::new();
    for number in 0..3 {
        let (stamp, new) = (scene.stamp(), ServerId(id()));
        let name = format!("batch-{round}-{number}");
        let with_alias = alias(&name)?;
        let next = Server { id: new, name, alias: with_alias, registration: None, ..like.clone() };
        let event = next.happened(RegistryEvent::by_product(EventKind::ServerListed, stamp));
        changes.push(Change { next, expected: None, events: vec![event] });
    }
    let items = scene.store.commit_batch(&changes, Atomicity::PerItem).await?;
    assert!(items.iter().all(|item| matches!(item, BatchItem::Written)));
    for change in &changes {
        let removal = change.next.remove(None, scene.stamp());
        ServerCatalog::commit_removal(scene.store.as_ref(), &removal, minute(500_000)).await?;
    }
    Ok(())
}
async fn list_upcoming_probes(scene: &Scene, _: u64) -> Result<(), Failed> {
    assert_eq!(scene.store.upcoming_probes(64).await?.len(), 64);
    Ok(())
}

async fn find_watched_server(scene: &Scene, round: u64) -> Result<(), Failed> {
    assert!(scene.store.find_watched(server(40_000 + round)).await?.is_some());
    Ok(())
}

async fn note_health(scene: &Scene, round: u64) -> Result<(), Failed> {
    let at = scene.stamp().at;
    let mut notes = Vec::new();
    for number in 0..32 {
        let watched = scene.store.find_watched(server(50_000 + 100 * round + number)).await?;
        let watched = watched.ok_or("it is not there")?;
        notes.push(HealthNote {
            server: watched.server,
            before: watched.condition,
            after: Condition { status: HealthStatus::Healthy, streak: 1 },
            at,
            next_probe_at: minute(467_160),
            compared_at: None,
            event: None,
        });
    }
    assert_eq!(scene.store.note_health(&notes).await?.len(), 32);
    Ok(())
}

async fn order_health(scene: &Scene, round: u64) -> Result<(), Failed> {
    let found = found(scene, 60_000 + round).await?;
    let expected = found.revision;
    let next = Server { health: HealthStatus::Maintenance, revision: expected.next(), ..found };
    let change = Change { next, expected: Some(expected), events: Vec::new() };
    Ok(scene.store.order_health(&change).await?)
}
