//! The event log that replicas follow, and the audit trail that people read.

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use super::{Page, PortError};
use crate::event::{AuditAction, EventSeq, SequencedEvent};
use crate::id::{EventId, RegistrationId, UserId};
use crate::registration::RegistrationStatus;

/// Which audit rows to list, newest first.
#[derive(Debug, Clone, Default)]
pub struct AuditQuery {
    /// Of this registration.
    pub registration: Option<RegistrationId>,
    /// By this person.
    pub user: Option<UserId>,
    /// Of this action.
    pub action: Option<AuditAction>,
    /// From this time on, inclusive.
    pub from: Option<Timestamp>,
    /// Up to this time, inclusive.
    pub to: Option<Timestamp>,
    /// At most so many.
    pub limit: u32,
    /// After so many.
    pub offset: u32,
}

/// One audit row with its actor's name.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditView {
    /// Its id.
    pub id: EventId,
    /// The registration, which may be gone by now.
    pub registration: RegistrationId,
    /// Who did it.
    pub user: UserId,
    /// Their email address.
    pub user_email: String,
    /// Their display name.
    pub user_display_name: Option<String>,
    /// What they did.
    pub action: AuditAction,
    /// The status before.
    pub previous_status: Option<RegistrationStatus>,
    /// The status after.
    pub new_status: Option<RegistrationStatus>,
    /// More, by action.
    pub metadata: Value,
    /// When.
    pub at: Timestamp,
}

/// The event log and the audit trail.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// The position of the newest event; zero for an empty log.
    ///
    /// # Errors
    /// [`PortError::Unavailable`].
    async fn latest(&self) -> Result<EventSeq, PortError>;

    /// At most `limit` events after a position, in order and without gaps.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn after(&self, seq: EventSeq, limit: u32) -> Result<Vec<SequencedEvent>, PortError>;

    /// Returns once there may be an event after `seq`: soon after a commit in this process or in
    /// another one on the same store. May return early; never misses an event for longer than its
    /// fallback poll.
    async fn wait(&self, seq: EventSeq);

    /// A page of the audit trail.
    ///
    /// # Errors
    /// [`PortError::Unavailable`], [`PortError::Corrupt`].
    async fn list_audit(&self, query: &AuditQuery) -> Result<Page<AuditView>, PortError>;
}
