//! Each write is guarded by the revision that it was decided on.

use futures_util::future::join_all;
use registry_domain::id::Revision;
use registry_domain::ports::PortError;
use registry_domain::registration::{Decision, RegistrationStatus};

use crate::Outcome;
use crate::world::{World, conflict, content, draft, failed};

pub(crate) async fn a_stale_commit_conflicts_and_changes_nothing(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let read = world.submitted(1).await?;
    let editor = read.submitter;
    let first = read.clone().edit(content(draft(2))?, editor, world.stamp()).map_err(failed)?;
    let second = read.edit(content(draft(3))?, editor, world.stamp()).map_err(failed)?;
    store.commit(&first).await?;
    let (latest, audited) = (world.ports().events.latest().await?, world.audited().await?);

    assert_eq!(conflict(store.commit(&second).await)?, Some(2));
    assert_eq!(world.view(first.next.id).await?.registration, first.next);
    assert_eq!(world.ports().events.latest().await?, latest);
    assert_eq!(world.audited().await?, audited);
    Ok(())
}

pub(crate) async fn of_racing_deciders_exactly_one_wins(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let mut decisions = Vec::new();
    for number in 0..8 {
        let decider = world.person(&format!("decider-{number}")).await?;
        let stamp = world.stamp();
        let reason = Some(format!("said by {number}"));
        let decision = Decision { approver: decider.id, at: stamp.at, reason };
        decisions.push(read.clone().reject(decision, stamp).map_err(failed)?);
    }
    let store = world.ports().registrations;
    let told = join_all(decisions.iter().map(|decision| store.commit(decision))).await;

    let won: Vec<_> = told.iter().zip(&decisions).filter(|(told, _)| told.is_ok()).collect();
    let [(_, winner)] = won.as_slice() else {
        return Err(format!("{} deciders won: {told:?}", won.len()).into());
    };
    let lost = told.iter().filter(|told| matches!(told, Err(PortError::Conflict { .. }))).count();
    assert_eq!(lost, 7, "{told:?}");
    assert_eq!(world.view(read.id).await?.registration, winner.next);
    assert_eq!(world.audited().await?, 2, "the submission and one decision");
    Ok(())
}

pub(crate) async fn sql_by_hand_conflicts_too(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let id = read.id;
    let by_hand = "UPDATE registrations SET description = 'by hand' WHERE registration_id = ";
    world.instance.run_sql(&format!("{by_hand}'{id}'")).await?;
    let stored = world.view(id).await?.registration;
    assert_eq!(stored.revision, Revision(2));
    assert_eq!(stored.content.description.as_deref(), Some("by hand"));
    assert!(stored.updated_at != read.updated_at, "the time of the change is kept too");

    let editor = read.submitter;
    let stale = read.edit(content(draft(2))?, editor, world.stamp()).map_err(failed)?;
    assert_eq!(conflict(world.ports().registrations.commit(&stale).await)?, Some(2));
    let fresh = stored.edit(content(draft(2))?, editor, world.stamp()).map_err(failed)?;
    world.ports().registrations.commit(&fresh).await?;
    assert_eq!(world.view(id).await?.registration, fresh.next);
    Ok(())
}

pub(crate) async fn a_commit_to_what_is_gone_conflicts(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let read = world.submitted(1).await?;
    let (id, editor) = (read.id, read.submitter);
    assert_eq!(read.status(), RegistrationStatus::Pending);
    let edit = read.clone().edit(content(draft(2))?, editor, world.stamp()).map_err(failed)?;
    let removal = read.delete(editor, world.stamp());
    store.commit_removal(&removal, world.stamp().at).await?;
    assert_eq!(conflict(store.commit(&edit).await)?, None);
    assert!(store.find(id).await?.is_none());
    Ok(())
}
