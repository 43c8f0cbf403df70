//! A page of the audit trail.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::ports::{AuditQuery, AuditView, Page, RegistryPorts};

/// Lists what was done to registrations, newest first.
///
/// # Errors
/// [`Error::Denied`] for everybody but administrators, [`Error::Unavailable`].
pub async fn list_audit_log(
    ports: &RegistryPorts,
    caller: &Caller,
    query: &AuditQuery,
) -> Result<Page<AuditView>, Error> {
    authorize(caller, Action::ReadAuditLog)?;
    Ok(ports.events.list_audit(query).await?)
}
