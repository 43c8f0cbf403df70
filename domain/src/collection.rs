//! Collections: named subsets of servers and their tools, each behind an address of its own.
//!
//! A collection chooses, and grants nothing: whoever calls through it reaches what they could have
//! reached without it, less what it leaves out. What it names may come and go; what is not
//! there, or not the caller's to use, is not in it for them.

mod content;
mod slug;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::change::Change;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{CollectionId, Revision, ServerId, TenantId, UserId};

pub use content::{CollectionContent, CollectionDraft, MOST_COLLECTIONS, MOST_MEMBERS, MOST_TOOLS};
pub use slug::Slug;

/// A tool of a server that a collection has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolChoice {
    /// The tool's name at its server.
    pub tool: String,
    /// What it is called in the collection; otherwise as everywhere: `{alias}__{tool}`.
    pub name: Option<String>,
    /// What it is said to do in the collection; otherwise what its server says.
    pub description: Option<String>,
}

/// A server of a collection, and what of it the collection has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The server.
    pub server: ServerId,
    /// These tools; `None`: all that it has.
    pub tools: Option<Vec<ToolChoice>>,
    /// Whether its prompts are there.
    pub prompts: bool,
    /// Whether its resources are there.
    pub resources: bool,
}

/// A collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Collection {
    /// Our id.
    pub id: CollectionId,
    /// Whose it is; `None`: everybody's.
    pub tenant: Option<TenantId>,
    /// What it is.
    pub content: CollectionContent,
    /// Who made it.
    pub made_by: UserId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last written.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
}

/// A collection that goes, and what happened.
#[derive(Debug, Clone, PartialEq)]
pub struct CollectionRemoval {
    /// Which.
    pub id: CollectionId,
    /// The revision that the stored row must still have.
    pub expected: Revision,
    /// What happened.
    pub event: RegistryEvent,
}

impl Collection {
    /// A new one.
    pub fn make(
        content: CollectionContent,
        id: CollectionId,
        (by, tenant): (UserId, Option<TenantId>),
        stamp: EventStamp,
    ) -> Change<Self> {
        let next = Self {
            id,
            tenant,
            content,
            made_by: by,
            created_at: stamp.at,
            updated_at: stamp.at,
            revision: Revision::FIRST,
        };
        let event = next.event(EventKind::CollectionMade, stamp, by);
        Change { next, expected: None, events: vec![event] }
    }

    /// The same collection, with other content.
    #[must_use]
    pub fn replaced(
        self,
        content: CollectionContent,
        by: UserId,
        stamp: EventStamp,
    ) -> Change<Self> {
        let read = self.revision;
        let next = Self { content, updated_at: stamp.at, revision: read.next(), ..self };
        let event = next.event(EventKind::CollectionChanged, stamp, by);
        Change { next, expected: Some(read), events: vec![event] }
    }

    /// Takes it away.
    pub fn remove(&self, by: UserId, stamp: EventStamp) -> CollectionRemoval {
        let event = self.event(EventKind::CollectionRemoved, stamp, by);
        CollectionRemoval { id: self.id, expected: self.revision, event }
    }

    fn event(&self, kind: EventKind, stamp: EventStamp, by: UserId) -> RegistryEvent {
        let said = json!({
            "collection_id": self.id,
            "slug": self.content.slug.as_str(),
            "members": self.content.members,
        });
        RegistryEvent { tenant: self.tenant.clone(), ..RegistryEvent::of(kind, stamp, by) }
            .saying(said)
    }
}

/// The collection that an event is about, where it is about one.
pub fn collection_of(event: &RegistryEvent) -> Option<CollectionId> {
    match event.kind {
        EventKind::CollectionMade | EventKind::CollectionChanged | EventKind::CollectionRemoved => {
            event.metadata.get("collection_id")?.as_str()?.parse().ok()
        }
        _ => None,
    }
}
