//! Lists and their pages.

use registry_domain::caller::TenantScope;
use registry_domain::id::{RegistrationId, UserId};
use registry_domain::manifest::{DefinitionKind, Discovery};
use registry_domain::ports::{ListCursor, Order, RegistrationQuery};
use registry_domain::registration::{Registration, RegistrationStatus};

use crate::world::{World, content, draft, manifest, tenant};
use crate::{Failed, Outcome};

fn all() -> RegistrationQuery {
    RegistrationQuery { limit: 100, ..RegistrationQuery::default() }
}

async fn listed(world: &World, query: &RegistrationQuery) -> Result<Vec<Registration>, Failed> {
    let page = world.ports().registrations.list(query).await?;
    Ok(page.items.into_iter().map(|view| view.registration).collect())
}

fn ids(registrations: &[Registration]) -> Vec<RegistrationId> {
    registrations.iter().map(|registration| registration.id).collect()
}

pub(crate) async fn an_offset_walk_visits_each_row_once(world: &World) -> Outcome {
    let mut made = Vec::new();
    for number in 0..7 {
        made.push(world.submitted(number).await?.id);
    }
    for (order, expected) in [
        (Order::OldestFirst, made.clone()),
        (Order::NewestFirst, made.iter().rev().copied().collect()),
    ] {
        let mut walked = Vec::new();
        for offset in [0, 3, 6, 9] {
            let query = RegistrationQuery { order, limit: 3, offset, ..all() };
            let page = world.ports().registrations.list(&query).await?;
            assert_eq!(page.total, 7);
            walked.extend(page.items.into_iter().map(|view| view.registration.id));
        }
        assert_eq!(walked, expected);
    }
    Ok(())
}

pub(crate) async fn pages_by_cursor_are_stable_while_rows_arrive(world: &World) -> Outcome {
    let mut made = Vec::new();
    for number in 0..6 {
        made.push(world.submitted(number).await?.id);
    }
    made.reverse();
    let mut walked = Vec::new();
    let mut after = None;
    for arriving in 100..104 {
        let page = listed(world, &RegistrationQuery { limit: 2, after, ..all() }).await?;
        walked.extend(ids(&page));
        after = page
            .last()
            .map(|last| ListCursor { created_at: last.created_at, id: last.id })
            .or(after);
        world.submitted(arriving).await?;
    }
    assert_eq!(walked, made);
    Ok(())
}

pub(crate) async fn a_cursor_walk_visits_rows_of_the_same_time_once(world: &World) -> Outcome {
    let submitter = world.person("sam").await?.id;
    let mut stamp = world.stamp();
    let mut made = Vec::new();
    for number in 0..5 {
        stamp.id.0 = world.uuid();
        let id = RegistrationId(world.uuid());
        let change = Registration::submit(id, content(draft(number))?, submitter, None, stamp);
        world.ports().registrations.commit(&change).await?;
        made.push(id);
    }
    for order in [Order::OldestFirst, Order::NewestFirst] {
        let mut walked = Vec::new();
        let mut after = None;
        loop {
            let query = RegistrationQuery { order, limit: 2, after, ..all() };
            let page = listed(world, &query).await?;
            let Some(last) = page.last() else { break };
            after = Some(ListCursor { created_at: last.created_at, id: last.id });
            walked.extend(ids(&page));
        }
        if order == Order::NewestFirst {
            walked.reverse();
        }
        assert_eq!(walked, made);
    }
    Ok(())
}

pub(crate) async fn a_list_is_filtered_by_status_and_submitter(world: &World) -> Outcome {
    let approved = world.approved(1, "files").await?.registration.next;
    let pending = world.submitted(2).await?;
    let nobody = UserId(world.uuid());
    for (query, expected) in [
        (
            RegistrationQuery { status: Some(RegistrationStatus::Approved), ..all() },
            vec![approved.id],
        ),
        (
            RegistrationQuery { status: Some(RegistrationStatus::Pending), ..all() },
            vec![pending.id],
        ),
        (RegistrationQuery { status: Some(RegistrationStatus::Rejected), ..all() }, vec![]),
        (
            RegistrationQuery { submitter: Some(pending.submitter), ..all() },
            vec![pending.id, approved.id],
        ),
        (RegistrationQuery { submitter: Some(nobody), ..all() }, vec![]),
    ] {
        let page = world.ports().registrations.list(&query).await?;
        let found: Vec<_> = page.items.iter().map(|view| view.registration.id).collect();
        assert_eq!(found, expected, "{query:?}");
        assert_eq!(page.total, u64::try_from(expected.len())?, "{query:?}");
    }
    Ok(())
}

pub(crate) async fn a_list_and_its_total_have_the_rows_of_the_tenants_that_are_asked_for(
    world: &World,
) -> Outcome {
    let (contoso, fabrikam) = (tenant("contoso")?, tenant("fabrikam")?);
    let shared = world.submitted(1).await?.id;
    let hers = world.submitted_as(draft(2), Some(contoso.clone())).await?.id;
    let theirs = world.submitted_as(draft(3), Some(fabrikam)).await?.id;
    for (tenant, expected) in [
        (TenantScope::All, vec![theirs, hers, shared]),
        (TenantScope::Of(contoso.clone()), vec![hers, shared]),
        (TenantScope::Only(contoso), vec![hers]),
        (TenantScope::Shared, vec![shared]),
        (TenantScope::Nothing, vec![]),
    ] {
        let query = RegistrationQuery { tenant, ..all() };
        let page = world.ports().registrations.list(&query).await?;
        let found: Vec<_> = page.items.iter().map(|view| view.registration.id).collect();
        assert_eq!(found, expected, "{query:?}");
        assert_eq!(page.total, u64::try_from(expected.len())?, "{query:?}");
        let narrowed = RegistrationQuery { status: Some(RegistrationStatus::Approved), ..query };
        assert_eq!(world.ports().registrations.list(&narrowed).await?.total, 0, "{narrowed:?}");
    }
    Ok(())
}

pub(crate) async fn a_list_shows_candidates_and_servers(world: &World) -> Outcome {
    world.approved(1, "files").await?;
    let seen = world.submitted(2).await?;
    let offered = manifest(&[(DefinitionKind::Tool, r#"{"name":"echo"}"#)])?;
    world.discovered(&seen, &offered).await?;
    let unseen = world.submitted(3).await?;
    let page = world.ports().registrations.list(&all()).await?;
    for view in &page.items {
        assert_eq!(*view, world.view(view.registration.id).await?, "a list reads like a find");
    }
    let [first, second, third] = page.items.as_slice() else {
        return Err(format!("expected three: {page:?}").into());
    };
    assert_eq!(first.registration, unseen);
    assert_eq!(first.discovery, Discovery::Pending);
    assert_eq!(second.discovery.digest(), Some(offered.digest()));
    assert_eq!(third.server.as_ref().map(|server| server.alias.as_str()), Some("files"));
    Ok(())
}
