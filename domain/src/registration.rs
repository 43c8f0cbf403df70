//! A registration: somebody's request to list a server, and the workflow that decides on it.
//!
//! States are enum arms that carry their facts; a transition consumes the registration and makes a
//! [`Change`], which a store commits as a whole or not at all.
//!
//! ```text
//!              ┌───────── propose ────────┐
//!              ▼                          │
//! submit → Pending ───── approve ───→ Approved
//!          │   ▲ └─ reject → Rejected ─┐
//!          │   └───── resubmit ────────┘
//!          └─ withdraw: the registration is gone, the audit trail stays
//! ```
//! While what was proposed anew is Pending or Rejected, [`Standing`] keeps what was approved, and
//! its server stays. Withdrawing then leads back to Approved.

mod content;
mod proposal;

use std::fmt;

use jiff::Timestamp;
use serde_json::json;

use crate::change::Change;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{RegistrationId, Revision, TenantId, UserId};
use crate::manifest::Digest;

pub use content::{RegistrationContent, RegistrationDraft};
pub use proposal::{Standing, Withdrawal};

/// The review state as clients filter by it and see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum RegistrationStatus {
    /// Waits for a decision.
    Pending,
    /// Listed; its server is routable.
    Approved,
    /// Refused, with a reason.
    Rejected,
}

impl RegistrationStatus {
    /// The status as JSON and SQL spell it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
        }
    }

    /// The inverse of [`RegistrationStatus::as_str`], letter by letter.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Approved, Self::Rejected]
            .into_iter()
            .find(|status| status.as_str() == text)
    }
}

impl fmt::Display for RegistrationStatus {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// Who decided, when, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The administrator who decided.
    pub approver: UserId,
    /// When.
    pub at: Timestamp,
    /// Why, in at most 500 characters.
    pub reason: Option<String>,
}

/// Where a registration stands, with the facts of that state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegistrationState {
    /// Waits for a decision.
    Pending,
    /// Approved.
    Approved(Decision),
    /// Rejected.
    Rejected(Decision),
}

impl RegistrationState {
    /// The state without its facts.
    pub const fn status(&self) -> RegistrationStatus {
        match self {
            Self::Pending => RegistrationStatus::Pending,
            Self::Approved(_) => RegistrationStatus::Approved,
            Self::Rejected(_) => RegistrationStatus::Rejected,
        }
    }

    /// The decision, once there is one.
    pub const fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Pending => None,
            Self::Approved(decision) | Self::Rejected(decision) => Some(decision),
        }
    }
}

/// A transition that the present state does not allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("cannot {wanted} a registration that is {from}")]
pub struct IllegalTransition {
    /// The present state.
    pub from: RegistrationStatus,
    /// The transition, as a verb.
    pub wanted: &'static str,
}

/// A request to list a server, with its review state.
#[derive(Debug, Clone, PartialEq)]
pub struct Registration {
    /// Our id.
    pub id: RegistrationId,
    /// What the submitter wrote.
    pub content: RegistrationContent,
    /// Where it stands.
    pub state: RegistrationState,
    /// What was approved before this content was proposed; its server is still there.
    pub standing: Option<Standing>,
    /// Who submitted it.
    pub submitter: UserId,
    /// Who wrote the present content: the submitter, or an administrator who changed it.
    pub author: UserId,
    /// The submitter's tenant: the server will belong to it.
    pub tenant: Option<TenantId>,
    /// When it was last submitted for a decision.
    pub submitted_at: Timestamp,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
    /// How often it was written.
    pub revision: Revision,
}

impl Registration {
    /// A new registration, waiting for a decision.
    pub fn submit(
        id: RegistrationId,
        content: RegistrationContent,
        submitter: UserId,
        tenant: Option<TenantId>,
        stamp: EventStamp,
    ) -> Change<Self> {
        let event = RegistryEvent::of(EventKind::RegistrationSubmitted, stamp, submitter)
            .on_registration(id, tenant.clone())
            .moving(None, Some(RegistrationStatus::Pending))
            .saying(content.summary());
        let next = Self {
            id,
            content,
            state: RegistrationState::Pending,
            standing: None,
            submitter,
            author: submitter,
            tenant,
            submitted_at: stamp.at,
            created_at: stamp.at,
            updated_at: stamp.at,
            revision: Revision::FIRST,
        };
        Change { expected: None, next, events: vec![event] }
    }

    /// The present status.
    pub const fn status(&self) -> RegistrationStatus {
        self.state.status()
    }

    /// Replaces the content while nobody has decided.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless Pending.
    pub fn edit(
        self,
        content: RegistrationContent,
        editor: UserId,
        stamp: EventStamp,
    ) -> Result<Change<Self>, IllegalTransition> {
        self.require(RegistrationStatus::Pending, "edit")?;
        let said = json!({"before": self.content.summary(), "after": content.summary()});
        let event = self
            .event(EventKind::RegistrationEdited, editor, stamp, RegistrationStatus::Pending)
            .saying(said);
        Ok(self.changed(stamp, event, |next| {
            next.content = content;
            next.author = editor;
        }))
    }

    /// Approves; `pinned` is the digest of the manifest that the approval is for.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless Pending.
    pub fn approve(
        self,
        decision: Decision,
        pinned: Option<Digest>,
        stamp: EventStamp,
    ) -> Result<Change<Self>, IllegalTransition> {
        self.require(RegistrationStatus::Pending, "approve")?;
        let said = json!({
            "approver_id": decision.approver,
            "reason": decision.reason,
            "manifest_digest": pinned.map(|digest| digest.to_string()),
        });
        let event = self
            .event(
                EventKind::RegistrationApproved,
                decision.approver,
                stamp,
                RegistrationStatus::Approved,
            )
            .saying(said);
        Ok(self.changed(stamp, event, |next| {
            next.state = RegistrationState::Approved(decision);
            next.standing = None;
        }))
    }

    /// Rejects.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless Pending.
    pub fn reject(
        self,
        decision: Decision,
        stamp: EventStamp,
    ) -> Result<Change<Self>, IllegalTransition> {
        self.require(RegistrationStatus::Pending, "reject")?;
        let said = json!({"approver_id": decision.approver, "reason": decision.reason});
        let event = self
            .event(
                EventKind::RegistrationRejected,
                decision.approver,
                stamp,
                RegistrationStatus::Rejected,
            )
            .saying(said);
        Ok(self.changed(stamp, event, |next| next.state = RegistrationState::Rejected(decision)))
    }

    /// Puts a rejected registration up for decision again.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless Rejected.
    pub fn resubmit(
        self,
        submitter: UserId,
        stamp: EventStamp,
    ) -> Result<Change<Self>, IllegalTransition> {
        self.require(RegistrationStatus::Rejected, "resubmit")?;
        let event = self
            .event(
                EventKind::RegistrationResubmitted,
                submitter,
                stamp,
                RegistrationStatus::Pending,
            )
            .saying(json!({"resubmitted": true}));
        Ok(self.changed(stamp, event, |next| {
            next.state = RegistrationState::Pending;
            next.submitted_at = stamp.at;
        }))
    }

    /// Deletes a registration in whatever state; its server goes with it.
    pub fn delete(self, administrator: UserId, stamp: EventStamp) -> Removal {
        self.removal(EventKind::RegistrationDeleted, administrator, stamp)
    }

    fn removal(self, kind: EventKind, actor: UserId, stamp: EventStamp) -> Removal {
        let decision = self.state.decision();
        let said = json!({
            "endpoint_url": self.content.endpoint_url.as_str(),
            "endpoint_name": self.content.endpoint_name,
            "previous_status": self.status().as_str(),
            "submitter_id": self.submitter,
            "approver_id": decision.map(|decision| decision.approver),
            "deleted_by": actor,
            "withdrawn": kind == EventKind::RegistrationWithdrawn,
            // What was served, where that was not the content above.
            "standing": self.standing.as_ref().map(|standing| json!({
                "endpoint_url": standing.content.endpoint_url.as_str(),
                "endpoint_name": standing.content.endpoint_name,
                "approver_id": standing.decision.approver,
            })),
        });
        let event = RegistryEvent::of(kind, stamp, actor)
            .on_registration(self.id, self.tenant.clone())
            .moving(Some(self.status()), None)
            .saying(said);
        Removal { id: self.id, expected: self.revision, events: vec![event] }
    }

    fn require(
        &self,
        needed: RegistrationStatus,
        wanted: &'static str,
    ) -> Result<(), IllegalTransition> {
        let from = self.status();
        if from == needed { Ok(()) } else { Err(IllegalTransition { from, wanted }) }
    }

    /// An event of this registration, and to which status it leads.
    pub(crate) fn event(
        &self,
        kind: EventKind,
        actor: UserId,
        stamp: EventStamp,
        to: RegistrationStatus,
    ) -> RegistryEvent {
        RegistryEvent::of(kind, stamp, actor)
            .on_registration(self.id, self.tenant.clone())
            .moving(Some(self.status()), Some(to))
    }

    fn changed(
        self,
        stamp: EventStamp,
        event: RegistryEvent,
        write: impl FnOnce(&mut Self),
    ) -> Change<Self> {
        let expected = self.revision;
        let mut next = self;
        write(&mut next);
        next.revision = expected.next();
        next.updated_at = stamp.at;
        Change { expected: Some(expected), next, events: vec![event] }
    }
}

/// A registration that goes, with the revision that the decision was made on.
#[derive(Debug, Clone, PartialEq)]
pub struct Removal {
    /// Which.
    pub id: RegistrationId,
    /// The revision that it must still have.
    pub expected: Revision,
    /// What the audit trail keeps of it.
    pub events: Vec<RegistryEvent>,
}

#[cfg(test)]
mod tests;
