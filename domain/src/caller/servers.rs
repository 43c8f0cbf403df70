//! Who may do what with servers: the part of the access matrix that depends on how open the
//! management API is.

use super::{Caller, Denied, Role, TenantScope};
use crate::id::{TenantId, UserId};
use crate::ports::RegistryPolicy;
use crate::server::{ListedBy, Server};

/// How open the management of servers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ApiMode {
    /// Anybody reads and writes, signed in or not.
    Open,
    /// Anybody reads what is everybody's; who writes is signed in, and has the authority.
    #[default]
    Protected,
    /// As Protected, but nobody writes.
    ReadOnly,
}

impl ApiMode {
    /// The mode's name in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Protected => "protected",
            Self::ReadOnly => "read_only",
        }
    }

    /// The inverse of [`ApiMode::as_str`].
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Open, Self::Protected, Self::ReadOnly].into_iter().find(|mode| mode.as_str() == text)
    }
}

/// Who manages servers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Actor<'a> {
    /// Whoever may run the product's programs.
    Operator,
    /// Somebody who signed in.
    Person(&'a Caller),
    /// Somebody who did not.
    Anyone,
}

impl<'a> Actor<'a> {
    /// Who a request comes from.
    pub fn of(caller: Option<&'a Caller>) -> Self {
        caller.map_or(Self::Anyone, Self::Person)
    }

    /// Their row, where they have one.
    pub fn user(self) -> Option<UserId> {
        match self {
            Self::Person(caller) => caller.user,
            Self::Operator | Self::Anyone => None,
        }
    }

    /// The authority with which they list what they write.
    pub fn lists_as(self) -> ListedBy {
        match self {
            Self::Operator => ListedBy::Administrator,
            Self::Person(caller) if caller.is_admin => ListedBy::Administrator,
            Self::Person(_) => ListedBy::Person,
            Self::Anyone => ListedBy::Anyone,
        }
    }

    /// Judges whether they may write any server at all: who may not is told so before it is looked
    /// whether there is one.
    ///
    /// # Errors
    /// [`Denied::ReadOnly`], [`Denied::SignInRequired`].
    pub fn may_write(self, policy: &RegistryPolicy) -> Result<(), Denied> {
        match (policy.api_mode, self) {
            (_, Self::Operator) | (ApiMode::Open, _) | (ApiMode::Protected, Self::Person(_)) => {
                Ok(())
            }
            (ApiMode::Protected, Self::Anyone) => Err(Denied::SignInRequired),
            (ApiMode::ReadOnly, _) => Err(Denied::ReadOnly),
        }
    }

    /// Judges what they want to do with servers; an operator may do all.
    ///
    /// # Errors
    /// As [`authorize_server`].
    pub fn authorize(
        self,
        policy: &RegistryPolicy,
        action: ServerAction<'_>,
    ) -> Result<TenantScope, Denied> {
        match self {
            Self::Operator => Ok(action.asked()),
            Self::Person(caller) => authorize_server(policy, Some(caller), action),
            Self::Anyone => authorize_server(policy, None, action),
        }
    }
}

/// What somebody wants to do with servers, as far as permission is concerned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum ServerAction<'a> {
    /// Read those of the tenants that they ask for.
    Read(&'a TenantScope),
    /// Learn how many there are of the tenants that they ask for.
    Count(&'a TenantScope),
    /// List one of a tenant; of their own, where they name none.
    List {
        /// The tenant that they name.
        tenant: Option<&'a TenantId>,
    },
    /// Write another content over one.
    Replace(&'a Server),
    /// Take one off the list.
    Remove(&'a Server),
}

impl ServerAction<'_> {
    /// The tenants that are asked for.
    fn asked(self) -> TenantScope {
        match self {
            Self::Read(asked) | Self::Count(asked) => asked.clone(),
            Self::List { tenant: Some(tenant) } => TenantScope::Only(tenant.clone()),
            Self::List { tenant: None } => TenantScope::Shared,
            Self::Replace(_) | Self::Remove(_) => TenantScope::All,
        }
    }
}

/// The access matrix of servers. Answers which tenants the action reaches: for a list that they may
/// see, for a new server where it belongs ([`TenantScope::Only`] a tenant, or
/// [`TenantScope::Shared`]).
///
/// # Errors
/// [`Denied`] with the reason, when they may not.
pub fn authorize_server(
    policy: &RegistryPolicy,
    caller: Option<&Caller>,
    action: ServerAction<'_>,
) -> Result<TenantScope, Denied> {
    match action {
        ServerAction::Read(asked) => return readable(policy, caller, asked),
        ServerAction::Count(asked) => return countable(policy, caller, asked),
        ServerAction::List { .. } | ServerAction::Replace(_) | ServerAction::Remove(_) => {}
    }
    if policy.api_mode == ApiMode::ReadOnly {
        return Err(Denied::ReadOnly);
    }
    let is_admin = caller.is_some_and(|caller| caller.is_admin);
    if policy.api_mode == ApiMode::Protected && !is_admin {
        let caller = caller.ok_or(Denied::SignInRequired)?;
        let is_owner = caller.roles.contains(&Role::ServerOwner);
        let own = |server: &Server| caller.user.is_some() && server.owner == caller.user;
        match action {
            ServerAction::Replace(server) | ServerAction::Remove(server)
                if is_owner && !own(server) =>
            {
                return Err(Denied::NotOwner);
            }
            _ if !is_owner => return Err(Denied::NotAdmin),
            _ => {}
        }
    }
    let is_removal = matches!(action, ServerAction::Remove(_));
    if policy.require_approval && !is_admin && !is_removal {
        return Err(Denied::ApprovalRequired);
    }
    let bound = caller.filter(|caller| !caller.is_admin);
    match (bound, action) {
        (None, _) => Ok(action.asked()),
        (Some(caller), ServerAction::List { tenant }) => {
            if tenant.is_some() && tenant != caller.tenant.as_ref() {
                return Err(Denied::TenantDenied);
            }
            Ok(caller.tenant.clone().map_or(TenantScope::Shared, TenantScope::Only))
        }
        (Some(caller), _) => Ok(seen_by(caller)),
    }
}

fn countable(
    policy: &RegistryPolicy,
    caller: Option<&Caller>,
    asked: &TenantScope,
) -> Result<TenantScope, Denied> {
    if policy.protect_admin_reads && policy.api_mode != ApiMode::Open {
        let caller = caller.ok_or(Denied::SignInRequired)?;
        if !caller.is_admin {
            return Err(Denied::NotAdmin);
        }
    }
    readable(policy, caller, asked)
}

fn readable(
    policy: &RegistryPolicy,
    caller: Option<&Caller>,
    asked: &TenantScope,
) -> Result<TenantScope, Denied> {
    match (caller, asked) {
        (Some(caller), asked) if caller.is_admin => Ok(asked.clone()),
        (Some(caller), TenantScope::All) => Ok(seen_by(caller)),
        (Some(caller), TenantScope::Of(tenant) | TenantScope::Only(tenant)) => {
            if caller.tenant.as_ref() == Some(tenant) {
                Ok(asked.clone())
            } else {
                Err(Denied::TenantDenied)
            }
        }
        (None, asked) if policy.api_mode == ApiMode::Open => Ok(asked.clone()),
        (Some(_), TenantScope::Shared) | (None, TenantScope::All | TenantScope::Shared) => {
            Ok(TenantScope::Shared)
        }
        // A filter is no claim: of what strangers see, these have none.
        (None, TenantScope::Of(_) | TenantScope::Only(_)) | (_, TenantScope::Nothing) => {
            Ok(TenantScope::Nothing)
        }
    }
}

/// What [`Caller::sees`] says of one server, for a list.
fn seen_by(caller: &Caller) -> TenantScope {
    match &caller.tenant {
        _ if caller.is_admin => TenantScope::All,
        Some(tenant) => TenantScope::Of(tenant.clone()),
        None => TenantScope::Shared,
    }
}

#[cfg(test)]
#[path = "servers_tests.rs"]
mod tests;
