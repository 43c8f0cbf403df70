//! The submitter corrects a registration while nobody has decided on it.

use crate::caller::Caller;
use crate::error::Error;
use crate::id::RegistrationId;
use crate::ports::{RegistrationView, RegistryPorts};
use crate::registration::{Registration, RegistrationDraft};

use super::Seen;
use super::change_content::change_content;

/// Replaces the content; its manifest is discovered anew.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::UrlTaken`],
/// [`Error::IllegalTransition`] unless Pending, [`Error::Stale`], [`Error::Unavailable`].
pub async fn edit_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    draft: RegistrationDraft,
    seen: Option<Seen>,
) -> Result<RegistrationView, Error> {
    change_content(ports, caller, id, draft, seen, Registration::edit).await
}
