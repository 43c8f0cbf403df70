//! Which tenants' servers or registrations somebody asks for, or is shown.

use crate::id::TenantId;

/// A choice of servers or registrations by whose they are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum TenantScope {
    /// All.
    #[default]
    All,
    /// Those that are everybody's.
    Shared,
    /// A tenant's own, and those that are everybody's.
    Of(TenantId),
    /// A tenant's own.
    Only(TenantId),
    /// None at all.
    Nothing,
}

impl TenantScope {
    /// What a filter by `tenant_id` asks for: all, where it is absent.
    pub fn asked(tenant: Option<TenantId>) -> Self {
        tenant.map_or(Self::All, Self::Only)
    }

    /// Whether one of `tenant` (`None`: everybody's) is among them.
    pub fn includes(&self, tenant: Option<&TenantId>) -> bool {
        match self {
            Self::All => true,
            Self::Shared => tenant.is_none(),
            Self::Of(own) => tenant.is_none_or(|tenant| tenant == own),
            Self::Only(own) => tenant == Some(own),
            Self::Nothing => false,
        }
    }
}
