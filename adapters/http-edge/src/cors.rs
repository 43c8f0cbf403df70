//! Which browsers may call, and what they may read of an answer.
//!
//! Only a request with an `Origin` comes from a page. Any other passes the layer by: an MCP client's
//! call neither waits for CORS headers nor carries them.

use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use actix_cors::Cors;
use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::{Method, header};

use crate::settings::CorsSettings;

/// Headers that a page may read beyond the few that every page may.
const EXPOSED: [&str; 10] = [
    "x-request-id",
    "retry-after",
    "www-authenticate",
    "x-total-count",
    "x-ratelimit-limit",
    "x-ratelimit-remaining",
    "x-ratelimit-reset",
    "etag",
    "link",
    "mcp-session-id",
];

/// The CORS layer. It stands outside the routes, so that a browser can read errors too.
pub(crate) fn layer(settings: &CorsSettings) -> CorsForPages {
    CorsForPages(rules(settings))
}

fn rules(settings: &CorsSettings) -> Cors {
    let methods =
        settings.methods.iter().filter_map(|name| Method::from_bytes(name.as_bytes()).ok());
    let mut cors =
        Cors::default().allowed_methods(methods).allow_any_header().expose_headers(EXPOSED);
    // A preflight's answer may be kept for ten minutes; an origin that leaves the list is refused
    // on the request itself all the same.
    cors = cors.max_age(600);
    if settings.origins.iter().any(|origin| origin == "*") {
        // With credentials a wildcard would let any page act as its visitor.
        return cors.allow_any_origin().send_wildcard();
    }
    for origin in &settings.origins {
        cors = cors.allowed_origin(origin);
    }
    if settings.credentials { cors.supports_credentials() } else { cors }
}

/// CORS for requests that come from pages.
pub(crate) struct CorsForPages(Cors);

type PagesOf<S> = <Cors as Transform<Rc<S>, ServiceRequest>>::Transform;
type Later<T> = Pin<Box<dyn Future<Output = T>>>;

impl<S, B> Transform<S, ServiceRequest> for CorsForPages
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type InitError = ();
    type Transform = Selective<S>;
    type Future = Later<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        let everybody = Rc::new(service);
        let pages = self.0.new_transform(Rc::clone(&everybody));
        Box::pin(async move { Ok(Selective { pages: pages.await?, everybody }) })
    }
}

/// Sends pages through CORS, and everybody else past it.
pub(crate) struct Selective<S>
where
    Cors: Transform<Rc<S>, ServiceRequest>,
{
    pages: PagesOf<S>,
    everybody: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for Selective<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = actix_web::Error> + 'static,
    S::Future: 'static,
    B: MessageBody + 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = actix_web::Error;
    type Future = Later<Result<Self::Response, Self::Error>>;

    forward_ready!(everybody);

    fn call(&self, request: ServiceRequest) -> Self::Future {
        if request.headers().contains_key(header::ORIGIN) {
            return Box::pin(self.pages.call(request));
        }
        let answer = self.everybody.call(request);
        Box::pin(async move { Ok(answer.await?.map_into_left_body()) })
    }
}
