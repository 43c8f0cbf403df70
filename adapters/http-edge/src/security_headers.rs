//! Headers that tell browsers to be careful with what they get.

use actix_web::http::header;
use actix_web::middleware::DefaultHeaders;

use crate::settings::SecurityHeaderSettings;

/// The layer that adds them where an answer has not set its own.
pub(crate) fn layer(settings: SecurityHeaderSettings) -> DefaultHeaders {
    if !settings.enabled {
        return DefaultHeaders::new();
    }
    let careful = DefaultHeaders::new()
        .add((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .add((header::X_FRAME_OPTIONS, "DENY"))
        .add((header::REFERRER_POLICY, "no-referrer"));
    match settings.hsts_max_age {
        Some(seconds) => {
            careful.add((header::STRICT_TRANSPORT_SECURITY, format!("max-age={seconds}")))
        }
        None => careful,
    }
}
