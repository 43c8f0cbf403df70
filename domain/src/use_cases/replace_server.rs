//! Somebody writes another content over a server.

use crate::caller::{Actor, ServerAction};
use crate::error::{Error, Subject};
use crate::id::{Revision, ServerId};
use crate::ports::{PortError, RegistryPorts};
use crate::server::{ServerContent, ServerDraft};

use super::server_writing::{Listed, MOST_DECISIONS, Reading, replacement, unwritten, visible};

/// Replaces all that a client writes; what they leave out is cleared. Identity, alias and the time
/// of the making stay, and the tenant unless another is named. Whoever replaces it vouches for it,
/// or nobody does any longer.
///
/// # Errors
/// [`Error::NotFound`], [`Error::Denied`], [`Error::Invalid`], [`Error::Stale`],
/// [`Error::NameTaken`], [`Error::Unavailable`].
pub async fn replace_server(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    id: ServerId,
    draft: ServerDraft,
    expected: Option<Revision>,
) -> Result<Listed, Error> {
    let find = async || ports.servers.find(id).await?.ok_or(Error::NotFound(Subject::Server(id)));
    // Who may not is told so before what is wrong with what they wrote, and asks no upstream.
    actor.may_write(&ports.policy)?;
    let server = visible(ports, actor, find().await?, expected)?;
    actor.authorize(&ports.policy, ServerAction::Replace(&server))?;
    let content = ServerContent::check(draft, &ports.policy).map_err(Error::Invalid)?;
    let mut decisions = 0;
    loop {
        let reading = Reading::of(ports, actor, &content, Some(id)).await?;
        let server = visible(ports, actor, find().await?, expected)?;
        let (change, discovery) = replacement(ports, actor, &server, content.clone(), reading)?;
        decisions += 1;
        match ports.servers.commit(&change).await {
            Ok(()) => return Ok(Listed { server: change.next, discovery }),
            Err(PortError::Conflict { current: Some(_) })
                if expected.is_none() && decisions < MOST_DECISIONS => {}
            Err(error) => return Err(unwritten(&change.next, error)),
        }
    }
}
