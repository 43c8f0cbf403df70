//! Redirect addresses: which may be registered, which matches a registered one, and how an answer
//! travels in one.

use url::{Host, Url};

/// The most redirect addresses that a client has, and the longest of them in bytes.
const MOST: usize = 10;
const LONGEST: usize = 2000;

/// Schemes that are no program's own: what stands behind them is a document, a script, a protocol or
/// a part of the system, and an answer there would be executed, shown or sent to somebody.
const NO_PROGRAMS_OWN: [&str; 38] = [
    "about",
    "acap",
    "afp",
    "blob",
    "cap",
    "chrome",
    "content",
    "data",
    "dav",
    "file",
    "filesystem",
    "ftp",
    "ftps",
    "gopher",
    "imap",
    "intent",
    "jar",
    "javascript",
    "ldap",
    "ldaps",
    "livescript",
    "magnet",
    "mailto",
    "mhtml",
    "mocha",
    "nfs",
    "res",
    "resource",
    "sftp",
    "shell",
    "smb",
    "sms",
    "ssh",
    "tel",
    "vbscript",
    "view-source",
    "ws",
    "wss",
];

/// What kind of program a client is (OpenID Connect Dynamic Client Registration §2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ApplicationType {
    /// Runs on a web server: `https` only.
    Web,
    /// Runs on its user's machine: also `http` on loopback, and a scheme of its own.
    Native,
    /// Does not say.
    Unsaid,
}

/// What of a client says which redirect addresses it may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kind {
    /// Where it says that it runs.
    pub(crate) application: ApplicationType,
    /// Whether it can keep no secret.
    pub(crate) is_public: bool,
}

/// Reads the redirect addresses of a client.
///
/// # Errors
/// What is wrong, in words.
pub(crate) fn all(texts: &[String], kind: Kind) -> Result<Vec<String>, String> {
    if texts.is_empty() || texts.len() > MOST {
        return Err(format!("redirect_uris must have 1 to {MOST} addresses"));
    }
    for (index, text) in texts.iter().enumerate() {
        check(text, kind).map_err(|rule| format!("redirect_uris[{index}] {rule}"))?;
    }
    Ok(texts.to_vec())
}

fn check(text: &str, kind: Kind) -> Result<(), &'static str> {
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
        "http" if is_loopback(&url) && kind.application != ApplicationType::Web => Ok(()),
        "http" if is_loopback(&url) => {
            Err("must be https, as the application_type is web: a native one may be on loopback")
        }
        scheme if is_private_use(scheme) => check_private_use(&url, kind),
        _ => Err(
            "must be https, http on loopback (127.0.0.1, [::1], localhost), or a scheme of the program's own",
        ),
    }
}

/// Whether a scheme may be one that a program claimed on its user's machine (RFC 8252 §7.1). Names
/// with a period are asked for there; well-known clients have others (`cursor`, `vscode`).
fn is_private_use(scheme: &str) -> bool {
    // What Windows and its parts do with theirs is not for a redirect.
    let is_of_the_system = scheme.starts_with("ms-") || scheme.starts_with("search");
    !matches!(scheme, "http" | "https") && !is_of_the_system && !NO_PROGRAMS_OWN.contains(&scheme)
}

fn check_private_use(url: &Url, kind: Kind) -> Result<(), &'static str> {
    if url.cannot_be_a_base() {
        return Err("must have a path: scheme:/path or scheme://host/path");
    }
    if kind.application == ApplicationType::Web {
        return Err(
            "must be https, as the application_type is web: a native one may have a scheme of its own",
        );
    }
    if !kind.is_public {
        return Err(
            "must be https or on loopback for a client with a secret: one with a scheme of its own has token_endpoint_auth_method none",
        );
    }
    Ok(())
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

/// Whether an address is on the person's own machine, where any program may be listening.
pub(crate) fn is_local(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| is_loopback(&url))
}

/// Whether an answer reaches the host that is named, and nobody else. On the person's own machine any
/// program may listen on a port or claim a scheme (RFC 8252 §8.6), also in another client's name.
pub(crate) fn is_web(address: &str) -> bool {
    Url::parse(address).is_ok_and(|url| url.scheme() == "https" && !is_loopback(&url))
}

/// The host that a page shows; for a scheme of a program's own the scheme, as a host behind it is
/// just a word of the program's.
pub(crate) fn host(address: &str) -> String {
    match Url::parse(address) {
        Ok(url) if is_private_use(url.scheme()) => format!("{}:", url.scheme()),
        Ok(url) => url.host_str().unwrap_or(address).to_owned(),
        Err(_) => address.to_owned(),
    }
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
        let may =
            |text: &str, application| check(text, Kind { application, is_public: false }).is_ok();
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
    fn a_program_without_a_secret_may_have_a_scheme_of_its_own() {
        let own = [
            "cursor://anysphere.cursor-mcp/oauth/callback",
            "vscode://vscode.github-authentication/did-authenticate",
            "com.example.app:/oauth2redirect",
        ];
        let kind = |application, is_public| Kind { application, is_public };
        for address in own {
            for application in [ApplicationType::Native, ApplicationType::Unsaid] {
                assert!(check(address, kind(application, true)).is_ok(), "{address}");
                assert!(check(address, kind(application, false)).is_err(), "{address}");
            }
            assert!(check(address, kind(ApplicationType::Web, true)).is_err(), "{address}");
            assert!(!is_web(address), "{address}");
        }
        for bad in [
            "javascript:alert(1)",
            "JavaScript://host/%0Aalert(1)",
            "data:text/html,x",
            "data://x/y",
            "file:///etc/passwd",
            "vbscript:x",
            "blob:https://a.example/1",
            "about:blank",
            "view-source:https://a.example/",
            "intent://scan/#Intent;end",
            "intent://scan/",
            "ms-msdt:/id",
            "search-ms://x/y",
            "ws://a.example/",
            "mailto:a@example.com",
            "ftp://a.example/",
            "cursor:opaque",
            "cursor://u@host/",
            "cursor://host/#x",
        ] {
            let judged = check(bad, kind(ApplicationType::Native, true));
            assert!(judged.is_err(), "{bad}");
        }
        assert_eq!(host(own[0]), "cursor:");
        let registered = [own[0].to_owned()];
        assert!(is_one_of(own[0], &registered));
        assert!(!is_one_of("cursor://anysphere.cursor-mcp:1/oauth/callback", &registered));
        let answered = answering(own[0], &[("code", "x")]);
        assert_eq!(answered, format!("{}?code=x", own[0]));
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
