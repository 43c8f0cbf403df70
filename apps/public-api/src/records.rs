//! One operation record for each request that may change something below `/api/v1`: who asked for
//! what, and how it went. Calls of tools have records of their own, and what people do with
//! registrations is in the audit trail.
//!
//! The record is written when the answer is known. If the client goes away before that, dropping it
//! writes it too: what was begun may have been done.

use std::sync::Arc;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::{Method, header};
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, web};
use registry_domain::id::{OperationId, ServerId};
use registry_domain::operation::Operation;
use registry_domain::party::ANONYMOUS;
use registry_domain::ports::Clock;
use registry_exchange::Spool;
use registry_http_edge::client_address::client_address;
use registry_http_edge::guard::Asker;
use registry_http_edge::{Code, Edge, RequestId};
use serde_json::json;

/// The middleware; without a spool in the app's data nothing is recorded.
pub(crate) async fn around(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, actix_web::Error> {
    let mut record = Pending::begin(request.request());
    let response = next.call(request).await?;
    if let Some(record) = &mut record {
        record.finish(&response);
    }
    Ok(response)
}

/// The id of what a request made, for its record: where the answer has no address that names it.
#[derive(Debug, Clone)]
pub(crate) struct Made(pub(crate) String);

/// A record that is not written yet.
struct Pending {
    operation: Option<Operation>,
    clock: Arc<dyn Clock>,
    spool: Arc<Spool>,
}

impl Pending {
    /// Begins the record of a request, if it may change something at an address of ours.
    fn begin(request: &HttpRequest) -> Option<Self> {
        let is_read = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        let pattern = request.match_pattern().filter(|path| path.starts_with("/api/v1/"))?;
        if is_read {
            return None;
        }
        let spool = Arc::clone(request.app_data::<web::Data<Spool>>()?);
        let edge = Edge::of(request).ok()?;
        let operation = Operation {
            id: OperationId(edge.ids.next()),
            at: edge.clock.now(),
            user_id: Some(ANONYMOUS.to_owned()),
            tenant_id: None,
            email: None,
            method: format!("http:{} {pattern}", request.method()).chars().take(100).collect(),
            tool_name: None,
            params: Some(json!({"path": request.path()}).to_string()),
            success: false,
            error_message: Some("the client went away before the answer was known".to_owned()),
            error_code: Some("REQUEST_CANCELLED".to_owned()),
            duration_ms: 0,
            server_id: None,
            request_id: String::new(),
            client_address: client_address(request, &edge.settings.trusted_proxies),
        };
        Some(Self { operation: Some(operation), clock: Arc::clone(&edge.clock), spool })
    }

    /// Writes the record of a request that was answered.
    fn finish<B>(&mut self, response: &ServiceResponse<B>) {
        let Some(mut operation) = self.operation.take() else { return };
        let request = response.request();
        let extensions = request.extensions();
        if let Some(asker) = extensions.get::<Asker>() {
            operation.user_id = Some(asker.caller.subject.clone());
            operation.tenant_id = asker.caller.tenant.as_ref().map(ToString::to_string);
            operation.email.clone_from(&asker.caller.email);
            operation.client_address = None;
        }
        if let Some(id) = extensions.get::<RequestId>() {
            id.as_str().clone_into(&mut operation.request_id);
        }
        if let Some(Made(id)) = extensions.get::<Made>() {
            operation.params = Some(json!({"path": request.path(), "made": id}).to_string());
        }
        let problem = extensions.get::<Code>();
        operation.success = problem.is_none() && response.status().is_success();
        operation.error_code = problem.map(|code| code.as_str().to_owned());
        operation.error_message = problem.map(|code| code.title().to_owned());
        operation.server_id = server_of(response);
        self.write(operation);
    }

    fn write(&self, mut operation: Operation) {
        let elapsed = self.clock.now().duration_since(operation.at).as_millis();
        operation.duration_ms = u32::try_from(elapsed.max(0)).unwrap_or(u32::MAX);
        // While the store is away, records wait and every change fails: a full spool takes no more
        // of what changed nothing. What did change something is always recorded.
        if operation.success || self.spool.has_room() {
            self.spool.append(&operation);
        }
    }
}

impl Drop for Pending {
    fn drop(&mut self) {
        if let Some(operation) = self.operation.take() {
            self.write(operation);
        }
    }
}

/// The server that a request was about, or that came of it.
fn server_of<B>(response: &ServiceResponse<B>) -> Option<ServerId> {
    if let Some(id) = response.request().match_info().get("server_id") {
        return id.parse().ok();
    }
    let location = response.headers().get(header::LOCATION)?.to_str().ok()?;
    location.strip_prefix("/api/v1/servers/")?.parse().ok()
}
