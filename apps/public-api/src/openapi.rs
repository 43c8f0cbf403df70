//! The OpenAPI 3.1 document of port 8000, made from the handlers.
//!
//! [`Document`] lists every operation, in the order of [`crate::routes`]; a test fails when one of
//! the two has an operation that the other has not. What an operation is stands at its handler, a
//! shape at its type in `wire`, the live feed's operations come from `adapters/live-feed`, and what all operations share in `registry_http_edge::openapi`.
//!
//! # How to document an operation
//! `docs/adding-a-use-case.md` has it, under "Document an operation".

pub(crate) mod schemas;

use registry_http_edge::openapi::complete;
use utoipa::OpenApi;

use crate::handlers::{
    active_requests, admin, api_keys, audit_log, collections, credentials, development, discovery,
    documents, drift, health, links, operations, proxy, registrations, root, router, server_health,
    servers, tool_rules, users,
};

/// Every operation of port 8000.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "MCP Registry Gateway",
        description = "A registry of MCP servers: people submit servers, administrators decide on \
                       them, and everyone who is signed in finds them. Errors are problems (RFC \
                       9457): programs act on `error` and `details`, people read `message`.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    servers((url = "/", description = "This server")),
    tags(
        (name = "registry", description = "What this is, and where things are"),
        (name = "health", description = "For probes and dashboards; no token, no limits"),
        (name = "users", description = "People: the caller's own row, and others'"),
        (name = "registrations", description = "Submit a server, change it, decide on it, find it"),
        (name = "documents", description = "What people read about a registration: files and links"),
        (name = "servers", description = "The servers themselves: list, find, register, replace"),
        (name = "proxy", description = "MCP calls that name no server, and what is under way"),
        (name = "collections", description = "Named subsets of servers and tools"),
        (name = "api keys", description = "Keys of machines"),
        (name = "audit", description = "Who did what to which registration, and what was called"),
        (name = "development", description = "The issuer that stands in for Microsoft Entra ID on \
                                              a developer's machine; nowhere else"),
    ),
    paths(
        root::show::handle,
        health::show::handle,
        health::ready::handle,
        registry_http_edge::health::livez,
        users::ensure::handle,
        users::find_me::handle,
        users::find::handle,
        registrations::list::handle,
        registrations::submit::handle,
        registrations::list_my::handle,
        registrations::find_by_url::handle,
        registrations::find::handle,
        registrations::edit::handle,
        registrations::delete::handle,
        registrations::decide::handle,
        registrations::withdraw::handle,
        registrations::propose::handle,
        registrations::resubmit::handle,
        servers::relist::handle,
        registrations::find_manifest::handle,
        documents::list::handle,
        documents::upload::handle,
        documents::read::handle,
        documents::delete::handle,
        links::list::handle,
        links::add::handle,
        links::delete::handle,
        drift::find::handle,
        drift::accept::handle,
        drift::refuse::handle,
        tool_rules::find::handle,
        tool_rules::replace::handle,
        servers::list::handle,
        servers::register::handle,
        servers::register_many::handle,
        servers::replace_many::handle,
        servers::import::handle,
        servers::find::handle,
        servers::replace::handle,
        server_health::order::handle,
        servers::delete::handle,
        credentials::find::handle,
        credentials::set::handle,
        credentials::remove::handle,
        discovery::tools::handle,
        discovery::resources::handle,
        admin::stats::handle,
        collections::list::handle,
        collections::make::handle,
        collections::find::handle,
        collections::replace::handle,
        collections::delete::handle,
        api_keys::list::handle,
        api_keys::make::handle,
        api_keys::revoke::handle,
        audit_log::list::handle,
        operations::list::handle,
        operations::export::handle,
        router::metrics::handle,
        active_requests::list::handle,
        active_requests::cancel::handle,
        proxy::advanced::handle,
        proxy::simple::handle,
        development::issue_token::handle,
        development::show_discovery::handle,
        development::show_keys::handle,
    ),
)]
struct Document;

/// The document of a program: the development issuer is in it only where it is in use.
pub(crate) fn served(has_development_issuer: bool) -> utoipa::openapi::OpenApi {
    let mut document = document();
    if !has_development_issuer {
        document.paths.paths.retain(|path, _| !path.starts_with("/dev/"));
        if let Some(tags) = &mut document.tags {
            tags.retain(|tag| tag.name != "development");
        }
    }
    document
}

/// The whole document, with the development issuer's operations.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = Document::openapi();
    document.merge(registry_live_feed::document());
    complete(&mut document);
    document
}
