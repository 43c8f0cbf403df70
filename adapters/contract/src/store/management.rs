//! Servers that are written in batches, and taken off the list.

#![expect(
    clippy::indexing_slicing,
    reason = "what is not there fails the behaviour that asks for it"
)]

use std::time::Duration;

use registry_domain::event::EventKind;
use registry_domain::id::Revision;
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{
    Atomicity, BatchItem, Clock as _, Include, PortError, ServerQuery, Taken,
};
use registry_domain::registration::RegistrationStatus;
use registry_domain::server::{PinnedManifest, Server};

use super::servers::{changed, made};
use crate::Outcome;
use crate::world::{World, conflict, manifest, taken, tenant};

/// A batch's answers in short.
fn told(items: &[BatchItem]) -> Vec<&'static str> {
    items
        .iter()
        .map(|item| match item {
            BatchItem::Written => "written",
            BatchItem::Undone => "undone",
            BatchItem::Refused(PortError::AlreadyExists { key, .. }) => key,
            BatchItem::Refused(PortError::Conflict { .. }) => "conflict",
            BatchItem::Refused(_) => "refused",
        })
        .collect()
}

pub(crate) async fn a_batch_by_item_writes_what_it_can_and_answers_for_each(
    world: &World,
) -> Outcome {
    let servers = world.ports().servers;
    let held = made(world, "held", None)?;
    servers.commit(&held).await?;
    let mut same_name = made(world, "other", None)?;
    same_name.next.name.clone_from(&held.next.name);
    let same_alias_within = made(world, "first", None)?;
    let mut twin = made(world, "first", None)?;
    "Twin".clone_into(&mut twin.next.name);
    let elsewhere = made(world, "held", Some(tenant("contoso")?))?;
    let edited = changed(world, &held.next, &[r#"{"name":"a"}"#])?;
    let mut stale = edited.clone();
    stale.expected = Some(Revision(9));
    let latest = world.ports().events.latest().await?;
    let changes = [same_name, same_alias_within, twin, elsewhere, stale, edited];
    let items = servers.commit_batch(&changes, Atomicity::PerItem).await?;
    let expected = ["name", "written", "alias", "written", "conflict", "written"];
    assert_eq!(told(&items), expected);
    let BatchItem::Refused(PortError::AlreadyExists { existing, .. }) = &items[0] else {
        return Err("its holder is not named".into());
    };
    assert_eq!(*existing, Some(held.next.id.0));
    for (change, is_there) in changes.iter().zip([false, true, false, true]) {
        assert_eq!(servers.find(change.next.id).await?.is_some(), is_there);
    }
    assert_eq!(servers.find(held.next.id).await?.as_ref(), Some(&changes[5].next));
    // Each that was written is told of, the others are not.
    let events = world.ports().events.after(latest, 10).await?;
    let about: Vec<_> = events.iter().filter_map(|entry| entry.event.server).collect();
    assert_eq!(about, [changes[1].next.id, changes[3].next.id, held.next.id]);
    Ok(())
}

pub(crate) async fn a_batch_that_is_one_thing_leaves_nothing_behind_when_refused(
    world: &World,
) -> Outcome {
    let servers = world.ports().servers;
    let held = made(world, "held", None)?;
    servers.commit(&held).await?;
    let latest = world.ports().events.latest().await?;
    let (one, two) = (made(world, "one", None)?, made(world, "two", None)?);
    let mut same_name = made(world, "three", None)?;
    same_name.next.name.clone_from(&held.next.name);
    let refused = [one.clone(), same_name, two.clone()];
    let items = servers.commit_batch(&refused, Atomicity::AllOrNothing).await?;
    assert_eq!(told(&items), ["undone", "name", "undone"]);
    assert_eq!(servers.load_routes().await?.servers, std::slice::from_ref(&held.next));
    assert_eq!(world.ports().events.latest().await?, latest);

    let items = servers.commit_batch(&[one, two], Atomicity::AllOrNothing).await?;
    assert_eq!(told(&items), ["written", "written"]);
    assert_eq!(servers.load_routes().await?.servers.len(), 3);
    assert_eq!(world.ports().events.after(latest, 10).await?.len(), 2);
    Ok(())
}

pub(crate) async fn each_server_of_some_ids_is_found_with_its_manifest(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let approval = world.approved(1, "files").await?;
    let other = made(world, "other", None)?;
    servers.commit(&other).await?;
    let unknown = registry_domain::id::ServerId(world.uuid());
    let ids = [approval.server.next.id, unknown, other.next.id];
    let mut found = servers.find_each(&ids).await?;
    found.sort_by_key(|server| server.created_at);
    assert_eq!(found, [approval.server.next, other.next]);
    assert_eq!(servers.find_each(&[]).await?, []);
    Ok(())
}

pub(crate) async fn a_removed_server_takes_its_definitions_and_leaves_its_alias_in_quarantine(
    world: &World,
) -> Outcome {
    let servers = world.ports().servers;
    let mut change = made(world, "files", None)?;
    change.next.manifest = PinnedManifest::Pinned {
        manifest: manifest(&[(DefinitionKind::Tool, r#"{"name":"a"}"#)])?,
        reviewed: true,
    };
    servers.commit(&change).await?;
    let server = change.next;
    let removal = server.remove(None, world.stamp());
    let mut stale = removal.clone();
    stale.expected = Revision(7);
    let kept = Duration::from_hours(1);
    let free_at = world.clock.now().checked_add(kept)?;
    assert_eq!(conflict(servers.commit_removal(&stale, free_at).await)?, Some(1));
    let latest = world.ports().events.latest().await?;
    servers.commit_removal(&removal, free_at).await?;
    let again = servers.commit_removal(&removal, free_at).await;
    assert!(matches!(again, Err(PortError::NotFound)), "{again:?}");

    assert!(servers.find(server.id).await?.is_none());
    let tools = Include { tools: true, resources: true };
    assert!(servers.find_view(server.id, tools).await?.is_none());
    let told = world.ports().events.after(latest, 10).await?;
    let told: Vec<_> = told.iter().map(|entry| (entry.event.kind, entry.event.server)).collect();
    assert_eq!(told, [(EventKind::ServerRemoved, Some(server.id))]);

    let asked = servers.taken(None, &server.name, &server.alias, world.clock.now()).await?;
    assert_eq!(asked, Taken { name: false, alias: true });
    let wanted = [server.alias.clone()];
    let now = world.clock.now();
    assert!(servers.taken_aliases(None, &wanted, now).await?.contains(&server.alias));
    assert!(servers.taken_aliases(None, &wanted, free_at).await?.is_empty());
    let heir = made(world, "files", None)?;
    assert_eq!(taken(servers.commit(&heir).await)?, ("alias", None));
    let batch = [heir.clone()];
    let items = servers.commit_batch(&batch, Atomicity::PerItem).await?;
    assert_eq!(told_of(&items), "alias");
    world.clock.advance(kept);
    servers.commit(&heir).await?;
    Ok(())
}

fn told_of(items: &[BatchItem]) -> &'static str {
    told(items).first().copied().unwrap_or("nothing")
}

pub(crate) async fn a_registration_whose_server_is_removed_stays_approved_and_may_have_another(
    world: &World,
) -> Outcome {
    let servers = world.ports().servers;
    let approval = world.approved(1, "files").await?;
    let (registration, server) = (approval.registration.next, approval.server.next.clone());
    let removal = server.remove(None, world.stamp());
    servers.commit_removal(&removal, world.clock.now()).await?;
    let view = world.view(registration.id).await?;
    assert_eq!(view.registration.status(), RegistrationStatus::Approved);
    assert_eq!(view.registration, registration);
    assert_eq!(view.server, None);
    assert!(view.discovery.manifest().is_some(), "what was approved is still known");

    let mut again = approval.server;
    again.next.id = registry_domain::id::ServerId(world.uuid());
    again.events = vec![again.next.happened(registry_domain::event::RegistryEvent::by_product(
        EventKind::ServerListed,
        world.stamp(),
    ))];
    servers.commit(&again).await?;
    assert_eq!(servers.find_by_registration(registration.id).await?, Some(again.next.clone()));
    // It has one server, not two.
    let mut second = made(world, "second", None)?;
    second.next = Server { registration: Some(registration.id), ..second.next };
    assert_eq!(taken(servers.commit(&second).await)?, ("registration_id", Some(again.next.id.0)));
    Ok(())
}

pub(crate) async fn servers_that_are_not_asked_await_no_manifest(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let asked = made(world, "asked", None)?;
    let mut silent = made(world, "silent", None)?;
    silent.next.auto_discover = false;
    servers.commit(&asked).await?;
    servers.commit(&silent).await?;
    assert_eq!(servers.awaiting_manifest(10).await?, [asked.next]);
    let listed = servers.list(&ServerQuery { limit: 10, ..ServerQuery::default() }).await?;
    assert_eq!(listed.total, 2);
    Ok(())
}
