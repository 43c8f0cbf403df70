//! Past facts. The audit trail and the event log speak the same words.

use jiff::Timestamp;
use serde_json::Value;

use crate::id::{EventId, RegistrationId, ServerId, TenantId, UserId};
use crate::registration::RegistrationStatus;

/// A position in the event log; grows by commit order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct EventSeq(pub i64);

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// A registration was submitted.
    RegistrationSubmitted,
    /// A pending registration was edited.
    RegistrationEdited,
    /// A registration was approved.
    RegistrationApproved,
    /// A registration was rejected.
    RegistrationRejected,
    /// A rejected registration was put up for decision again.
    RegistrationResubmitted,
    /// Other content was proposed for an approved registration.
    RegistrationProposed,
    /// A proposal was taken back: the approved revision is the registration again.
    ProposalWithdrawn,
    /// A pending registration was taken back by its submitter.
    RegistrationWithdrawn,
    /// A registration was deleted by an administrator.
    RegistrationDeleted,
    /// A candidate manifest was read, or could not be.
    ManifestDiscovered,
    /// A server became routable.
    ServerListed,
    /// A server became what a newer approval says.
    ServerChanged,
    /// A server without a manifest got its first one, unreviewed.
    ManifestPinned,
    /// A server is gone.
    ServerRemoved,
    /// A registration got a document.
    DocumentUploaded,
    /// A registration lost a document.
    DocumentDeleted,
    /// A registration got a link.
    LinkAdded,
    /// A registration lost a link.
    LinkRemoved,
    /// A server's health is another: found by a probe, or said by an operator.
    ServerHealthChanged,
    /// An upstream offers something else than what was pinned.
    ManifestDrifted,
    /// An upstream offers what was pinned again.
    ManifestRestored,
    /// What an upstream offers now was pinned by an administrator.
    DriftAccepted,
    /// What an upstream offers now was refused by an administrator.
    DriftRefused,
    /// Other people may use a server's tools than before.
    ToolRulesChanged,
    /// A server got a credential, or another one.
    CredentialSet,
    /// A server's credential was taken away.
    CredentialRemoved,
    /// Somebody let the gateway call a server with a grant of theirs.
    GrantGiven,
    /// Somebody's grant at a server is gone.
    GrantRemoved,
    /// A collection was made.
    CollectionMade,
    /// A collection is another.
    CollectionChanged,
    /// A collection is gone.
    CollectionRemoved,
}

impl EventKind {
    /// All kinds.
    pub const ALL: [Self; 31] = [
        Self::RegistrationSubmitted,
        Self::RegistrationEdited,
        Self::RegistrationApproved,
        Self::RegistrationRejected,
        Self::RegistrationResubmitted,
        Self::RegistrationProposed,
        Self::ProposalWithdrawn,
        Self::RegistrationWithdrawn,
        Self::RegistrationDeleted,
        Self::ManifestDiscovered,
        Self::ServerListed,
        Self::ServerChanged,
        Self::ManifestPinned,
        Self::ServerRemoved,
        Self::DocumentUploaded,
        Self::DocumentDeleted,
        Self::LinkAdded,
        Self::LinkRemoved,
        Self::ServerHealthChanged,
        Self::ManifestDrifted,
        Self::ManifestRestored,
        Self::DriftAccepted,
        Self::DriftRefused,
        Self::ToolRulesChanged,
        Self::CredentialSet,
        Self::CredentialRemoved,
        Self::GrantGiven,
        Self::GrantRemoved,
        Self::CollectionMade,
        Self::CollectionChanged,
        Self::CollectionRemoved,
    ];

    /// The kind's name in SQL.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RegistrationSubmitted => "RegistrationSubmitted",
            Self::RegistrationEdited => "RegistrationEdited",
            Self::RegistrationApproved => "RegistrationApproved",
            Self::RegistrationRejected => "RegistrationRejected",
            Self::RegistrationResubmitted => "RegistrationResubmitted",
            Self::RegistrationProposed => "RegistrationProposed",
            Self::ProposalWithdrawn => "ProposalWithdrawn",
            Self::RegistrationWithdrawn => "RegistrationWithdrawn",
            Self::RegistrationDeleted => "RegistrationDeleted",
            Self::ManifestDiscovered => "ManifestDiscovered",
            Self::ServerListed => "ServerListed",
            Self::ServerChanged => "ServerChanged",
            Self::ManifestPinned => "ManifestPinned",
            Self::ServerRemoved => "ServerRemoved",
            Self::DocumentUploaded => "DocumentUploaded",
            Self::DocumentDeleted => "DocumentDeleted",
            Self::LinkAdded => "LinkAdded",
            Self::LinkRemoved => "LinkRemoved",
            Self::ServerHealthChanged => "ServerHealthChanged",
            Self::ManifestDrifted => "ManifestDrifted",
            Self::ManifestRestored => "ManifestRestored",
            Self::DriftAccepted => "DriftAccepted",
            Self::DriftRefused => "DriftRefused",
            Self::ToolRulesChanged => "ToolRulesChanged",
            Self::CredentialSet => "CredentialSet",
            Self::CredentialRemoved => "CredentialRemoved",
            Self::GrantGiven => "GrantGiven",
            Self::GrantRemoved => "GrantRemoved",
            Self::CollectionMade => "CollectionMade",
            Self::CollectionChanged => "CollectionChanged",
            Self::CollectionRemoved => "CollectionRemoved",
        }
    }

    /// The inverse of [`EventKind::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The row that the audit trail keeps of this, where it keeps one.
    pub const fn audit_action(self) -> Option<AuditAction> {
        match self {
            Self::RegistrationSubmitted => Some(AuditAction::Created),
            Self::RegistrationEdited
            | Self::RegistrationResubmitted
            | Self::RegistrationProposed
            | Self::ProposalWithdrawn
            | Self::DocumentUploaded
            | Self::DocumentDeleted
            | Self::LinkAdded
            | Self::LinkRemoved
            // What a person did; what a probe found has no actor, and so no row.
            | Self::ServerHealthChanged
            | Self::DriftAccepted
            | Self::DriftRefused
            | Self::ToolRulesChanged
            | Self::CredentialSet
            | Self::CredentialRemoved => Some(AuditAction::Updated),
            Self::RegistrationApproved => Some(AuditAction::Approved),
            Self::RegistrationRejected => Some(AuditAction::Rejected),
            Self::RegistrationWithdrawn | Self::RegistrationDeleted => Some(AuditAction::Deleted),
            Self::ManifestDiscovered
            | Self::ServerListed
            | Self::ServerChanged
            | Self::ManifestPinned
            | Self::ServerRemoved
            | Self::ManifestDrifted
            | Self::ManifestRestored
            // The trail's rows are about registrations; who did it stands in the event.
            | Self::GrantGiven
            | Self::GrantRemoved
            | Self::CollectionMade
            | Self::CollectionChanged
            | Self::CollectionRemoved => None,
        }
    }
}

/// An action as the audit trail names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AuditAction {
    /// Submitted.
    Created,
    /// Approved.
    Approved,
    /// Rejected.
    Rejected,
    /// Edited, resubmitted, or proposed anew; or its documents or links changed.
    Updated,
    /// Deleted or withdrawn.
    Deleted,
}

impl AuditAction {
    /// All actions.
    pub const ALL: [Self; 5] =
        [Self::Created, Self::Approved, Self::Rejected, Self::Updated, Self::Deleted];

    /// The action as JSON and SQL spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
            Self::Updated => "Updated",
            Self::Deleted => "Deleted",
        }
    }

    /// The inverse of [`AuditAction::as_str`], letter by letter.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.as_str() == text)
    }
}

/// When an event happened and what it is called: both come from ports, so that tests can set them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventStamp {
    /// The event's id.
    pub id: EventId,
    /// When.
    pub at: Timestamp,
}

/// A past fact about the registry.
#[derive(Debug, Clone, PartialEq)]
pub struct RegistryEvent {
    /// Our id.
    pub id: EventId,
    /// When it happened.
    pub at: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// Who did it; `None` for the product itself.
    pub actor: Option<UserId>,
    /// The registration it is about.
    pub registration: Option<RegistrationId>,
    /// The server it is about.
    pub server: Option<ServerId>,
    /// The tenant that may see it.
    pub tenant: Option<TenantId>,
    /// The registration's status before.
    pub previous_status: Option<RegistrationStatus>,
    /// The registration's status after.
    pub new_status: Option<RegistrationStatus>,
    /// More, by kind; an object.
    pub metadata: Value,
}

impl RegistryEvent {
    /// An event done by a person.
    pub fn of(kind: EventKind, stamp: EventStamp, actor: UserId) -> Self {
        Self { actor: Some(actor), ..Self::by_product(kind, stamp) }
    }

    /// An event done by the product itself.
    pub fn by_product(kind: EventKind, stamp: EventStamp) -> Self {
        Self {
            id: stamp.id,
            at: stamp.at,
            kind,
            actor: None,
            registration: None,
            server: None,
            tenant: None,
            previous_status: None,
            new_status: None,
            metadata: Value::Object(serde_json::Map::new()),
        }
    }

    /// The same event, about a registration.
    #[must_use]
    pub fn on_registration(self, id: RegistrationId, tenant: Option<TenantId>) -> Self {
        Self { registration: Some(id), tenant, ..self }
    }

    /// The same event, about a server.
    #[must_use]
    pub fn on_server(self, id: ServerId, tenant: Option<TenantId>) -> Self {
        Self { server: Some(id), tenant, ..self }
    }

    /// The same event, with the statuses before and after.
    #[must_use]
    pub fn moving(self, from: Option<RegistrationStatus>, to: Option<RegistrationStatus>) -> Self {
        Self { previous_status: from, new_status: to, ..self }
    }

    /// The same event, with more to say.
    #[must_use]
    pub fn saying(self, metadata: Value) -> Self {
        Self { metadata, ..self }
    }
}

/// An event with its position in the log.
#[derive(Debug, Clone, PartialEq)]
pub struct SequencedEvent {
    /// The position.
    pub seq: EventSeq,
    /// The event.
    pub event: RegistryEvent,
}
