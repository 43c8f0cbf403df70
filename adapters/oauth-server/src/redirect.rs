//! Redirect addresses: which may be registered, which matches a registered one, and how an answer
//! travels in one.

use url::{Host, Url};

/// The most redirect addresses that a client has, and the longest of them in bytes.
const MOST: usize = 10;
const LONGEST: usize = 2000;

/// What kind of program a client is (OpenID Connect Dynamic Client Registration §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApplicationType {
    /// Runs on a web server: `https` only.
    Web,
    /// Runs on its user's machine: also `http` on loopback.
    Native,
    /// Does not say.
    Unsaid,
}

/// Reads the redirect addresses of a client.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn all(texts: &[String], kind: ApplicationType) -> Result<Vec<String>, String> {
    if texts.is_empty() || texts.len() > MOST {
        return Err(format!("redirect_uris must have 1 to {MOST} addresses"));
    }
    for (index, text) in texts.iter().enumerate() {
        check(text, kind).map_err(|rule| format!("redirect_uris[{index}] {rule}"))?;
    }
    Ok(texts.to_vec())
}

fn check(text: &str, kind: ApplicationType) -> Result<(), &'static str> {
    if text.len() > LONGEST {
        return Err("must have at most 2000 bytes");
    }
    if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("must be visible ASCII without spaces");
    }
    let url = Url::parse(text).map_err(|_| "must be an absolute address")?;
    if url.fragment().is_some() {
        return Err("must not have a fragment");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("must not have a user or password");
    }
    match url.scheme() {
        "https" if url.host().is_some() => Ok(()),
        "http" if is_loopback(&url) && kind != ApplicationType::Web => Ok(()),
        "http" if is_loopback(&url) => {
            Err("must be https, as the application_type is web: a native one may be on loopback")
        }
        _ => Err("must be https, or http on loopback (127.0.0.1, [::1], localhost)"),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether an address is one of the registered ones: letter by letter; on loopback any port will do,
/// as the system chooses it (RFC 8252 §7.3).
pub(crate) fn is_one_of(address: &str, registered: &[String]) -> bool {
    registered.iter().any(|known| known == address || differ_in_port_only(address, known))
}

fn differ_in_port_only(one: &str, other: &str) -> bool {
    match (without_loopback_port(one), without_loopback_port(other)) {
        (Some(one), Some(other)) => one == other,
        _ => false,
    }
}

/// A loopback address without its port; `None` for any other address.
fn without_loopback_port(address: &str) -> Option<String> {
    let mut url = Url::parse(address).ok()?;
    let plain = url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
    if url.scheme() != "http" || !is_loopback(&url) || !plain {
        return None;
    }
    url.set_port(None).ok()?;
    Some(url.into())
}

/// The address as a decision on it is remembered: whichever port.
pub(crate) fn as_remembered(address: &str) -> String {
    without_loopback_port(address).unwrap_or_else(|| address.to_owned())
}

/// Whether an address is on the person's own machine, where any program may be listening.
pub(crate) fn is_local(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_loopback(&url))
}

/// The host that a page shows.
pub(crate) fn host(address: &str) -> String {
    let url = Url::parse(address).ok();
    url.as_ref().and_then(Url::host_str).unwrap_or(address).to_owned()
}

/// The address with an answer in its query, beside what stands there.
pub(crate) fn answering(address: &str, answer: &[(&str, &str)]) -> String {
    let Ok(mut url) = Url::parse(address) else { return address.to_owned() };
    url.query_pairs_mut().extend_pairs(answer);
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn https_and_loopback_may_be_registered_and_nothing_else() {
        let may = |text: &str, kind| check(text, kind).is_ok();
        for good in [
            "https://app.example/cb?x=1",
            "http://127.0.0.1:1/cb",
            "http://[::1]/",
            "http://localhost/cb",
        ] {
            assert!(may(good, ApplicationType::Unsaid), "{good}");
            assert!(may(good, ApplicationType::Native), "{good}");
        }
        for bad in [
            "http://app.example/cb",
            "http://localhost.evil.example/",
            "https://app.example/cb#x",
            "https://u:p@app.example/",
            "javascript:alert(1)",
            "data:text/html,x",
            "file:///etc/passwd",
            "app:/cb",
            "//app.example/cb",
            "https://app.example/a b",
            "https://app.example/\u{202e}",
            "",
        ] {
            assert!(!may(bad, ApplicationType::Native), "{bad}");
        }
        assert!(!may("http://127.0.0.1/cb", ApplicationType::Web));
    }

    #[test]
    fn an_address_matches_letter_by_letter_but_for_a_loopback_port() {
        let known = ["https://app.example/cb".to_owned(), "http://127.0.0.1:1/cb?x".to_owned()];
        for good in
            ["https://app.example/cb", "http://127.0.0.1:9999/cb?x", "http://127.0.0.1/cb?x"]
        {
            assert!(is_one_of(good, &known), "{good}");
        }
        for bad in [
            "https://app.example/cb/",
            "https://app.example:443/cb",
            "https://app.example/cb?x",
            "https://app.example.evil.example/cb",
            "http://app.example/cb",
            "http://127.0.0.1:9/cb",
            "http://127.0.0.1:9/cb?x#y",
            "http://u@127.0.0.1:9/cb?x",
            "http://localhost:9/cb?x",
            "http://127.0.0.2:9/cb?x",
            "https://127.0.0.1:1/cb?x",
        ] {
            assert!(!is_one_of(bad, &known), "{bad}");
        }
    }

    #[test]
    fn an_answer_stands_beside_what_the_query_has() {
        let address =
            answering("https://a.example/cb?x=1", &[("code", "a b"), ("iss", "https://g")]);
        assert_eq!(address, "https://a.example/cb?x=1&code=a+b&iss=https%3A%2F%2Fg");
    }
}
