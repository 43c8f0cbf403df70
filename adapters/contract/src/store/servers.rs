//! Servers and what is pinned of them.

use std::collections::HashMap;

use registry_domain::caller::Role;
use registry_domain::change::Change;
use registry_domain::endpoint::{EndpointUrl, Transport};
use registry_domain::event::{EventKind, EventSeq, RegistryEvent};
use registry_domain::id::{Alias, Revision, ServerId, TenantId};
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{Include, PortError, Taken};
use registry_domain::server::{
    Effect, HealthStatus, ListedBy, PinnedManifest, Server, ToolRule, ToolRules,
};
use serde_json::json;

use crate::world::{World, conflict, failed, manifest, taken, tenant};
use crate::{Failed, Outcome};

/// A server to be listed: the change that does it.
pub(super) fn made(
    world: &World,
    alias: &str,
    tenant: Option<TenantId>,
) -> Result<Change<Server>, Failed> {
    let stamp = world.stamp();
    let id = ServerId(world.uuid());
    let server = Server {
        id,
        name: format!("Server {alias} é"),
        alias: Alias::parse(alias).map_err(failed)?,
        endpoint_url: EndpointUrl::parse("http://10.0.0.1:9/mcp").map_err(failed)?,
        transport: Transport::Sse,
        version: "2.1".to_owned(),
        description: Some("two\nlines".to_owned()),
        capabilities: [("tools".to_owned(), json!({"listChanged": true}))].into_iter().collect(),
        tags: vec!["a".to_owned(), "é, \"b\"".to_owned()],
        health: HealthStatus::Maintenance,
        tenant: tenant.clone(),
        registration: None,
        owner: None,
        listed_by: ListedBy::Person,
        auto_discover: true,
        manifest: PinnedManifest::Awaited,
        drift: None,
        tool_rules: ToolRules::default(),
        created_at: stamp.at,
        updated_at: stamp.at,
        revision: Revision::FIRST,
    };
    let event = RegistryEvent::by_product(EventKind::ServerListed, stamp).on_server(id, tenant);
    Ok(Change { next: server, expected: None, events: vec![event] })
}

/// A change that pins other tools.
pub(super) fn changed(
    world: &World,
    server: &Server,
    tools: &[&str],
) -> Result<Change<Server>, Failed> {
    let stamp = world.stamp();
    let definitions: Vec<_> = tools.iter().map(|raw| (DefinitionKind::Tool, *raw)).collect();
    let mut next = server.clone();
    next.manifest = PinnedManifest::Pinned { manifest: manifest(&definitions)?, reviewed: false };
    next.updated_at = stamp.at;
    next.revision = server.revision.next();
    let event = RegistryEvent::by_product(EventKind::ManifestPinned, stamp)
        .on_server(server.id, server.tenant.clone());
    Ok(Change { next, expected: Some(server.revision), events: vec![event] })
}

pub(crate) async fn a_server_of_no_registration_reads_back_whole(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let change = made(world, "files", Some(tenant("contoso")?))?;
    servers.commit(&change).await?;
    assert_eq!(servers.find(change.next.id).await?.as_ref(), Some(&change.next));
    assert_eq!(servers.find(ServerId(world.uuid())).await?, None);
    assert_eq!(servers.load_routes().await?.servers, std::slice::from_ref(&change.next));
    Ok(())
}

pub(crate) async fn a_changed_server_has_the_new_manifest_only(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let first = made(world, "files", None)?;
    servers.commit(&first).await?;
    let second = changed(world, &first.next, &[r#"{"name":"a"}"#, r#"{"name":"b"}"#])?;
    servers.commit(&second).await?;
    assert_eq!(servers.awaiting_manifest(10).await?, []);
    let third = changed(world, &second.next, &[r#"{"name":"b","x":1}"#])?;
    servers.commit(&third).await?;
    assert_eq!(servers.find(first.next.id).await?, Some(third.next));
    Ok(())
}

pub(crate) async fn a_stale_server_commit_conflicts_and_changes_nothing(world: &World) -> Outcome {
    let servers = world.ports().servers;
    let first = made(world, "files", None)?;
    servers.commit(&first).await?;
    let one = changed(world, &first.next, &[r#"{"name":"a"}"#])?;
    let other = changed(world, &first.next, &[r#"{"name":"b"}"#])?;
    servers.commit(&one).await?;
    let latest = world.ports().events.latest().await?;
    assert_eq!(conflict(servers.commit(&other).await)?, Some(2));
    assert_eq!(servers.find(first.next.id).await?, Some(one.next));
    assert_eq!(world.ports().events.latest().await?, latest);
    Ok(())
}

pub(crate) async fn names_and_aliases_are_unique_within_a_tenant(world: &World) -> Outcome {
    let servers = world.ports().servers;
    for owner in [None, Some(tenant("contoso")?), Some(tenant("fabrikam")?)] {
        let holder = made(world, "files", owner.clone())?;
        servers.commit(&holder).await?;
        let held = Some(holder.next.id.0);
        let mut same_name = made(world, "other", owner.clone())?;
        same_name.next.name.clone_from(&holder.next.name);
        assert_eq!(taken(servers.commit(&same_name).await)?, ("name", held));
        let mut same_alias = made(world, "files", owner.clone())?;
        "other".clone_into(&mut same_alias.next.name);
        assert_eq!(taken(servers.commit(&same_alias).await)?, ("alias", held));

        let Server { name, alias, .. } = &holder.next;
        let now = holder.next.created_at;
        let asked = servers.taken(owner.as_ref(), name, alias, now).await?;
        assert_eq!(asked, Taken { name: true, alias: true });
        let free = Alias::parse("free").map_err(failed)?;
        let asked = servers.taken(owner.as_ref(), "free", &free, now).await?;
        assert_eq!(asked, Taken { name: false, alias: false });
        let among = servers.taken_aliases(owner.as_ref(), &[free, alias.clone()], now).await?;
        assert_eq!(among.into_iter().collect::<Vec<_>>(), std::slice::from_ref(alias));
        let names = [name.clone(), "free".to_owned()];
        let holders = servers.holders_of_names(owner.as_ref(), &names).await?;
        assert_eq!(holders, HashMap::from([(name.clone(), holder.next.id)]));
    }
    Ok(())
}

pub(crate) async fn routes_are_true_as_of_their_event(world: &World) -> Outcome {
    let ports = world.ports();
    let empty = ports.servers.load_routes().await?;
    assert_eq!(empty.as_of, EventSeq(0));
    assert_eq!(empty.servers, []);
    let approval = world.approved(1, "files").await?;
    let routes = ports.servers.load_routes().await?;
    assert_eq!(routes.as_of, ports.events.latest().await?);
    assert_eq!(routes.servers, [approval.server.next]);
    Ok(())
}

pub(crate) async fn a_server_that_does_not_read_is_left_out_of_the_routes(
    world: &World,
) -> Outcome {
    let (spoilt, good) = (world.approved(1, "files").await?, world.approved(2, "other").await?);
    let spoil = "UPDATE server_tools SET digest = 'none' WHERE server_id = '{id}'";
    let id = spoilt.server.next.id;
    world.instance.run_sql(&spoil.replace("{id}", &id.to_string())).await?;
    assert_eq!(world.ports().servers.load_routes().await?.servers, [good.server.next]);
    let found = world.ports().servers.find(id).await;
    assert!(matches!(found, Err(PortError::Corrupt { .. })), "{found:?}");
    Ok(())
}

pub(crate) async fn the_rules_of_a_server_read_back_everywhere(world: &World) -> Outcome {
    let made = made(world, "ruled", None)?;
    let catalog = world.ports().servers;
    catalog.commit(&made).await?;
    let rule = ToolRule {
        effect: Effect::Deny,
        tools: vec!["é*".to_owned()],
        roles: vec![Role::ServerOwner],
        groups: vec!["g".to_owned()],
        users: vec!["oid-\"ada\"".to_owned()],
    };
    let mut change = changed(world, &made.next, &[])?;
    change.next.tool_rules = ToolRules::check(vec![rule]).map_err(failed)?;
    catalog.commit(&change).await?;
    let (id, rules) = (change.next.id, &change.next.tool_rules);
    let found = catalog.find(id).await?.ok_or("it is not there")?;
    assert_eq!(&found.tool_rules, rules);
    let view = catalog.find_view(id, Include::default()).await?.ok_or("it is not there")?;
    assert_eq!(&view.tool_rules, rules);
    let routes = catalog.load_routes().await?;
    assert_eq!(routes.servers.first().map(|server| &server.tool_rules), Some(rules));
    Ok(())
}
