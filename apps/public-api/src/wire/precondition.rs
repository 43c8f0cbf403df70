//! `If-Match` and `If-None-Match`: what a caller has seen.

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::{Ready, ready};
use registry_domain::ports::RegistrationView;
use registry_domain::use_cases::Seen;
use registry_http_edge::Problem;
use registry_http_edge::etag::{if_match, tags};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};

/// What the caller decides on; `None` without the header, or with `*`.
#[derive(Debug)]
pub(crate) struct IfMatch(pub(crate) Option<Seen>);

impl FromRequest for IfMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(if_match(request, Seen::parse_etag).map(Self))
    }
}

/// What the caller has already.
#[derive(Debug)]
pub(crate) struct IfNoneMatch(Vec<String>);

impl IfNoneMatch {
    /// Whether the caller has this very answer. The tag says which content and manifest were
    /// shown, not how discovery fares: until there is a manifest, the answer is given anew.
    pub(crate) fn covers(&self, view: &RegistrationView) -> bool {
        Seen::of(view).manifest.is_some() && self.has(&Seen::etag(view))
    }

    /// Whether the caller has what this tag names.
    pub(crate) fn has(&self, tag: &str) -> bool {
        self.0.iter().any(|known| known == tag || known == "*")
    }

    /// The header of a request.
    pub(crate) fn of(request: &HttpRequest) -> Self {
        Self(tags(request.headers(), header::IF_NONE_MATCH))
    }
}

impl FromRequest for IfNoneMatch {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        ready(Ok(Self::of(request)))
    }
}

impl IntoParams for IfMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter("If-Match", "The `ETag` of what was read: 409 if it is another by now")]
    }
}

impl IntoParams for IfNoneMatch {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![parameter("If-None-Match", "The `ETag` of what the caller has: 304 if it still holds")]
    }
}

fn parameter(name: &str, description: &str) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(description))
        .schema(Some(ObjectBuilder::new().schema_type(Type::String)))
        .build()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use registry_domain::id::Revision;
    use registry_http_edge::Code;

    use super::*;
    use crate::wire::samples;

    async fn seen_in(value: &'static str) -> Result<Option<Seen>, Code> {
        let request = TestRequest::default().insert_header((header::IF_MATCH, value));
        let read = IfMatch::extract(&request.to_http_request()).await;
        read.map(|IfMatch(seen)| seen).map_err(|problem| problem.code())
    }

    #[actix_web::test]
    async fn one_tag_of_ours_is_what_was_seen() {
        let seen = Some(Seen { revision: Revision(3), manifest: None });
        assert_eq!(seen_in(r#""r3-none""#).await, Ok(seen));
        assert_eq!(seen_in(r#"W/"r3-none""#).await, Ok(seen));
        assert_eq!(seen_in("*").await, Ok(None));
        assert_eq!(seen_in(r#""r3-none", "r4-none""#).await, Err(Code::BadRequest));
        assert_eq!(seen_in("nonsense").await, Err(Code::BadRequest));
    }

    #[test]
    fn an_answer_is_known_by_its_tag_once_there_is_a_manifest() {
        let read = samples::discovered();
        let known = IfNoneMatch(vec![r#""other""#.into(), Seen::etag(&read)]);
        assert!(known.covers(&read));
        let pending = samples::pending();
        assert!(!IfNoneMatch(vec![Seen::etag(&pending)]).covers(&pending));
    }
}
