//! Somebody lists a server directly, without a registration.

use crate::caller::Actor;
use crate::error::Error;
use crate::id::Alias;
use crate::ports::{PortError, RegistryPorts};
use crate::server::ServerDraft;

use super::server_writing::{
    Listed, MOST_ALIASES, Reading, checked, listing, nth_alias, unwritten,
};

/// Lists the server. What it offers is read at once and pinned, as reviewed where the actor has the
/// authority to vouch for it. If it cannot be read now, the first manifest seen later is pinned,
/// unreviewed. An alias that nobody asked for gives way to others by a number.
///
/// # Errors
/// [`Error::Denied`], [`Error::Invalid`], [`Error::NameTaken`], [`Error::Unavailable`].
pub async fn register_server(
    ports: &RegistryPorts,
    actor: Actor<'_>,
    draft: ServerDraft,
) -> Result<Listed, Error> {
    let (content, tenant) = checked(ports, actor, draft)?;
    let reading = Reading::of(ports, actor, &content, None).await?;
    let wished = content.alias.clone();
    let name = content.name.clone();
    let first = wished.clone().unwrap_or_else(|| Alias::from_name(&name));
    let (mut change, discovery) = listing(ports, actor, (content, tenant), first, reading);
    let mut number = 1;
    loop {
        match ports.servers.commit(&change).await {
            Ok(()) => return Ok(Listed { server: change.next, discovery }),
            Err(PortError::AlreadyExists { key: "alias", .. })
                if wished.is_none() && number < MOST_ALIASES =>
            {
                number += 1;
                change.next.alias = nth_alias(&name, number);
            }
            Err(error) => return Err(unwritten(&change.next, error)),
        }
    }
}
