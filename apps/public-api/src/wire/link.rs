//! A link.

use crate::openapi::schemas::Id;
use registry_domain::id::{LinkId, RegistrationId, UserId};
use registry_domain::link::{Link, LinkDraft, LinkRelation};
use registry_http_edge::fields::Fields;
use registry_http_edge::{ReadBody, WireTime};
use serde::Serialize;
use utoipa::ToSchema;

/// The body of POST …/links.
#[derive(Debug)]
pub(crate) struct LinkRequest(pub(crate) LinkDraft);

impl ReadBody for LinkRequest {
    fn read(fields: &mut Fields) -> Option<Self> {
        let relations = LinkRelation::ALL.map(|relation| (relation.as_str(), relation));
        let relation = fields.one_of("rel", &relations);
        let (url, title) = (fields.string("url"), fields.optional_string("title"));
        // Last, so that the answer names what is wrong with the other members too.
        Some(Self(LinkDraft { relation: relation?, url, title }))
    }
}

/// A link as it is stored.
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "link_id": "00000000-0000-4000-8000-000000000001",
    "registration_id": "00000000-0000-4000-8000-000000000001",
    "rel": "documentation", "url": "https://docs.example.com/weather", "title": null,
    "added_by": "00000000-0000-4000-8000-000000000001",
    "created_at": "2026-11-21T10:53:19.565057Z",
}))]
pub(crate) struct LinkResponse<'a> {
    #[schema(value_type = Id)]
    link_id: LinkId,
    #[schema(value_type = Id)]
    registration_id: RegistrationId,
    rel: &'static str,
    url: &'a str,
    #[schema(required = true)]
    title: Option<&'a str>,
    #[schema(value_type = Id)]
    added_by: UserId,
    created_at: WireTime,
}

impl<'a> LinkResponse<'a> {
    /// A link as it is stored.
    pub(crate) fn of(link: &'a Link) -> Self {
        Self {
            link_id: link.id,
            registration_id: link.registration,
            rel: link.relation.as_str(),
            url: &link.url,
            title: link.title.as_deref(),
            added_by: link.added_by,
            created_at: WireTime(link.created_at),
        }
    }
}

/// A link to add.
#[derive(ToSchema)]
#[schema(as = LinkDraft)]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct LinkBody {
    /// What is there: one of a few words, which a refusal names.
    #[schema(example = "documentation")]
    rel: String,
    /// Where it is: an https address.
    #[schema(example = "https://docs.example.com/weather")]
    url: String,
    /// What to call it.
    #[schema(example = "How to use it")]
    title: Option<String>,
}
