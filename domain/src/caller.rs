//! Who is asking, and the proof that they may.
//!
//! [`authorize`] is the one place that knows the access matrix of the registry. A call to an
//! upstream takes a [`Permit`], which only the routing table makes: a forgotten check there does
//! not compile.

use std::sync::Arc;

use jiff::Timestamp;

use crate::id::{TenantId, UserId};
use crate::ports::Secret;

mod groups;
mod scope;
mod servers;

pub use groups::Groups;
pub use scope::TenantScope;
pub use servers::{Actor, ApiMode, ServerAction, authorize_server};

/// A role as tokens carry it in `roles`.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Decides on registrations and sees all tenants.
    Admin,
    /// Owns servers that were registered directly.
    ServerOwner,
    /// Anyone who is signed in.
    User,
}

impl Role {
    /// The role's name in tokens and JSON.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::ServerOwner => "server_owner",
            Self::User => "user",
        }
    }

    /// The inverse of [`Role::as_str`]; roles that are not ours are nobody's.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "admin" => Some(Self::Admin),
            "server_owner" => Some(Self::ServerOwner),
            "user" => Some(Self::User),
            _ => None,
        }
    }
}

/// A verified identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The identity provider's stable id: `oid`, or `sub`.
    pub subject: String,
    /// Our user row, where the caller has been synced to one.
    pub user: Option<UserId>,
    /// The tenant, `tid`.
    pub tenant: Option<TenantId>,
    /// The email address, where the token has one.
    pub email: Option<String>,
    /// The display name, where the token has one.
    pub display_name: Option<String>,
    /// Roles of ours that the token carries.
    pub roles: Vec<Role>,
    /// Ids of the groups that the caller is in.
    pub groups: Groups,
    /// Whether the caller is an administrator by any of the three ways: role, group, stored flag.
    pub is_admin: bool,
    /// When the token ends.
    pub expires_at: Timestamp,
    /// What proves at the identity provider who they are, where they came with that. It goes there
    /// and nowhere else.
    pub assertion: Option<Arc<Secret>>,
}

impl Caller {
    /// Whether the caller has a role: whoever is signed in is a user, and an administrator is one by
    /// whichever way.
    pub fn has(&self, role: Role) -> bool {
        match role {
            Role::Admin => self.is_admin,
            Role::User => true,
            Role::ServerOwner => self.roles.contains(&role),
        }
    }

    /// Whether the caller may see what belongs to `tenant` (`None`: to everybody).
    pub fn sees(&self, tenant: Option<&TenantId>) -> bool {
        self.is_admin || tenant.is_none() || tenant == self.tenant.as_ref()
    }

    /// All that the caller may see: the same as [`Caller::sees`] says of one.
    pub fn scope(&self) -> TenantScope {
        match &self.tenant {
            _ if self.is_admin => TenantScope::All,
            Some(tenant) => TenantScope::Of(tenant.clone()),
            None => TenantScope::Shared,
        }
    }
}

/// What somebody wants to do, as far as permission is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Read users, registrations and their manifests.
    ReadRegistry,
    /// Submit a registration.
    SubmitRegistration,
    /// Edit, withdraw or resubmit a registration.
    ChangeRegistration {
        /// Who submitted it.
        submitter: UserId,
    },
    /// Learn of a registration in order to decide on it.
    ReadDecidable,
    /// Approve or reject a registration.
    DecideRegistration {
        /// Who submitted it.
        submitter: UserId,
        /// Who wrote its present content.
        author: UserId,
        /// Whether nobody may decide on what they submitted or wrote.
        four_eyes: bool,
    },
    /// List an approved registration's server again, after it was taken off the list.
    RelistServer,
    /// Delete a registration with its server.
    DeleteRegistration,
    /// Read the audit trail.
    ReadAuditLog,
    /// See what an approved server offers instead of what was approved, and decide on it.
    ReviewDrift,
    /// See and say who may use which of a server's tools.
    SetToolRules,
    /// Make, read, replace and delete collections.
    ManageCollections,
    /// Make, list and end API keys.
    ManageApiKeys {
        /// Whether there are any here.
        enabled: bool,
    },
}

/// Why an action was refused, for the person who wanted it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Denied {
    /// Only administrators may.
    NotAdmin,
    /// Only the person who submitted it (or an administrator) may.
    NotSubmitter,
    /// Four eyes: nobody decides on what they submitted or wrote.
    OwnSubmission,
    /// The caller has no row of their own, so nothing can be done in their name.
    NoUser,
    /// Nobody is signed in, and somebody must be.
    SignInRequired,
    /// Only administrators, and the owner of a server, may.
    NotOwner,
    /// It belongs to another tenant.
    TenantDenied,
    /// Servers are submitted for approval here, not listed directly.
    ApprovalRequired,
    /// Nothing is written here.
    ReadOnly,
    /// There are no API keys here.
    NoApiKeys,
}

impl Denied {
    /// The refusal in words.
    pub const fn message(self) -> &'static str {
        match self {
            Self::NotAdmin => "Admin privileges required for this operation",
            Self::NotSubmitter => "Only the submitter may change this registration",
            Self::OwnSubmission => {
                "Nobody decides on what they submitted or wrote (MREG_FOUR_EYES): ask another administrator"
            }
            Self::NoUser => "Only a signed-in person may do this",
            Self::SignInRequired => "Sign in to do this",
            Self::NotOwner => "Only the server's owner or an administrator may change it",
            Self::TenantDenied => "This tenant is not yours",
            Self::ApprovalRequired => {
                "Servers are approved before they are listed: submit a registration (POST /registrations)"
            }
            Self::NoApiKeys => "API keys are off here (MREG_SECURITY_ENABLE_API_KEYS)",
            Self::ReadOnly => "This installation is read-only (MREG_PUBLIC_API_MODE)",
        }
    }
}

/// Proof that `T` was permitted. Only this crate can make one.
#[derive(Debug, Clone)]
pub struct Permit<T>(T);

impl<T> Permit<T> {
    pub(crate) const fn granted(what: T) -> Self {
        Self(what)
    }

    /// What was permitted.
    pub const fn of(&self) -> &T {
        &self.0
    }
}

/// The access matrix.
///
/// # Errors
/// [`Denied`] with the reason, when the caller may not.
pub fn authorize(caller: &Caller, action: Action) -> Result<(), Denied> {
    // One that got lost must not be good for another.
    let is_person = !crate::api_key::is_key(&caller.subject);
    let own = |submitter| caller.user == Some(submitter);
    match action {
        Action::ReadRegistry | Action::SubmitRegistration => {}
        Action::ChangeRegistration { submitter } => {
            if !own(submitter) && !caller.is_admin {
                return Err(Denied::NotSubmitter);
            }
        }
        Action::DecideRegistration { submitter, author, four_eyes } => {
            if !caller.is_admin {
                return Err(Denied::NotAdmin);
            }
            if four_eyes && (own(submitter) || own(author)) {
                return Err(Denied::OwnSubmission);
            }
        }
        Action::ManageApiKeys { enabled } => {
            if !caller.is_admin || !is_person {
                return Err(Denied::NotAdmin);
            }
            if !enabled {
                return Err(Denied::NoApiKeys);
            }
        }
        Action::ReadDecidable
        | Action::RelistServer
        | Action::DeleteRegistration
        | Action::ReadAuditLog
        | Action::ReviewDrift
        | Action::SetToolRules
        | Action::ManageCollections => {
            if !caller.is_admin {
                return Err(Denied::NotAdmin);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn caller(id: u128, is_admin: bool) -> Caller {
        Caller {
            subject: format!("oid-{id}"),
            user: Some(UserId(Uuid::from_u128(id))),
            tenant: TenantId::parse("contoso").ok(),
            email: None,
            display_name: None,
            roles: vec![],
            groups: Groups::default(),
            is_admin,
            expires_at: Timestamp::MAX,
            assertion: None,
        }
    }

    #[test]
    fn only_administrators_decide_delete_and_read_the_audit_trail() {
        let submitter = UserId(Uuid::from_u128(7));
        for action in [
            Action::DecideRegistration { submitter, author: submitter, four_eyes: false },
            Action::DeleteRegistration,
            Action::ReadAuditLog,
            Action::ReviewDrift,
            Action::SetToolRules,
        ] {
            assert_eq!(authorize(&caller(7, false), action).err(), Some(Denied::NotAdmin));
            assert!(authorize(&caller(7, true), action).is_ok());
        }
    }

    #[test]
    fn no_key_makes_or_ends_keys() {
        let manage =
            |caller: &Caller, enabled| authorize(caller, Action::ManageApiKeys { enabled }).err();
        let admin = caller(7, true);
        assert_eq!(manage(&admin, true), None);
        assert_eq!(manage(&admin, false), Some(Denied::NoApiKeys));
        assert_eq!(manage(&caller(7, false), true), Some(Denied::NotAdmin));
        let key = Caller { subject: "key:7".into(), ..admin };
        assert_eq!(manage(&key, true), Some(Denied::NotAdmin));
    }

    #[test]
    fn four_eyes_keeps_administrators_off_their_own_submissions() {
        let action = |four_eyes| Action::DecideRegistration {
            submitter: UserId(Uuid::from_u128(7)),
            author: UserId(Uuid::from_u128(9)),
            four_eyes,
        };
        // Who wrote what was submitted decides on their own words as well.
        assert_eq!(authorize(&caller(9, true), action(true)).err(), Some(Denied::OwnSubmission));
        assert_eq!(authorize(&caller(7, true), action(true)).err(), Some(Denied::OwnSubmission));
        assert!(authorize(&caller(8, true), action(true)).is_ok());
    }

    #[test]
    fn a_registration_is_changed_by_its_submitter_or_an_administrator() {
        let action = Action::ChangeRegistration { submitter: UserId(Uuid::from_u128(7)) };
        assert!(authorize(&caller(7, false), action).is_ok());
        assert!(authorize(&caller(8, true), action).is_ok());
        assert_eq!(authorize(&caller(8, false), action).err(), Some(Denied::NotSubmitter));
    }

    #[test]
    fn tenants_do_not_see_each_other_but_administrators_see_all() {
        let fabrikam = TenantId::parse("fabrikam").ok();
        assert!(!caller(1, false).sees(fabrikam.as_ref()));
        assert!(caller(1, true).sees(fabrikam.as_ref()));
        assert!(caller(1, false).sees(None));
        let stray = Caller { tenant: None, ..caller(1, false) };
        for who in [caller(1, false), caller(1, true), stray] {
            for tenant in [None, who.tenant.clone(), fabrikam.clone()] {
                let tenant = tenant.as_ref();
                assert_eq!(who.scope().includes(tenant), who.sees(tenant), "{who:?} {tenant:?}");
            }
        }
    }
}
