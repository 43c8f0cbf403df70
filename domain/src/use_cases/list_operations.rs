//! A page of what was recorded.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::operation::Operation;
use crate::ports::{OperationQuery, Page, RegistryPorts};

/// Lists recorded operations of all tenants, newest first.
///
/// # Errors
/// [`Error::Denied`] for everybody but administrators, [`Error::Unavailable`].
pub async fn list_operations(
    ports: &RegistryPorts,
    caller: &Caller,
    query: &OperationQuery,
) -> Result<Page<Operation>, Error> {
    authorize(caller, Action::ReadAuditLog)?;
    Ok(ports.operations.list(query).await?)
}

/// The next rows of a list of operations, without counting all.
///
/// # Errors
/// As [`list_operations`].
pub async fn read_operations(
    ports: &RegistryPorts,
    caller: &Caller,
    query: &OperationQuery,
) -> Result<Vec<Operation>, Error> {
    authorize(caller, Action::ReadAuditLog)?;
    Ok(ports.operations.list_on(query).await?)
}
