//! Who stands behind a call to an upstream: a caller with a verified identity, or a stranger.
//!
//! A stranger is no caller with empty fields: nothing that asks for an identity can be given one by
//! mistake, and no credentials are ever used for them.

use std::net::IpAddr;
use std::sync::Arc;

use crate::caller::Caller;
use crate::id::TenantId;

/// How records name a stranger.
pub const ANONYMOUS: &str = "anonymous";

/// Who calls.
#[derive(Debug, Clone)]
pub enum Party {
    /// Somebody who proved who they are.
    Caller(Arc<Caller>),
    /// Somebody who did not; all that is known is where they called from.
    Anonymous {
        /// The client's address, where the socket has one.
        address: Option<IpAddr>,
    },
}

/// Whom an upstream's session, or a running call, belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Principal {
    /// A caller.
    Caller {
        /// Their tenant; empty without one.
        tenant: String,
        /// Their identity.
        subject: String,
    },
    /// Strangers of one address.
    Anonymous(Option<IpAddr>),
}

impl Party {
    /// The caller, unless it is a stranger.
    pub fn caller(&self) -> Option<&Caller> {
        match self {
            Self::Caller(caller) => Some(caller),
            Self::Anonymous { .. } => None,
        }
    }

    /// The tenant, where the party has one.
    pub fn tenant(&self) -> Option<&TenantId> {
        self.caller().and_then(|caller| caller.tenant.as_ref())
    }

    /// The identity as records carry it.
    pub fn subject(&self) -> &str {
        self.caller().map_or(ANONYMOUS, |caller| &caller.subject)
    }

    /// The address that records carry of a stranger.
    pub fn address(&self) -> Option<IpAddr> {
        match self {
            Self::Caller(_) => None,
            Self::Anonymous { address } => *address,
        }
    }

    /// Whom what is kept for the party belongs to. A tenant and a subject are two members, so that
    /// no two people share one by the way their names are put together.
    pub fn principal(&self) -> Principal {
        match self {
            Self::Caller(caller) => Principal::Caller {
                tenant: caller.tenant.as_ref().map(ToString::to_string).unwrap_or_default(),
                subject: caller.subject.clone(),
            },
            Self::Anonymous { address } => Principal::Anonymous(*address),
        }
    }

    /// By what consistent hashing knows the party: `tenant:user`.
    pub fn affinity_key(&self) -> String {
        let tenant = self.tenant().map_or("default", TenantId::as_str);
        format!("{tenant}:{}", self.subject())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::caller::Groups;

    fn caller(tenant: Option<&str>, subject: &str) -> Party {
        Party::Caller(Arc::new(Caller {
            subject: subject.to_owned(),
            user: None,
            tenant: tenant.map(|text| TenantId::parse(text).unwrap()),
            email: None,
            display_name: None,
            roles: vec![],
            groups: Groups::default(),
            is_admin: false,
            expires_at: Timestamp::MAX,
            assertion: None,
        }))
    }

    #[test]
    fn nobody_is_taken_for_a_stranger_or_for_somebody_else() {
        let stranger = |octet| Party::Anonymous { address: Some([127, 0, 0, octet].into()) };
        let parties = [
            caller(None, "anonymous"),
            caller(None, "ada"),
            caller(Some("contoso"), "ada"),
            stranger(1),
            stranger(2),
            Party::Anonymous { address: None },
        ];
        for (at, one) in parties.iter().enumerate() {
            for other in &parties[at + 1..] {
                assert_ne!(one.principal(), other.principal());
            }
        }
    }

    #[test]
    fn consistent_hashing_knows_strangers_by_one_name() {
        let stranger = Party::Anonymous { address: None };
        assert_eq!(stranger.affinity_key(), "default:anonymous");
        assert_eq!(caller(Some("contoso"), "ada").affinity_key(), "contoso:ada");
    }
}
