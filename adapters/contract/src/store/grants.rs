//! What people granted at servers: sealed bytes that a store keeps as they are, for one setting of a
//! server's credential.

use futures_util::future::join_all;
use registry_domain::change::Change;
use registry_domain::event::{EventKind, EventSeq, RegistryEvent};
use registry_domain::id::{Revision, ServerId, TenantId};
use registry_domain::ports::{Clock as _, PortError};
use registry_domain::user_grant::{GrantRemoval, StoredGrant};

use crate::Outcome;
use crate::world::World;

use super::credentials::{self, server, setting};

/// A server that has a credential.
async fn opened(world: &World, name: &str) -> Result<ServerId, libtest_mimic::Failed> {
    let id = server(world, name).await?;
    world.ports().vault.commit(&setting(world, id, None)).await?;
    Ok(id)
}

fn giving(
    world: &World,
    server: ServerId,
    subject: &str,
    expected: Option<i64>,
) -> Change<StoredGrant> {
    let next = StoredGrant {
        server,
        subject: subject.to_owned(),
        tenant: TenantId::parse("tenant").ok(),
        sealed: vec![0, 255, 7],
        granted_at: world.clock.now(),
        revision: Revision(expected.map_or(1, |expected| expected + 1)),
    };
    let event = RegistryEvent::by_product(EventKind::GrantGiven, world.stamp());
    let events = vec![event.on_server(server, None)];
    Change { next, expected: expected.map(Revision), events }
}

fn removal(world: &World, server: ServerId, subject: &str, expected: i64) -> GrantRemoval {
    let event = RegistryEvent::by_product(EventKind::GrantRemoved, world.stamp());
    let events = vec![event.on_server(server, None)];
    GrantRemoval { server, subject: subject.to_owned(), expected: Revision(expected), events }
}

/// The events of grants so far.
async fn told(world: &World) -> Result<usize, libtest_mimic::Failed> {
    let log = world.ports().events.after(EventSeq(0), 100).await?;
    let is_of_one = |kind| [EventKind::GrantGiven, EventKind::GrantRemoved].contains(&kind);
    Ok(log.iter().filter(|entry| is_of_one(entry.event.kind)).count())
}

pub(crate) async fn a_grant_reads_back_whole_until_it_is_removed(world: &World) -> Outcome {
    let grants = world.ports().grants;
    let (one, other) = (opened(world, "one").await?, opened(world, "other").await?);
    assert_eq!(grants.find(one, "ada").await?, None);
    let first = giving(world, one, "ada", None);
    grants.commit(&first).await?;
    assert_eq!(grants.find(one, "ada").await?, Some(first.next.clone()));
    for (server, subject) in [(one, "bob"), (one, "Ada"), (other, "ada")] {
        assert_eq!(grants.find(server, subject).await?, None, "{subject}");
    }
    // A refresh: no event.
    let mut second = giving(world, one, "ada", Some(1));
    (second.next.tenant, second.next.sealed, second.events) = (None, vec![1], Vec::new());
    grants.commit(&second).await?;
    assert_eq!(grants.find(one, "ada").await?, Some(second.next));
    grants.commit_removal(&removal(world, one, "ada", 2)).await?;
    assert_eq!(grants.find(one, "ada").await?, None);
    assert_eq!(told(world).await?, 2);
    Ok(())
}

pub(crate) async fn a_grant_is_guarded_by_what_was_read(world: &World) -> Outcome {
    let grants = world.ports().grants;
    let one = opened(world, "one").await?;
    let first = giving(world, one, "ada", None);
    grants.commit(&first).await?;
    for refused in [
        grants.commit(&giving(world, one, "ada", None)).await,
        grants.commit(&giving(world, one, "ada", Some(2))).await,
        grants.commit_removal(&removal(world, one, "ada", 2)).await,
    ] {
        let current = Some(Revision(1));
        assert!(
            matches!(&refused, Err(PortError::Conflict { current: stored }) if *stored == current),
            "{refused:?}"
        );
    }
    assert_eq!(grants.find(one, "ada").await?, Some(first.next));
    assert_eq!(told(world).await?, 1);
    // Where there is no credential that it could be for.
    let bare = server(world, "bare").await?;
    let nowhere = grants.commit(&giving(world, bare, "ada", None)).await;
    assert!(matches!(nowhere, Err(PortError::NotFound)), "{nowhere:?}");
    let absent = grants.commit_removal(&removal(world, one, "bob", 1)).await;
    assert!(matches!(absent, Err(PortError::Conflict { current: None })), "{absent:?}");
    Ok(())
}

pub(crate) async fn of_racing_writers_of_a_grant_exactly_one_wins(world: &World) -> Outcome {
    let grants = world.ports().grants;
    let one = opened(world, "one").await?;
    for expected in [None, Some(1)] {
        let changes: Vec<_> = (0..5).map(|_| giving(world, one, "ada", expected)).collect();
        let done = join_all(changes.iter().map(|change| grants.commit(change))).await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    }
    assert_eq!(told(world).await?, 2);
    Ok(())
}

pub(crate) async fn grants_go_with_the_credential_that_they_were_given_for(
    world: &World,
) -> Outcome {
    let ports = world.ports();
    let (one, other) = (opened(world, "one").await?, opened(world, "other").await?);
    for (server, subject) in [(one, "ada"), (one, "bob"), (other, "ada")] {
        ports.grants.commit(&giving(world, server, subject, None)).await?;
    }
    // Set anew.
    ports.vault.commit(&setting(world, one, Some(1))).await?;
    for subject in ["ada", "bob"] {
        assert_eq!(ports.grants.find(one, subject).await?, None, "{subject}");
    }
    assert!(ports.grants.find(other, "ada").await?.is_some());
    // Taken away.
    ports.grants.commit(&giving(world, one, "ada", None)).await?;
    ports.vault.commit_removal(&credentials::removal(world, one, 2)).await?;
    assert_eq!(ports.grants.find(one, "ada").await?, None);
    assert!(ports.grants.find(other, "ada").await?.is_some());
    Ok(())
}
