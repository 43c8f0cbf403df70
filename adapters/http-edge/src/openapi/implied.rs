//! Which codes an operation can answer because of what it takes, so that none has to say it.

use utoipa::openapi::RefOr;
use utoipa::openapi::path::{Operation, ParameterIn};

use super::json_rpc;
use crate::code::Code;

/// The codes that follow from an operation's token, parameters and body.
pub fn codes(operation: &Operation) -> Vec<Code> {
    if json_rpc::speaks(operation) {
        return json_rpc::codes().to_vec();
    }
    let mut codes = vec![Code::InternalError];
    if takes_token(operation) {
        codes.extend([
            Code::AuthenticationRequired,
            Code::InvalidToken,
            Code::TokenExpired,
            Code::RateLimitExceeded,
            Code::AuthNotConfigured,
            Code::DatabaseUnavailable,
        ]);
    }
    if takes(operation, &ParameterIn::Path) || takes(operation, &ParameterIn::Query) {
        codes.push(Code::ValidationError);
    }
    if takes(operation, &ParameterIn::Header) {
        codes.push(Code::BadRequest);
    }
    if operation.request_body.is_some() {
        codes.extend([
            Code::BadRequest,
            Code::MalformedJson,
            Code::PayloadTooLarge,
            Code::UnsupportedMediaType,
            Code::ValidationError,
        ]);
    }
    codes
}

/// Whether a bearer token is read, be it only if there is one: such an address is behind the
/// guard, which also counts requests and asks the store who calls.
fn takes_token(operation: &Operation) -> bool {
    operation.security.as_ref().is_some_and(|schemes| !schemes.is_empty())
}

fn takes(operation: &Operation, place: &ParameterIn) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => parameter.parameter_in == *place,
        RefOr::Ref(_) => false,
    })
}
