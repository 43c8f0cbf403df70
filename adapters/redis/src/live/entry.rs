//! An event as it lies in the stream.

use jiff::Timestamp;
use registry_domain::event::{EventKind, EventSeq, RegistryEvent, SequencedEvent};
use registry_domain::id::{EventId, RegistrationId, ServerId, TenantId, UserId};
use registry_domain::ports::Source;
use registry_domain::registration::RegistrationStatus;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The members of an entry's one field.
#[derive(Serialize, Deserialize)]
struct Entry {
    id: EventId,
    at: Timestamp,
    kind: String,
    actor: Option<UserId>,
    registration: Option<RegistrationId>,
    server: Option<ServerId>,
    tenant: Option<TenantId>,
    previous_status: Option<String>,
    new_status: Option<String>,
    metadata: Value,
}

#[derive(Debug, thiserror::Error)]
#[error("there is no such {0}")]
struct Unknown(&'static str);

/// Writes an event.
pub(super) fn write(event: &RegistryEvent) -> Result<String, serde_json::Error> {
    let status =
        |status: Option<RegistrationStatus>| status.map(|status| status.as_str().to_owned());
    serde_json::to_string(&Entry {
        id: event.id,
        at: event.at,
        kind: event.kind.as_str().to_owned(),
        actor: event.actor,
        registration: event.registration,
        server: event.server,
        tenant: event.tenant.clone(),
        previous_status: status(event.previous_status),
        new_status: status(event.new_status),
        metadata: event.metadata.clone(),
    })
}

/// Reads an event.
pub(super) fn read(seq: EventSeq, entry: &str) -> Result<SequencedEvent, Source> {
    let entry: Entry = serde_json::from_str(entry)?;
    let status = |text: Option<String>| match text {
        Some(text) => RegistrationStatus::parse(&text).ok_or(Unknown("status")).map(Some),
        None => Ok(None),
    };
    let event = RegistryEvent {
        id: entry.id,
        at: entry.at,
        kind: EventKind::parse(&entry.kind).ok_or(Unknown("kind of event"))?,
        actor: entry.actor,
        registration: entry.registration,
        server: entry.server,
        tenant: entry.tenant,
        previous_status: status(entry.previous_status)?,
        new_status: status(entry.new_status)?,
        metadata: entry.metadata,
    };
    Ok(SequencedEvent { seq, event })
}
