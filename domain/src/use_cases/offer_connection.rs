//! Say where somebody would let us use a server in their name, before they do.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use crate::caller::Caller;
use crate::credential::{Credential, CredentialSecret, RegisteredClient};
use crate::error::{Error, Subject};
use crate::id::ServerId;
use crate::ports::{PortError, Purpose, Secret, end_after};
use crate::routing::ServerEntry;
use crate::user_grant::{ConnectPorts, FLOW_TTL, Offered};

/// What a page says.
#[derive(Debug)]
pub struct ConnectionOffer {
    /// The authorization server, as people know it.
    pub host: String,
    /// What is asked for.
    pub scopes: Vec<String>,
    /// Since when they are connected.
    pub since: Option<Timestamp>,
    /// What begins exactly this, in this session.
    pub transaction: String,
}

/// Finds out where people grant us a server, and whether somebody did.
///
/// # Errors
/// [`Error::NotFound`] where people grant nothing at this server, [`Error::Grant`],
/// [`Error::Unavailable`].
pub async fn offer_connection(
    ports: &ConnectPorts,
    caller: &Caller,
    session: &Secret,
    server: &ServerEntry,
) -> Result<ConnectionOffer, Error> {
    let credential = granted_by_callers(server)?;
    let (_, client) = wishes(credential);
    let issuer = client.map(|client| client.issuer.as_str());
    let authority = ports.authorities.discover(&server.endpoint, issuer).await?;
    let stored = ports.grants.find(server.id, &caller.subject).await?;
    let offered = Offered {
        server: server.id,
        set_at: credential.set_at,
        revision: credential.revision.0,
        authority,
        until: end_after(ports.sign_in.clock.now(), FLOW_TTL),
    };
    let plain = serde_json::to_vec(&offered).map_err(|source| PortError::Corrupt {
        what: "an offer to be sealed".to_owned(),
        source: Box::new(source),
    })?;
    let context = context(session, server.id);
    let sealed = ports.sign_in.sealer.seal(Purpose::State, context.as_bytes(), &plain)?;
    Ok(ConnectionOffer {
        host: host_of(&offered.authority.authorization_endpoint),
        scopes: scopes(credential, &offered.authority.scopes).to_vec(),
        since: stored.filter(|grant| grant.tenant == caller.tenant).map(|grant| grant.granted_at),
        transaction: URL_SAFE_NO_PAD.encode(sealed),
    })
}

/// The credential of a server that people grant us themselves.
pub(super) fn granted_by_callers(server: &ServerEntry) -> Result<&Credential, Error> {
    let credential = server.credential.as_deref();
    credential
        .filter(|credential| credential.is_granted_by_callers())
        .ok_or(Error::NotFound(Subject::Server(server.id)))
}

/// What is asked for there, and as whom.
pub(super) fn wishes(credential: &Credential) -> (&[String], Option<&RegisteredClient>) {
    match &credential.secret {
        Ok(CredentialSecret::UserGrant { scopes, client }) => (scopes, client.as_ref()),
        _ => (&[], None),
    }
}

/// What is asked for: what the credential says, else what the server says it needs.
pub(super) fn scopes<'a>(credential: &'a Credential, needed: &'a [String]) -> &'a [String] {
    let (wanted, _) = wishes(credential);
    if wanted.is_empty() { needed } else { wanted }
}

/// A session as what was begun in it remembers it: not the id, which is as good as a password.
pub(super) fn mark_of(session: &Secret) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(session.expose()))
}

/// What an offer is bound to.
pub(super) fn context(session: &Secret, server: ServerId) -> String {
    format!("connect\0{}\0{server}", mark_of(session))
}

/// An address's host with its port, as people read it.
fn host_of(address: &str) -> String {
    let url = url::Url::parse(address).ok();
    let host = url.as_ref().and_then(|url| {
        let host = url.host_str()?;
        Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
    });
    host.unwrap_or_default()
}
