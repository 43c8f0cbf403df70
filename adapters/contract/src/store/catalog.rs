//! Lists of servers: filters, pages, and the definitions that come with them.

use registry_domain::caller::TenantScope;
use registry_domain::endpoint::Transport;
use registry_domain::id::{ServerId, TenantId};
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{Include, ListCursor, Order, Page, ServerQuery, ServerView};
use registry_domain::server::{HealthStatus, PinnedManifest, Server};

use super::servers::made;
use crate::world::{World, manifest, tenant};
use crate::{Failed, Outcome};

/// Lists a server that `shaped` makes of a plain one.
pub(super) async fn listed(
    world: &World,
    alias: &str,
    owner: Option<TenantId>,
    shaped: impl FnOnce(Server) -> Server,
) -> Result<Server, Failed> {
    let mut change = made(world, alias, owner)?;
    change.next = shaped(Server { tags: vec![], health: HealthStatus::Unknown, ..change.next });
    world.ports().servers.commit(&change).await?;
    Ok(change.next)
}

fn tagged(server: Server, tags: &[&str]) -> Server {
    Server { tags: tags.iter().map(|tag| (*tag).to_owned()).collect(), ..server }
}

fn all() -> ServerQuery {
    ServerQuery { limit: 100, ..ServerQuery::default() }
}

async fn page(world: &World, query: &ServerQuery) -> Result<Page<ServerView>, Failed> {
    Ok(world.ports().servers.list(query).await?)
}

/// The aliases of what is listed, and that they are all that match.
async fn aliases(world: &World, query: &ServerQuery) -> Result<Vec<String>, Failed> {
    let page = page(world, query).await?;
    assert_eq!(page.total, u64::try_from(page.items.len())?, "all are on the page");
    Ok(page.items.into_iter().map(|view| view.alias.to_string()).collect())
}

pub(crate) async fn a_view_shows_what_was_written(world: &World) -> Outcome {
    let person = world.person("sam").await?;
    let definitions = [
        (DefinitionKind::Tool, r#"{"name":"read", "x":1}"#),
        (DefinitionKind::Resource, r#"{"uri":"file:///a"}"#),
        (DefinitionKind::ResourceTemplate, r#"{"uriTemplate":"file:///{path}"}"#),
        (DefinitionKind::Prompt, r#"{"name":"ask"}"#),
    ];
    let pinned = PinnedManifest::Pinned { manifest: manifest(&definitions)?, reviewed: false };
    let server = listed(world, "files", Some(tenant("contoso")?), |server| Server {
        owner: Some(person.id),
        auto_discover: false,
        manifest: pinned,
        ..tagged(server, &["b", "a"])
    })
    .await?;
    let servers = world.ports().servers;
    for (tools, resources) in [(false, false), (true, false), (false, true), (true, true)] {
        let include = Include { tools, resources };
        let expected = ServerView::of(&server, include);
        assert_eq!(servers.find_view(server.id, include).await?.as_ref(), Some(&expected));
        assert_eq!(page(world, &ServerQuery { include, ..all() }).await?.items, [expected]);
    }
    assert_eq!(servers.find_view(ServerId(world.uuid()), Include::default()).await?, None);
    assert_eq!(servers.find(server.id).await?, Some(server));
    Ok(())
}

pub(crate) async fn servers_are_filtered_by_each_field_and_by_all_together(
    world: &World,
) -> Outcome {
    let contoso = tenant("contoso")?;
    let healthy = |server| Server { health: HealthStatus::Healthy, ..server };
    listed(world, "one", None, |server| tagged(server, &["prod", "eu"])).await?;
    listed(world, "two", None, |server| healthy(tagged(server, &["prod"]))).await?;
    listed(world, "three", Some(contoso.clone()), |server| {
        healthy(tagged(server, &["eu", "prod", "it's \"new\""]))
    })
    .await?;
    listed(world, "four", Some(tenant("fabrikam")?), healthy).await?;
    let healthy = Some(HealthStatus::Healthy);
    let tags = |tags: &[&str]| tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>();
    for (query, expected) in [
        (all(), vec!["four", "three", "two", "one"]),
        (ServerQuery { tenant: TenantScope::Shared, ..all() }, vec!["two", "one"]),
        (
            ServerQuery { tenant: TenantScope::Of(contoso.clone()), ..all() },
            vec!["three", "two", "one"],
        ),
        (ServerQuery { tenant: TenantScope::Only(contoso.clone()), ..all() }, vec!["three"]),
        (ServerQuery { tenant: TenantScope::Nothing, ..all() }, vec![]),
        (ServerQuery { health: healthy, ..all() }, vec!["four", "three", "two"]),
        (ServerQuery { tags: tags(&["prod"]), ..all() }, vec!["three", "two", "one"]),
        (ServerQuery { tags: tags(&["prod", "eu"]), ..all() }, vec!["three", "one"]),
        (ServerQuery { tags: tags(&["it's \"new\""]), ..all() }, vec!["three"]),
        (ServerQuery { tags: tags(&["pro"]), ..all() }, vec![]),
        (ServerQuery { name: Some("Server two é".to_owned()), ..all() }, vec!["two"]),
        (ServerQuery { name: Some("Server two".to_owned()), ..all() }, vec![]),
        (
            ServerQuery {
                tenant: TenantScope::Of(contoso),
                health: healthy,
                tags: tags(&["prod"]),
                search: Some("THREE".to_owned()),
                ..all()
            },
            vec!["three"],
        ),
    ] {
        assert_eq!(aliases(world, &query).await?, expected, "{query:?}");
    }
    Ok(())
}

pub(crate) async fn servers_are_found_by_a_text_in_any_script_and_wildcards_are_literal(
    world: &World,
) -> Outcome {
    listed(world, "percent", None, |server| Server { name: "100% CAFÉ".to_owned(), ..server })
        .await?;
    listed(world, "plain", None, |server| Server {
        name: "1000 of them".to_owned(),
        description: Some("under_score\\".to_owned()),
        ..server
    })
    .await?;
    listed(world, "tagged", None, |server| tagged(server, &["ΟΔΟΣ"])).await?;
    for (text, expected) in [
        ("100%", vec!["percent"]),
        ("café", vec!["percent"]),
        ("r_s", vec!["plain"]),
        ("score\\", vec!["plain"]),
        ("οδος", vec!["tagged"]),
        ("TAGG", vec!["tagged"]),
        ("_ll", vec![]),
    ] {
        let query = ServerQuery { search: Some(text.to_owned()), ..all() };
        assert_eq!(aliases(world, &query).await?, expected, "{text}");
    }
    Ok(())
}

pub(crate) async fn pages_of_servers_are_stable_while_servers_arrive(world: &World) -> Outcome {
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(listed(world, &format!("s{number}"), None, |server| server).await?.id);
    }
    for order in [Order::NewestFirst, Order::OldestFirst] {
        let (mut walked, mut after) = (Vec::new(), None);
        loop {
            let query = ServerQuery { order, limit: 2, after, ..all() };
            let page = page(world, &query).await?;
            let Some(last) = page.items.last() else { break };
            after = Some(ListCursor { created_at: last.created_at, id: last.id });
            walked.extend(page.items.iter().map(|view| view.id));
            if order == Order::NewestFirst {
                let alias = format!("late-{}", walked.len());
                listed(world, &alias, None, |server| server).await?;
            }
        }
        if order == Order::NewestFirst {
            walked.reverse();
        }
        walked.truncate(made.len());
        assert_eq!(walked, made);
    }
    let skipped = page(world, &ServerQuery { limit: 2, offset: 3, ..all() }).await?;
    assert_eq!((skipped.total, skipped.items.len()), (8, 2));
    Ok(())
}

pub(crate) async fn servers_made_at_one_time_are_walked_once_each(world: &World) -> Outcome {
    let at = world.stamp().at;
    for number in 0..5 {
        listed(world, &format!("s{number}"), None, |server| Server {
            created_at: at,
            updated_at: at,
            ..server
        })
        .await?;
    }
    let (mut walked, mut after) = (std::collections::BTreeSet::new(), None);
    for _ in 0..3 {
        let page = page(world, &ServerQuery { limit: 2, after, ..all() }).await?;
        after = page.items.last().map(|last| ListCursor { created_at: at, id: last.id });
        walked.extend(page.items.iter().map(|view| view.id));
    }
    assert_eq!(walked.len(), 5);
    Ok(())
}

pub(crate) async fn counts_of_servers_sum_to_their_total(world: &World) -> Outcome {
    let contoso = tenant("contoso")?;
    let shaped = |health, transport| move |server| Server { health, transport, ..server };
    let (healthy, unknown) = (HealthStatus::Healthy, HealthStatus::Unknown);
    listed(world, "one", None, shaped(healthy, Transport::Http)).await?;
    listed(world, "two", Some(contoso.clone()), shaped(healthy, Transport::Websocket)).await?;
    listed(world, "three", Some(tenant("fabrikam")?), shaped(unknown, Transport::Http)).await?;
    let servers = world.ports().servers;
    for (scope, total, healthy_ones, over_http) in [
        (TenantScope::All, 3, 2, 2),
        (TenantScope::Shared, 1, 1, 1),
        (TenantScope::Of(contoso.clone()), 2, 2, 1),
        (TenantScope::Only(contoso), 1, 1, 0),
        (TenantScope::Nothing, 0, 0, 0),
    ] {
        let counts = servers.count(&scope).await?;
        assert_eq!(counts.total, total, "{scope:?}");
        assert_eq!(counts.by_status.len(), HealthStatus::ALL.len());
        assert_eq!(counts.by_status.iter().map(|(_, count)| count).sum::<u64>(), total);
        assert_eq!(counts.by_transport.iter().map(|(_, count)| count).sum::<u64>(), total);
        assert!(counts.by_status.contains(&(healthy, healthy_ones)), "{scope:?}: {counts:?}");
        assert!(counts.by_transport.contains(&(Transport::Http, over_http)), "{scope:?}");
    }
    Ok(())
}

pub(crate) async fn a_server_that_does_not_read_is_left_out_of_lists(world: &World) -> Outcome {
    let spoilt = listed(world, "spoilt", None, |server| server).await?;
    let good = listed(world, "good", None, |server| server).await?;
    let spoil = "UPDATE servers SET endpoint_url = 'nowhere' WHERE id = '{id}'";
    world.instance.run_sql(&spoil.replace("{id}", &spoilt.id.to_string())).await?;
    let page = page(world, &all()).await?;
    assert_eq!(page.items, [ServerView::of(&good, Include::default())]);
    Ok(())
}

pub(crate) async fn a_server_changed_by_hand_is_found_by_its_new_name(world: &World) -> Outcome {
    let server = listed(world, "files", None, |server| server).await?;
    let rename = "UPDATE servers SET name = 'Renamed By Hand' WHERE id = '{id}'";
    world.instance.run_sql(&rename.replace("{id}", &server.id.to_string())).await?;
    let query = ServerQuery { search: Some("renamed by".to_owned()), ..all() };
    assert_eq!(aliases(world, &query).await?, ["files"]);
    let found = world.ports().servers.find(server.id).await?.ok_or("it is gone")?;
    assert_eq!(found.revision, server.revision.next());
    Ok(())
}
