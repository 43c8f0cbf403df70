//! Collections: one per slug and tenant, so many of them, and each write guarded.

#![expect(
    clippy::indexing_slicing,
    reason = "what is not there fails the behaviour that asks for it"
)]

use futures_util::future::join_all;
use libtest_mimic::Failed;
use registry_domain::change::Change;
use registry_domain::collection::{
    Collection, CollectionContent, CollectionDraft, Member, ToolChoice, collection_of,
};
use registry_domain::event::EventKind;
use registry_domain::id::{CollectionId, ServerId, TenantId, UserId};
use registry_domain::ports::{Kept, PortError};

use crate::Outcome;
use crate::world::{World, conflict, failed, taken, tenant};

/// More than a test means to reach.
const PLENTY: u32 = 100;

fn content(slug: &str, server: ServerId) -> Result<CollectionContent, Failed> {
    let choice = ToolChoice {
        tool: "send".to_owned(),
        name: Some("mail".to_owned()),
        description: Some("Führung – 指南\nzwei".to_owned()),
    };
    let draft = CollectionDraft {
        slug: slug.to_owned(),
        name: "Büro – 指南".to_owned(),
        description: Some("What the office needs".to_owned()),
        instructions: None,
        members: vec![Member {
            server,
            tools: Some(vec![choice]),
            prompts: true,
            resources: false,
        }],
    };
    CollectionContent::check(draft).map_err(failed)
}

/// A new collection.
pub(super) fn made(
    world: &World,
    slug: &str,
    tenant: Option<TenantId>,
) -> Result<Change<Collection>, Failed> {
    let content = content(slug, ServerId(world.uuid()))?;
    let (id, by) = (CollectionId(world.uuid()), UserId(world.uuid()));
    Ok(Collection::make(content, id, (by, tenant), world.stamp()))
}

pub(crate) async fn a_collection_reads_back_whole_until_it_is_removed(world: &World) -> Outcome {
    let ports = world.ports();
    let (store, before) = (ports.collections, ports.events.latest().await?);
    let first = made(world, "office", Some(tenant("contoso")?))?;
    let second = made(world, "desk", None)?;
    for change in [&first, &second] {
        assert_eq!(store.commit_collection(change, PLENTY).await?, Kept::Kept);
        assert_eq!(store.find_collection(change.next.id).await?.as_ref(), Some(&change.next));
    }
    let all = store.list_collections(10, 0).await?;
    assert_eq!((all.total, all.items), (2, vec![second.next.clone(), first.next.clone()]));
    let last = store.list_collections(1, 1).await?;
    assert_eq!(last.items, std::slice::from_ref(&first.next));

    let removal = first.next.remove(first.next.made_by, world.stamp());
    store.remove_collection(&removal).await?;
    assert_eq!(store.find_collection(first.next.id).await?, None);
    assert_eq!(conflict(store.remove_collection(&removal).await)?, None);

    let told = ports.events.after(before, 10).await?;
    let kinds: Vec<EventKind> = told.iter().map(|entry| entry.event.kind).collect();
    let made = EventKind::CollectionMade;
    assert_eq!(kinds, [made, made, EventKind::CollectionRemoved]);
    assert!(told.iter().all(|entry| entry.event.actor.is_some()));
    assert_eq!(collection_of(&told[2].event), Some(first.next.id));
    assert_eq!(told[2].event.tenant, Some(tenant("contoso")?));
    Ok(())
}

pub(crate) async fn a_slug_is_one_collections_within_a_tenant(world: &World) -> Outcome {
    let store = world.ports().collections;
    let first = made(world, "office", None)?;
    store.commit_collection(&first, PLENTY).await?;
    let elsewhere = made(world, "office", Some(tenant("contoso")?))?;
    assert_eq!(store.commit_collection(&elsewhere, PLENTY).await?, Kept::Kept);

    let again = made(world, "office", None)?;
    let refused = taken(store.commit_collection(&again, PLENTY).await)?;
    assert_eq!(refused, ("slug", Some(first.next.id.0)));
    let other = made(world, "desk", None)?;
    store.commit_collection(&other, PLENTY).await?;
    let by = other.next.made_by;
    let moved =
        other.next.clone().replaced(content("office", ServerId(world.uuid()))?, by, world.stamp());
    let refused = taken(store.commit_collection(&moved, PLENTY).await)?;
    assert_eq!(refused, ("slug", Some(first.next.id.0)));
    assert_eq!(store.find_collection(other.next.id).await?, Some(other.next));
    Ok(())
}

pub(crate) async fn a_stale_change_of_a_collection_changes_nothing(world: &World) -> Outcome {
    let ports = world.ports();
    let store = ports.collections;
    let first = made(world, "office", None)?.next;
    store.commit_collection(&made_as(&first, world), PLENTY).await?;
    let by = first.made_by;
    let next = |slug| -> Result<_, Failed> {
        let content = content(slug, ServerId(world.uuid()))?;
        Ok(first.clone().replaced(content, by, world.stamp()))
    };
    let (won, lost) = (next("desk")?, next("shop")?);
    // It may be changed however many there are.
    assert_eq!(store.commit_collection(&won, 0).await?, Kept::Kept);
    let before = ports.events.latest().await?;
    let stored = Some(won.next.revision.0);
    assert_eq!(conflict(store.commit_collection(&lost, PLENTY).await)?, stored);
    let removal = first.remove(by, world.stamp());
    assert_eq!(conflict(store.remove_collection(&removal).await)?, stored);
    assert_eq!(store.find_collection(first.id).await?, Some(won.next));
    assert_eq!(ports.events.latest().await?, before);
    Ok(())
}

fn made_as(collection: &Collection, world: &World) -> Change<Collection> {
    let whose = (collection.made_by, collection.tenant.clone());
    let mut change =
        Collection::make(collection.content.clone(), collection.id, whose, world.stamp());
    change.next = collection.clone();
    change
}

pub(crate) async fn of_racing_collections_no_more_are_kept_than_may_be(world: &World) -> Outcome {
    let store = world.ports().collections;
    let changes: Vec<Change<Collection>> =
        (0..8).map(|number| made(world, &format!("c{number}"), None)).collect::<Result<_, _>>()?;
    let kept: Result<Vec<Kept>, PortError> =
        join_all(changes.iter().map(|change| store.commit_collection(change, 3)))
            .await
            .into_iter()
            .collect();
    assert_eq!(kept?.iter().filter(|kept| **kept == Kept::Kept).count(), 3);
    assert_eq!(store.list_collections(10, 0).await?.total, 3);
    Ok(())
}

pub(crate) async fn a_collection_that_does_not_read_is_left_out_of_lists(world: &World) -> Outcome {
    let store = world.ports().collections;
    let (good, bad) = (made(world, "good", None)?, made(world, "bad", None)?);
    for change in [&good, &bad] {
        store.commit_collection(change, PLENTY).await?;
    }
    world.instance.run_sql("UPDATE collections SET members = '7' WHERE slug = 'bad'").await?;
    assert_eq!(store.list_collections(10, 0).await?.items, [good.next]);
    let told = store.find_collection(bad.next.id).await;
    assert!(matches!(told, Err(PortError::Corrupt { .. })), "{told:?}");
    Ok(())
}
