//! Replacing and removing servers, and listing one again.

use registry_domain::Error;
use registry_domain::caller::{Actor, ApiMode, Caller, Denied, Role};
use registry_domain::error::Subject;
use registry_domain::id::{Revision, ServerId};
use registry_domain::manifest::DefinitionKind;
use registry_domain::ports::{Atomicity, RegistrationView};
use registry_domain::registration::{RegistrationDraft, RegistrationStatus};
use registry_domain::server::{ListedBy, ManifestState, Server, ServerDraft};
use registry_domain::use_cases::{
    BulkItem, DecisionCommand, Replacement, approve_registration, delete_server, register_server,
    relist_server, replace_server, replace_servers, submit_registration,
};
use serde_json::json;
use uuid::Uuid;

use crate::registry::{Registry, draft};

const HERE: &str = "http://127.0.0.1:1/mcp";
const THERE: &str = "http://127.0.0.1:2/mcp";

fn tools(server: &Server) -> Vec<&str> {
    server.manifest.of(DefinitionKind::Tool).map(|tool| tool.name.as_str()).collect()
}

/// A registration that an administrator approved before anything could be read from its server.
async fn approved(registry: &Registry, admin: &Caller) -> RegistrationView {
    let draft = RegistrationDraft {
        endpoint_url: HERE.to_owned(),
        endpoint_name: "Files".to_owned(),
        owner_contact: "ops".to_owned(),
        ..RegistrationDraft::default()
    };
    let submitted = submit_registration(&registry.ports, admin, draft).await.unwrap();
    let decision = DecisionCommand::default();
    approve_registration(&registry.ports, admin, submitted.registration.id, &decision)
        .await
        .unwrap()
}

#[tokio::test]
async fn replacing_clears_what_is_left_out_and_keeps_identity_and_time() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    registry.upstreams.offer(HERE, &["old"]);
    let full = ServerDraft {
        description: Some("what it is for".to_owned()),
        version: Some("2.0".to_owned()),
        tags: json!(["prod"]),
        capabilities: json!({"x": 1}),
        ..draft("files", HERE)
    };
    let before = register_server(ports, Actor::Anyone, full).await.unwrap().server;
    registry.upstreams.offer(HERE, &["new"]);
    let renamed = draft("renamed", HERE);
    let after = replace_server(ports, Actor::Anyone, before.id, renamed, None).await.unwrap();
    let after = after.server;
    assert_eq!(ports.servers.find(before.id).await.unwrap().as_ref(), Some(&after));
    assert_eq!((after.id, after.created_at), (before.id, before.created_at));
    assert_eq!((&after.alias, after.revision), (&before.alias, before.revision.next()));
    assert_eq!((after.description.as_deref(), after.version.as_str()), (None, "1.0.0"));
    assert!(after.tags.is_empty() && after.capabilities.is_empty());
    assert_eq!(tools(&after), ["new"]);

    // At another address that does not answer, nothing of the old one is served.
    let moved = draft("renamed", THERE);
    let moved = replace_server(ports, Actor::Anyone, before.id, moved, None).await.unwrap();
    assert_eq!(moved.server.manifest.state(), ManifestState::Awaited);
}

#[tokio::test]
async fn what_is_written_on_an_older_revision_is_refused_and_so_is_another_alias() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    let server = register_server(ports, Actor::Anyone, draft("files", HERE)).await.unwrap().server;
    let seen = Some(Revision(7));
    let stale = replace_server(ports, Actor::Anyone, server.id, draft("b", HERE), seen).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    let stale = delete_server(ports, Actor::Anyone, server.id, seen).await;
    assert!(matches!(stale, Err(Error::Stale { .. })), "{stale:?}");
    let other = ServerDraft { alias: Some("other".to_owned()), ..draft("files", HERE) };
    let refused = replace_server(ports, Actor::Anyone, server.id, other, None).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    delete_server(ports, Actor::Anyone, server.id, Some(server.revision)).await.unwrap();
    let gone = delete_server(ports, Actor::Anyone, server.id, None).await;
    let Err(Error::NotFound(Subject::Server(id))) = gone else { panic!("{gone:?}") };
    assert_eq!(id, server.id);
}

#[tokio::test]
async fn an_approved_server_that_a_stranger_replaces_is_vouched_for_no_longer() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    let admin = registry.person("ada", &[Role::Admin]).await;
    let id = approved(&registry, &admin).await.server.unwrap().id;
    let replace = |actor, draft| replace_server(ports, actor, id, draft, None);
    let kept = replace(Actor::Person(&admin), draft("Files", HERE)).await.unwrap().server;
    assert_eq!(kept.listed_by, ListedBy::Approval);
    let taken_over = replace(Actor::Anyone, draft("Files", THERE)).await.unwrap().server;
    assert_eq!(taken_over.listed_by, ListedBy::Anyone);
}

#[tokio::test]
async fn in_protected_mode_an_owner_changes_their_own_server_alone() {
    let registry = Registry::new(ApiMode::Protected).await;
    let ports = &registry.ports;
    let (olga, otto) = (
        registry.person("olga", &[Role::ServerOwner]).await,
        registry.person("otto", &[Role::ServerOwner]).await,
    );
    let listed = register_server(ports, Actor::Person(&olga), draft("files", HERE)).await.unwrap();
    let id = listed.server.id;
    let refused = delete_server(ports, Actor::Person(&otto), id, None).await;
    assert!(matches!(refused, Err(Error::Denied(Denied::NotOwner))), "{refused:?}");
    // Who may write nothing is told so whether it is there or not.
    for id in [id, ServerId(Uuid::nil())] {
        let refused = delete_server(ports, Actor::Anyone, id, None).await;
        let denied = matches!(refused, Err(Error::Denied(Denied::SignInRequired)));
        assert!(denied, "{refused:?}");
    }
    delete_server(ports, Actor::Person(&olga), id, None).await.unwrap();
}

#[tokio::test]
async fn an_approved_registration_is_listed_again_after_its_server_was_removed() {
    let registry = Registry::new(ApiMode::Protected).await;
    let ports = &registry.ports;
    let admin = registry.person("ada", &[Role::Admin]).await;
    let view = approved(&registry, &admin).await;
    let (id, server) = (view.registration.id, view.server.unwrap());
    delete_server(ports, Actor::Person(&admin), server.id, None).await.unwrap();
    let removed = ports.registrations.find(id).await.unwrap().unwrap();
    assert_eq!(removed.registration.status(), RegistrationStatus::Approved);
    assert_eq!(removed.server, None);
    let person = registry.person("sam", &[]).await;
    let refused = relist_server(ports, &person, id).await;
    assert!(matches!(refused, Err(Error::Denied(Denied::NotAdmin))), "{refused:?}");
    let again = relist_server(ports, &admin, id).await.unwrap().server.unwrap();
    assert_ne!(again.id, server.id);
    let listed = ports.servers.find(again.id).await.unwrap().unwrap();
    assert_eq!((listed.name.as_str(), listed.listed_by), ("Files", ListedBy::Approval));
    // Once more changes nothing.
    assert_eq!(relist_server(ports, &admin, id).await.unwrap().server.unwrap(), again);
}

#[tokio::test]
async fn many_are_replaced_at_once_and_each_is_answered() {
    let registry = Registry::new(ApiMode::Open).await;
    let ports = &registry.ports;
    let (one, two) = (
        register_server(ports, Actor::Anyone, draft("one", HERE)).await.unwrap().server,
        register_server(ports, Actor::Anyone, draft("two", HERE)).await.unwrap().server,
    );
    let replacement =
        |id, name: &str, expected| Replacement { id, draft: draft(name, HERE), expected };
    let unknown = registry_domain::id::ServerId(ports.ids.next());
    let all = vec![
        replacement(one.id, "uno", None),
        replacement(two.id, "dos", Some(Revision(9))),
        replacement(unknown, "tres", None),
    ];
    let actor = Actor::Anyone;
    let items = replace_servers(ports, actor, all, Atomicity::PerItem).await.unwrap();
    assert!(matches!(&items[0], BulkItem::Done(listed) if listed.server.name == "uno"));
    assert!(matches!(items[1], BulkItem::Failed(Error::Stale { .. })), "{items:?}");
    assert!(matches!(items[2], BulkItem::Failed(Error::NotFound(_))), "{items:?}");
    assert_eq!(ports.servers.find(two.id).await.unwrap(), Some(two));
}
