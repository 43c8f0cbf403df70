//! Whether the process is about to end: it still answers, and tells everybody to go elsewhere.

use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::HttpResponse;
use actix_web::http::ConnectionType;
use serde_json::json;

/// What the process says of its end; begins with nothing.
#[derive(Debug, Default)]
pub struct Draining(AtomicBool);

impl Draining {
    /// From now on probes hear that it is not ready, and each answer ends its connection: whoever
    /// asks next comes by a new one, which a load balancer sends elsewhere.
    pub fn begin(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether it has begun.
    pub fn has_begun(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// What a probe for readiness is answered, once it has begun.
    pub fn not_ready(&self) -> Option<HttpResponse> {
        self.has_begun().then(|| {
            HttpResponse::ServiceUnavailable()
                .json(json!({"status": "not_ready", "reason": "stopping"}))
        })
    }

    /// Ends the connection of an answer, once it has begun.
    pub(crate) fn mark<B>(&self, response: &mut HttpResponse<B>) {
        if self.has_begun() {
            response.head_mut().set_connection_type(ConnectionType::Close);
        }
    }
}
