//! One file per operation: decode, call one use case, encode.

use actix_web::HttpResponse;
use registry_http_edge::Problem;

pub(crate) mod active_requests;
pub(crate) mod admin;
pub(crate) mod api_keys;
pub(crate) mod audit_log;
pub(crate) mod collections;
pub(crate) mod credentials;
pub(crate) mod development;
pub(crate) mod discovery;
pub(crate) mod docs;
pub(crate) mod documents;
pub(crate) mod drift;
pub(crate) mod health;
pub(crate) mod links;
pub(crate) mod operations;
pub(crate) mod proxy;
pub(crate) mod registrations;
pub(crate) mod root;
pub(crate) mod router;
pub(crate) mod server_health;
pub(crate) mod servers;
pub(crate) mod tool_rules;
pub(crate) mod users;

/// What every handler answers.
pub(crate) type Answer = Result<HttpResponse, Problem>;
