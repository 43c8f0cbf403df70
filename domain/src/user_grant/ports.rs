//! What the use cases of grants need of the world.

use std::fmt;
use std::sync::Arc;

use crate::ports::{AuthorizationServers, GrantStore};
use crate::sign_in::SignInPorts;

/// What letting people connect servers needs.
#[derive(Clone)]
pub struct ConnectPorts {
    /// People, their sessions, and where values wait.
    pub sign_in: SignInPorts,
    /// What they granted.
    pub grants: Arc<dyn GrantStore>,
    /// Where they grant it.
    pub authorities: Arc<dyn AuthorizationServers>,
    /// What we call ourselves to them.
    pub name: Arc<str>,
    /// Whether authorization servers can fetch our metadata document: over https, or in development.
    pub has_document: bool,
}

impl ConnectPorts {
    /// Where browsers come back to.
    pub fn callback(&self) -> String {
        self.at("connect/callback")
    }

    /// The document that says who we are, which is also our name there (draft
    /// `oauth-client-id-metadata-document`).
    pub fn document_address(&self) -> String {
        self.at("oauth/client-metadata.json")
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.sign_in.policy.base.as_str().trim_end_matches('/'))
    }
}

impl fmt::Debug for ConnectPorts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ConnectPorts").field("name", &self.name).finish_non_exhaustive()
    }
}
