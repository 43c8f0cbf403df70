//! Which pages may open a WebSocket. Browsers let any page open one to anywhere, and ask no CORS
//! rules: the handshake is the only place to refuse a page that uses its visitor's way to us.

use actix_web::HttpRequest;
use registry_http_edge::Problem;
use registry_http_edge::settings::CorsSettings;

/// Refuses a handshake whose `Origin` is there and not on the list.
pub(crate) fn check(request: &HttpRequest, cors: &CorsSettings) -> Result<(), Problem> {
    let is_allowed = |origin: &str| {
        cors.enabled && cors.origins.iter().any(|allowed| allowed == origin || allowed == "*")
    };
    let words = "This origin may not open a WebSocket (MREG_SECURITY_CORS_ORIGINS)";
    registry_http_edge::origin::check(request, is_allowed, words)
}

#[cfg(test)]
mod tests {
    use actix_web::http::header;
    use actix_web::test::TestRequest;

    use super::*;

    fn allowed(origin: Option<&str>, cors: &CorsSettings) -> bool {
        let mut request = TestRequest::default();
        if let Some(origin) = origin {
            request = request.insert_header((header::ORIGIN, origin));
        }
        check(&request.to_http_request(), cors).is_ok()
    }

    #[test]
    fn a_page_of_another_origin_is_refused_and_a_program_without_one_is_not() {
        let cors = CorsSettings::for_testing();
        assert!(allowed(None, &cors));
        assert!(allowed(Some("http://localhost:5173"), &cors));
        for bad in ["http://localhost:5174", "https://localhost:5173", "null", ""] {
            assert!(!allowed(Some(bad), &cors), "{bad}");
        }
        let none = CorsSettings { enabled: false, ..cors.clone() };
        assert!(!allowed(Some("http://localhost:5173"), &none));
        let all = CorsSettings { origins: vec!["*".to_owned()], ..cors };
        assert!(allowed(Some("https://elsewhere.example"), &all));
    }
}
