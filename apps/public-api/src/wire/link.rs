//! A link.

use registry_domain::id::{LinkId, RegistrationId, UserId};
use registry_domain::link::{Link, LinkDraft, LinkRelation};
use registry_http_edge::fields::Fields;
use registry_http_edge::{ReadBody, WireTime};
use serde::Serialize;

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
#[derive(Serialize)]
pub(crate) struct LinkResponse<'a> {
    link_id: LinkId,
    registration_id: RegistrationId,
    rel: &'static str,
    url: &'a str,
    title: Option<&'a str>,
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
