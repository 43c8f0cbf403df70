//! Send somebody to where they let us use a server in their name.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::offer_connection::{context, granted_by_callers, mark_of, scopes, wishes};
use crate::caller::Caller;
use crate::credential::Credential;
use crate::error::Error;
use crate::id::TenantId;
use crate::ports::{AuthorizationServer, GrantClient, GrantFault, Purpose, Secret};
use crate::routing::ServerEntry;
use crate::user_grant::{Begun, CLIENT_TTL, ConnectPorts, FLOW_TTL, KeptClient, Offered};

/// Begins what a page offered, and answers where the browser goes. `name` is how browsers name the
/// server to us.
///
/// # Errors
/// [`Error::UnknownState`] where this session was offered nothing of the kind, or too long ago;
/// [`Error::NotFound`], [`Error::Grant`], [`Error::Unavailable`].
pub async fn begin_connection(
    ports: &ConnectPorts,
    caller: &Caller,
    session: &Secret,
    (server, name): (&ServerEntry, &str),
    transaction: &str,
) -> Result<String, Error> {
    let credential = granted_by_callers(server)?;
    let offered = offered(ports, session, server, transaction)
        .filter(|offered| offered.set_at == credential.set_at)
        .filter(|offered| offered.revision == credential.revision.0)
        .ok_or(Error::UnknownState)?;
    let authority = offered.authority;
    let client = client(ports, credential, &authority).await?;
    let (state, verifier) = (ports.sign_in.secrets.next()?, ports.sign_in.secrets.next()?);
    let address = address(ports, credential, &authority, &client.id, &state, &verifier)?;
    let begun = Begun {
        subject: caller.subject.clone(),
        tenant: caller.tenant.as_ref().map(TenantId::to_string),
        session: mark_of(session),
        server: server.id,
        name: name.to_owned(),
        set_at: offered.set_at,
        revision: offered.revision,
        authority,
        client: KeptClient::of(&client),
        verifier: verifier.expose().to_owned(),
    };
    let key = Begun::key(state.expose());
    ports.sign_in.keep(&key, Purpose::State, &begun, FLOW_TTL).await?;
    Ok(address)
}

/// Whether a form is of a page that this session was shown: no page of another site has one.
pub fn was_offered(
    ports: &ConnectPorts,
    session: &Secret,
    server: &ServerEntry,
    transaction: &str,
) -> bool {
    offered(ports, session, server, transaction).is_some()
}

/// What this session was offered.
fn offered(
    ports: &ConnectPorts,
    session: &Secret,
    server: &ServerEntry,
    transaction: &str,
) -> Option<Offered> {
    let sealed = URL_SAFE_NO_PAD.decode(transaction).ok()?;
    let context = context(session, server.id);
    let plain = ports.sign_in.sealer.open(Purpose::State, context.as_bytes(), &sealed)?;
    let offered: Offered = serde_json::from_slice(&plain).ok()?;
    let is_good = offered.server == server.id && ports.sign_in.clock.now() < offered.until;
    is_good.then_some(offered)
}

/// Who we are there: whom somebody registered, else the address of our own document, else whom we
/// register.
async fn client(
    ports: &ConnectPorts,
    credential: &Credential,
    authority: &AuthorizationServer,
) -> Result<GrantClient, Error> {
    if let (_, Some(registered)) = wishes(credential) {
        if registered.issuer != authority.issuer {
            return Err(GrantFault::Metadata("names another authorization server").into());
        }
        return Ok(GrantClient {
            id: registered.id.clone(),
            secret: registered.secret.clone(),
            posts_secret: authority.posts_secret,
        });
    }
    if authority.takes_documents && ports.has_document {
        let id = ports.document_address();
        return Ok(GrantClient { id, secret: None, posts_secret: false });
    }
    let callback = ports.callback();
    let key = client_key(&authority.issuer, &callback);
    let kept: Option<KeptClient> = ports.sign_in.find_kept(&key, Purpose::Vault).await?;
    if let Some(kept) = kept {
        return Ok(kept.read());
    }
    let client = ports.authorities.register(authority, &ports.name, &callback).await?;
    let kept = KeptClient::of(&client);
    ports.sign_in.keep(&key, Purpose::Vault, &kept, CLIENT_TTL).await?;
    Ok(client)
}

/// Where it is kept who we are at an authorization server: for browsers that come back to there.
pub(super) fn client_key(issuer: &str, callback: &str) -> String {
    let both = Sha256::digest(format!("{issuer}\0{callback}"));
    KeptClient::key(&URL_SAFE_NO_PAD.encode(both))
}

/// The authorization request (RFC 6749 §4.1.1, RFC 7636, RFC 8707).
fn address(
    ports: &ConnectPorts,
    credential: &Credential,
    authority: &AuthorizationServer,
    client_id: &str,
    state: &Secret,
    verifier: &Secret,
) -> Result<String, Error> {
    let mut address = url::Url::parse(&authority.authorization_endpoint)
        .map_err(|_| GrantFault::Metadata("names no address to sign in at"))?;
    let scopes = scopes(credential, &authority.scopes).join(" ");
    let mut query = address.query_pairs_mut();
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", &ports.callback())
        .append_pair("state", state.expose())
        .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose())))
        .append_pair("code_challenge_method", "S256")
        .append_pair("resource", &authority.resource);
    if !scopes.is_empty() {
        query.append_pair("scope", &scopes);
    }
    drop(query);
    Ok(address.into())
}
