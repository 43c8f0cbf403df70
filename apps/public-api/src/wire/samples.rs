//! Registrations for the tests of the shapes.

use bytes::Bytes;
use jiff::Timestamp;
use registry_domain::event::EventStamp;
use registry_domain::id::{Alias, EventId, RegistrationId, ServerId, UserId};
use registry_domain::manifest::{Definition, DefinitionKind, Discovery, FaultClass, Manifest};
use registry_domain::ports::{RegistrationView, ServerSummary};
use registry_domain::registration::{
    Decision, Registration, RegistrationContent, RegistrationDraft,
};
use serde_json::json;
use uuid::Uuid;

const fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn at(time: &str) -> Timestamp {
    format!("2026-01-31T{time}:00Z").parse().unwrap()
}

fn stamp(time: &str) -> EventStamp {
    EventStamp { id: EventId(id(100)), at: at(time) }
}

pub(crate) fn pending() -> RegistrationView {
    let draft = RegistrationDraft {
        endpoint_url: "https://mcp.example.com/mcp".into(),
        endpoint_name: "Weather".into(),
        description: None,
        owner_contact: "team@example.com".into(),
        available_tools: vec![json!({"name": "search", "x-own": {"kept": true}})],
        alias: Some("wished".into()),
    };
    let content = RegistrationContent::check(draft).unwrap();
    let change =
        Registration::submit(RegistrationId(id(1)), content, UserId(id(2)), None, stamp("12:00"));
    RegistrationView { registration: change.next, discovery: Discovery::Pending, server: None }
}

pub(crate) fn failed() -> RegistrationView {
    let discovery = Discovery::Failed {
        class: FaultClass::Timeout,
        detail: "no answer within 10 s".into(),
        at: at("12:30"),
    };
    RegistrationView { discovery, ..pending() }
}

pub(crate) fn discovered() -> RegistrationView {
    let define = |kind, raw: &'static str| {
        Definition::parse(kind, Bytes::from_static(raw.as_bytes())).unwrap()
    };
    let manifest = Manifest::new([
        define(DefinitionKind::Tool, r#"{"name": "search",  "big": 1.0e2}"#),
        define(DefinitionKind::Prompt, r#"{"name":"ask"}"#),
    ]);
    RegistrationView { discovery: Discovery::Complete { manifest, at: at("12:30") }, ..pending() }
}

pub(crate) fn approved() -> RegistrationView {
    let RegistrationView { registration, discovery, .. } = discovered();
    let decision =
        Decision { approver: UserId(id(3)), at: at("13:00"), reason: Some("looks good".into()) };
    let digest = discovery.digest();
    let change = registration.approve(decision, digest, stamp("13:00")).unwrap();
    let server = ServerSummary {
        id: ServerId(id(4)),
        alias: Alias::parse("weather").unwrap(),
        manifest_digest: digest,
        reviewed: true,
    };
    RegistrationView { registration: change.next, discovery, server: Some(server) }
}
