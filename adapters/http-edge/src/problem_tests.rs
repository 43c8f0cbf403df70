//! Behaviours of problems.

use std::collections::BTreeMap;

use jiff::Timestamp;
use registry_domain::caller::Denied;
use registry_domain::id::{DocumentId, LinkId, RegistrationId, ServerId, UserId};
use registry_domain::ports::{Outcome, PortError};
use registry_domain::registration::{IllegalTransition, RegistrationStatus};
use uuid::Uuid;

use super::*;
use crate::problem_body::{self, Occurrence};

const ID: Uuid = Uuid::from_u128(7);

/// The answer's status, headers and body, as a client sees them.
fn rendered(problem: &Problem) -> (u16, BTreeMap<String, String>, Value) {
    let occurrence = Occurrence {
        request_id: "req-1",
        path: "/registrations",
        at: Timestamp::UNIX_EPOCH,
        resources_at: None,
    };
    let response = problem_body::write(problem, occurrence, header::HeaderMap::new());
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let body = actix_web::body::MessageBody::try_into_bytes(response.into_body()).unwrap();
    (status, headers, serde_json::from_slice(&body).unwrap())
}

fn unavailable() -> PortError {
    PortError::Unavailable {
        retry_after: Duration::from_millis(1500),
        outcome: Outcome::NotApplied,
        source: "password authentication failed for user mcp".into(),
    }
}

#[test]
fn each_error_of_the_domain_has_its_status_and_its_code() {
    let stale = Error::from(PortError::Conflict { current: None });
    let table = [
        (Error::Invalid(vec![Violation::at("alias", "x", "y")]), 422, "VALIDATION_ERROR"),
        (Denied::NotAdmin.into(), 403, "INSUFFICIENT_PERMISSIONS"),
        (Denied::NotSubmitter.into(), 403, "INSUFFICIENT_PERMISSIONS"),
        (Denied::OwnSubmission.into(), 403, "INSUFFICIENT_PERMISSIONS"),
        (Denied::NoUser.into(), 403, "INSUFFICIENT_PERMISSIONS"),
        (Denied::NotOwner.into(), 403, "INSUFFICIENT_PERMISSIONS"),
        (Denied::SignInRequired.into(), 401, "AUTHENTICATION_REQUIRED"),
        (Denied::TenantDenied.into(), 403, "TENANT_ACCESS_DENIED"),
        (Denied::ApprovalRequired.into(), 403, "APPROVAL_REQUIRED"),
        (Denied::ReadOnly.into(), 403, "READ_ONLY"),
        (Error::NotFound(Subject::Server(ServerId(ID))), 404, "SERVER_NOT_FOUND"),
        (Error::NotFound(Subject::Registration(RegistrationId(ID))), 404, "REGISTRATION_NOT_FOUND"),
        (Error::NotFound(Subject::RegistrationByUrl), 404, "REGISTRATION_NOT_FOUND"),
        (Error::NotFound(Subject::User(UserId(ID))), 404, "USER_NOT_FOUND"),
        (Error::NotFound(Subject::Document(DocumentId(ID))), 404, "DOCUMENT_NOT_FOUND"),
        (Error::NotFound(Subject::Link(LinkId(ID))), 404, "NOT_FOUND"),
        (Error::TooLarge { most_bytes: 7 }, 413, "PAYLOAD_TOO_LARGE"),
        (Error::UnsupportedType("why".into()), 415, "UNSUPPORTED_MEDIA_TYPE"),
        (Error::Full { what: "links", most: 20 }, 409, "INVALID_STATE_TRANSITION"),
        (Error::LinkTaken { existing: LinkId(ID) }, 409, "INVALID_STATE_TRANSITION"),
        (Error::NotFound(Subject::Server(ServerId(ID))), 404, "SERVER_NOT_FOUND"),
        (
            Error::UrlTaken { holder: Some((RegistrationId(ID), RegistrationStatus::Pending)) },
            409,
            "ENDPOINT_URL_CONFLICT",
        ),
        (
            Error::NameTaken { what: "alias", wanted: "a".into(), holder: None },
            409,
            "SERVER_NAME_CONFLICT",
        ),
        (
            IllegalTransition { from: RegistrationStatus::Approved, wanted: "approve" }.into(),
            409,
            "INVALID_STATE_TRANSITION",
        ),
        (stale, 409, "INVALID_STATE_TRANSITION"),
        (unavailable().into(), 503, "DATABASE_UNAVAILABLE"),
        (PortError::NotFound.into(), 500, "INTERNAL_ERROR"),
    ];
    for (error, status, code) in table {
        let text = error.to_string();
        let (seen, headers, body) = rendered(&error.into());
        assert_eq!(seen, status, "{text}");
        assert_eq!(body["error"], code, "{text}");
        assert_eq!(body["status"], status, "{text}");
        assert_eq!(headers["content-type"], "application/problem+json", "{text}");
        assert_eq!(body["detail"], body["message"], "{text}");
        assert_eq!(body["request_id"], "req-1");
        assert_eq!(body["instance"], "/registrations");
        assert_eq!(body["timestamp"], "1970-01-01T00:00:00.000000Z");
        assert_eq!(body.get("errors").is_some(), status == 422, "{text}");
    }
}

#[test]
fn a_violation_is_named_by_its_place_its_rule_and_its_words() {
    let inner = Violation::at("name", "missing", "is required")
        .inside(&[Step::Member("available_tools".into()), Step::Position(2)]);
    let (_, _, body) = rendered(&Error::Invalid(vec![inner]).into());
    assert_eq!(
        body["errors"],
        json!([{
            "loc": ["body", "available_tools", 2, "name"], "msg": "is required", "type": "missing"
        }])
    );
    assert_eq!(body["detail"], "available_tools[2].name is required");
}

#[test]
fn a_taken_address_names_who_has_it() {
    let error =
        Error::UrlTaken { holder: Some((RegistrationId(ID), RegistrationStatus::Approved)) };
    let (_, _, body) = rendered(&error.into());
    assert_eq!(
        body["details"],
        json!({"existing_registration_id": ID.to_string(), "status": "Approved"})
    );
}

#[test]
fn a_failure_says_when_to_come_again_but_not_what_broke() {
    let (_, headers, body) = rendered(&Error::from(unavailable()).into());
    assert_eq!(headers["retry-after"], "2");
    assert!(!body.to_string().contains("password"));
    assert_eq!(body["details"], Value::Null);
}

#[test]
fn a_limited_caller_learns_which_limit_it_was() {
    let problem =
        Problem::rate_limited("user", Limit::per_minute(5), Duration::from_millis(11_200));
    let (status, headers, body) = rendered(&problem);
    assert_eq!(status, 429);
    for (name, value) in [
        ("retry-after", "12"),
        ("x-ratelimit-limit", "5"),
        ("x-ratelimit-remaining", "0"),
        ("x-ratelimit-reset", "12"),
    ] {
        assert_eq!(headers[name], value, "{name}");
    }
    assert_eq!(
        body["details"],
        json!({"limit_type": "user", "limit": 5, "window_seconds": 60, "retry_after": 12})
    );
}

#[test]
fn a_challenge_becomes_its_header() {
    let problem = Problem::new(Code::TokenExpired, "expired").challenging(Challenge::BadToken);
    let (status, headers, _) = rendered(&problem);
    assert_eq!(status, 401);
    assert_eq!(
        headers["www-authenticate"],
        r#"Bearer realm="mcp-registry", error="invalid_token""#
    );
}
