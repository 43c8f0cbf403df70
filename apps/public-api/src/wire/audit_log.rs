//! The audit trail.

use actix_web::{HttpRequest, HttpResponse, HttpResponseBuilder};
use registry_domain::id::{EventId, RegistrationId, UserId};
use registry_domain::ports::{AuditQuery, AuditView, Page};
use registry_domain::registration::RegistrationStatus;
use registry_http_edge::WireTime;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::openapi::schemas::{ActionWord, Id, StatusWord};
use crate::wire::list;

/// One thing that was done to a registration.
#[derive(Serialize, ToSchema)]
pub(crate) struct AuditLogResponse<'a> {
    #[schema(value_type = Id)]
    log_id: EventId,
    #[schema(value_type = Id)]
    registration_id: RegistrationId,
    #[schema(value_type = Id)]
    user_id: UserId,
    #[schema(example = "root@example.com")]
    user_email: &'a str,
    #[schema(required = true, example = "Root")]
    user_display_name: Option<&'a str>,
    #[schema(value_type = ActionWord)]
    action: &'static str,
    #[schema(required = true, value_type = Option<StatusWord>)]
    previous_status: Option<&'static str>,
    #[schema(required = true, value_type = Option<StatusWord>)]
    new_status: Option<&'static str>,
    /// What was changed, or why; what is in it depends on the action.
    #[schema(value_type = Object, example = json!({"reason": "looks good"}))]
    metadata: &'a Value,
    timestamp: WireTime,
}

impl<'a> AuditLogResponse<'a> {
    fn of(view: &'a AuditView) -> Self {
        Self {
            log_id: view.id,
            registration_id: view.registration,
            user_id: view.user,
            user_email: &view.user_email,
            user_display_name: view.user_display_name.as_deref(),
            action: view.action.as_str(),
            previous_status: view.previous_status.map(RegistrationStatus::as_str),
            new_status: view.new_status.map(RegistrationStatus::as_str),
            metadata: &view.metadata,
            timestamp: WireTime(view.at),
        }
    }
}

/// A page as an answer; its neighbours are reached by offset.
pub(crate) fn shown(
    response: HttpResponseBuilder,
    request: &HttpRequest,
    query: &AuditQuery,
    page: &Page<AuditView>,
) -> HttpResponse {
    list::shown(response, request, (query.limit, query.offset), page, AuditLogResponse::of)
}

#[cfg(test)]
mod tests {
    use registry_domain::event::AuditAction;
    use serde_json::json;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_row_has_every_member() {
        let view = AuditView {
            id: EventId(Uuid::from_u128(1)),
            registration: RegistrationId(Uuid::from_u128(2)),
            user: UserId(Uuid::from_u128(3)),
            user_email: "a@example.com".into(),
            user_display_name: None,
            action: AuditAction::Approved,
            previous_status: Some(RegistrationStatus::Pending),
            new_status: Some(RegistrationStatus::Approved),
            metadata: json!({"reason": "fine"}),
            at: "2026-01-31T12:00:00.5Z".parse().unwrap(),
        };
        assert_eq!(
            serde_json::to_value(AuditLogResponse::of(&view)).unwrap(),
            json!({
                "log_id": "00000000-0000-0000-0000-000000000001",
                "registration_id": "00000000-0000-0000-0000-000000000002",
                "user_id": "00000000-0000-0000-0000-000000000003",
                "user_email": "a@example.com",
                "user_display_name": null,
                "action": "Approved",
                "previous_status": "Pending",
                "new_status": "Approved",
                "metadata": {"reason": "fine"},
                "timestamp": "2026-01-31T12:00:00.500000Z",
            })
        );
    }
}
