//! Every address of port 8000 that is its own, in one place; live events are added by
//! `registry_live_feed::routes`, and `/metrics` by the edge. A path that stands here answers 405 with
//! `Allow` to other methods; HEAD goes with GET. Static paths come before `{placeholders}`.

use actix_web::web::ServiceConfig;
use registry_http_edge::{at, health as probes};

use crate::handlers::{
    active_requests, admin, api_keys, audit_log, collections, credentials, development as issuer,
    discovery, docs, documents, drift, health, links, operations, proxy as mcp, registrations,
    root, router, server_health, servers, tool_rules, users,
};
use crate::pages::PageSettings;

/// The routes that are always there.
pub fn table(config: &mut ServiceConfig) {
    config
        // open
        .service(at("/").get(root::show::handle))
        .service(at("/health").get(health::show::handle))
        .service(at("/ready").get(health::ready::handle))
        .service(at("/livez").get(probes::livez))
        .configure(people_and_registrations)
        // what of them is no longer as it was approved
        .service(at("/api/v1/servers/{server_id}/drift").get(drift::find::handle))
        .service(at("/api/v1/servers/{server_id}/drift/accept").post(drift::accept::handle))
        .service(at("/api/v1/servers/{server_id}/drift/refuse").post(drift::refuse::handle))
        // who may use their tools
        .service(
            at("/api/v1/servers/{server_id}/tool-rules")
                .get(tool_rules::find::handle)
                .put(tool_rules::replace::handle),
        )
        // servers
        .service(at("/api/v1/servers").get(servers::list::handle).post(servers::register::handle))
        .service(
            at("/api/v1/servers/bulk")
                .post(servers::register_many::handle)
                .put(servers::replace_many::handle),
        )
        .service(at("/api/v1/servers/import").post(servers::import::handle))
        .service(
            at("/api/v1/servers/{server_id}")
                .get(servers::find::handle)
                .put(servers::replace::handle)
                .patch(server_health::order::handle)
                .delete(servers::delete::handle),
        )
        .service(
            at("/api/v1/servers/{server_id}/credential")
                .get(credentials::find::handle)
                .put(credentials::set::handle)
                .delete(credentials::remove::handle),
        )
        .service(at("/api/v1/discovery/tools").get(discovery::tools::handle))
        .service(at("/api/v1/discovery/resources").get(discovery::resources::handle))
        .service(at("/api/v1/admin/stats").get(admin::stats::handle))
        // named subsets of servers and tools
        .service(
            at("/api/v1/collections")
                .get(collections::list::handle)
                .post(collections::make::handle),
        )
        .service(
            at("/api/v1/collections/{collection_id}")
                .get(collections::find::handle)
                .put(collections::replace::handle)
                .delete(collections::delete::handle),
        )
        // keys of machines
        .service(at("/api/v1/api-keys").get(api_keys::list::handle).post(api_keys::make::handle))
        .service(at("/api/v1/api-keys/{key_id}").delete(api_keys::revoke::handle))
        // the audit trail, and operations
        .service(at("/audit-logs").get(audit_log::list::handle))
        .service(at("/api/v1/audit/operations").get(operations::list::handle))
        .service(at("/api/v1/audit/operations/export").get(operations::export::handle));
}

/// The people, and what they submit.
fn people_and_registrations(config: &mut ServiceConfig) {
    config
        // people
        .service(at("/users").post(users::ensure::handle))
        .service(at("/users/me").get(users::find_me::handle))
        .service(at("/users/{user_id}").get(users::find::handle))
        // registrations
        .service(
            at("/registrations")
                .get(registrations::list::handle)
                .post(registrations::submit::handle),
        )
        .service(at("/registrations/my").get(registrations::list_my::handle))
        .service(at("/registrations/by-url").get(registrations::find_by_url::handle))
        .service(
            at("/registrations/{registration_id}")
                .get(registrations::find::handle)
                .put(registrations::edit::handle)
                .delete(registrations::delete::handle),
        )
        .service(at("/registrations/{registration_id}/status").patch(registrations::decide::handle))
        .service(
            at("/registrations/{registration_id}/withdraw").post(registrations::withdraw::handle),
        )
        .service(
            at("/registrations/{registration_id}/propose").post(registrations::propose::handle),
        )
        .service(
            at("/registrations/{registration_id}/resubmit").post(registrations::resubmit::handle),
        )
        .service(at("/registrations/{registration_id}/relist").post(servers::relist::handle))
        .service(
            at("/registrations/{registration_id}/manifest")
                .get(registrations::find_manifest::handle),
        )
        // what people read about them
        .service(
            at("/registrations/{registration_id}/documents")
                .get(documents::list::handle)
                .post(documents::upload::handle),
        )
        .service(
            at("/registrations/{registration_id}/documents/{document_id}")
                .get(documents::read::handle)
                .delete(documents::delete::handle),
        )
        .service(
            at("/registrations/{registration_id}/links")
                .get(links::list::handle)
                .post(links::add::handle),
        )
        .service(
            at("/registrations/{registration_id}/links/{link_id}").delete(links::delete::handle),
        );
}

/// What there is to see and to do about calls.
pub fn calls(config: &mut ServiceConfig) {
    config
        .service(at("/api/v1/router/metrics").get(router::metrics::handle))
        .service(at("/api/v1/proxy/active-requests").get(active_requests::list::handle))
        .service(at("/api/v1/proxy/requests/{request_id}").delete(active_requests::cancel::handle));
}

/// The proxy, where the operator wants one.
pub fn proxy(config: &mut ServiceConfig) {
    config
        .service(at("/mcp/proxy").post(mcp::advanced::handle))
        .service(at("/mcp").post(mcp::simple::handle));
}

/// The routes of the documentation, where the operator wants them. They stand in no OpenAPI
/// document: they show it.
pub fn pages(config: &mut ServiceConfig, pages: &PageSettings) {
    if let Some(openapi) = &pages.openapi {
        config.service(at(openapi).get(docs::show_openapi::handle));
    }
    if let Some((swagger, _)) = pages.swagger() {
        config
            .service(at(swagger).get(docs::show_swagger::handle))
            .service(at(&format!("{swagger}/")).get(docs::show_swagger::handle))
            .service(at(&format!("{swagger}/{{file}}")).get(docs::show_swagger_file::handle));
    }
    if let Some(redoc) = &pages.redoc {
        config
            .service(at(redoc).get(docs::show_redoc::handle))
            .service(at(&format!("{redoc}/")).get(docs::show_redoc::handle))
            .service(at(&format!("{redoc}/style.css")).get(docs::show_redoc_style::handle));
    }
}

/// The routes of the development issuer: its address is `/dev` of this server.
pub fn development(config: &mut ServiceConfig) {
    config
        .service(at("/dev/token").post(issuer::issue_token::handle))
        .service(at("/dev/.well-known/openid-configuration").get(issuer::show_discovery::handle))
        .service(at("/dev/keys").get(issuer::show_keys::handle));
}
