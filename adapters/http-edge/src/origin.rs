//! `Origin`: which page a request comes from. A program sends none, and is not kept out by it.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::code::Code;
use crate::problem::Problem;

/// Refuses a request whose `Origin` is there and not allowed.
///
/// # Errors
/// 403, in these words.
pub fn check(
    request: &HttpRequest,
    is_allowed: impl FnOnce(&str) -> bool,
    words: &'static str,
) -> Result<(), Problem> {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return Ok(()) };
    if origin.to_str().is_ok_and(is_allowed) {
        Ok(())
    } else {
        Err(Problem::new(Code::OriginNotAllowed, words))
    }
}
