//! Our access tokens (RFC 9068): ES256, for one resource, carrying who it is and what was granted.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use registry_domain::caller::{Groups, Role};
use registry_domain::id::TenantId;
use registry_domain::ports::{TokenBounds, VerifiedToken, end_after};
use registry_domain::user::Identity;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::error::OAuthError;
use crate::keys::Ring;
use crate::server::OAuthServer;

/// How every header of ours begins, and no other issuer's: `{"alg":"ES256","typ":"at+jwt",` in
/// base64url. What begins otherwise was not made here.
pub(crate) const BEGINNING: &str = "eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCIs";

/// The most groups that a token carries: a header has its bounds. Of somebody in more it says that
/// they are not known.
const MOST_GROUPS: usize = 150;

/// Somebody who signed in, as codes and tokens carry them.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PersonClaims {
    pub(crate) oid: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) tid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    roles: Vec<String>,
    #[serde(default, skip_serializing_if = "Groups::is_empty")]
    groups: Groups,
    /// Whether they are in the administrators' group, where one is configured.
    #[serde(skip_serializing_if = "Option::is_none")]
    admin_group: Option<bool>,
}

impl PersonClaims {
    pub(crate) fn of(token: &VerifiedToken) -> Self {
        let identity = &token.identity;
        Self {
            oid: identity.subject.clone(),
            tid: identity.tenant.as_ref().map(|tenant| tenant.as_str().to_owned()),
            email: identity.email.clone(),
            name: identity.display_name.clone(),
            roles: token.roles.iter().map(|role| role.as_str().to_owned()).collect(),
            groups: carried(&token.groups),
            admin_group: identity.in_admin_group,
        }
    }

    fn identity(&self) -> Option<Identity> {
        Some(Identity {
            subject: self.oid.clone(),
            tenant: self.tid.as_deref().map(TenantId::parse).transpose().ok()?,
            email: self.email.clone(),
            display_name: self.name.clone(),
            in_admin_group: self.admin_group,
        })
    }
}

fn carried(groups: &Groups) -> Groups {
    match groups {
        Groups::Known(ids) if ids.len() > MOST_GROUPS => Groups::Unknown,
        groups => groups.clone(),
    }
}

/// A token's claims.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Claims {
    pub(crate) iss: String,
    pub(crate) aud: String,
    pub(crate) sub: String,
    pub(crate) client_id: String,
    pub(crate) scope: String,
    pub(crate) jti: Uuid,
    /// The grant that it came from: with it all of its tokens are refused.
    pub(crate) grant: Uuid,
    pub(crate) iat: i64,
    pub(crate) exp: i64,
    #[serde(flatten)]
    pub(crate) person: PersonClaims,
}

/// What an access token is made of.
pub(crate) struct Minted<'a> {
    pub(crate) grant: Uuid,
    pub(crate) client: &'a str,
    pub(crate) resource: &'a str,
    pub(crate) scopes: &'a [String],
    pub(crate) person: &'a PersonClaims,
}

impl OAuthServer {
    /// Makes an access token.
    pub(crate) fn mint(&self, minted: &Minted<'_>) -> Result<String, OAuthError> {
        let broken = || OAuthError::broken("no token can be made");
        let now = self.ports.clock.now();
        let claims = Claims {
            iss: self.settings.base.clone(),
            aud: self.settings.address(minted.resource),
            sub: minted.person.oid.clone(),
            client_id: minted.client.to_owned(),
            scope: minted.scopes.join(" "),
            jti: self.ports.ids.next(),
            grant: minted.grant,
            iat: now.as_second(),
            exp: end_after(now, self.settings.access_ttl).as_second(),
            person: minted.person.clone(),
        };
        let ring = self.ring.load();
        let key = ring.signer(now).ok_or_else(broken)?;
        let header = format!(r#"{{"alg":"ES256","typ":"at+jwt","kid":"{}"}}"#, key.kid());
        let claims = serde_json::to_vec(&claims).map_err(|_| broken())?;
        let mut token = URL_SAFE_NO_PAD.encode(header);
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let signature = key.sign(token.as_bytes()).ok_or_else(broken)?;
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}

/// Why a token does not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    Malformed,
    UnknownKey,
    BadSignature,
}

/// The claims of a token that one of our keys signed, whatever they say. The algorithm is the one
/// that we sign with; the header chooses among our keys and nothing else.
pub(crate) fn read(ring: &Ring, token: &str, now: Timestamp) -> Result<Claims, Unread> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Header {
        alg: String,
        typ: String,
        kid: String,
    }
    let decoded = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| Unread::Malformed);
    let (message, signature) = token.rsplit_once('.').ok_or(Unread::Malformed)?;
    let (header, payload) = message.split_once('.').ok_or(Unread::Malformed)?;
    let header: Header =
        serde_json::from_slice(&decoded(header)?).map_err(|_| Unread::Malformed)?;
    if header.alg != "ES256" || header.typ != "at+jwt" {
        return Err(Unread::Malformed);
    }
    let key = ring.find(&header.kid, now).ok_or(Unread::UnknownKey)?;
    if !key.verifies(message.as_bytes(), &decoded(signature)?) {
        return Err(Unread::BadSignature);
    }
    serde_json::from_slice(&decoded(payload)?).map_err(|_| Unread::Malformed)
}

impl Claims {
    /// What the token says, as the rest of the product reads it. `None`: it was made under rules that
    /// no longer hold.
    pub(crate) fn verified(&self, path: String) -> Option<VerifiedToken> {
        let mut roles: Vec<Role> =
            self.person.roles.iter().filter_map(|name| Role::parse(name)).collect();
        roles.sort_unstable();
        Some(VerifiedToken {
            identity: self.person.identity()?,
            roles,
            groups: self.person.groups.clone(),
            expires_at: Timestamp::from_second(self.exp).ok()?,
            bounds: Some(TokenBounds {
                path,
                scopes: self.scope.split(' ').map(str::to_owned).collect(),
            }),
            assertion: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_somebody_in_too_many_groups_a_token_does_not_say_that_there_are_none() {
        let some = |count: usize| Groups::from(vec!["g".to_owned(); count]);
        assert_eq!(carried(&some(MOST_GROUPS)), some(MOST_GROUPS));
        assert_eq!(carried(&some(MOST_GROUPS + 1)), Groups::Unknown);
    }

    #[test]
    fn our_tokens_begin_as_no_others_do() {
        let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"at+jwt","kid":"x"}"#);
        assert!(header.starts_with(BEGINNING), "{header}");
    }
}
