//! What opens a server.

use registry_domain::credential::{CredentialDraft, StoredCredential};
use registry_domain::id::{ServerId, UserId};
use registry_domain::ports::Secret;
use registry_http_edge::fields::Fields;
use registry_http_edge::{ReadBody, WireTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schemas::Id;

/// The body of PUT. The domain checks what the fields say; here only their types count.
#[derive(Debug)]
pub(crate) struct CredentialRequest(pub(crate) CredentialDraft);

#[derive(Debug, Clone, Copy)]
enum Kind {
    Header,
    ClientCredentials,
    OnBehalfOf,
    UserGrant,
}

impl ReadBody for CredentialRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let words = &[
            ("header", Kind::Header),
            ("client_credentials", Kind::ClientCredentials),
            ("on_behalf_of", Kind::OnBehalfOf),
            ("user_grant", Kind::UserGrant),
        ];
        let draft = match fields.one_of("kind", words)? {
            Kind::Header => CredentialDraft::Header {
                name: fields.string("header_name"),
                value: Secret::new(fields.string("value")),
            },
            Kind::ClientCredentials => CredentialDraft::ClientCredentials {
                token_url: fields.string("token_url"),
                client_id: fields.string("client_id"),
                client_secret: Secret::new(fields.string("client_secret")),
                scopes: fields.optional_strings("scopes").unwrap_or_default(),
            },
            Kind::OnBehalfOf => CredentialDraft::OnBehalfOf {
                scopes: fields.optional_strings("scopes").unwrap_or_default(),
            },
            Kind::UserGrant => CredentialDraft::UserGrant {
                scopes: fields.optional_strings("scopes").unwrap_or_default(),
                issuer: fields.optional_string("issuer"),
                client_id: fields.optional_string("client_id"),
                client_secret: fields.optional_string("client_secret").map(Secret::new),
            },
        };
        // A secret in a member of another kind would be lost without a word.
        fields.refuse_unknown();
        Some(Self(draft))
    }
}

/// What opens a server.
#[derive(ToSchema)]
#[schema(as = CredentialRequest, example = json!({
    "kind": "header", "header_name": "X-Api-Key", "value": "a-key-of-the-server",
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct CredentialBody {
    /// `header`: a header that is always the same. `client_credentials`: a bearer token that the
    /// gateway gets as itself (RFC 6749, 4.4). `on_behalf_of`: one that Entra ID gives it for
    /// whoever calls. `user_grant`: one that whoever calls has let the gateway have, at the server's
    /// own authorization server.
    #[schema(
        pattern = "^(header|client_credentials|on_behalf_of|user_grant)$",
        example = "header"
    )]
    kind: String,
    /// With `header`: its name; none of HTTP's own, of MCP's or of the gateway's.
    #[schema(max_length = 100, example = "X-Api-Key")]
    header_name: Option<String>,
    /// With `header`: its value; visible ASCII.
    #[schema(max_length = 4096, example = "a-key-of-the-server")]
    value: Option<String>,
    /// With `client_credentials`: who gives the tokens; https.
    #[schema(max_length = 2048)]
    token_url: Option<String>,
    /// With `user_grant` and `client_id`: the authorization server that somebody registered the
    /// gateway at; https.
    #[schema(max_length = 2048)]
    issuer: Option<String>,
    /// With `client_credentials`: who the gateway is there. With `user_grant`: the same, where it
    /// does not register itself.
    #[schema(max_length = 4096)]
    client_id: Option<String>,
    /// With `client_credentials`, and `user_grant` where there is one: what proves it.
    #[schema(max_length = 4096)]
    client_secret: Option<String>,
    /// With all but `header`: what is asked for; with `on_behalf_of` at least one, of the server's
    /// application; with `user_grant` what the server says it needs, where there are none.
    #[schema(max_items = 50)]
    scopes: Option<Vec<String>>,
}

/// What is told of a credential: never its secret.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "server_id": "00000000-0000-4000-8000-000000000001", "kind": "header",
    "header_name": "x-api-key", "origin": "https://mcp.example.com",
    "set_at": "2026-11-21T10:53:19.565057Z", "set_by": "00000000-0000-4000-8000-000000000002",
}))]
pub(crate) struct CredentialResponse<'a> {
    #[schema(value_type = Id)]
    server_id: ServerId,
    /// `none` where there is none.
    #[schema(
        pattern = "^(none|header|client_credentials|on_behalf_of|user_grant)$",
        example = "header"
    )]
    kind: &'static str,
    /// The header that it is sent in.
    #[schema(required = true, example = "x-api-key")]
    header_name: Option<&'a str>,
    /// Where it may be sent; at another origin it has to be set anew.
    #[schema(required = true, example = "https://mcp.example.com")]
    origin: Option<&'a str>,
    #[schema(required = true)]
    set_at: Option<WireTime>,
    #[schema(required = true, value_type = Option<Id>)]
    set_by: Option<UserId>,
}

impl<'a> CredentialResponse<'a> {
    /// What a server has, or that it has nothing.
    pub(crate) fn of(server: ServerId, kept: Option<&'a StoredCredential>) -> Self {
        Self {
            server_id: server,
            kind: kept.map_or("none", |kept| kept.kind.as_str()),
            header_name: kept.map(|kept| kept.header_name.as_str()),
            origin: kept.map(|kept| kept.origin.as_str()),
            set_at: kept.map(|kept| WireTime(kept.set_at)),
            set_by: kept.and_then(|kept| kept.set_by),
        }
    }
}
