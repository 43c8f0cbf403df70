//! One address, one registration.

use futures_util::future::join_all;
use registry_domain::id::RegistrationId;
use registry_domain::ports::PortError;
use registry_domain::registration::{Registration, RegistrationDraft};

use crate::Outcome;
use crate::world::{World, content, draft, failed, taken};

pub(crate) async fn a_duplicate_url_names_its_holder(world: &World) -> Outcome {
    let holder = world.submitted(1).await?;
    let id = RegistrationId(world.uuid());
    let second =
        Registration::submit(id, content(draft(1))?, holder.submitter, None, world.stamp());
    let told = world.ports().registrations.commit(&second).await;
    assert_eq!(taken(told)?, ("endpoint_url", Some(holder.id.0)));
    Ok(())
}

pub(crate) async fn two_spellings_of_one_url_collide(world: &World) -> Outcome {
    let holder = world.submitted(1).await?;
    let id = RegistrationId(world.uuid());
    let mut other = draft(1);
    "HTTPS://S1.Example.com:443/mcp/".clone_into(&mut other.endpoint_url);
    let second = Registration::submit(id, content(other)?, holder.submitter, None, world.stamp());
    let told = world.ports().registrations.commit(&second).await;
    assert_eq!(taken(told)?, ("endpoint_url", Some(holder.id.0)));
    Ok(())
}

pub(crate) async fn a_registration_is_found_by_its_text_or_its_key(world: &World) -> Outcome {
    let store = world.ports().registrations;
    let mut shouted = draft(1);
    "HTTPS://S1.Example.com/mcp".clone_into(&mut shouted.endpoint_url);
    let stored = world.submitted_as(shouted, None).await?;
    let key = stored.content.endpoint_url.key();
    let found = |view: Option<registry_domain::ports::RegistrationView>| {
        view.map(|view| view.registration.id)
    };
    let text = "HTTPS://S1.Example.com/mcp";
    assert_eq!(found(store.find_by_url(text, None).await?), Some(stored.id));
    let other = "https://s1.example.com/mcp";
    assert_eq!(found(store.find_by_url(other, None).await?), None);
    assert_eq!(found(store.find_by_url(other, Some(&key)).await?), Some(stored.id));
    assert_eq!(found(store.find_by_url("https://else.example.com", Some("x")).await?), None);
    Ok(())
}

pub(crate) async fn an_edit_to_a_taken_url_changes_nothing(world: &World) -> Outcome {
    let holder = world.submitted(1).await?;
    let read = world.submitted(2).await?;
    let latest = world.ports().events.latest().await?;
    let edit =
        read.clone().edit(content(draft(1))?, read.submitter, world.stamp()).map_err(failed)?;
    let told = world.ports().registrations.commit(&edit).await;
    assert_eq!(taken(told)?, ("endpoint_url", Some(holder.id.0)));
    assert_eq!(world.view(read.id).await?.registration, read);
    assert_eq!(world.ports().events.latest().await?, latest);
    Ok(())
}

pub(crate) async fn of_racing_submissions_of_one_url_exactly_one_is_kept(world: &World) -> Outcome {
    let submitter = world.person("sam").await?.id;
    let mut changes = Vec::new();
    for _ in 0..8 {
        let id = RegistrationId(world.uuid());
        changes.push(Registration::submit(id, content(draft(1))?, submitter, None, world.stamp()));
    }
    let store = world.ports().registrations;
    let told = join_all(changes.iter().map(|change| store.commit(change))).await;
    assert_eq!(told.iter().filter(|told| told.is_ok()).count(), 1, "{told:?}");
    let refused =
        told.iter().filter(|told| matches!(told, Err(PortError::AlreadyExists { .. }))).count();
    assert_eq!(refused, 7, "{told:?}");
    Ok(())
}

pub(crate) async fn an_address_that_is_served_is_taken_while_another_is_proposed(
    world: &World,
) -> Outcome {
    let approved = world.approved(1, "files").await?.registration.next;
    let id = approved.id;
    world.proposed(approved, 2).await?;
    let submitter = world.person("eve").await?.id;
    let slashed =
        RegistrationDraft { endpoint_url: format!("{}/", draft(1).endpoint_url), ..draft(1) };
    for draft in [draft(1), slashed] {
        let new = RegistrationId(world.uuid());
        let stamp = world.stamp();
        let change = Registration::submit(new, content(draft)?, submitter, None, stamp);
        let told = world.ports().registrations.commit(&change).await;
        assert_eq!(taken(told)?, ("endpoint_url", Some(id.0)));
        assert_eq!(world.ports().registrations.find(new).await?, None);
    }
    Ok(())
}
