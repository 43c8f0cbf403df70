//! What an administrator sends with a decision, and how it is checked.

use jiff::Timestamp;

use crate::error::Error;
use crate::field::{Violations, prose};
use crate::id::{Alias, UserId};
use crate::manifest::Digest;
use crate::ports::RegistrationView;
use crate::registration::Decision;

use super::Seen;

/// A decision as it was sent.
#[derive(Debug, Clone, Default)]
pub struct DecisionCommand {
    /// Why.
    pub reason: Option<String>,
    /// The alias to give the server, on approval.
    pub alias: Option<String>,
    /// What the decider had read (`If-Match`).
    pub seen: Option<Seen>,
    /// The digest of the manifest that the decider had read.
    pub manifest_digest: Option<Digest>,
}

/// A decision whose fields keep their rules.
pub(super) struct CheckedDecision {
    pub(super) reason: Option<String>,
    pub(super) alias: Option<Alias>,
}

impl DecisionCommand {
    /// Checks the fields.
    pub(super) fn check(&self) -> Result<CheckedDecision, Error> {
        let mut wrong = Violations::default();
        let reason = self.reason.as_deref().and_then(|text| wrong.take(prose("reason", text, 500)));
        let alias = self.alias.as_deref().and_then(|text| wrong.take(Alias::parse(text)));
        if wrong.is_empty() {
            Ok(CheckedDecision { reason, alias })
        } else {
            Err(Error::Invalid(wrong.into_inner()))
        }
    }

    /// Refuses to decide on anything but what the decider read.
    pub(super) fn require_seen(&self, view: &RegistrationView) -> Result<(), Error> {
        Seen::require(self.seen, view)?;
        match self.manifest_digest {
            Some(digest) if view.discovery.digest() != Some(digest) => {
                Err(Error::Stale { what: "the upstream's manifest changed since it was read" })
            }
            _ => Ok(()),
        }
    }
}

impl CheckedDecision {
    pub(super) fn by(&self, approver: UserId, at: Timestamp) -> Decision {
        Decision { approver, at, reason: self.reason.clone() }
    }
}
