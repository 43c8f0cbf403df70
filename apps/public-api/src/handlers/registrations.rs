//! Registrations: submit, find, change, decide.

use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use registry_domain::ports::RegistrationView;
use registry_domain::use_cases::Seen;

use crate::settings::PublicApiSettings;
use crate::wire::registration::RegistrationResponse;

pub(crate) mod decide;
pub(crate) mod delete;
pub(crate) mod edit;
pub(crate) mod find;
pub(crate) mod find_by_url;
pub(crate) mod find_manifest;
pub(crate) mod list;
pub(crate) mod list_my;
pub(crate) mod propose;
pub(crate) mod resubmit;
pub(crate) mod submit;
pub(crate) mod withdraw;

/// A registration with the tag that a later `If-Match` may carry.
pub(super) fn shown(
    mut response: HttpResponseBuilder,
    view: &RegistrationView,
    settings: &PublicApiSettings,
) -> HttpResponse {
    response
        .insert_header((header::ETAG, Seen::etag(view)))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .json(RegistrationResponse::of(view, &settings.gateway_base_url))
}
