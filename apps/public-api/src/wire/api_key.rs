//! API keys of machines.

use registry_domain::api_key::{ApiKey, ApiKeyDraft, KeyScope};
use registry_domain::caller::Role;
use registry_domain::field::Violation;
use registry_domain::id::{ApiKeyId, UserId};
use registry_http_edge::fields::Fields;
use registry_http_edge::{ReadBody, WireTime};
use serde::Serialize;
use utoipa::ToSchema;

use crate::openapi::schemas::Id;

/// How many days a key is good, when nobody says so.
const DEFAULT_DAYS: i64 = 90;

/// The body of `POST /api/v1/api-keys`.
#[derive(Debug)]
pub(crate) struct ApiKeyRequest(pub(crate) ApiKeyDraft);

impl ReadBody for ApiKeyRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let name = fields.string("name");
        let days = fields.optional_integer("expires_in_days").unwrap_or(DEFAULT_DAYS);
        let roles = words(fields, "roles", "must be of admin, server_owner, user", Role::parse);
        let scopes = words(fields, "scopes", "must be of api, mcp", KeyScope::parse);
        // A misspelt wish must not go unheard: the key would open more, or for longer.
        fields.refuse_unknown();
        // What does not fit is no number of days; the domain says which ones are.
        let days = u32::try_from(days).unwrap_or(0);
        Some(Self(ApiKeyDraft { name, roles: roles?, scopes: scopes?, days }))
    }
}

fn words<T>(
    fields: &mut Fields,
    name: &'static str,
    rule: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Option<Vec<T>> {
    let given = fields.optional_strings(name).unwrap_or_default();
    let read: Option<Vec<T>> = given.iter().map(|text| parse(text)).collect();
    if read.is_none() {
        fields.note(Violation::at(name, "enum", rule));
    }
    read
}

/// What [`ApiKeyRequest`] reads.
#[derive(ToSchema)]
#[schema(as = ApiKeyDraft, example = json!({
    "name": "nightly import", "scopes": ["mcp"], "roles": [], "expires_in_days": 90,
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ApiKeyBody {
    /// What it is for.
    #[schema(min_length = 1, max_length = 100, example = "nightly import")]
    name: String,
    /// The doors that it opens: `api` (port 8000), `mcp` (port 8001).
    #[schema(min_items = 1, example = json!(["mcp"]))]
    scopes: Vec<String>,
    /// `admin`, `server_owner`; without any it may what everybody may who is signed in.
    #[schema(example = json!([]))]
    roles: Option<Vec<String>>,
    /// After how many days it ends.
    #[schema(minimum = 1, maximum = 365, default = 90, example = 90)]
    expires_in_days: Option<u32>,
}

/// A key, without its text.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "key_id": "00000000-0000-4000-8000-000000000001", "name": "nightly import", "tenant_id": "contoso",
    "roles": [], "scopes": ["mcp"], "made_by": "00000000-0000-4000-8000-000000000002",
    "created_at": "2026-11-21T10:53:19.565057Z", "expires_at": "2027-02-19T10:53:19.565057Z",
    "revoked_at": null,
}))]
pub(crate) struct ApiKeyResponse<'a> {
    #[schema(value_type = Id)]
    key_id: ApiKeyId,
    #[schema(example = "nightly import")]
    name: &'a str,
    #[schema(required = true, example = "contoso")]
    tenant_id: Option<&'a str>,
    #[schema(value_type = Vec<String>, example = json!([]))]
    roles: Vec<&'static str>,
    #[schema(value_type = Vec<String>, example = json!(["mcp"]))]
    scopes: Vec<&'static str>,
    #[schema(value_type = Id)]
    made_by: UserId,
    created_at: WireTime,
    expires_at: WireTime,
    #[schema(required = true)]
    revoked_at: Option<WireTime>,
}

impl<'a> ApiKeyResponse<'a> {
    pub(crate) fn of(key: &'a ApiKey) -> Self {
        Self {
            key_id: key.id,
            name: &key.name,
            tenant_id: key.tenant.as_ref().map(registry_domain::id::TenantId::as_str),
            roles: key.roles.iter().map(|role| role.as_str()).collect(),
            scopes: key.scopes.iter().map(|scope| scope.as_str()).collect(),
            made_by: key.made_by,
            created_at: WireTime(key.created_at),
            expires_at: WireTime(key.expires_at),
            revoked_at: key.revoked_at.map(WireTime),
        }
    }
}

/// A new key, with its text.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "key_id": "00000000-0000-4000-8000-000000000001", "name": "nightly import", "tenant_id": "contoso",
    "roles": [], "scopes": ["mcp"], "made_by": "00000000-0000-4000-8000-000000000002",
    "created_at": "2026-11-21T10:53:19.565057Z", "expires_at": "2027-02-19T10:53:19.565057Z",
    "revoked_at": null,
    "api_key": "mreg_…",
}))]
pub(crate) struct NewApiKeyResponse<'a> {
    #[serde(flatten)]
    pub(crate) key: ApiKeyResponse<'a>,
    /// The text to show in `X-API-Key`; it is told this once.
    #[schema(example = "mreg_…")]
    pub(crate) api_key: &'a str,
}

/// Keys.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({"results": [{
    "key_id": "00000000-0000-4000-8000-000000000001", "name": "nightly import", "tenant_id": "contoso",
    "roles": [], "scopes": ["mcp"], "made_by": "00000000-0000-4000-8000-000000000002",
    "created_at": "2026-11-21T10:53:19.565057Z", "expires_at": "2027-02-19T10:53:19.565057Z",
    "revoked_at": null,
}]}))]
pub(crate) struct ApiKeysResponse<'a> {
    pub(crate) results: Vec<ApiKeyResponse<'a>>,
}
