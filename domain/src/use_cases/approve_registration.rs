//! An administrator approves a registration: its manifest is pinned and it becomes a server.

use crate::caller::Caller;
use crate::error::Error;
use crate::event::{EventKind, RegistryEvent};
use crate::id::{Alias, RegistrationId, ServerId};
use crate::ports::{ApprovalChange, PortError, RegistrationView, RegistryPorts};
use crate::registration::Registration;
use crate::server::{Server, nth_name};

use super::DecisionCommand;

/// How many names are tried before we give up: as many servers of one name in one tenant are an
/// accident, not a fleet.
const MOST_TRIES: u32 = 100;

/// Approves. The name and the alias are found free first; if somebody takes them in between, the
/// next ones are tried, but the decision itself is never made again on something newer.
///
/// # Errors
/// [`Error::Denied`], [`Error::NotFound`], [`Error::Invalid`], [`Error::IllegalTransition`] unless
/// Pending, [`Error::Stale`] when it changed since it was read or somebody else decided first,
/// [`Error::NameTaken`] when the alias that was asked for is somebody's, [`Error::Unavailable`].
pub async fn approve_registration(
    ports: &RegistryPorts,
    caller: &Caller,
    id: RegistrationId,
    command: &DecisionCommand,
) -> Result<RegistrationView, Error> {
    let deciding = command.begin(ports, caller, id).await?;
    let view = &deciding.view;
    let wished = deciding.alias.clone().or_else(|| view.registration.content.alias.clone());
    let candidate = view.discovery.manifest().cloned();
    let digest = view.discovery.digest();
    let stamp = ports.stamp();
    let change = view.registration.clone().approve(deciding.at(stamp.at), digest, stamp)?;
    let server_id = ServerId(ports.ids.next());

    let mut from = 1;
    loop {
        let (number, name, alias) =
            free_names(ports, &view.registration, wished.as_ref(), from).await?;
        let server = Server::of_registration(
            server_id,
            &view.registration,
            name,
            alias.clone(),
            candidate.clone(),
            stamp.at,
        );
        let server_event =
            RegistryEvent::of(EventKind::ServerListed, ports.stamp(), deciding.approver)
                .on_registration(id, view.registration.tenant.clone())
                .on_server(server_id, view.registration.tenant.clone());
        let approval = ApprovalChange {
            registration: change.clone(),
            candidate: digest,
            server,
            server_event,
        };
        match ports.registrations.commit_approval(&approval).await {
            Ok(()) => return super::existing(ports, id).await,
            Err(PortError::AlreadyExists { key: "alias", .. }) if wished.is_some() => {
                return Err(Error::NameTaken { what: "alias", wanted: alias.to_string() });
            }
            Err(PortError::AlreadyExists { .. }) if number < MOST_TRIES => from = number + 1,
            Err(error) => return Err(super::unwritten(id, error)),
        }
    }
}

/// The first name and alias from the `from`-th on that nobody of the tenant has. An alias that
/// was asked for is not replaced by another.
async fn free_names(
    ports: &RegistryPorts,
    registration: &Registration,
    wished: Option<&Alias>,
    from: u32,
) -> Result<(u32, String, Alias), Error> {
    let display = &registration.content.endpoint_name;
    let made = Alias::from_name(display);
    let now = ports.clock.now();
    for number in from..=MOST_TRIES {
        let name = nth_name(display, number);
        let alias = match wished {
            Some(alias) => alias.clone(),
            None if number == 1 => made.clone(),
            None => made.numbered(number),
        };
        let taken = ports.servers.taken(registration.tenant.as_ref(), &name, &alias, now).await?;
        if taken.alias && wished.is_some() {
            return Err(Error::NameTaken { what: "alias", wanted: alias.to_string() });
        }
        if !taken.name && !taken.alias {
            return Ok((number, name, alias));
        }
    }
    Err(Error::NameTaken { what: "name", wanted: display.clone() })
}
