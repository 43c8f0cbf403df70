//! The vocabulary of errors: one code per cause, with its HTTP status and its title.
//!
//! The codes are the same in REST problems, in the `data.error` of JSON-RPC errors and in metric
//! labels. A code has one status, so that a client may act on either.

use actix_web::http::StatusCode;

macro_rules! vocabulary {
    ($($(#[$doc:meta])* $name:ident = $status:ident, $code:literal, $title:literal;)*) => {
        /// A stable name for what went wrong.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as JSON and metrics spell it.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $code,)* }
            }

            /// What the code means, in a few words; the same for every occurrence.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }

            /// The HTTP status that it is answered with.
            pub const fn status(self) -> StatusCode {
                match self { $(Self::$name => StatusCode::$status,)* }
            }
        }
    };
}

impl Code {
    /// The JSON-RPC code that an MCP endpoint answers it with. Our own codes lie outside the range
    /// that JSON-RPC and MCP reserve.
    pub fn json_rpc(self) -> i64 {
        match self {
            Self::MalformedJson => -32700,
            Self::NoCompatibleServer => -32601,
            Self::ValidationError => -32602,
            Self::RequestCancelled => -32800,
            Self::BadRequest | Self::UnsupportedMediaType | Self::PayloadTooLarge => -32600,
            _ => match self.status().as_u16() {
                401 => -33012,
                403 => -33010,
                429 => -33011,
                _ => -32603,
            },
        }
    }
}

vocabulary! {
    /// The request breaks HTTP's or our rules outside its fields.
    BadRequest = BAD_REQUEST, "BAD_REQUEST", "Bad request";
    /// The body is not JSON.
    MalformedJson = BAD_REQUEST, "MALFORMED_JSON", "Malformed JSON";
    /// A range of time ends before it begins.
    InvalidDateRange = BAD_REQUEST, "INVALID_DATE_RANGE", "Invalid date range";
    /// A sign-in's state is not one that we gave out.
    InvalidState = BAD_REQUEST, "INVALID_STATE", "Invalid state";
    /// There is no bearer token.
    AuthenticationRequired = UNAUTHORIZED, "AUTHENTICATION_REQUIRED", "Authentication required";
    /// The bearer token is not accepted.
    InvalidToken = UNAUTHORIZED, "INVALID_TOKEN", "Invalid token";
    /// The bearer token has ended.
    TokenExpired = UNAUTHORIZED, "TOKEN_EXPIRED", "Token expired";
    /// Whoever signs people in refused.
    SignInRefused = UNAUTHORIZED, "SIGN_IN_REFUSED", "Sign-in refused";
    /// The caller may not.
    InsufficientPermissions = FORBIDDEN, "INSUFFICIENT_PERMISSIONS", "Insufficient permissions";
    /// It belongs to another tenant.
    TenantAccessDenied = FORBIDDEN, "TENANT_ACCESS_DENIED", "Tenant access denied";
    /// It has to be submitted for approval.
    ApprovalRequired = FORBIDDEN, "APPROVAL_REQUIRED", "Approval required";
    /// This installation only reads.
    ReadOnly = FORBIDDEN, "READ_ONLY", "Read only";
    /// Another site made a browser write under its visitor's session.
    CrossSiteRequest = FORBIDDEN, "CROSS_SITE_REQUEST", "Cross-site request";
    /// The browser's origin is not on the list.
    OriginNotAllowed = FORBIDDEN, "ORIGIN_NOT_ALLOWED", "Origin not allowed";
    /// There is no such server.
    ServerNotFound = NOT_FOUND, "SERVER_NOT_FOUND", "Server not found";
    /// There is no such registration.
    RegistrationNotFound = NOT_FOUND, "REGISTRATION_NOT_FOUND", "Registration not found";
    /// There is no such user.
    UserNotFound = NOT_FOUND, "USER_NOT_FOUND", "User not found";
    /// There is no such active request.
    RequestNotFound = NOT_FOUND, "REQUEST_NOT_FOUND", "Request not found";
    /// There is no such document.
    DocumentNotFound = NOT_FOUND, "DOCUMENT_NOT_FOUND", "Document not found";
    /// There is no such address.
    NotFound = NOT_FOUND, "NOT_FOUND", "Not found";
    /// No server can do what was asked.
    NoCompatibleServer = NOT_FOUND, "NO_COMPATIBLE_SERVER", "No compatible server";
    /// The address does not have this method.
    MethodNotAllowed = METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "Method not allowed";
    /// The server's name or alias is taken.
    ServerNameConflict = CONFLICT, "SERVER_NAME_CONFLICT", "Server name conflict";
    /// The endpoint URL is registered already.
    EndpointUrlConflict = CONFLICT, "ENDPOINT_URL_CONFLICT", "Endpoint URL conflict";
    /// The present state does not allow it.
    InvalidStateTransition = CONFLICT, "INVALID_STATE_TRANSITION", "Invalid state transition";
    /// The request was cancelled.
    RequestCancelled = CONFLICT, "REQUEST_CANCELLED", "Request cancelled";
    /// Several active requests have this id.
    AmbiguousRequestId = CONFLICT, "AMBIGUOUS_REQUEST_ID", "Ambiguous request id";
    /// The body is too large.
    PayloadTooLarge = PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", "Payload too large";
    /// The body is of a type that is not read here.
    UnsupportedMediaType = UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", "Unsupported media type";
    /// A part was asked for that is not there.
    RangeNotSatisfiable = RANGE_NOT_SATISFIABLE, "RANGE_NOT_SATISFIABLE", "Range not satisfiable";
    /// Fields broke their rules.
    ValidationError = UNPROCESSABLE_ENTITY, "VALIDATION_ERROR", "Validation error";
    /// Too many requests.
    RateLimitExceeded = TOO_MANY_REQUESTS, "RATE_LIMIT_EXCEEDED", "Rate limit exceeded";
    /// A bug of ours.
    InternalError = INTERNAL_SERVER_ERROR, "INTERNAL_ERROR", "Internal error";
    /// The upstream failed.
    ProxyError = BAD_GATEWAY, "PROXY_ERROR", "Proxy error";
    /// A server does not take the credential that is kept for it.
    UpstreamCredentialRefused = BAD_GATEWAY, "UPSTREAM_CREDENTIAL_REFUSED", "Upstream credential refused";
    /// The caller has to let the gateway use the server in their name.
    UpstreamConnectionRequired = FORBIDDEN, "UPSTREAM_CONNECTION_REQUIRED", "Upstream connection required";
    /// A server's own sign-in is of no use.
    UpstreamSignInFailed = BAD_GATEWAY, "UPSTREAM_SIGN_IN_FAILED", "Upstream sign-in failed";
    /// The identity provider failed.
    AuthenticationProviderError = BAD_GATEWAY, "AUTHENTICATION_PROVIDER_ERROR", "Authentication provider error";
    /// The server cannot be used right now.
    ServerUnavailable = SERVICE_UNAVAILABLE, "SERVER_UNAVAILABLE", "Server unavailable";
    /// The server failed so often that it is left alone for a while.
    CircuitBreakerOpen = SERVICE_UNAVAILABLE, "CIRCUIT_BREAKER_OPEN", "Circuit breaker open";
    /// More is asked than can be worked on.
    Overloaded = SERVICE_UNAVAILABLE, "OVERLOADED", "Overloaded";
    /// The store cannot be used right now.
    DatabaseUnavailable = SERVICE_UNAVAILABLE, "DATABASE_UNAVAILABLE", "Database unavailable";
    /// The keys to judge tokens by cannot be had.
    AuthNotConfigured = SERVICE_UNAVAILABLE, "AUTH_NOT_CONFIGURED", "Authentication not available";
    /// The upstream answered too slowly.
    TimeoutError = GATEWAY_TIMEOUT, "TIMEOUT_ERROR", "Timeout";
    /// The store has no room left.
    StorageFull = INSUFFICIENT_STORAGE, "STORAGE_FULL", "Storage full";
}

impl Code {
    /// The code of a word; the inverse of [`Code::as_str`].
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == word)
    }

    /// The problem type (RFC 9457 §3.1.1): a name, not an address to visit.
    pub fn type_uri(self) -> String {
        let slug = self.as_str().to_ascii_lowercase().replace('_', "-");
        format!("urn:mcp-registry:problem:{slug}")
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_code_is_an_error_and_has_a_name_of_its_own() {
        let names: HashSet<&str> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(names.len(), Code::ALL.len());
        for code in Code::ALL {
            assert!(code.status().is_client_error() || code.status().is_server_error(), "{code:?}");
            assert!(!code.title().is_empty());
            assert_eq!(Code::parse(code.as_str()), Some(*code));
        }
    }

    #[test]
    fn a_problem_type_is_a_urn_in_kebab_case() {
        assert_eq!(
            Code::RateLimitExceeded.type_uri(),
            "urn:mcp-registry:problem:rate-limit-exceeded"
        );
    }
}
