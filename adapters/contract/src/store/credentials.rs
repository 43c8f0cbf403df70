//! Servers' credentials: sealed bytes that a store keeps as they are.

use futures_util::future::join_all;
use registry_domain::change::Change;
use registry_domain::credential::{CredentialKind, CredentialRemoval, StoredCredential};
use registry_domain::event::{EventKind, EventSeq, RegistryEvent};
use registry_domain::id::{Revision, ServerId};
use registry_domain::ports::{Clock as _, PortError};

use crate::Outcome;
use crate::world::World;

use super::servers::made;

pub(super) async fn server(world: &World, name: &str) -> Result<ServerId, libtest_mimic::Failed> {
    let made = made(world, name, None)?;
    world.ports().servers.commit(&made).await?;
    Ok(made.next.id)
}

pub(super) fn setting(
    world: &World,
    server: ServerId,
    expected: Option<i64>,
) -> Change<StoredCredential> {
    let next = StoredCredential {
        server,
        kind: CredentialKind::ClientCredentials,
        header_name: "authorization".to_owned(),
        origin: "https://mcp.example".to_owned(),
        sealed: vec![0, 255, 7],
        set_at: world.clock.now(),
        set_by: Some(registry_domain::id::UserId(world.uuid())),
        revision: Revision(expected.map_or(1, |expected| expected + 1)),
    };
    let event = RegistryEvent::by_product(EventKind::CredentialSet, world.stamp());
    let events = vec![event.on_server(server, None)];
    Change { next, expected: expected.map(Revision), events }
}

pub(super) fn removal(world: &World, server: ServerId, expected: i64) -> CredentialRemoval {
    let event = RegistryEvent::by_product(EventKind::CredentialRemoved, world.stamp());
    let events = vec![event.on_server(server, None)];
    CredentialRemoval { server, expected: Revision(expected), events }
}

/// The events of credentials so far.
async fn told(world: &World) -> Result<usize, libtest_mimic::Failed> {
    let log = world.ports().events.after(EventSeq(0), 100).await?;
    let is_of_one = |kind| [EventKind::CredentialSet, EventKind::CredentialRemoved].contains(&kind);
    Ok(log.iter().filter(|entry| is_of_one(entry.event.kind)).count())
}

pub(crate) async fn a_credential_reads_back_whole_until_it_is_removed(world: &World) -> Outcome {
    let vault = world.ports().vault;
    let (one, other) = (server(world, "one").await?, server(world, "other").await?);
    assert_eq!(vault.find(one).await?, None);
    let first = setting(world, one, None);
    vault.commit(&first).await?;
    assert_eq!(vault.find(one).await?, Some(first.next.clone()));
    assert_eq!(vault.find(other).await?, None);
    let mut second = setting(world, one, Some(1));
    second.next.kind = CredentialKind::Header;
    second.next.set_by = None;
    vault.commit(&second).await?;
    assert_eq!(vault.all().await?, [second.next]);
    vault.commit_removal(&removal(world, one, 2)).await?;
    assert_eq!(vault.find(one).await?, None);
    assert!(vault.all().await?.is_empty());
    assert_eq!(told(world).await?, 3);
    Ok(())
}

pub(crate) async fn a_credential_is_guarded_by_what_was_read(world: &World) -> Outcome {
    let vault = world.ports().vault;
    let one = server(world, "one").await?;
    let first = setting(world, one, None);
    vault.commit(&first).await?;
    for refused in [
        vault.commit(&setting(world, one, None)).await,
        vault.commit(&setting(world, one, Some(2))).await,
        vault.commit_removal(&removal(world, one, 2)).await,
    ] {
        let current = Some(Revision(1));
        assert!(
            matches!(&refused, Err(PortError::Conflict { current: stored }) if *stored == current),
            "{refused:?}"
        );
    }
    assert_eq!(vault.find(one).await?, Some(first.next));
    assert_eq!(told(world).await?, 1);
    let nobody = ServerId(world.uuid());
    let unknown = vault.commit(&setting(world, nobody, None)).await;
    assert!(matches!(unknown, Err(PortError::NotFound)), "{unknown:?}");
    let absent = vault.commit_removal(&removal(world, nobody, 1)).await;
    assert!(matches!(absent, Err(PortError::Conflict { current: None })), "{absent:?}");
    Ok(())
}

pub(crate) async fn of_racing_setters_of_a_credential_exactly_one_wins(world: &World) -> Outcome {
    let vault = world.ports().vault;
    let one = server(world, "one").await?;
    for expected in [None, Some(1)] {
        let changes: Vec<_> = (0..5).map(|_| setting(world, one, expected)).collect();
        let done = join_all(changes.iter().map(|change| vault.commit(change))).await;
        assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    }
    assert_eq!(told(world).await?, 2);
    Ok(())
}

pub(crate) async fn a_credential_goes_with_its_server_and_stays_through_its_changes(
    world: &World,
) -> Outcome {
    let ports = world.ports();
    let made = made(world, "one", None)?;
    ports.servers.commit(&made).await?;
    let id = made.next.id;
    ports.vault.commit(&setting(world, id, None)).await?;
    let expected = made.next.revision;
    let next = registry_domain::server::Server { revision: expected.next(), ..made.next };
    let changed = Change { next, expected: Some(expected), events: Vec::new() };
    ports.servers.commit(&changed).await?;
    assert!(ports.vault.find(id).await?.is_some());
    let gone = changed.next.remove(None, world.stamp());
    ports.servers.commit_removal(&gone, world.clock.now()).await?;
    assert_eq!(ports.vault.find(id).await?, None);
    Ok(())
}
