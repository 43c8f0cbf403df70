//! The audit trail says what happened, and nothing that did not.

use registry_domain::event::AuditAction;
use registry_domain::id::RegistrationId;
use registry_domain::ports::AuditQuery;
use registry_domain::registration::{Decision, Registration, RegistrationStatus};

use crate::Outcome;
use crate::world::{World, content, draft, failed, taken};

fn all() -> AuditQuery {
    AuditQuery { limit: 100, ..AuditQuery::default() }
}

pub(crate) async fn audit_rows_exist_if_and_only_if_the_change_does(world: &World) -> Outcome {
    let holder = world.submitted(1).await?;
    assert_eq!(world.audited().await?, 1);
    let id = RegistrationId(world.uuid());
    let refused =
        Registration::submit(id, content(draft(1))?, holder.submitter, None, world.stamp());
    taken(world.ports().registrations.commit(&refused).await)?;
    let trail = world.ports().events.list_audit(&all()).await?;
    assert_eq!(trail.total, 1);
    assert!(trail.items.iter().all(|row| row.registration == holder.id));
    Ok(())
}

pub(crate) async fn an_audit_row_tells_who_did_what_when(world: &World) -> Outcome {
    let read = world.submitted(1).await?;
    let (id, admin, stamp) = (read.id, world.person("ada").await?, world.stamp());
    let decision =
        Decision { approver: admin.id, at: stamp.at, reason: Some("no contact".to_owned()) };
    let change = read.reject(decision, stamp).map_err(failed)?;
    world.ports().registrations.commit(&change).await?;
    let trail = world.ports().events.list_audit(&all()).await?;
    let [row, _] = trail.items.as_slice() else {
        return Err(format!("expected two rows: {trail:?}").into());
    };
    assert_eq!(row.id, stamp.id);
    assert_eq!(row.at, stamp.at);
    assert_eq!(row.registration, id);
    assert_eq!(row.user, admin.id);
    assert_eq!(row.user_email, "ada@example.com");
    assert_eq!(row.user_display_name.as_deref(), Some("ada"));
    assert_eq!(row.action, AuditAction::Rejected);
    assert_eq!(row.previous_status, Some(RegistrationStatus::Pending));
    assert_eq!(row.new_status, Some(RegistrationStatus::Rejected));
    assert_eq!(Some(&row.metadata), change.events.first().map(|event| &event.metadata));
    Ok(())
}

pub(crate) async fn the_audit_trail_is_filtered_and_paged_newest_first(world: &World) -> Outcome {
    let one = world.submitted(1).await?;
    let two = world.submitted(2).await?;
    let admin = world.person("ada").await?;
    let stamp = world.stamp();
    let decision = Decision { approver: admin.id, at: stamp.at, reason: None };
    let rejected = one.clone().reject(decision, stamp).map_err(failed)?;
    world.ports().registrations.commit(&rejected).await?;

    let events = world.ports().events;
    let trail = events.list_audit(&all()).await?;
    let told: Vec<_> = trail.items.iter().map(|row| (row.registration, row.action)).collect();
    let (made, refused) = (AuditAction::Created, AuditAction::Rejected);
    assert_eq!(told, [(one.id, refused), (two.id, made), (one.id, made)]);

    let at = stamp.at;
    for (query, expected) in [
        (AuditQuery { registration: Some(one.id), ..all() }, 2),
        (AuditQuery { user: Some(admin.id), ..all() }, 1),
        (AuditQuery { action: Some(AuditAction::Created), ..all() }, 2),
        (AuditQuery { from: Some(at), ..all() }, 1),
        (AuditQuery { to: Some(two.created_at), ..all() }, 2),
        (AuditQuery { from: Some(one.created_at), to: Some(one.created_at), ..all() }, 1),
    ] {
        let page = events.list_audit(&query).await?;
        assert_eq!(page.total, expected, "{query:?}");
        assert_eq!(u64::try_from(page.items.len())?, expected, "{query:?}");
    }
    let second = events.list_audit(&AuditQuery { limit: 1, offset: 1, ..all() }).await?;
    assert_eq!(second.total, 3);
    assert_eq!(second.items.as_slice(), trail.items.get(1..2).unwrap_or_default());
    Ok(())
}
