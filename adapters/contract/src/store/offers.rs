//! Servers by what they offer.

use registry_domain::caller::TenantScope;
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{Matching, NamePattern, OfferKind, OfferQuery, ServerView};
use registry_domain::server::{HealthStatus, PinnedManifest, Server};

use super::catalog::listed;
use crate::world::{World, manifest, tenant};
use crate::{Failed, Outcome};

/// Lists a server with tools of these names, and resources and templates of these URIs.
async fn offering(
    world: &World,
    alias: &str,
    tools: &[&str],
    resources: &[&str],
) -> Result<Server, Failed> {
    let tools = tools.iter().map(|name| (DefinitionKind::Tool, format!(r#"{{"name":"{name}"}}"#)));
    let resources = resources.iter().map(|uri| {
        if uri.contains('{') {
            (DefinitionKind::ResourceTemplate, format!(r#"{{"uriTemplate":"{uri}"}}"#))
        } else {
            (DefinitionKind::Resource, format!(r#"{{"uri":"{uri}"}}"#))
        }
    });
    let definitions: Vec<(DefinitionKind, String)> = tools.chain(resources).collect();
    let definitions: Vec<(DefinitionKind, &str)> =
        definitions.iter().map(|(kind, raw)| (*kind, raw.as_str())).collect();
    let manifest = manifest(&definitions)?;
    listed(world, alias, None, |server| Server {
        manifest: PinnedManifest::Pinned { manifest, reviewed: true },
        ..server
    })
    .await
}

fn asking(kind: OfferKind, names: Vec<NamePattern>, matching: Matching) -> OfferQuery {
    OfferQuery {
        kind,
        names,
        matching,
        tenant: TenantScope::All,
        health: None,
        tags: vec![],
        limit: 100,
    }
}

fn exact(name: &str) -> NamePattern {
    NamePattern::Exact(name.to_owned())
}

/// Who offers what was looked for: alias and the names found, in the manifest's order.
fn found(views: &[ServerView]) -> Vec<String> {
    views
        .iter()
        .map(|view| {
            let names: Vec<&str> =
                view.definitions.iter().map(|definition| definition.name.as_str()).collect();
            format!("{}: {}", view.alias, names.join(" "))
        })
        .collect()
}

pub(crate) async fn servers_are_found_by_all_or_any_of_some_tools(world: &World) -> Outcome {
    offering(world, "a", &["read", "write", "stat"], &["file:///read"]).await?;
    offering(world, "b", &["read", "Read_All"], &[]).await?;
    offering(world, "c", &["write_%", "write_a"], &[]).await?;
    let servers = world.ports().servers;
    let glob = |text: &str| NamePattern::Glob(text.to_owned());
    let part = |text: &str| NamePattern::Contains(text.to_owned());
    for (names, matching, expected) in [
        (vec![exact("read")], Matching::All, vec!["a: read", "b: read"]),
        (vec![exact("read"), exact("write")], Matching::All, vec!["a: read write"]),
        (
            vec![exact("read"), exact("write_a")],
            Matching::Any,
            vec!["a: read", "b: read", "c: write_a"],
        ),
        (vec![exact("READ")], Matching::Any, vec![]),
        (vec![glob("write_%*")], Matching::Any, vec!["c: write_%"]),
        (vec![glob("*ea*"), exact("write")], Matching::All, vec!["a: read write"]),
        (vec![glob("Read*")], Matching::Any, vec!["b: Read_All"]),
        (vec![glob("?ead")], Matching::Any, vec![]),
        (vec![glob("[r]*")], Matching::Any, vec![]),
        (vec![part("_A")], Matching::Any, vec!["b: Read_All"]),
        (vec![exact("stat"), part("%")], Matching::Any, vec!["a: stat", "c: write_%"]),
    ] {
        let query = asking(OfferKind::Tools, names, matching);
        assert_eq!(found(&servers.find_offering(&query).await?), expected, "{query:?}");
    }
    let query = asking(OfferKind::Tools, vec![exact("read")], Matching::Any);
    let first = servers.find_offering(&OfferQuery { limit: 1, ..query }).await?;
    assert_eq!(found(&first), ["a: read"]);
    Ok(())
}

pub(crate) async fn servers_are_found_by_their_resources_and_templates(world: &World) -> Outcome {
    offering(world, "a", &["file:///x"], &["file:///x", "file:///{path}"]).await?;
    offering(world, "b", &[], &["db://rows/{id}"]).await?;
    let servers = world.ports().servers;
    for (pattern, expected) in [
        (exact("file:///x"), vec!["a: file:///x"]),
        (NamePattern::Contains("file://".to_owned()), vec!["a: file:///x file:///{path}"]),
        (NamePattern::Glob("*{id}".to_owned()), vec!["b: db://rows/{id}"]),
    ] {
        let query = asking(OfferKind::Resources, vec![pattern], Matching::Any);
        assert_eq!(found(&servers.find_offering(&query).await?), expected, "{query:?}");
    }
    Ok(())
}

pub(crate) async fn offers_are_narrowed_by_tenant_status_and_tags(world: &World) -> Outcome {
    let contoso = tenant("contoso")?;
    let pinned = || -> Result<PinnedManifest, Failed> {
        let manifest = manifest(&[(DefinitionKind::Tool, r#"{"name":"read"}"#)])?;
        Ok(PinnedManifest::Pinned { manifest, reviewed: true })
    };
    let (one, two) = (pinned()?, pinned()?);
    listed(world, "a", None, |server| Server {
        manifest: one,
        health: HealthStatus::Healthy,
        tags: vec!["prod".to_owned()],
        ..server
    })
    .await?;
    listed(world, "b", Some(contoso.clone()), |server| Server { manifest: two, ..server }).await?;
    let servers = world.ports().servers;
    let read = || asking(OfferKind::Tools, vec![exact("read")], Matching::All);
    for (query, expected) in [
        (read(), vec!["a: read", "b: read"]),
        (OfferQuery { tenant: TenantScope::Shared, ..read() }, vec!["a: read"]),
        (OfferQuery { tenant: TenantScope::Only(contoso.clone()), ..read() }, vec!["b: read"]),
        (OfferQuery { health: Some(HealthStatus::Healthy), ..read() }, vec!["a: read"]),
        (OfferQuery { tags: vec!["prod".to_owned()], ..read() }, vec!["a: read"]),
        (
            OfferQuery {
                tags: vec!["prod".to_owned()],
                tenant: TenantScope::Only(contoso),
                ..read()
            },
            vec![],
        ),
    ] {
        assert_eq!(found(&servers.find_offering(&query).await?), expected, "{query:?}");
    }
    Ok(())
}
