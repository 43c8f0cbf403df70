//! The server that an approval makes, or changes where an approved registration was proposed anew.

use crate::change::Change;
use crate::error::Error;
use crate::event::{EventKind, EventStamp, RegistryEvent};
use crate::id::{Alias, ServerId, UserId};
use crate::manifest::Manifest;
use crate::ports::{RegistrationView, RegistryPorts};
use crate::registration::Registration;
use crate::server::{Server, nth_name};
use crate::use_cases::submit_registration::keeps_alias;

/// How many names are tried before we give up: as many servers of one name in one tenant are an
/// accident, not a fleet.
pub(in crate::use_cases) const MOST_TRIES: u32 = 100;

/// What is known of the server before it has its names.
pub(in crate::use_cases) struct Listing<'a> {
    registration: &'a Registration,
    candidate: Option<&'a Manifest>,
    /// The server that stands since an earlier approval: it keeps its identity and its alias.
    served: Option<Server>,
    new_id: ServerId,
    /// The alias that somebody asked for: it is not replaced by another.
    pub(in crate::use_cases) wished: Option<Alias>,
}

impl<'a> Listing<'a> {
    /// Reads what stands already.
    ///
    /// # Errors
    /// [`Error::Invalid`] when a decision would move a server to another alias: clients know it by
    /// the one that it has.
    pub(in crate::use_cases) async fn begin(
        ports: &RegistryPorts,
        view: &'a RegistrationView,
        asked: Option<Alias>,
    ) -> Result<Self, Error> {
        keeps_alias(view, asked.as_ref())?;
        let served = match &view.server {
            Some(summary) => ports.servers.find(summary.id).await?,
            None => None,
        };
        Ok(Self {
            registration: &view.registration,
            candidate: view.discovery.manifest(),
            served,
            new_id: ServerId(ports.ids.next()),
            wished: asked.or_else(|| view.registration.content.alias.clone()),
        })
    }

    /// The first name and alias from the `from`-th on that nobody else of the tenant has.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::Unavailable`].
    pub(in crate::use_cases) async fn free_names(
        &self,
        ports: &RegistryPorts,
        from: u32,
    ) -> Result<(u32, String, Alias), Error> {
        let display = &self.registration.content.endpoint_name;
        let made = Alias::from_name(display);
        let tenant = self.registration.tenant.as_ref();
        let now = ports.clock.now();
        // Each is numbered for itself: an alias in quarantine does not change the name.
        let (mut of_name, mut of_alias) = (from, from);
        while of_name.max(of_alias) <= MOST_TRIES {
            let name = nth_name(display, of_name);
            let alias = match (&self.served, &self.wished) {
                (Some(served), _) => served.alias.clone(),
                (None, Some(alias)) => alias.clone(),
                (None, None) if of_alias == 1 => made.clone(),
                (None, None) => made.numbered(of_alias),
            };
            if self.served.as_ref().is_some_and(|served| served.name == name) {
                return Ok((of_name, name, alias));
            }
            let taken = ports.servers.taken(tenant, &name, &alias, now).await?;
            let alias_taken = taken.alias && self.served.is_none();
            if alias_taken && self.wished.is_some() {
                return Err(Error::NameTaken {
                    what: "alias",
                    wanted: alias.to_string(),
                    holder: None,
                });
            }
            if !taken.name && !alias_taken {
                return Ok((of_name.max(of_alias), name, alias));
            }
            of_name += u32::from(taken.name);
            of_alias += u32::from(alias_taken);
        }
        Err(Error::NameTaken { what: "name", wanted: display.clone(), holder: None })
    }

    /// The write of the server under its names.
    pub(in crate::use_cases) fn change(
        &self,
        name: String,
        alias: Alias,
        approver: UserId,
        stamp: EventStamp,
    ) -> Change<Server> {
        let id = self.served.as_ref().map_or(self.new_id, |served| served.id);
        let candidate = self.candidate.cloned();
        let made = Server::of_registration(id, self.registration, name, alias, candidate, stamp.at);
        let (kind, next, expected) = match &self.served {
            None => (EventKind::ServerListed, made, None),
            Some(served) => {
                let next = served.clone().replaced_by(made);
                (EventKind::ServerChanged, next, Some(served.revision))
            }
        };
        let event = next.happened(RegistryEvent::of(kind, stamp, approver));
        Change { next, expected, events: vec![event] }
    }
}
