//! Links: one per address, and so many per registration.

#![expect(
    clippy::indexing_slicing,
    reason = "what is not there fails the behaviour that asks for it"
)]

use futures_util::future::join_all;
use libtest_mimic::Failed;
use registry_domain::event::{AuditAction, EventKind};
use registry_domain::id::LinkId;
use registry_domain::link::{Link, LinkDraft, LinkRelation, NewLink};
use registry_domain::ports::{AuditQuery, Kept, PortError};
use registry_domain::registration::Registration;

use crate::Outcome;
use crate::world::{World, failed, taken};

/// More than a test means to reach.
const PLENTY: u32 = 100;

pub(super) fn link(
    world: &World,
    registration: &Registration,
    url: &str,
) -> Result<NewLink, Failed> {
    let draft = LinkDraft {
        relation: LinkRelation::Documentation,
        url: url.to_owned(),
        title: Some("Führung – 指南".to_owned()),
    };
    let id = LinkId(world.uuid());
    Link::add(draft, id, registration, registration.submitter, world.stamp()).map_err(failed)
}

pub(crate) async fn a_link_reads_back_until_it_is_deleted(world: &World) -> Outcome {
    let (ports, registration) = (world.ports(), world.submitted(1).await?);
    let (links, before) = (ports.links, ports.events.latest().await?);
    let longest = format!("https://e.com/{}", "x".repeat(2034));
    let (first, second) =
        (link(world, &registration, &longest)?, link(world, &registration, "http://a.example/")?);
    for new in [&first, &second] {
        assert_eq!(links.insert(new, PLENTY).await?, Kept::Kept);
        let found = links.find(registration.id, new.link.id).await?;
        assert_eq!(found.as_ref(), Some(&new.link));
    }
    let all = links.list(registration.id, 10, 0).await?;
    assert_eq!((all.total, &all.items), (2, &vec![first.link.clone(), second.link.clone()]));
    assert_eq!(links.list(registration.id, 1, 1).await?.items, [second.link]);

    let other = world.submitted(2).await?;
    assert_eq!(links.find(other.id, first.link.id).await?, None);
    let mut elsewhere = first.link.clone().remove(&other, other.submitter, world.stamp());
    elsewhere.registration = other.id;
    let told = links.remove(&elsewhere).await;
    assert!(matches!(told, Err(PortError::NotFound)), "{told:?}");

    let id = first.link.id;
    let removal = first.link.remove(&registration, registration.submitter, world.stamp());
    links.remove(&removal).await?;
    assert_eq!(links.find(registration.id, id).await?, None);
    let again = links.remove(&removal).await;
    assert!(matches!(again, Err(PortError::NotFound)), "{again:?}");

    let told = ports.events.after(before, 10).await?;
    let kinds: Vec<EventKind> = told.iter().map(|entry| entry.event.kind).collect();
    assert_eq!(kinds[..2], [EventKind::LinkAdded, EventKind::LinkAdded]);
    assert_eq!(kinds.last(), Some(&EventKind::LinkRemoved));
    let query = AuditQuery { action: Some(AuditAction::Updated), limit: 10, ..Default::default() };
    assert_eq!(ports.events.list_audit(&query).await?.total, 3);
    Ok(())
}

pub(crate) async fn an_address_is_linked_once_per_registration(world: &World) -> Outcome {
    let links = world.ports().links;
    let (one, two) = (world.submitted(1).await?, world.submitted(2).await?);
    let first = link(world, &one, "https://example.com/")?;
    assert_eq!(links.insert(&first, 1).await?, Kept::Kept);
    // That it is there already is told before that there is no room.
    let again = link(world, &one, "https://EXAMPLE.com:443")?;
    let audited = world.audited().await?;
    assert_eq!(taken(links.insert(&again, 1).await)?, ("url", Some(first.link.id.0)));
    assert_eq!(world.audited().await?, audited);
    assert_eq!(links.insert(&link(world, &two, "https://example.com/")?, 1).await?, Kept::Kept);

    let mut gone = two;
    gone.id = registry_domain::id::RegistrationId(world.uuid());
    let told = links.insert(&link(world, &gone, "https://example.com/")?, 1).await;
    assert!(matches!(told, Err(PortError::NotFound)), "{told:?}");
    Ok(())
}

pub(crate) async fn of_racing_links_no_more_are_kept_than_may_be(world: &World) -> Outcome {
    const MOST: u32 = 5;
    let (links, registration) = (world.ports().links, world.submitted(1).await?);
    let racing: Vec<NewLink> = (0..24)
        .map(|number| link(world, &registration, &format!("https://e.com/{}", number % 12)))
        .collect::<Result<_, _>>()?;
    let told = join_all(racing.iter().map(|new| links.insert(new, MOST))).await;
    let mut kept = 0;
    for told in told {
        match told {
            Ok(told) => kept += u64::from(told == Kept::Kept),
            Err(PortError::AlreadyExists { .. }) => {}
            Err(error) => return Err(failed(error)),
        }
    }
    assert_eq!(
        (kept, links.list(registration.id, 100, 0).await?.total),
        (MOST.into(), MOST.into())
    );
    Ok(())
}
