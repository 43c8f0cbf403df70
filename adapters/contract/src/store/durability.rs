//! What was accepted stays.

use futures_util::future::join_all;
use registry_domain::event::EventSeq;

use crate::Outcome;
use crate::world::World;

pub(crate) async fn a_reopened_store_keeps_everything(world: &World) -> Outcome {
    let approval = world.approved(1, "files").await?;
    let pending = world.submitted(2).await?;
    let (events, audited) =
        (world.ports().events.after(EventSeq(0), 100).await?, world.audited().await?);
    world.instance.reopen().await?;

    let ports = world.ports();
    assert_eq!(world.view(pending.id).await?.registration, pending);
    assert_eq!(ports.servers.find(approval.server.next.id).await?, Some(approval.server.next));
    assert_eq!(ports.events.after(EventSeq(0), 100).await?, events);
    assert_eq!(world.audited().await?, audited);
    // And goes on from there.
    world.submitted(3).await?;
    let latest = events.last().map(|entry| entry.seq.0).ok_or("no event")?;
    assert_eq!(ports.events.latest().await?, EventSeq(latest + 1));
    Ok(())
}

pub(crate) async fn two_who_open_the_store_at_once_both_can(world: &World) -> Outcome {
    let opened = join_all((0..4).map(|_| world.instance.open_beside())).await;
    let registration = world.submitted(1).await?;
    for beside in opened {
        let beside = beside?;
        assert_eq!(beside.is_some(), world.is_shared, "the adapter does what it claims");
        let Some(beside) = beside else { continue };
        let found = beside.registrations.find(registration.id).await?;
        assert_eq!(found.map(|view| view.registration), Some(registration.clone()));
    }
    Ok(())
}
