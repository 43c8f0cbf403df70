//! What `/mcp/proxy` answers.

use actix_web::HttpResponse;
use actix_web::http::header;
use registry_exchange::{Proxied, ProxyRefusal};
use registry_http_edge::problem::ProxiedCall;
use registry_http_edge::{Code, Problem};
use serde_json::json;

use crate::handlers::Answer;

/// The server's answer as it came, or the problem that stands in for it.
pub(crate) fn shown(proxied: Proxied) -> Answer {
    match proxied {
        Proxied::Answered(body) => Ok(HttpResponse::Ok()
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .content_type("application/json")
            .body(body)),
        Proxied::Accepted => Ok(HttpResponse::Accepted().finish()),
        Proxied::Refused(refusal) => Err(problem(refusal)),
    }
}

fn problem(refusal: ProxyRefusal) -> Problem {
    let ProxyRefusal { word, message, id_json, server, took_ms, retry_after, .. } = refusal;
    // A word of the wire has its code; anything else would be a bug of ours.
    let code = match Code::parse(word) {
        // It is the server that is missing, not the address.
        Some(Code::NotFound) => Code::NoCompatibleServer,
        Some(code) => code,
        None => Code::InternalError,
    };
    let problem = Problem::new(code, message)
        .with_details(json!({"server_id": server}))
        .of_proxied(ProxiedCall { id_json, server, took_ms });
    match retry_after {
        Some(after) => problem.retry_after(after),
        None => problem,
    }
}
