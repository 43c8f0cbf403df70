//! Candidates belong to the content that was looked at.

use std::time::Duration;

use registry_domain::manifest::{DefinitionKind, Discovery, FaultClass};
use registry_domain::ports::Clock as _;
use registry_domain::registration::Decision;

use crate::Outcome;
use crate::world::{World, content, draft, failed, manifest};

pub(crate) async fn a_candidate_reads_back_with_the_registration(world: &World) -> Outcome {
    let registration = world.submitted(1).await?;
    assert_eq!(world.view(registration.id).await?.discovery, Discovery::Pending);
    let seen = manifest(&[
        (DefinitionKind::Tool, "{\"name\":\"b\",  \"é\":\"\\u00e9\"}"),
        (DefinitionKind::Tool, r#"{"name":"a"}"#),
        (DefinitionKind::Prompt, r#"{"name":"a"}"#),
    ])?;
    let discovery = Discovery::Complete { manifest: seen, at: world.clock.now() };
    let record = world.candidate(&registration, discovery.clone(), None);
    assert!(world.ports().registrations.record_candidate(&record).await?);
    let view = world.view(registration.id).await?;
    assert_eq!(view.discovery, discovery);
    assert_eq!(view.registration, registration, "a candidate is no new revision");
    Ok(())
}

pub(crate) async fn a_candidate_for_an_older_revision_is_not_kept(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let editor = read.submitter;
    let edit = read.clone().edit(content(draft(2))?, editor, world.stamp()).map_err(failed)?;
    world.ports().registrations.commit(&edit).await?;
    let latest = world.ports().events.latest().await?;
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    let discovery = Discovery::Complete { manifest: seen, at: world.clock.now() };
    let late = world.candidate(&read, discovery, None);
    assert!(!world.ports().registrations.record_candidate(&late).await?);
    assert_eq!(world.view(read.id).await?.discovery, Discovery::Pending);
    assert_eq!(world.ports().events.latest().await?, latest);
    Ok(())
}

pub(crate) async fn a_candidate_after_the_decision_is_not_kept(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let (id, admin, stamp) = (read.id, world.person("ada").await?, world.stamp());
    let decision = Decision { approver: admin.id, at: stamp.at, reason: None };
    let rejected = read.reject(decision, stamp).map_err(failed)?;
    world.ports().registrations.commit(&rejected).await?;
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    let discovery = Discovery::Complete { manifest: seen, at: world.clock.now() };
    let late = world.candidate(&rejected.next, discovery, None);
    assert!(!world.ports().registrations.record_candidate(&late).await?);
    assert_eq!(world.view(id).await?.discovery, Discovery::Pending);
    Ok(())
}

pub(crate) async fn an_edit_and_a_resubmission_forget_the_candidate(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    let read = world.submitted(1).await?;
    let (id, submitter) = (read.id, read.submitter);
    world.discovered(&read, &seen).await?;
    let edited = read.edit(content(draft(2))?, submitter, world.stamp()).map_err(failed)?;
    store.commit(&edited).await?;
    assert_eq!(world.view(id).await?.discovery, Discovery::Pending);

    world.discovered(&edited.next, &seen).await?;
    let (admin, stamp) = (world.person("ada").await?, world.stamp());
    let decision = Decision { approver: admin.id, at: stamp.at, reason: None };
    let rejected = edited.next.reject(decision, stamp).map_err(failed)?;
    store.commit(&rejected).await?;
    let decided_on = world.view(id).await?.discovery;
    assert_eq!(decided_on.digest(), Some(seen.digest()), "what was decided on can be seen");
    let again = rejected.next.resubmit(submitter, world.stamp()).map_err(failed)?;
    store.commit(&again).await?;
    assert_eq!(world.view(id).await?.discovery, Discovery::Pending);
    Ok(())
}

pub(crate) async fn an_address_changed_by_hand_forgets_the_candidate(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let (id, beside) = (read.id, world.submitted(2).await?);
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    world.discovered(&read, &seen).await?;
    world.discovered(&beside, &seen).await?;
    let set = async |column: &str, value: &str| {
        let by_hand = format!("UPDATE registrations SET {column} = '{value}'");
        world.instance.run_sql(&format!("{by_hand} WHERE registration_id = '{id}'")).await
    };
    set("description", "by hand").await?;
    assert_eq!(world.view(id).await?.discovery.digest(), Some(seen.digest()), "the same address");
    set("endpoint_url", "https://elsewhere.example.com/mcp").await?;
    let moved = world.view(id).await?;
    assert_eq!(moved.discovery, Discovery::Pending);
    assert_eq!(world.view(beside.id).await?.discovery.digest(), Some(seen.digest()));

    let store = world.ports().registrations;
    let due = store.due_discoveries(world.clock.now(), 10).await?;
    let [job] = due.as_slice() else {
        return Err(format!("expected one job: {due:?}").into());
    };
    assert_eq!(job.registration, moved.registration);
    // A look at the old address that was under way comes too late.
    let discovery = Discovery::Complete { manifest: seen, at: world.clock.now() };
    let late = world.candidate(&read, discovery, None);
    assert!(!store.record_candidate(&late).await?);
    Ok(())
}

pub(crate) async fn a_failed_discovery_is_due_again_at_its_time(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let registration = world.submitted(1).await?;
    let wait = Duration::from_secs(10);
    for tries in 0..3_u32 {
        let due = store.due_discoveries(world.clock.now(), 10).await?;
        let [job] = due.as_slice() else {
            return Err(format!("expected one job: {due:?}").into());
        };
        assert_eq!(job.registration, registration);
        assert_eq!(job.attempts, tries);
        let at = world.clock.now();
        let (class, detail) = (FaultClass::Timeout, "took too long — é".to_owned());
        let discovery = Discovery::Failed { class, detail, at };
        let again_at = at.checked_add(wait)?;
        let record = world.candidate(&registration, discovery.clone(), Some(again_at));
        assert!(store.record_candidate(&record).await?);
        assert_eq!(world.view(registration.id).await?.discovery, discovery);
        let almost = again_at.checked_sub(Duration::from_micros(1))?;
        assert_eq!(store.due_discoveries(almost, 10).await?, []);
        world.clock.advance(wait);
    }
    Ok(())
}

pub(crate) async fn due_discoveries_are_pending_registrations_only(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let waiting = world.submitted(1).await?;
    world.approved(2, "files").await?;
    let found = world.submitted(3).await?;
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    world.discovered(&found, &seen).await?;
    let second = world.submitted(4).await?;
    let due = |limit| store.due_discoveries(world.clock.now(), limit);
    let jobs: Vec<_> = due(10).await?.into_iter().map(|job| job.registration.id).collect();
    assert_eq!(jobs, [waiting.id, second.id], "those who wait longest come first");
    assert_eq!(due(1).await?.len(), 1);
    Ok(())
}
