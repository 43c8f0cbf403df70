//! Listing one server, and many.

use registry_domain::Error;
use registry_domain::caller::{Actor, ApiMode, Denied, Role, TenantScope};
use registry_domain::event::{EventKind, EventSeq};
use registry_domain::id::TenantId;
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{Atomicity, DiscoveryState, ServerQuery};
use registry_domain::server::{ListedBy, ManifestState, Server, ServerDraft};
use registry_domain::use_cases::{BulkItem, list_servers, register_server, register_servers};
use serde_json::json;

use crate::registry::{Registry, draft};

const HERE: &str = "http://127.0.0.1:1/mcp";

fn tools(server: &Server) -> Vec<&str> {
    server.manifest.of(DefinitionKind::Tool).map(|tool| tool.name.as_str()).collect()
}

#[tokio::test]
async fn who_lists_a_server_says_whose_it_is_and_whether_anybody_vouches_for_it() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    registry.upstreams.offer(HERE, &["echo"]);
    let (admin, person) =
        (registry.person("ada", &[Role::Admin]).await, registry.person("sam", &[]).await);
    let contoso = TenantId::parse("contoso").ok();
    for (number, (actor, listed_by, reviewed, tenant)) in [
        (Actor::Operator, ListedBy::Administrator, ManifestState::Reviewed, None),
        (Actor::Person(&admin), ListedBy::Administrator, ManifestState::Reviewed, None),
        (Actor::Person(&person), ListedBy::Person, ManifestState::Unreviewed, contoso),
        (Actor::Anyone, ListedBy::Anyone, ManifestState::Unreviewed, None),
    ]
    .into_iter()
    .enumerate()
    {
        let listed =
            register_server(ports, actor, draft(&format!("s{number}"), HERE)).await.unwrap();
        assert_eq!(listed.discovery, DiscoveryState::Complete);
        let server = ports.servers.find(listed.server.id).await.unwrap().unwrap();
        assert_eq!(server, listed.server);
        assert_eq!((server.listed_by, server.owner), (listed_by, actor.user()));
        assert_eq!((server.manifest.state(), server.tenant), (reviewed, tenant));
    }
    let events = ports.events.after(EventSeq(0), 10).await.unwrap();
    assert!(events.iter().all(|entry| entry.event.kind == EventKind::ServerListed));
    assert_eq!(events[2].event.actor, person.user);
    assert_eq!(events[2].event.metadata, json!({"name": "s2", "endpoint_url": HERE}));
}

#[tokio::test]
async fn a_server_that_cannot_be_read_now_is_listed_all_the_same_and_one_not_to_be_asked_is_not() {
    let registry = Registry::new(ApiMode::Open).await;
    let away = register_server(&registry.ports, Actor::Anyone, draft("away", HERE)).await.unwrap();
    assert_eq!(away.discovery, DiscoveryState::Failed);
    assert_eq!(away.server.manifest.state(), ManifestState::Awaited);
    assert_eq!(registry.upstreams.asked(), 1);
    let silent = ServerDraft {
        auto_discover: Some(false),
        capabilities: json!("read, write"),
        ..draft("silent", HERE)
    };
    let silent = register_server(&registry.ports, Actor::Anyone, silent).await.unwrap();
    assert_eq!(silent.discovery, DiscoveryState::Skipped);
    assert_eq!(tools(&silent.server), ["read", "write"]);
    assert_eq!(registry.upstreams.asked(), 1);
}

#[tokio::test]
async fn a_name_is_refused_when_taken_and_an_alias_is_numbered_unless_it_was_asked_for() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    let list = |draft| register_server(ports, Actor::Anyone, draft);
    let first = list(draft("Files", HERE)).await.unwrap().server;
    let second = list(draft("files", HERE)).await.unwrap().server;
    assert_eq!((first.alias.as_str(), second.alias.as_str()), ("files", "files-2"));
    let refused = list(draft("Files", HERE)).await.unwrap_err();
    let Error::NameTaken { what: "name", holder, .. } = refused else {
        panic!("it was refused otherwise: {refused:?}");
    };
    assert_eq!(holder, Some(first.id));
    let wished = ServerDraft { alias: Some("files".to_owned()), ..draft("third", HERE) };
    let refused = list(wished).await.unwrap_err();
    assert!(matches!(refused, Error::NameTaken { what: "alias", .. }), "{refused:?}");
}

#[tokio::test]
async fn many_are_listed_at_once_and_each_is_answered() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    register_server(ports, Actor::Anyone, draft("files", HERE)).await.unwrap();
    let drafts = || {
        vec![
            draft("Files", HERE),
            draft(" files", HERE),
            draft("files", HERE),
            draft("bad", "nowhere"),
        ]
    };
    let atomic = Atomicity::AllOrNothing;
    let items = register_servers(ports, Actor::Anyone, drafts(), atomic).await.unwrap();
    assert!(matches!(items[3], BulkItem::Failed(Error::Invalid(_))), "{items:?}");
    assert!(items[..3].iter().all(|item| matches!(item, BulkItem::Undone)), "{items:?}");
    let good = drafts()[..3].to_vec();
    let items = register_servers(ports, Actor::Anyone, good, atomic).await.unwrap();
    assert!(matches!(items[2], BulkItem::Failed(Error::NameTaken { .. })), "{items:?}");
    let all = ServerQuery { limit: 10, ..ServerQuery::default() };
    assert_eq!(list_servers(ports, Actor::Anyone, &all).await.unwrap().total, 1);

    let each = Atomicity::PerItem;
    let items = register_servers(ports, Actor::Anyone, drafts(), each).await.unwrap();
    let aliases: Vec<Option<String>> = items
        .iter()
        .map(|item| match item {
            BulkItem::Done(listed) => Some(listed.server.alias.to_string()),
            BulkItem::Failed(_) | BulkItem::Undone => None,
        })
        .collect();
    let numbered =
        |alias: &Option<String>| alias.as_ref().is_some_and(|alias| alias.starts_with("files-"));
    assert!(aliases[..2].iter().all(numbered) && aliases[0] != aliases[1], "{aliases:?}");
    assert_eq!(aliases[2..], [None, None]);
    // Nobody waits for what they offer: it is read afterwards.
    assert_eq!(registry.upstreams.asked(), 1);
}

#[tokio::test]
async fn in_protected_mode_strangers_neither_list_nor_see_what_belongs_to_a_tenant() {
    let registry = Registry::new(ApiMode::Protected).await;
    let ports = &registry.ports;
    let owner = registry.person("olga", &[Role::ServerOwner]).await;
    let refused = register_server(ports, Actor::Anyone, draft("", "")).await.unwrap_err();
    assert!(matches!(refused, Error::Denied(Denied::SignInRequired)), "{refused:?}");
    register_server(ports, Actor::Person(&owner), draft("files", HERE)).await.unwrap();
    let all = ServerQuery { limit: 10, ..ServerQuery::default() };
    assert_eq!(list_servers(ports, Actor::Anyone, &all).await.unwrap().total, 0);
    assert_eq!(list_servers(ports, Actor::Person(&owner), &all).await.unwrap().total, 1);
    let fabrikam = TenantScope::asked(TenantId::parse("fabrikam").ok());
    let theirs = ServerQuery { tenant: fabrikam, ..all };
    let refused = list_servers(ports, Actor::Person(&owner), &theirs).await.unwrap_err();
    assert!(matches!(refused, Error::Denied(Denied::TenantDenied)), "{refused:?}");
}
