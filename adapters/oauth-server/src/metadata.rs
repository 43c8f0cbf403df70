//! What clients read before they do anything: RFC 9728, RFC 8414, RFC 7517.

use registry_domain::oauth::{CALL_SCOPE, is_resource};
use serde_json::{Value, json};

use crate::assertion;
use crate::server::OAuthServer;

/// The metadata of a protected resource (RFC 9728 §2); `path` is empty for the root. `None`: there is
/// no such resource.
pub fn protected_resource(base: &str, path: &str, issuer: &str) -> Option<Value> {
    let path = path.strip_suffix('/').unwrap_or(path);
    is_resource(path).then(|| {
        json!({
            "resource": format!("{base}{path}"),
            "authorization_servers": [issuer],
            "scopes_supported": [CALL_SCOPE],
            "bearer_methods_supported": ["header"],
            "resource_name": "MCP Registry Gateway",
        })
    })
}

impl OAuthServer {
    /// The authorization server's metadata (RFC 8414 §2).
    pub fn metadata(&self) -> Value {
        let at = |path: &str| self.settings.address(path);
        let mut metadata = json!({
            "issuer": self.settings.base,
            "authorization_endpoint": at("/authorize"),
            "token_endpoint": at("/token"),
            "revocation_endpoint": at("/revoke"),
            "jwks_uri": at("/.well-known/jwks.json"),
            "scopes_supported": [CALL_SCOPE],
            "response_types_supported": ["code"],
            "response_modes_supported": ["query"],
            "grant_types_supported": ["authorization_code", "refresh_token"],
            "code_challenge_methods_supported": ["S256"],
            "token_endpoint_auth_methods_supported":
                ["none", "client_secret_basic", "client_secret_post"],
            "revocation_endpoint_auth_methods_supported":
                ["none", "client_secret_basic", "client_secret_post"],
            "client_id_metadata_document_supported": true,
            "authorization_response_iss_parameter_supported": true,
            // Of OpenID Connect Discovery, which some clients read instead and check for these.
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["ES256"],
        });
        if self.settings.registration
            && let Some(members) = metadata.as_object_mut()
        {
            members.insert("registration_endpoint".to_owned(), json!(at("/register")));
        }
        if self.ports.assertions.is_some()
            && let Some(members) = metadata.as_object_mut()
        {
            let grants = json!(["authorization_code", "refresh_token", assertion::GRANT]);
            members.insert("grant_types_supported".to_owned(), grants);
            let profiles = json!([assertion::PROFILE]);
            members.insert("authorization_grant_profiles_supported".to_owned(), profiles);
        }
        metadata
    }

    /// The public keys of the tokens that we sign (RFC 7517 §5).
    pub fn jwks(&self) -> Value {
        json!({ "keys": self.ring.load().jwks() })
    }
}
