//! One-time tickets: for pages, whose WebSocket can carry no header and whose address may be
//! written down on the way.
//!
//! A ticket is 256 random bits, good once and for half a minute, on any replica that shares the
//! session store. Only its digest is kept: who reads the store learns no ticket, and looking one up
//! compares no secret letter by letter.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use jiff::Timestamp;
use registry_domain::Error;
use registry_domain::caller::{Caller, Groups, Role};
use registry_domain::id::TenantId;
use registry_domain::ports::SessionStore;
use registry_http_edge::Problem;
use serde::{Deserialize, Serialize};

/// How long a ticket is good.
pub(crate) const GOOD_FOR: Duration = Duration::from_secs(30);

/// Whose a ticket is, as the session store keeps it.
#[derive(Serialize, Deserialize)]
struct Holder {
    subject: String,
    tenant: Option<String>,
    email: Option<String>,
    display_name: Option<String>,
    roles: Vec<String>,
    groups: Groups,
    is_admin: bool,
    expires_at: Timestamp,
}

impl Holder {
    fn of(caller: &Caller) -> Self {
        Self {
            subject: caller.subject.clone(),
            tenant: caller.tenant.as_ref().map(ToString::to_string),
            email: caller.email.clone(),
            display_name: caller.display_name.clone(),
            roles: caller.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            groups: caller.groups.clone(),
            is_admin: caller.is_admin,
            expires_at: caller.expires_at,
        }
    }

    /// The caller; `None` where a tenant does not read, so that nobody sees more than they did.
    fn into_caller(self) -> Option<Caller> {
        let tenant = match self.tenant {
            Some(tenant) => Some(TenantId::parse(&tenant).ok()?),
            None => None,
        };
        Some(Caller {
            subject: self.subject,
            user: None,
            tenant,
            email: self.email,
            display_name: self.display_name,
            roles: self.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            groups: self.groups,
            is_admin: self.is_admin,
            expires_at: self.expires_at,
            assertion: None,
        })
    }
}

fn key(ticket: &str) -> String {
    format!("ticket:{}", URL_SAFE_NO_PAD.encode(digest(&SHA256, ticket.as_bytes())))
}

/// Makes a ticket for a caller.
///
/// # Errors
/// 503 when it cannot be kept, 500 without randomness.
pub(crate) async fn issue(sessions: &dyn SessionStore, caller: &Caller) -> Result<String, Problem> {
    let mut random = [0; 32];
    rand::fill(&mut random).map_err(|error| Problem::internal().caused_by(error))?;
    let ticket = URL_SAFE_NO_PAD.encode(random);
    let holder = serde_json::to_vec(&Holder::of(caller))
        .map_err(|error| Problem::internal().caused_by(error))?;
    let kept = sessions.put(&key(&ticket), Bytes::from(holder), GOOD_FOR).await;
    kept.map_err(Error::from)?;
    Ok(ticket)
}

/// Whose a ticket is, and it is used up; `None` for one that is not good, or not any more.
///
/// # Errors
/// 503 when it cannot be looked up.
pub(crate) async fn redeem(
    sessions: &dyn SessionStore,
    ticket: &str,
    now: Timestamp,
) -> Result<Option<Caller>, Problem> {
    let Some(holder) = sessions.take(&key(ticket)).await.map_err(Error::from)? else {
        return Ok(None);
    };
    let holder: Option<Holder> = serde_json::from_slice(&holder).ok();
    let caller = holder.and_then(Holder::into_caller);
    Ok(caller.filter(|caller| now < caller.expires_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::viewer::tests::caller;

    #[test]
    fn whose_a_ticket_is_reads_back_whole() {
        let mut ada = caller("ada", "contoso", true);
        ada.roles = vec![Role::ServerOwner];
        ada.email = Some("ada@example.com".to_owned());
        ada.groups = Groups::Unknown;
        let kept = serde_json::to_vec(&Holder::of(&ada)).unwrap();
        let read: Holder = serde_json::from_slice(&kept).unwrap();
        assert_eq!(read.into_caller(), Some(ada));
    }

    #[test]
    fn a_tenant_that_does_not_read_is_nobodys_ticket() {
        let mut holder = Holder::of(&caller("ada", "contoso", false));
        holder.tenant = Some("a~b".to_owned());
        assert_eq!(holder.into_caller(), None);
    }

    #[test]
    fn the_store_does_not_learn_the_ticket() {
        assert!(!key("secret").contains("secret"));
        assert_ne!(key("a"), key("b"));
    }
}
