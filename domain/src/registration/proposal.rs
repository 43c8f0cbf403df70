//! Approved, and proposed anew: the approved revision stays served until the new one is approved.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use super::{
    Decision, IllegalTransition, Registration, RegistrationContent, RegistrationState,
    RegistrationStatus, Removal,
};
use crate::change::Change;
use crate::endpoint::EndpointUrl;
use crate::event::{EventKind, EventStamp};
use crate::id::{Alias, UserId};

/// What was approved and is served while something newer waits for its decision, or was refused.
#[derive(Debug, Clone, PartialEq)]
pub struct Standing {
    /// The approved content.
    pub content: RegistrationContent,
    /// Who approved it.
    pub decision: Decision,
    /// When it had been submitted.
    pub submitted_at: Timestamp,
    /// Who wrote it.
    pub author: UserId,
}

/// What withdrawing comes to.
#[derive(Debug, Clone, PartialEq)]
pub enum Withdrawal {
    /// Nothing was approved before: the registration goes.
    Removed(Removal),
    /// The approved revision is the registration again.
    Restored(Box<Change<Registration>>),
}

impl Registration {
    /// Puts other content up for decision. What was approved stays served until then.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless Approved.
    pub fn propose(
        self,
        content: RegistrationContent,
        proposer: UserId,
        stamp: EventStamp,
    ) -> Result<Change<Self>, IllegalTransition> {
        let RegistrationState::Approved(decision) = self.state.clone() else {
            return Err(IllegalTransition { from: self.status(), wanted: "propose anew" });
        };
        let said = json!({"before": self.content.summary(), "after": content.summary()});
        let event = self
            .event(EventKind::RegistrationProposed, proposer, stamp, RegistrationStatus::Pending)
            .saying(said);
        Ok(self.changed(stamp, event, |next| {
            let approved = std::mem::replace(&mut next.content, content);
            let submitted_at = std::mem::replace(&mut next.submitted_at, stamp.at);
            let author = std::mem::replace(&mut next.author, proposer);
            next.standing = Some(Standing { content: approved, decision, submitted_at, author });
            next.state = RegistrationState::Pending;
        }))
    }

    /// Takes back what nobody has decided on. A proposal can also be taken back after it was
    /// refused: what was approved before is the registration again.
    ///
    /// # Errors
    /// [`IllegalTransition`] unless Pending, or Rejected with an approved revision behind it.
    pub fn withdraw(
        self,
        submitter: UserId,
        stamp: EventStamp,
    ) -> Result<Withdrawal, IllegalTransition> {
        let Some(standing) = self.standing.clone() else {
            self.require(RegistrationStatus::Pending, "withdraw")?;
            let removal = self.removal(EventKind::RegistrationWithdrawn, submitter, stamp);
            return Ok(Withdrawal::Removed(removal));
        };
        let said = json!({"before": self.content.summary(), "after": standing.content.summary()});
        let event = self
            .event(EventKind::ProposalWithdrawn, submitter, stamp, RegistrationStatus::Approved)
            .saying(said);
        let restored = self.changed(stamp, event, |next| {
            next.content = standing.content;
            next.submitted_at = standing.submitted_at;
            next.author = standing.author;
            next.state = RegistrationState::Approved(standing.decision);
            next.standing = None;
        });
        Ok(Withdrawal::Restored(Box::new(restored)))
    }
}

impl Standing {
    /// As stores keep it: the registration's columns by name.
    pub fn to_json(&self) -> Value {
        json!({
            "endpoint_url": self.content.endpoint_url.as_str(),
            "endpoint_name": self.content.endpoint_name,
            "description": self.content.description,
            "owner_contact": self.content.owner_contact,
            "available_tools": self.content.available_tools,
            "alias": self.content.alias.as_ref().map(Alias::as_str),
            "submitted_at": self.submitted_at.to_string(),
            "approver_id": self.decision.approver,
            "approved_at": self.decision.at.to_string(),
            "reason": self.decision.reason,
            "author_id": self.author,
        })
    }

    /// The inverse of [`Standing::to_json`].
    ///
    /// # Errors
    /// The name of the member that does not read.
    pub fn from_json(stored: &Value) -> Result<Self, &'static str> {
        let time = |member: &'static str| {
            stored.get(member).and_then(Value::as_str).and_then(|at| at.parse().ok()).ok_or(member)
        };
        let text = |member: &'static str| {
            stored.get(member).and_then(Value::as_str).map(str::to_owned).ok_or(member)
        };
        let endpoint_url =
            EndpointUrl::parse(&text("endpoint_url")?).map_err(|_| "endpoint_url")?;
        let alias = match stored.get("alias").and_then(Value::as_str) {
            Some(alias) => Some(Alias::parse(alias).map_err(|_| "alias")?),
            None => None,
        };
        let tools = stored.get("available_tools").and_then(Value::as_array);
        let available_tools: Option<Vec<Map<String, Value>>> =
            tools.and_then(|tools| tools.iter().map(|tool| tool.as_object().cloned()).collect());
        let person = |member: &'static str| text(member)?.parse().map(UserId).map_err(|_| member);
        Ok(Self {
            content: RegistrationContent {
                endpoint_url,
                endpoint_name: text("endpoint_name")?,
                description: text("description").ok(),
                owner_contact: text("owner_contact")?,
                available_tools: available_tools.ok_or("available_tools")?,
                alias,
            },
            decision: Decision {
                approver: person("approver_id")?,
                at: time("approved_at")?,
                reason: text("reason").ok(),
            },
            submitted_at: time("submitted_at")?,
            author: person("author_id")?,
        })
    }
}
