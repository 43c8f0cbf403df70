//! What the development issuer is asked.

use registry_entra::TokenRequest;
use registry_http_edge::ReadBody;
use registry_http_edge::fields::Fields;
use utoipa::ToSchema;

/// The body of POST /dev/token; all of it is optional, but a misspelt member is refused.
#[derive(Debug)]
pub(crate) struct DevTokenRequest(pub(crate) TokenRequest);

impl ReadBody for DevTokenRequest {
    const MAY_BE_EMPTY: bool = true;

    fn read(fields: &mut Fields) -> Option<Self> {
        let request = TokenRequest {
            subject: fields.optional_string("subject"),
            email: fields.optional_string("email"),
            name: fields.optional_string("name"),
            roles: fields.optional_strings("roles"),
            tenant: fields.optional_string("tenant"),
            groups: fields.optional_strings("groups"),
            expires_in: fields.optional_integer("expires_in"),
        };
        fields.refuse_unknown();
        Some(Self(request))
    }
}

/// Whose token; every member has a default.
#[derive(ToSchema)]
#[schema(as = TokenRequest)]
#[expect(dead_code, reason = "the OpenAPI document's view of what `DevTokenRequest` reads")]
pub(crate) struct DevTokenBody {
    #[schema(example = "ada")]
    subject: Option<String>,
    #[schema(example = "ada@example.com")]
    email: Option<String>,
    #[schema(example = "Ada Lovelace")]
    name: Option<String>,
    /// `admin` is what administrators have.
    #[schema(example = json!(["admin"]))]
    roles: Option<Vec<String>>,
    #[schema(example = "acme")]
    tenant: Option<String>,
    #[schema(example = json!([]))]
    groups: Option<Vec<String>>,
    /// In seconds.
    #[schema(example = 3600)]
    expires_in: Option<i64>,
}
