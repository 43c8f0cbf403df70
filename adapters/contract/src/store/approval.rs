//! An approval makes a server of a registration, and pins what the reviewer saw.

use futures_util::future::join_all;
use registry_domain::event::EventSeq;
use registry_domain::manifest::{DefinitionKind, Discovery};
use registry_domain::ports::{Clock as _, PortError};
use registry_domain::registration::{RegistrationStatus, Withdrawal};
use registry_domain::server::{PinnedManifest, Server};

use crate::Outcome;
use crate::world::{World, conflict, failed, manifest, taken};

pub(crate) async fn approval_makes_the_server_and_pins_the_manifest_byte_for_byte(
    world: &World,
) -> Outcome {
    let registration = world.submitted(1).await?;
    let id = registration.id;
    let long = "n".repeat(300);
    let seen = manifest(&[
        (
            DefinitionKind::Tool,
            "{ \"name\" : \"zulu\",\n\t\"x\":1.50, \"description\":\"é\\u00e9\"}",
        ),
        (DefinitionKind::Tool, r#"{"name":"alpha","unknown":{"b":1,"a":2}}"#),
        (DefinitionKind::Tool, &format!(r#"{{"name":"{long}"}}"#)),
        (DefinitionKind::Resource, r#"{"uri":"file:///a","name":"A","mimeType":"text/plain"}"#),
        (DefinitionKind::ResourceTemplate, r#"{"uriTemplate":"file:///a","name":"same text"}"#),
        (DefinitionKind::Prompt, r#"{"name":"zulu","arguments":[]}"#),
    ])?;
    world.discovered(&registration, &seen).await?;
    let approval = world.approval(registration, Some(seen.clone()), "files").await?;
    world.ports().registrations.commit_approval(&approval).await?;

    let stored = world.ports().servers.find_by_registration(id).await?.ok_or("no server")?;
    assert_eq!(stored, approval.server.next);
    let PinnedManifest::Pinned { manifest: pinned, reviewed: true } = &stored.manifest else {
        return Err(format!("not pinned as reviewed: {:?}", stored.manifest).into());
    };
    assert_eq!(pinned.definitions(), seen.definitions());
    let view = world.view(id).await?;
    assert_eq!(view.registration, approval.registration.next);
    let summary = view.server.ok_or("no server in the view")?;
    assert_eq!(summary.id, stored.id);
    assert_eq!(summary.alias, stored.alias);
    assert_eq!(summary.manifest_digest, Some(seen.digest()));
    assert!(summary.reviewed);
    let told = world.ports().events.after(EventSeq(0), 10).await?;
    let listed = told.last().map(|entry| entry.event.clone());
    assert_eq!(listed, approval.server.events.first().cloned());
    Ok(())
}

pub(crate) async fn approval_without_a_candidate_awaits_the_first_manifest(
    world: &World,
) -> Outcome {
    let registration = world.submitted(1).await?;
    let approval = world.approval(registration, None, "files").await?;
    world.ports().registrations.commit_approval(&approval).await?;
    let awaiting = world.ports().servers.awaiting_manifest(10).await?;
    assert_eq!(awaiting, std::slice::from_ref(&approval.server.next));
    let summary = world.view(approval.registration.next.id).await?.server.ok_or("no server")?;
    assert_eq!(summary.manifest_digest, None);
    assert!(!summary.reviewed);
    Ok(())
}

pub(crate) async fn approval_on_another_candidate_conflicts_and_makes_nothing(
    world: &World,
) -> Outcome {
    let registration = world.submitted(1).await?;
    let id = registration.id;
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    world.discovered(&registration, &seen).await?;
    let on_seen = world.approval(registration.clone(), Some(seen), "files").await?;
    let on_none = world.approval(registration.clone(), None, "files").await?;
    let other = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo","x":1}"#)])?;
    world.discovered(&registration, &other).await?;
    let latest = world.ports().events.latest().await?;
    for approval in [on_seen, on_none] {
        conflict(world.ports().registrations.commit_approval(&approval).await)?;
    }
    let view = world.view(id).await?;
    assert_eq!(view.registration, registration);
    assert_eq!(view.server, None);
    assert_eq!(world.ports().servers.load_routes().await?.servers, []);
    assert_eq!(world.ports().events.latest().await?, latest);
    Ok(())
}

pub(crate) async fn approval_under_a_taken_name_or_alias_changes_nothing(world: &World) -> Outcome {
    let holder = world.approved(1, "files").await?.server.next;
    let registration = world.submitted(2).await?;
    let id = registration.id;
    let mut same_alias = world.approval(registration.clone(), None, "files").await?;
    "Another name".clone_into(&mut same_alias.server.next.name);
    let mut same_name = world.approval(registration, None, "files-2").await?;
    same_name.server.next.name.clone_from(&holder.name);
    let store = world.ports().registrations;
    let held = Some(holder.id.0);
    assert_eq!(taken(store.commit_approval(&same_alias).await)?, ("alias", held));
    assert_eq!(taken(store.commit_approval(&same_name).await)?, ("name", held));
    let view = world.view(id).await?;
    assert_eq!(view.registration.status(), RegistrationStatus::Pending);
    assert_eq!(view.server, None);
    Ok(())
}

pub(crate) async fn of_racing_approvals_exactly_one_makes_a_server(world: &World) -> Outcome {
    let registration = world.submitted(1).await?;
    let mut approvals = Vec::new();
    for number in 0..8 {
        let alias = format!("files-{number}");
        approvals.push(world.approval(registration.clone(), None, &alias).await?);
    }
    let store = world.ports().registrations;
    let told = join_all(approvals.iter().map(|approval| store.commit_approval(approval))).await;
    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), 1, "{told:?}");
    let lost = told.iter().filter(|told| matches!(told, Err(PortError::Conflict { .. }))).count();
    assert_eq!(lost, 7, "{told:?}");
    assert_eq!(world.ports().servers.load_routes().await?.servers.len(), 1);
    Ok(())
}

pub(crate) async fn a_proposal_leaves_the_server_as_it_is_until_it_is_approved(
    world: &World,
) -> Outcome {
    let approved = world.approved(1, "files").await?;
    let (id, served) = (approved.registration.next.id, approved.server.next);
    let proposed = world.proposed(approved.registration.next, 2).await?;
    let view = world.view(id).await?;
    assert_eq!(view.registration, proposed);
    assert_eq!(view.discovery, Discovery::Pending);
    assert_eq!(world.ports().servers.find(served.id).await?, Some(served.clone()));
    let due = world.ports().registrations.due_discoveries(world.clock.now(), 10).await?;
    assert_eq!(due.len(), 1);

    let newer = manifest(&[(DefinitionKind::Tool, r#"{"name":"shout"}"#)])?;
    world.discovered(&proposed, &newer).await?;
    let mut approval = world.approval(proposed, Some(newer), "files").await?;
    let made = approval.server.next;
    approval.server.expected = Some(served.revision);
    approval.server.next = served.clone().replaced_by(Server { id: served.id, ..made });
    let mut stale = approval.clone();
    stale.server.expected = Some(served.revision.next());
    conflict(world.ports().registrations.commit_approval(&stale).await)?;
    assert_eq!(world.ports().servers.find(served.id).await?, Some(served));
    assert_eq!(world.view(id).await?.registration.status(), RegistrationStatus::Pending);

    world.ports().registrations.commit_approval(&approval).await?;
    let routes = world.ports().servers.load_routes().await?;
    assert_eq!(routes.servers, [approval.server.next]);
    assert_eq!(world.view(id).await?.registration, approval.registration.next);
    Ok(())
}

pub(crate) async fn a_withdrawn_proposal_is_what_was_approved_and_forgets_its_candidate(
    world: &World,
) -> Outcome {
    let approved = world.approved(1, "files").await?;
    let (id, served) = (approved.registration.next.id, approved.server.next);
    let proposed = world.proposed(approved.registration.next.clone(), 2).await?;
    world.discovered(&proposed, &manifest(&[])?).await?;
    let submitter = proposed.submitter;
    let withdrawal = proposed.withdraw(submitter, world.stamp()).map_err(failed)?;
    let Withdrawal::Restored(change) = withdrawal else { return Err("it is gone".into()) };
    world.ports().registrations.commit(&change).await?;
    let view = world.view(id).await?;
    assert_eq!(view.registration, change.next);
    assert_eq!(view.registration.content, approved.registration.next.content);
    assert_eq!(view.discovery, Discovery::Pending);
    assert_eq!(world.ports().servers.find(served.id).await?, Some(served));
    Ok(())
}
