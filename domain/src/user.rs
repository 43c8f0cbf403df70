//! People: who submitted, who decided. A user is synced from the identity provider on sign-in.

use std::time::Duration;

use jiff::Timestamp;

use crate::id::{TenantId, UserId};

/// Who made a user an administrator; a group sync never demotes one that a person made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminSource {
    /// By hand, in SQL.
    Manual,
    /// By membership of the administrators' group.
    Group,
}

impl AdminSource {
    /// Whether a stored flag of this source still counts for somebody whose token says whether they
    /// are in the administrators' group: the group takes back what it gave.
    pub fn counts(self, in_admin_group: Option<bool>) -> bool {
        match self {
            Self::Manual => true,
            Self::Group => in_admin_group != Some(false),
        }
    }
}

/// What the identity provider says about a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The stable identity: `oid`, or `sub` where there is none.
    pub subject: String,
    /// The tenant, `tid`.
    pub tenant: Option<TenantId>,
    /// `email`, `preferred_username`, `upn` or `unique_name`, the first that is there.
    pub email: Option<String>,
    /// `name`.
    pub display_name: Option<String>,
    /// Whether the token names the administrators' group. `None`: no such group is configured,
    /// so nothing can be concluded from its absence.
    pub in_admin_group: Option<bool>,
}

impl Identity {
    /// The address to store: some tokens carry none, and the column is not nullable.
    /// `.invalid` never resolves (RFC 2606), so nobody can be mailed by mistake.
    pub fn email_or_placeholder(&self) -> String {
        self.email.clone().unwrap_or_else(|| format!("{}@no-email.invalid", self.subject))
    }
}

/// A person who has signed in at least once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Our id.
    pub id: UserId,
    /// The identity provider's id ([`Identity::subject`]).
    pub subject: String,
    /// The tenant that the person last signed in from.
    pub tenant: Option<TenantId>,
    /// The email address, or a placeholder under `.invalid`.
    pub email: String,
    /// The display name.
    pub display_name: Option<String>,
    /// Whether the stored flag makes the person an administrator.
    pub is_admin: bool,
    /// Who set the flag.
    pub admin_source: AdminSource,
    /// When the person first signed in.
    pub created_at: Timestamp,
    /// When the row last changed.
    pub updated_at: Timestamp,
}

impl User {
    /// Somebody who signs in for the first time.
    pub fn first_seen(id: UserId, identity: &Identity, now: Timestamp) -> Self {
        let is_admin = identity.in_admin_group == Some(true);
        Self {
            id,
            subject: identity.subject.clone(),
            tenant: identity.tenant.clone(),
            email: identity.email_or_placeholder(),
            display_name: identity.display_name.clone(),
            is_admin,
            admin_source: if is_admin { AdminSource::Group } else { AdminSource::Manual },
            created_at: now,
            updated_at: now,
        }
    }

    /// What the stored row becomes on seeing `identity`, or `None` when it already says so.
    ///
    /// A group sync sets and clears the flag only where it set it itself: an administrator made
    /// by hand stays one. The time of a change is always a later one than the last, also twice
    /// within a microsecond or after the clock was set back: stores take a write that leaves
    /// `updated_at` alone for one by hand.
    pub fn synced_with(&self, identity: &Identity, now: Timestamp) -> Option<Self> {
        let mut next = self.clone();
        if let Some(email) = &identity.email {
            next.email.clone_from(email);
        }
        if identity.display_name.is_some() {
            next.display_name.clone_from(&identity.display_name);
        }
        if identity.tenant.is_some() {
            next.tenant.clone_from(&identity.tenant);
        }
        match (identity.in_admin_group, self.is_admin, self.admin_source) {
            (Some(true), false, _) => {
                next.is_admin = true;
                next.admin_source = AdminSource::Group;
            }
            (Some(false), true, AdminSource::Group) => next.is_admin = false,
            _ => {}
        }
        if next == *self {
            None
        } else {
            let later = self.updated_at.checked_add(Duration::from_micros(1));
            next.updated_at = now.max(later.unwrap_or(Timestamp::MAX));
            Some(next)
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn stored(is_admin: bool, admin_source: AdminSource) -> User {
        User {
            id: UserId(Uuid::from_u128(1)),
            subject: "oid-1".into(),
            tenant: None,
            email: "a@example.com".into(),
            display_name: Some("Ada".into()),
            is_admin,
            admin_source,
            created_at: Timestamp::UNIX_EPOCH,
            updated_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn seen(in_admin_group: Option<bool>) -> Identity {
        Identity {
            subject: "oid-1".into(),
            tenant: None,
            email: Some("a@example.com".into()),
            display_name: Some("Ada".into()),
            in_admin_group,
        }
    }

    #[test]
    fn nothing_changes_when_the_token_says_what_is_stored() {
        assert_eq!(
            stored(false, AdminSource::Manual).synced_with(&seen(None), Timestamp::MAX),
            None
        );
    }

    #[test]
    fn the_group_makes_and_unmakes_only_its_own_administrators() {
        let made =
            stored(false, AdminSource::Manual).synced_with(&seen(Some(true)), Timestamp::MAX);
        assert!(made.is_some_and(|user| user.is_admin && user.admin_source == AdminSource::Group));
        let unmade =
            stored(true, AdminSource::Group).synced_with(&seen(Some(false)), Timestamp::MAX);
        assert!(unmade.is_some_and(|user| !user.is_admin));
        assert_eq!(
            stored(true, AdminSource::Manual).synced_with(&seen(Some(false)), Timestamp::MAX),
            None
        );
    }

    #[test]
    fn a_person_without_an_email_gets_one_that_cannot_be_mailed() {
        let identity = Identity { email: None, ..seen(None) };
        assert_eq!(identity.email_or_placeholder(), "oid-1@no-email.invalid");
    }
}
