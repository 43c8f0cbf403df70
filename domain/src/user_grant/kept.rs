//! What is sealed: members are never renamed, as values were sealed with them.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Life, UserGrant};
use crate::caller::Caller;
use crate::credential::Credential;
use crate::id::{Revision, ServerId, TenantId};
use crate::ports::{AuthorizationServer, GrantClient, PortError, Secret};

/// A client of ours at an authorization server.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeptClient {
    id: String,
    secret: Option<String>,
    posts_secret: bool,
}

impl KeptClient {
    /// The key of who we are at an authorization server.
    pub(crate) fn key(issuer: &str) -> String {
        format!("connect-client:{issuer}")
    }

    pub(crate) fn of(client: &GrantClient) -> Self {
        Self {
            id: client.id.clone(),
            secret: client.secret.as_ref().map(|secret| secret.expose().to_owned()),
            posts_secret: client.posts_secret,
        }
    }

    pub(crate) fn read(self) -> GrantClient {
        GrantClient {
            id: self.id,
            secret: self.secret.map(Secret::new),
            posts_secret: self.posts_secret,
        }
    }
}

/// A grant.
#[derive(Serialize, Deserialize)]
pub(super) struct PlainGrant {
    set_at: Timestamp,
    revision: i64,
    resource: String,
    token_endpoint: String,
    revocation_endpoint: Option<String>,
    client: KeptClient,
    access_token: Option<String>,
    refresh_token: Option<String>,
    refresh_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
}

impl PlainGrant {
    pub(super) fn of(grant: &UserGrant) -> Self {
        let text = |secret: &Option<Secret>| secret.as_ref().map(|it| it.expose().to_owned());
        Self {
            set_at: grant.for_credential.0,
            revision: grant.for_credential.1.0,
            resource: grant.resource.clone(),
            token_endpoint: grant.token_endpoint.clone(),
            revocation_endpoint: grant.revocation_endpoint.clone(),
            client: KeptClient::of(&grant.client),
            access_token: text(&grant.access_token),
            refresh_token: text(&grant.refresh_token),
            refresh_at: grant.life.map(|life| life.refresh_at),
            ends_at: grant.life.map(|life| life.ends_at),
        }
    }

    pub(super) fn read(self) -> UserGrant {
        let life = self.refresh_at.zip(self.ends_at);
        UserGrant {
            for_credential: (self.set_at, Revision(self.revision)),
            resource: self.resource,
            token_endpoint: self.token_endpoint,
            revocation_endpoint: self.revocation_endpoint,
            client: self.client.read(),
            access_token: self.access_token.map(Secret::new),
            refresh_token: self.refresh_token.map(Secret::new),
            life: life.map(|(refresh_at, ends_at)| Life { refresh_at, ends_at }),
        }
    }
}

/// What a page showed: exactly that is what its form begins.
#[derive(Serialize, Deserialize)]
pub(crate) struct Offered {
    pub(crate) server: ServerId,
    pub(crate) set_at: Timestamp,
    pub(crate) revision: i64,
    pub(crate) authority: AuthorizationServer,
    pub(crate) until: Timestamp,
}

/// A flow that was begun.
#[derive(Serialize, Deserialize)]
pub(crate) struct Begun {
    /// Whose it is: who comes back has to be the same, in the same session.
    pub(crate) subject: String,
    pub(crate) tenant: Option<String>,
    pub(crate) session: String,
    pub(crate) server: ServerId,
    /// How browsers name the server to us.
    pub(crate) name: String,
    pub(crate) set_at: Timestamp,
    pub(crate) revision: i64,
    pub(crate) authority: AuthorizationServer,
    pub(crate) client: KeptClient,
    pub(crate) verifier: String,
}

impl Begun {
    /// The key of a flow.
    pub(crate) fn key(state: &str) -> String {
        format!("connect:{state}")
    }

    /// Whether the one who comes back is the one who left.
    pub(crate) fn is_of(&self, caller: &Caller, session: &str) -> bool {
        self.subject == caller.subject
            && self.tenant.as_deref() == caller.tenant.as_ref().map(TenantId::as_str)
            && self.session == session
    }
}

/// Somebody's access token, as it is looked up for each call.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptToken {
    tenant: Option<String>,
    set_at: Timestamp,
    revision: i64,
    pub(crate) token: String,
    /// Until when it is shown without looking further.
    pub(crate) until: Timestamp,
}

impl KeptToken {
    /// Where somebody's token for a server is kept.
    pub(crate) fn key(server: ServerId, subject: &str) -> String {
        format!("grant-token:{server}:{subject}")
    }

    pub(crate) fn of(
        caller: &Caller,
        credential: &Credential,
        token: &Secret,
        until: Timestamp,
    ) -> Self {
        Self {
            tenant: caller.tenant.as_ref().map(ToString::to_string),
            set_at: credential.set_at,
            revision: credential.revision.0,
            token: token.expose().to_owned(),
            until,
        }
    }

    pub(crate) fn is_for(&self, caller: &Caller, credential: &Credential) -> bool {
        self.tenant.as_deref() == caller.tenant.as_ref().map(TenantId::as_str)
            && self.set_at == credential.set_at
            && self.revision == credential.revision.0
    }
}

/// That a value cannot be written down.
pub(super) fn unwritable(source: serde_json::Error) -> PortError {
    PortError::Corrupt { what: "a grant to be sealed".to_owned(), source: Box::new(source) }
}
