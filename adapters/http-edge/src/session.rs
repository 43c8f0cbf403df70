//! Browsers' sessions: the cookie, and the check that a page of another site did not send it.
//!
//! A bearer token is looked at first; a cookie counts only where there is none. What it authorises
//! it authorises for pages of ours: a browser says of each request which site it comes from
//! (`Sec-Fetch-Site`, or `Origin` in older ones), and a write that comes from elsewhere is refused.
//! `SameSite=Lax` keeps the cookie off most of them already.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use async_trait::async_trait;
use registry_domain::Error;
use registry_domain::ports::Secret;
use registry_domain::sign_in::Session;
use url::Url;

use crate::code::Code;
use crate::problem::Problem;

/// Knows sessions by their ids, and keeps their tokens good.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Whose session it is; `None`: nobody's, or nobody's any more.
    ///
    /// # Errors
    /// [`Error::Provider`], [`Error::Unavailable`].
    async fn find(&self, id: Secret) -> Result<Option<Session>, Error>;

    /// Which cookies there are.
    fn cookies(&self) -> Cookies;

    /// Whether pages of an origin may write under their reader's session.
    fn trusts(&self, origin: &str) -> bool;
}

/// The cookies of sessions: how they are named and guarded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cookies {
    /// Whether browsers reach us over https: then cookies are `Secure`, and their names have the
    /// prefix that keeps them to this host (RFC 6265bis §4.1.3.2).
    pub secure: bool,
}

/// What a cookie is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    /// Names a session.
    Session,
    /// Proves, when a browser comes back from signing in, that it is the one that left.
    SignIn,
}

impl Cookies {
    const fn name(self, cookie: Cookie) -> &'static str {
        match (cookie, self.secure) {
            (Cookie::Session, true) => "__Host-mcp_session",
            (Cookie::Session, false) => "mcp_session",
            (Cookie::SignIn, true) => "__Host-mcp_sign_in",
            (Cookie::SignIn, false) => "mcp_sign_in",
        }
    }

    /// The `Set-Cookie` that gives a browser a cookie.
    pub fn set(self, cookie: Cookie, value: &Secret, max_age: Duration) -> HeaderValue {
        self.header(cookie, value.expose(), max_age.as_secs())
    }

    /// The `Set-Cookie` that takes it back.
    pub fn clear(self, cookie: Cookie) -> HeaderValue {
        self.header(cookie, "", 0)
    }

    fn header(self, cookie: Cookie, value: &str, max_age: u64) -> HeaderValue {
        let name = self.name(cookie);
        let secure = if self.secure { "; Secure" } else { "" };
        let text =
            format!("{name}={value}; Path=/; Max-Age={max_age}; HttpOnly; SameSite=Lax{secure}");
        // Names and secrets are of our own making, and plain ASCII.
        let mut header = HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""));
        header.set_sensitive(true);
        header
    }

    /// A cookie's value, where the request carries it once: two of a name say that somebody put one
    /// beside ours.
    pub fn find(self, request: &HttpRequest, cookie: Cookie) -> Option<Secret> {
        let name = self.name(cookie);
        let mut found = request
            .headers()
            .get_all(header::COOKIE)
            .filter_map(|header| header.to_str().ok())
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .filter(|(key, value)| *key == name && !value.is_empty());
        let (_, value) = found.next()?;
        found.next().is_none().then(|| Secret::new(value.to_owned()))
    }
}

/// Whose session the request's cookie names; `None` without one that is good.
///
/// # Errors
/// 403 for a write that comes from another site's page, 502 and 503 where nobody can say.
pub async fn of_request(
    sessions: &dyn Sessions,
    request: &HttpRequest,
) -> Result<Option<Session>, Problem> {
    let Some(id) = sessions.cookies().find(request, Cookie::Session) else { return Ok(None) };
    check_site(sessions, request)?;
    Ok(sessions.find(id).await?)
}

/// Refuses a write that a page of another site made a browser send.
///
/// # Errors
/// 403.
pub fn check_site(sessions: &dyn Sessions, request: &HttpRequest) -> Result<(), Problem> {
    if [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method()) {
        return Ok(());
    }
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
    let is_ours = match (header("origin"), header("sec-fetch-site")) {
        (Some(origin), _) => sessions.trusts(origin) || is_own(request, origin),
        (None, Some(site)) => matches!(site, "same-origin" | "none"),
        // Not a browser of this decade; and a cookie that no page can send without either.
        (None, None) => header("referer").is_none_or(|page| is_own(request, page)),
    };
    if is_ours {
        Ok(())
    } else {
        Err(Problem::new(
            Code::CrossSiteRequest,
            "A page of another site may not do this in its reader's name",
        ))
    }
}

/// Whether a page is of the host that the request came to.
fn is_own(request: &HttpRequest, page: &str) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let page = Url::parse(page).ok();
    let of_page = page.as_ref().and_then(|page| {
        let name = page.host_str()?;
        Some(page.port().map_or_else(|| name.to_owned(), |port| format!("{name}:{port}")))
    });
    host.is_some() && host == of_page.as_deref()
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    struct Nobody;

    #[async_trait]
    impl Sessions for Nobody {
        async fn find(&self, _id: Secret) -> Result<Option<Session>, Error> {
            Ok(None)
        }
        fn cookies(&self) -> Cookies {
            Cookies { secure: false }
        }
        fn trusts(&self, origin: &str) -> bool {
            origin == "https://app.example.com"
        }
    }

    fn writes(headers: &[(&'static str, &str)]) -> bool {
        let mut request = TestRequest::post().insert_header(("host", "mcp.example.com:8001"));
        for header in headers {
            request = request.insert_header(*header);
        }
        check_site(&Nobody, &request.to_http_request()).is_ok()
    }

    #[test]
    fn only_pages_of_ours_write_under_a_session() {
        for ours in [
            &[("sec-fetch-site", "same-origin")][..],
            &[("sec-fetch-site", "none")],
            &[("origin", "http://mcp.example.com:8001")],
            &[("origin", "https://app.example.com"), ("sec-fetch-site", "cross-site")],
            &[("referer", "http://mcp.example.com:8001/page")],
            &[],
        ] {
            assert!(writes(ours), "{ours:?}");
        }
        for theirs in [
            &[("sec-fetch-site", "cross-site")][..],
            &[("sec-fetch-site", "same-site")],
            &[("origin", "https://evil.example")],
            &[("origin", "null")],
            &[("origin", "http://mcp.example.com")],
            &[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")],
            &[("referer", "https://evil.example/http://mcp.example.com:8001/")],
        ] {
            assert!(!writes(theirs), "{theirs:?}");
        }
    }

    #[test]
    fn whoever_only_reads_comes_from_anywhere() {
        let request = TestRequest::get().insert_header(("sec-fetch-site", "cross-site"));
        assert!(check_site(&Nobody, &request.to_http_request()).is_ok());
    }

    #[test]
    fn a_cookie_is_kept_to_this_host_where_it_can_be() {
        let value = Secret::new("abc".into());
        let set = |secure| Cookies { secure }.set(Cookie::Session, &value, Duration::from_mins(1));
        assert_eq!(
            set(true),
            "__Host-mcp_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
        assert_eq!(set(false), "mcp_session=abc; Path=/; Max-Age=60; HttpOnly; SameSite=Lax");
    }

    #[test]
    fn a_cookie_that_came_twice_names_nobody() {
        let cookies = Cookies { secure: false };
        let found = |text: &str| {
            let request = TestRequest::get().insert_header(("cookie", text)).to_http_request();
            cookies.find(&request, Cookie::Session).map(|value| value.expose().to_owned())
        };
        assert_eq!(found("a=b; mcp_session=one; c=d").as_deref(), Some("one"));
        assert_eq!(found("mcp_session=one; mcp_session=two"), None);
        assert_eq!(found("mcp_session=; xmcp_session=one"), None);
    }
}
