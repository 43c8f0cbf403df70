//! Send a browser to where people sign in.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::error::Error;
use crate::field::Violation;
use crate::ports::{Purpose, Secret, SignInRequest};
use crate::sign_in::{Begun, BegunBrowser, SignInPolicy, SignInPorts};

/// The longest address that a browser returns to.
const MAX_RETURN_BYTES: usize = 2048;

/// A sign-in that was begun.
#[derive(Debug)]
pub struct SignInBegun {
    /// Where the browser goes.
    pub address: String,
    /// What the browser has to show when it comes back, where it is one that returns somewhere.
    pub proof: Option<Secret>,
}

/// Begins a sign-in. With `return_to` it is a browser's, which then has a cookie; without, it is a
/// tool's, which reads the session's id from the answer.
///
/// # Errors
/// [`Error::Invalid`] where the browser may not be sent back to there; [`Error::Provider`],
/// [`Error::Unavailable`].
pub async fn begin_sign_in(
    ports: &SignInPorts,
    return_to: Option<&str>,
) -> Result<SignInBegun, Error> {
    let return_to = return_to.map(|to| ours(&ports.policy, to)).transpose()?;
    let (state, nonce, verifier) =
        (ports.secrets.next()?, ports.secrets.next()?, ports.secrets.next()?);
    let proof = return_to.as_ref().map(|_| ports.secrets.next()).transpose()?;
    let request = SignInRequest {
        redirect_uri: ports.policy.callback.clone(),
        state: state.expose().to_owned(),
        nonce: nonce.expose().to_owned(),
        code_challenge: URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.expose())),
        scopes: Vec::new(),
    };
    let address = ports.provider.sign_in_address(&request).await?;
    let browser = return_to
        .zip(proof.as_ref())
        .map(|(return_to, proof)| BegunBrowser { return_to, proof: proof.expose().to_owned() });
    let begun =
        Begun { verifier: verifier.expose().to_owned(), nonce: nonce.expose().to_owned(), browser };
    let key = Begun::key(state.expose());
    ports.keep(&key, Purpose::State, &begun, ports.policy.state_ttl).await?;
    Ok(SignInBegun { address, proof })
}

/// Where a browser returns to, as a whole address: a path of ours, or an address at an origin on the
/// list. It is judged as browsers read it, so that `//evil.example` and `/\evil.example` are what
/// they are.
fn ours(policy: &SignInPolicy, to: &str) -> Result<String, Error> {
    let refused = |rule, message: &str| {
        Err(Error::Invalid(vec![Violation::at("return_to", rule, message.to_owned())]))
    };
    if to.len() > MAX_RETURN_BYTES {
        return refused("string_too_long", "has at most 2048 bytes");
    }
    // What has a scheme is an address by itself, as a browser would read it elsewhere than at home.
    let address = match Url::parse(to) {
        Err(url::ParseError::RelativeUrlWithoutBase) => policy.base.join(to),
        parsed => parsed,
    };
    let Ok(address) = address else {
        return refused("url", "is no path and no address");
    };
    let origin = address.origin().ascii_serialization();
    let is_plain = matches!(address.scheme(), "http" | "https")
        && address.username().is_empty()
        && address.password().is_none();
    let is_known = address.origin() == policy.base.origin()
        || policy.origins.iter().any(|known| is_same_origin(known, &origin));
    if is_plain && is_known {
        Ok(address.into())
    } else {
        refused("url_origin", "is a path of ours, or an address at an allowed origin")
    }
}

fn is_same_origin(known: &str, origin: &str) -> bool {
    Url::parse(known).is_ok_and(|known| known.origin().ascii_serialization() == origin)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn policy() -> SignInPolicy {
        SignInPolicy {
            base: Url::parse("https://mcp.example.com").unwrap(),
            callback: "https://mcp.example.com/oauth/callback".into(),
            origins: vec!["https://app.example.com".into(), "*".into()],
            state_ttl: Duration::from_mins(5),
            session_ttl: Duration::from_hours(1),
            refresh_margin: Duration::from_mins(5),
        }
    }

    #[test]
    fn a_browser_returns_to_a_path_of_ours_or_to_a_known_origin() {
        for (to, address) in [
            ("/servers?x=1#top", "https://mcp.example.com/servers?x=1#top"),
            ("https://app.example.com/a", "https://app.example.com/a"),
            ("https://mcp.example.com/", "https://mcp.example.com/"),
            ("", "https://mcp.example.com/"),
        ] {
            assert_eq!(ours(&policy(), to).unwrap(), address, "{to}");
        }
    }

    #[test]
    fn no_address_leads_a_browser_elsewhere() {
        let long = format!("/{}", "a".repeat(MAX_RETURN_BYTES));
        for to in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "https:evil.example",
            "https://evil.example/",
            "https://mcp.example.com.evil.example/",
            "https://mcp.example.com@evil.example/",
            "https://user@mcp.example.com/",
            "https://mcp.example.com:444/",
            "http://mcp.example.com/",
            "javascript:alert(1)",
            "data:text/html,x",
            " //evil.example",
            &long,
        ] {
            let refused = ours(&policy(), to);
            assert!(matches!(refused, Err(Error::Invalid(_))), "{to}: {refused:?}");
        }
    }
}
