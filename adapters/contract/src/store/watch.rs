//! What the prober reads and keeps, what an operator orders, and what drifts.

use std::time::Duration;

use registry_domain::change::Change;
use registry_domain::endpoint::Transport;
use registry_domain::event::{EventKind, RegistryEvent};
use registry_domain::health::{Condition, HealthNote, Watched};
use registry_domain::id::ServerId;
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::Clock as _;
use registry_domain::server::{HealthStatus, Server};
use serde_json::json;

use crate::world::{World, conflict, manifest};
use crate::{Failed, Outcome};

async fn listed(world: &World, number: u32, alias: &str) -> Result<Server, Failed> {
    Ok(world.approved(number, alias).await?.server.next)
}

async fn watched(world: &World, id: ServerId) -> Result<Watched, Failed> {
    world.ports().servers.find_watched(id).await?.ok_or_else(|| "the server is gone".into())
}

/// A finding on what stands, told to the event log if the status is another.
fn note(world: &World, watched: &Watched, status: HealthStatus, streak: i32) -> HealthNote {
    let at = world.clock.now();
    let event = (status != watched.condition.status).then(|| {
        RegistryEvent::by_product(EventKind::ServerHealthChanged, world.stamp())
            .on_server(watched.server, watched.tenant.clone())
            .saying(json!({"status": status.as_str()}))
    });
    HealthNote {
        server: watched.server,
        before: watched.condition,
        after: Condition { status, streak },
        at,
        next_probe_at: at.checked_add(Duration::from_secs(30)).unwrap_or(at),
        compared_at: None,
        event,
    }
}

async fn latest(world: &World) -> Result<i64, Failed> {
    Ok(world.ports().events.latest().await?.0)
}

fn ordered(world: &World, server: &Server, health: HealthStatus) -> Change<Server> {
    let stamp = world.stamp();
    let revision = server.revision.next();
    let next = Server { health, updated_at: stamp.at, revision, ..server.clone() };
    let event = RegistryEvent::by_product(EventKind::ServerHealthChanged, stamp)
        .on_server(server.id, server.tenant.clone());
    Change { next, expected: Some(server.revision), events: vec![event] }
}

pub(crate) async fn a_server_is_probed_over_the_transport_that_it_is_called_over(
    world: &World,
) -> Outcome {
    let server = listed(world, 1, "socket").await?;
    let stamp = world.stamp();
    let revision = server.revision.next();
    let transport = Transport::Websocket;
    let next = Server { transport, updated_at: stamp.at, revision, ..server.clone() };
    let event = RegistryEvent::by_product(EventKind::ServerChanged, stamp)
        .on_server(server.id, server.tenant.clone());
    let change = Change { next, expected: Some(server.revision), events: vec![event] };
    world.ports().servers.commit(&change).await?;
    let seen = watched(world, server.id).await?;
    assert_eq!(seen.endpoint, server.endpoint_url.dialled_over(transport));
    assert_ne!(seen.endpoint, server.endpoint_url);
    Ok(())
}

pub(crate) async fn a_new_server_is_to_be_probed_before_all_others(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let old = listed(world, 1, "old").await?;
    let first = watched(world, old.id).await?;
    assert!(first.next_probe_at < world.clock.now());
    assert_eq!(first.condition, Condition { status: HealthStatus::Unknown, streak: 0 });
    assert_eq!((first.compared_at, &first.endpoint), (None, &old.endpoint_url));
    assert_eq!((first.registration, &first.tenant), (old.registration, &old.tenant));
    servers.note_health(&[note(world, &first, HealthStatus::Healthy, 1)]).await?;
    let new = listed(world, 2, "new").await?;
    let order = |upcoming: Vec<Watched>| -> Vec<ServerId> {
        upcoming.into_iter().map(|watched| watched.server).collect()
    };
    assert_eq!(order(servers.upcoming_probes(10).await?), [new.id, old.id]);
    assert_eq!(order(servers.upcoming_probes(1).await?), [new.id]);
    assert_eq!(servers.find_watched(ServerId(world.uuid())).await?, None);
    Ok(())
}

pub(crate) async fn what_a_probe_finds_is_kept_and_is_no_new_revision(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let server = listed(world, 1, "files").await?;
    let mut found = note(world, &watched(world, server.id).await?, HealthStatus::Healthy, 1);
    found.compared_at = Some(found.at);
    assert_eq!(servers.note_health(std::slice::from_ref(&found)).await?, [server.id]);
    let kept = watched(world, server.id).await?;
    assert_eq!(kept.condition, found.after);
    assert_eq!((kept.next_probe_at, kept.compared_at), (found.next_probe_at, Some(found.at)));
    let stored = servers.find(server.id).await?;
    let expected = Server { health: HealthStatus::Healthy, ..server.clone() };
    assert_eq!(stored, Some(expected), "revision and time stay");

    world.clock.advance(Duration::from_secs(30));
    let again = note(world, &kept, HealthStatus::Healthy, 2);
    servers.note_health(&[again]).await?;
    let kept = watched(world, server.id).await?;
    assert_eq!(kept.compared_at, Some(found.at), "what was not compared stays as it was");
    assert_eq!(servers.find(server.id).await?.map(|server| server.revision), Some(server.revision));
    Ok(())
}

pub(crate) async fn a_note_tells_the_event_log_of_changes_only(world: &World) -> Outcome {
    let ports = world.ports();
    let (one, other) = (listed(world, 1, "one").await?, listed(world, 2, "other").await?);
    let before = ports.events.latest().await?;
    let watched_one = watched(world, one.id).await?;
    let watched_other = watched(world, other.id).await?;
    let change = note(world, &watched_one, HealthStatus::Healthy, 1);
    let none = note(world, &watched_other, HealthStatus::Unknown, -1);
    let mut noted = ports.servers.note_health(&[change.clone(), none]).await?;
    noted.sort_unstable();
    let mut both = [one.id, other.id];
    both.sort_unstable();
    assert_eq!(noted, both);
    let told = ports.events.after(before, 10).await?;
    let [told] = told.as_slice() else { return Err(format!("one event: {told:?}").into()) };
    assert_eq!(Some(&told.event), change.event.as_ref());
    Ok(())
}

pub(crate) async fn a_note_on_what_no_longer_stands_is_left_out_with_its_event(
    world: &World,
) -> Outcome {
    let servers = world.ports().servers;
    let server = listed(world, 1, "files").await?;
    let read = watched(world, server.id).await?;
    servers.note_health(&[note(world, &read, HealthStatus::Healthy, 1)]).await?;
    let events = latest(world).await?;
    let late = note(world, &read, HealthStatus::Unhealthy, -2);
    assert_eq!(servers.note_health(&[late]).await?, []);
    let mut of_nobody = note(world, &read, HealthStatus::Unhealthy, -2);
    of_nobody.server = ServerId(world.uuid());
    assert_eq!(servers.note_health(&[of_nobody]).await?, []);
    assert_eq!(servers.note_health(&[]).await?, []);
    assert_eq!(watched(world, server.id).await?.condition.status, HealthStatus::Healthy);
    assert_eq!(latest(world).await?, events);
    Ok(())
}

pub(crate) async fn maintenance_is_not_probed_and_not_overruled(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let server = listed(world, 1, "files").await?;
    let read = watched(world, server.id).await?;
    let order = ordered(world, &server, HealthStatus::Maintenance);
    servers.order_health(&order).await?;
    assert_eq!(servers.find(server.id).await?, Some(order.next.clone()));
    assert_eq!(servers.upcoming_probes(10).await?, []);
    let late = note(world, &read, HealthStatus::Healthy, 1);
    assert_eq!(servers.note_health(&[late]).await?, []);
    assert_eq!(conflict(servers.order_health(&order).await)?, Some(order.next.revision.0));
    let mut gone = order.clone();
    gone.next.id = ServerId(world.uuid());
    assert_eq!(conflict(servers.order_health(&gone).await)?, None);

    let back = ordered(world, &order.next, HealthStatus::Unknown);
    servers.order_health(&back).await?;
    let again = watched(world, server.id).await?;
    assert!(again.next_probe_at < world.clock.now(), "it is probed at once");
    assert_eq!(again.condition, Condition { status: HealthStatus::Unknown, streak: 0 });
    Ok(())
}

pub(crate) async fn a_written_server_keeps_the_health_that_was_found(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let server = listed(world, 1, "files").await?;
    let found = note(world, &watched(world, server.id).await?, HealthStatus::Degraded, 1);
    servers.note_health(&[found]).await?;
    let stamp = world.stamp();
    let next = Server {
        description: Some("other words".to_owned()),
        updated_at: stamp.at,
        revision: server.revision.next(),
        ..server.clone()
    };
    let event = RegistryEvent::by_product(EventKind::ServerChanged, stamp)
        .on_server(server.id, server.tenant.clone());
    let change = Change { next, expected: Some(server.revision), events: vec![event] };
    servers.commit(&change).await?;
    let stored = servers.find(server.id).await?;
    assert_eq!(stored, Some(Server { health: HealthStatus::Degraded, ..change.next }));
    Ok(())
}

pub(crate) async fn a_drift_is_kept_with_its_server_until_it_ends(world: &World) -> Outcome {
    let ports = world.ports();
    let (server, beside) = (listed(world, 1, "files").await?, listed(world, 2, "other").await?);
    let seen = manifest(&[
        (DefinitionKind::Tool, "{\"name\":\"echo\",  \"é\":\"\\u00e9\"}"),
        (DefinitionKind::Prompt, r#"{"name":"new"}"#),
    ])?;
    let drifted = server.clone().offering(seen, world.stamp()).ok_or("no news")?;
    ports.servers.commit(&drifted).await?;
    assert_eq!(ports.servers.find(server.id).await?.as_ref(), Some(&drifted.next));
    let mut routes = ports.servers.load_routes().await?.servers;
    routes.retain(|one| one.id == server.id);
    assert_eq!(routes, std::slice::from_ref(&drifted.next));
    assert_eq!(ports.servers.find(beside.id).await?, Some(beside), "nobody else's");

    let actor = world.person("ada").await?.id;
    let refused = drifted.next.refuse_drift(actor, world.stamp()).map_err(|_| "no drift")?;
    ports.servers.commit(&refused).await?;
    world.instance.reopen().await?;
    let servers = world.ports().servers;
    assert_eq!(servers.find(server.id).await?.as_ref(), Some(&refused.next));

    let accepted = refused.next.accept_drift(actor, world.stamp()).map_err(|_| "no drift")?;
    servers.commit(&accepted).await?;
    assert_eq!(servers.find(server.id).await?, Some(accepted.next));
    Ok(())
}

pub(crate) async fn a_drift_that_does_not_read_spoils_its_server_alone(world: &World) -> Outcome {
    let ports = world.ports();
    let (server, beside) = (listed(world, 1, "files").await?, listed(world, 2, "other").await?);
    let seen = manifest(&[(DefinitionKind::Tool, r#"{"name":"new"}"#)])?;
    let drifted = server.clone().offering(seen, world.stamp()).ok_or("no news")?;
    ports.servers.commit(&drifted).await?;
    world.instance.run_sql("UPDATE server_drifts SET definitions = '[1]'").await?;
    assert!(ports.servers.find(server.id).await.is_err());
    assert_eq!(ports.servers.load_routes().await?.servers, [beside]);
    Ok(())
}
