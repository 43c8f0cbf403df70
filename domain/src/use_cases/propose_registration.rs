//! The submitter proposes other content for an approved registration: what was approved stays
//! served until somebody approves the new one.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{RegistrationView, RegistryPorts};
use crate::registration::{Registration, RegistrationDraft};

use super::Seen;
use super::change_content::change_content;

/// Makes it Pending with the new content, whose manifest is discovered; the server stays as it is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::UrlTaken`],
/// [`Error::IllegalTransition`] unless Approved, [`Error::Stale`], [`Error::Unavailable`].
pub async fn propose_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    draft: RegistrationDraft,
    seen: Option<Seen>,
) -> Result<RegistrationView, Error> {
    change_content(ports, caller, id, draft, seen, Registration::propose).await
}
