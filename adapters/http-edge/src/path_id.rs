//! Ids in paths.

use std::str::FromStr;

use actix_web::{FromRequest, HttpRequest, dev};
use futures_util::future::{Ready, ready};
use registry_domain::field::Violation;
use registry_domain::id::{
    ApiKeyId, CollectionId, DocumentId, LinkId, RegistrationId, ServerId, UserId,
};

use crate::problem::{Place, Problem};

/// An id that has its place in a path.
pub trait IdInPath: FromStr {
    /// The place's name, as routes spell it.
    const NAME: &'static str;
}

impl IdInPath for RegistrationId {
    const NAME: &'static str = "registration_id";
}

impl IdInPath for DocumentId {
    const NAME: &'static str = "document_id";
}

impl IdInPath for LinkId {
    const NAME: &'static str = "link_id";
}

impl IdInPath for ServerId {
    const NAME: &'static str = "server_id";
}

impl IdInPath for ApiKeyId {
    const NAME: &'static str = "key_id";
}

impl IdInPath for CollectionId {
    const NAME: &'static str = "collection_id";
}

impl IdInPath for UserId {
    const NAME: &'static str = "user_id";
}

/// An id out of the path; what is no UUID is 422.
#[derive(Debug)]
pub struct PathId<T>(pub T);

impl<T: IdInPath> FromRequest for PathId<T> {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let text = request.match_info().query(T::NAME);
        ready(text.parse().map(Self).map_err(|_| {
            let violation = Violation::at(T::NAME, "uuid_parsing", "must be a UUID");
            Problem::invalid(Place::Path, vec![violation])
        }))
    }
}
