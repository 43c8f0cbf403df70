//! A client's message as one replica hands it to another: who called, and where, was found out by
//! the one that it came to.

use std::net::IpAddr;
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;
use registry_domain::caller::{Caller, Groups, Role};
use registry_domain::id::{TenantId, UserId};
use registry_domain::party::Party;
use registry_domain::ports::Secret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::inbound::{Door, Inbound, InboundHeaders};

/// A message that is handed over; its bytes travel beside it.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Handed {
    /// Who hands it, and by what it knows it.
    pub(super) from: Uuid,
    pub(super) call: Uuid,
    pub(super) via: Via,
    door: Door,
    headers: InboundHeaders,
    party: HandedParty,
    request_id: String,
}

/// How a message came in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Via {
    /// As a call: its answer goes back.
    Call,
    /// For an event stream of the first revision, by its id: its answer goes there.
    Stream(String),
}

/// A [`Party`] as it travels.
#[derive(Serialize, Deserialize)]
enum HandedParty {
    Caller(Box<HandedCaller>),
    Stranger(Option<IpAddr>),
}

impl std::fmt::Debug for HandedParty {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("HandedParty(…)")
    }
}

#[derive(Serialize, Deserialize)]
struct HandedCaller {
    subject: String,
    user: Option<UserId>,
    tenant: Option<TenantId>,
    email: Option<String>,
    display_name: Option<String>,
    roles: Vec<String>,
    groups: Groups,
    is_admin: bool,
    expires_at: Timestamp,
    assertion: Option<String>,
}

impl Handed {
    pub(super) fn of(from: Uuid, call: Uuid, via: Via, inbound: &Inbound) -> Self {
        Self {
            from,
            call,
            via,
            door: inbound.door.clone(),
            headers: inbound.headers.clone(),
            party: HandedParty::of(&inbound.party),
            request_id: inbound.request_id.clone(),
        }
    }

    /// The message as it came in.
    pub(super) fn inbound(self, body: Bytes) -> Inbound {
        let Self { door, headers, party, request_id, .. } = self;
        Inbound { door, headers, body, party: party.into_party(), request_id, is_part: false }
    }
}

impl HandedParty {
    fn of(party: &Party) -> Self {
        let caller = match party {
            Party::Caller(caller) => caller,
            Party::Anonymous { address } => return Self::Stranger(*address),
        };
        Self::Caller(Box::new(HandedCaller {
            subject: caller.subject.clone(),
            user: caller.user,
            tenant: caller.tenant.clone(),
            email: caller.email.clone(),
            display_name: caller.display_name.clone(),
            roles: caller.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            groups: caller.groups.clone(),
            is_admin: caller.is_admin,
            expires_at: caller.expires_at,
            assertion: caller.assertion.as_ref().map(|secret| secret.expose().to_owned()),
        }))
    }

    fn into_party(self) -> Party {
        let caller = match self {
            Self::Caller(caller) => *caller,
            Self::Stranger(address) => return Party::Anonymous { address },
        };
        Party::Caller(Arc::new(Caller {
            subject: caller.subject,
            user: caller.user,
            tenant: caller.tenant,
            email: caller.email,
            display_name: caller.display_name,
            roles: caller.roles.iter().filter_map(|role| Role::parse(role)).collect(),
            groups: caller.groups,
            is_admin: caller.is_admin,
            expires_at: caller.expires_at,
            assertion: caller.assertion.map(|text| Arc::new(Secret::new(text))),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_called_is_the_same_at_the_other_replica() {
        let caller = Caller {
            subject: "ada".to_owned(),
            user: Some(UserId(Uuid::from_u128(1))),
            tenant: Some(TenantId::parse("contoso").unwrap()),
            email: Some("ada@example.com".to_owned()),
            display_name: Some("Ada".to_owned()),
            roles: vec![Role::User, Role::ServerOwner],
            groups: vec!["g".to_owned()].into(),
            is_admin: true,
            expires_at: Timestamp::MAX,
            assertion: Some(Arc::new(Secret::new("proof".to_owned()))),
        };
        let inbound = Inbound {
            door: Door::Server("files".to_owned()),
            headers: InboundHeaders { hops: 2, accepts_event_stream: true, ..Default::default() },
            body: Bytes::from_static(b"{}"),
            party: Party::Caller(Arc::new(caller.clone())),
            request_id: "r-1".to_owned(),
            is_part: false,
        };
        let handed = Handed::of(Uuid::nil(), Uuid::nil(), Via::Call, &inbound);
        let said = serde_json::to_vec(&handed).unwrap();
        let heard: Handed = serde_json::from_slice(&said).unwrap();
        let there = heard.inbound(inbound.body.clone());
        assert_eq!(there.party.caller(), Some(&caller));
        assert_eq!((&there.door, &there.request_id), (&inbound.door, &inbound.request_id));
        assert_eq!((there.headers.hops, there.headers.accepts_event_stream), (2, true));
        let stranger = Party::Anonymous { address: Some([127, 0, 0, 1].into()) };
        let there = HandedParty::of(&stranger).into_party();
        assert_eq!(there.principal(), stranger.principal());
    }
}
