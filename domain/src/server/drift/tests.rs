//! Behaviours of a server that offers something else than what was pinned.

use bytes::Bytes;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::endpoint::{EndpointUrl, Transport};
use crate::id::{Alias, EventId, Revision, ServerId};
use crate::routing::ServerEntry;
use crate::server::{HealthStatus, ListedBy, ToolRules};

fn server() -> Server {
    Server {
        id: ServerId(Uuid::nil()),
        name: "files".to_owned(),
        alias: Alias::parse("files").unwrap(),
        endpoint_url: EndpointUrl::parse("http://127.0.0.1:1/mcp").unwrap(),
        transport: Transport::Http,
        version: "1.0.0".to_owned(),
        description: None,
        capabilities: serde_json::Map::new(),
        tags: vec![],
        health: HealthStatus::Unknown,
        tenant: None,
        registration: None,
        owner: None,
        listed_by: ListedBy::Approval,
        auto_discover: true,
        manifest: PinnedManifest::Awaited,
        drift: None,
        tool_rules: ToolRules::default(),
        created_at: Timestamp::UNIX_EPOCH,
        updated_at: Timestamp::UNIX_EPOCH,
        revision: Revision::FIRST,
    }
}

fn stamp() -> EventStamp {
    EventStamp { id: EventId(Uuid::nil()), at: Timestamp::UNIX_EPOCH }
}

fn tools(texts: &[&str]) -> Manifest {
    Manifest::new(texts.iter().map(|text| {
        Definition::parse(DefinitionKind::Tool, Bytes::from((*text).to_owned())).unwrap()
    }))
}

fn pinned() -> Server {
    let manifest = tools(&[r#"{"name":"a"}"#, r#"{"name":"b"}"#]);
    Server { manifest: PinnedManifest::Pinned { manifest, reviewed: true }, ..server() }
}

fn served(server: &Server) -> Vec<String> {
    let entry = ServerEntry::new(server);
    entry.offered_to(None).definitions(DefinitionKind::Tool).map(|one| one.name.clone()).collect()
}

#[test]
fn what_changed_is_withheld_and_what_was_added_is_not_served() {
    let seen = tools(&[r#"{"name":"a","x":1}"#, r#"{"name":"c"}"#]);
    let change = pinned().offering(seen, stamp()).unwrap();
    assert_eq!(served(&change.next), ["b"], "what was dropped does no harm");
    assert_eq!(change.events[0].kind, EventKind::ManifestDrifted);
    assert_eq!(change.events[0].metadata["changed"], json!(["a"]));
    assert_eq!(change.events[0].metadata["added"], json!(["c"]));
    assert_eq!(change.events[0].metadata["dropped"], json!(["b"]));
    let mut flagged = change.next;
    flagged.serve_under(DriftPolicy::Flag);
    assert_eq!(served(&flagged), ["a", "b"]);
}

#[test]
fn the_same_difference_is_told_once_also_after_a_refusal() {
    let seen = || tools(&[r#"{"name":"a","x":1}"#, r#"{"name":"b"}"#]);
    let drifted = pinned().offering(seen(), stamp()).unwrap().next;
    assert!(drifted.clone().offering(seen(), stamp()).is_none());
    let refused = drifted.refuse_drift(UserId(Uuid::nil()), stamp()).unwrap().next;
    assert_eq!(served(&refused), ["b"]);
    assert!(refused.clone().offering(seen(), stamp()).is_none());
    let other = tools(&[r#"{"name":"a","x":2}"#, r#"{"name":"b"}"#]);
    let again = refused.offering(other, stamp()).unwrap().next;
    assert!(!again.drift.unwrap().refused, "another difference is another question");
}

#[test]
fn who_offers_what_is_pinned_again_is_served_whole_again() {
    let seen = tools(&[r#"{"name":"a","x":1}"#]);
    let drifted = pinned().offering(seen, stamp()).unwrap().next;
    let whole = tools(&[r#"{"name":"b"}"#, r#"{"name":"a"}"#]);
    let restored = drifted.offering(whole.clone(), stamp()).unwrap();
    assert_eq!(restored.events[0].kind, EventKind::ManifestRestored);
    assert_eq!(served(&restored.next), ["a", "b"]);
    assert!(restored.next.offering(whole, stamp()).is_none());
}

#[test]
fn an_accepted_difference_is_what_is_pinned() {
    let seen = tools(&[r#"{"name":"a","x":1}"#, r#"{"name":"c"}"#]);
    let drifted = pinned().offering(seen.clone(), stamp()).unwrap().next;
    let accepted = drifted.accept_drift(UserId(Uuid::nil()), stamp()).unwrap().next;
    assert_eq!(accepted.manifest, PinnedManifest::Pinned { manifest: seen, reviewed: true });
    assert_eq!((accepted.drift, accepted.revision), (None, Revision(3)));
    assert_eq!(pinned().accept_drift(UserId(Uuid::nil()), stamp()), Err(NoDrift));
}

#[test]
fn nothing_drifts_from_what_is_still_awaited() {
    assert!(server().offering(tools(&[r#"{"name":"a"}"#]), stamp()).is_none());
}

#[test]
fn a_withheld_resource_comes_back_by_no_template() {
    let resource = |text: &'static str| {
        Definition::parse(DefinitionKind::Resource, Bytes::from_static(text.as_bytes())).unwrap()
    };
    let template = || {
        let text = br#"{"uriTemplate":"file:///{path}"}"#;
        Definition::parse(DefinitionKind::ResourceTemplate, Bytes::from_static(text)).unwrap()
    };
    let manifest = Manifest::new([resource(r#"{"uri":"file:///a"}"#), template()]);
    let manifest = PinnedManifest::Pinned { manifest, reviewed: true };
    let server = Server { manifest, ..server() };
    let seen = Manifest::new([resource(r#"{"uri":"file:///a","x":1}"#), template()]);
    let drifted = server.offering(seen, stamp()).unwrap().next;
    let entry = ServerEntry::new(&drifted);
    assert!(!entry.offered_to(None).offers_resource("file:///a"));
    assert!(entry.offered_to(None).offers_resource("file:///b"));
}
