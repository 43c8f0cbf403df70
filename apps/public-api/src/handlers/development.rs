//! The issuer that stands in for Entra on a developer's machine.
//!
//! Whoever reaches it gets any token, so it speaks only to who calls this machine by a name of its
//! own: a web page that points its own name at 127.0.0.1 (DNS rebinding) is refused.

use std::future::{Ready, ready};

use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, dev};
use registry_http_edge::{Code, Problem};

pub(crate) mod issue_token;
pub(crate) mod show_discovery;
pub(crate) mod show_keys;

/// The request names this machine by `localhost` or a loopback address.
pub(crate) struct OnThisMachine;

impl FromRequest for OnThisMachine {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _payload: &mut dev::Payload) -> Self::Future {
        let host = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
        ready(if host.is_some_and(is_loopback) {
            Ok(Self)
        } else {
            Err(Problem::new(
                Code::OriginNotAllowed,
                "The development issuer answers on localhost only",
            ))
        })
    }
}

fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next(),
        None => host.split(':').next(),
    };
    name.is_some_and(|name| {
        name.eq_ignore_ascii_case("localhost")
            || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    })
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_are_answered() {
        for good in ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "LOCALHOST"] {
            assert!(is_loopback(good), "{good}");
        }
        for bad in [
            "evil.example:8000",
            "localhost.evil.example",
            "10.0.0.1",
            "[fe80::1]",
            "",
            "127.0.0.1.evil",
        ] {
            assert!(!is_loopback(bad), "{bad}");
        }
    }
}
