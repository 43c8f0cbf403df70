//! What an administrator sends with a decision, and how it is checked.

use jiff::Timestamp;

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::field::{Violations, prose};
use crate::id::{Alias, RegistrationId, UserId};
use crate::manifest::Digest;
use crate::ports::{RegistrationView, RegistryPorts};
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

/// A decision that may be made: on what, by whom, and with which words.
pub(super) struct Deciding {
    pub(super) view: RegistrationView,
    pub(super) approver: UserId,
    pub(super) alias: Option<Alias>,
    reason: Option<String>,
}

impl DecisionCommand {
    /// Everything that approving and rejecting have in common before the decision itself: an
    /// administrator, who is allowed to decide on this one, with fields that keep their rules,
    /// on what they read.
    pub(super) async fn begin(
        &self,
        ports: &RegistryPorts,
        caller: &Caller,
        id: RegistrationId,
    ) -> Result<Deciding, Error> {
        // Nobody else learns from the answer whether it exists.
        authorize(caller, Action::ReadDecidable)?;
        let view = super::existing(ports, id).await?;
        let (reason, alias) = self.check()?;
        let (submitter, author) = (view.registration.submitter, view.registration.author);
        let four_eyes = ports.policy.four_eyes;
        authorize(caller, Action::DecideRegistration { submitter, author, four_eyes })?;
        self.require_seen(&view)?;
        Ok(Deciding { view, approver: super::acting_user(caller)?, alias, reason })
    }

    fn check(&self) -> Result<(Option<String>, Option<Alias>), Error> {
        let mut wrong = Violations::default();
        let reason = self.reason.as_deref().and_then(|text| wrong.take(prose("reason", text, 500)));
        let alias = self.alias.as_deref().and_then(|text| wrong.take(Alias::parse(text)));
        if wrong.is_empty() { Ok((reason, alias)) } else { Err(Error::Invalid(wrong.into_inner())) }
    }

    /// Refuses to decide on anything but what the decider read.
    fn require_seen(&self, view: &RegistrationView) -> Result<(), Error> {
        Seen::require(self.seen, view)?;
        match self.manifest_digest {
            Some(digest) if view.discovery.digest() != Some(digest) => {
                Err(Error::Stale { what: "the upstream's manifest changed since it was read" })
            }
            _ => Ok(()),
        }
    }
}

impl DecisionCommand {
    /// Whether the decider said what they had read: then it holds for that alone.
    pub(super) const fn names_what_was_read(&self) -> bool {
        self.seen.is_some() || self.manifest_digest.is_some()
    }
}

impl Deciding {
    /// The decision as of a time.
    pub(super) fn at(&self, at: Timestamp) -> Decision {
        Decision { approver: self.approver, at, reason: self.reason.clone() }
    }
}
