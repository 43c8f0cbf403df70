//! A removal takes everything but the trail.

use std::time::Duration;

use registry_domain::event::{EventKind, EventSeq};
use registry_domain::id::{Alias, Revision};
use registry_domain::ports::{Clock as _, PortError, Taken};
use registry_domain::registration::Withdrawal;

use crate::Outcome;
use crate::world::{World, conflict, failed, taken};

pub(crate) async fn removal_takes_the_server_with_it_and_keeps_the_audit(world: &World) -> Outcome {
    let approval = world.approved(1, "files").await?;
    let (registration, server) = (approval.registration.next, approval.server.next);
    let audited = world.audited().await?;
    let admin = world.person("ada").await?;
    let id = registration.id;
    let removal = registration.delete(admin.id, world.stamp());
    world.ports().registrations.commit_removal(&removal, world.clock.now()).await?;

    let ports = world.ports();
    assert!(ports.registrations.find(id).await?.is_none());
    assert!(ports.servers.find(server.id).await?.is_none());
    assert!(ports.servers.find_by_registration(id).await?.is_none());
    assert_eq!(ports.servers.load_routes().await?.servers, []);
    assert_eq!(world.audited().await?, audited + 1);
    // Its address is free again.
    world.submitted(1).await?;
    Ok(())
}

pub(crate) async fn removal_tells_followers_of_the_server(world: &World) -> Outcome {
    let approval = world.approved(1, "files").await?;
    let before = world.ports().events.latest().await?;
    let admin = world.person("ada").await?;
    let removal = approval.registration.next.delete(admin.id, world.stamp());
    world.ports().registrations.commit_removal(&removal, world.clock.now()).await?;
    let told = world.ports().events.after(before, 10).await?;
    assert!(
        told.iter().any(|entry| entry.event.server == Some(approval.server.next.id)),
        "an event names the server: {told:?}"
    );

    // One without a server names none.
    let pending = world.submitted(2).await?;
    let submitter = pending.submitter;
    let withdrawal = pending.withdraw(submitter, world.stamp()).map_err(failed)?;
    let Withdrawal::Removed(removal) = withdrawal else { return Err("it is kept".into()) };
    world.ports().registrations.commit_removal(&removal, world.clock.now()).await?;
    let log = world.ports().events.after(EventSeq(0), 100).await?;
    let last = log.last().ok_or("no event")?;
    assert_eq!(last.event.kind, EventKind::RegistrationWithdrawn);
    assert_eq!(last.event.server, None);
    Ok(())
}

pub(crate) async fn removal_is_guarded_like_any_write(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let read = world.submitted(1).await?;
    let submitter = read.submitter;
    let removal = read.delete(submitter, world.stamp());
    let mut stale = removal.clone();
    stale.expected = Revision(7);
    assert_eq!(conflict(store.commit_removal(&stale, world.clock.now()).await)?, Some(1));
    store.commit_removal(&removal, world.clock.now()).await?;
    let again = store.commit_removal(&removal, world.clock.now()).await;
    assert!(matches!(again, Err(PortError::NotFound)), "{again:?}");
    Ok(())
}

pub(crate) async fn a_retired_alias_is_taken_until_its_time(world: &World) -> Outcome {
    let approval = world.approved(1, "files").await?;
    let admin = world.person("ada").await?;
    let removal = approval.registration.next.delete(admin.id, world.stamp());
    let kept = Duration::from_hours(1);
    let free_at = world.clock.now().checked_add(kept)?;
    world.ports().registrations.commit_removal(&removal, free_at).await?;

    let servers = world.ports().servers;
    let alias = Alias::parse("files").map_err(failed)?;
    let almost = free_at.checked_sub(Duration::from_micros(1))?;
    assert_eq!(
        servers.taken(None, "files", &alias, almost).await?,
        Taken { name: false, alias: true }
    );
    assert_eq!(
        servers.taken(None, "files", &alias, free_at).await?,
        Taken { name: false, alias: false }
    );
    let registration = world.submitted(2).await?;
    let early = world.approval(registration.clone(), None, "files").await?;
    let told = world.ports().registrations.commit_approval(&early).await;
    assert_eq!(taken(told)?.0, "alias");
    assert_eq!(world.view(registration.id).await?.registration, registration);
    world.clock.advance(kept);
    world.ports().registrations.commit_approval(&early).await?;
    Ok(())
}
