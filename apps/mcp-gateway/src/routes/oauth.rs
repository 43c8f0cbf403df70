//! Every path of the authorization server. Its clients read them in its metadata, not in the OpenAPI
//! document: what they take and give is written in the standards of OAuth.

use actix_web::web;
use registry_http_edge::at;

use crate::handlers::oauth::{authorize, callback, consent, metadata, register, token};

/// Where the authorization server's metadata is: RFC 8414's address, and OpenID Connect's. A path
/// may come after either, of a client that takes an endpoint for the issuer.
const SERVERS: [&str; 2] =
    ["/.well-known/oauth-authorization-server", "/.well-known/openid-configuration"];

/// Adds the paths that say who may give tokens: there always.
pub(super) fn resources(config: &mut web::ServiceConfig) {
    config
        .service(at(metadata::RESOURCES).get(metadata::resource))
        .service(at(&format!("{}/{{path:.*}}", metadata::RESOURCES)).get(metadata::resource));
}

/// Adds the authorization server's paths: there where it is switched on.
pub(super) fn server(config: &mut web::ServiceConfig) {
    for path in SERVERS {
        config
            .service(at(path).get(metadata::server))
            .service(at(&format!("{path}/{{path:.*}}")).get(metadata::server));
    }
    config
        .service(at("/mcp/.well-known/openid-configuration").get(metadata::server))
        .service(at("/.well-known/jwks.json").get(metadata::keys))
        .service(at("/register").post(register::register))
        .service(at("/authorize").get(authorize::authorize))
        .service(at("/consent").get(consent::ask).post(consent::answer))
        .service(at("/auth/callback").get(callback::callback))
        .service(at("/token").post(token::token))
        .service(at("/revoke").post(token::revoke));
}
