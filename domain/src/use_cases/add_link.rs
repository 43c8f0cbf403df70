//! The submitter of a registration, or an administrator, adds a link to it.

use crate::caller::{Action, Caller, authorize};
use crate::error::Error;
use crate::id::{LinkId, RegistrationId};
use crate::link::{Link, LinkDraft};
use crate::ports::{Kept, PortError, RegistryPorts};

/// Keeps a link, in whatever state the registration is.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::LinkTaken`],
/// [`Error::Full`], [`Error::Unavailable`].
pub async fn add_link(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    draft: LinkDraft,
) -> Result<Link, Error> {
    let registration = super::visible(ports, caller, id).await?.registration;
    authorize(caller, Action::ChangeRegistration { submitter: registration.submitter })?;
    let actor = super::acting_user(caller)?;
    let link = LinkId(ports.ids.next());
    let new = Link::add(draft, link, &registration, actor, ports.stamp())?;
    let most = Link::MAX_PER_REGISTRATION;
    match ports.links.insert(&new, most).await {
        Ok(Kept::Kept) => Ok(new.link),
        Ok(Kept::Full) => Err(Error::Full { what: "links", most }),
        Err(PortError::AlreadyExists { key: "url", existing: Some(existing) }) => {
            Err(Error::LinkTaken { existing: LinkId(existing) })
        }
        Err(error) => Err(super::unwritten(id, error)),
    }
}
