//! Forms to token endpoints, and what is answered.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::{HeaderValue, StatusCode};
use registry_domain::ports::{
    GrantClient, GrantFault, GrantProof, GrantedTokens, Secret, TokenWish,
};
use serde::Deserialize;
use url::form_urlencoded::{Serializer, byte_serialize};

/// How long a token may be: longer ones fit into no server's headers.
const MOST_TOKEN_BYTES: usize = 16 * 1024;
/// How long a client's name or secret may be.
const MOST_CLIENT_BYTES: usize = 4096;

/// The members of a request for tokens (RFC 6749 §4.1.3 and §6, RFC 8707 §2.2).
pub(super) fn asked_with<'a>(wish: &TokenWish<'a>) -> Vec<(&'static str, &'a str)> {
    let mut form = match wish.proof {
        GrantProof::Code { code, verifier, redirect_uri } => vec![
            ("grant_type", "authorization_code"),
            ("code", code.expose()),
            ("code_verifier", verifier),
            ("redirect_uri", redirect_uri),
        ],
        GrantProof::Refresh(token) => {
            vec![("grant_type", "refresh_token"), ("refresh_token", token.expose())]
        }
    };
    form.push(("resource", wish.resource));
    form
}

/// A form with who sends it: in a header, where the client has a secret that goes there (RFC 6749
/// §2.3.1), else in the form.
pub(super) fn form(
    client: &GrantClient,
    members: Vec<(&str, &str)>,
) -> (String, Option<HeaderValue>) {
    let mut form = Serializer::new(String::new());
    form.extend_pairs(members);
    let secret = client.secret.as_ref().map(Secret::expose);
    let in_header = secret.filter(|_| !client.posts_secret);
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let basic = in_header.and_then(|secret| {
        let who = format!("{}:{}", encoded(&client.id), encoded(secret));
        let mut value =
            HeaderValue::try_from(format!("Basic {}", BASE64_STANDARD.encode(who))).ok()?;
        value.set_sensitive(true);
        Some(value)
    });
    if basic.is_none() {
        form.append_pair("client_id", &client.id);
        if let Some(secret) = secret {
            form.append_pair("client_secret", secret);
        }
    }
    (form.finish(), basic)
}

/// The tokens in an answer (RFC 6749 §5.1).
pub(super) fn given(answer: &[u8]) -> Option<GrantedTokens> {
    #[derive(Deserialize)]
    struct Answer {
        access_token: String,
        token_type: String,
        expires_in: Option<u64>,
        refresh_token: Option<String>,
    }
    let Answer { access_token, token_type, expires_in, refresh_token } =
        serde_json::from_slice(answer).ok()?;
    let is_token = |token: &String| {
        !token.is_empty()
            && token.len() <= MOST_TOKEN_BYTES
            && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let is_good = token_type.eq_ignore_ascii_case("bearer") && is_token(&access_token);
    is_good.then(|| GrantedTokens {
        access_token: Secret::new(access_token),
        refresh_token: refresh_token.filter(is_token).map(Secret::new),
        lasts: expires_in.map(Duration::from_secs),
    })
}

/// What a refusal means (RFC 6749 §5.2): whether it is for good.
pub(super) fn refusal(status: StatusCode, answer: &[u8]) -> GrantFault {
    #[derive(Deserialize)]
    struct Answer {
        error: String,
    }
    let said = serde_json::from_slice::<Answer>(answer).ok();
    let is_final = matches!(status, StatusCode::BAD_REQUEST | StatusCode::UNAUTHORIZED);
    match said.filter(|_| is_final).as_ref().map(|said| said.error.as_str()) {
        Some("invalid_client" | "unauthorized_client") => GrantFault::UnknownClient,
        Some("temporarily_unavailable" | "slow_down") | None => GrantFault::Unavailable,
        Some(_) => GrantFault::Refused,
    }
}

/// Who we are, in the answer to a registration (RFC 7591 §3.2.1).
pub(super) fn registered(answer: &[u8], posts_secret: bool) -> Option<GrantClient> {
    #[derive(Deserialize)]
    struct Answer {
        client_id: String,
        client_secret: Option<String>,
        token_endpoint_auth_method: Option<String>,
    }
    let Answer { client_id, client_secret, token_endpoint_auth_method } =
        serde_json::from_slice(answer).ok()?;
    let fits = |text: &str| (1..=MOST_CLIENT_BYTES).contains(&text.len());
    let method = token_endpoint_auth_method.as_deref();
    // One that is given although none was asked for is not needed where it says so.
    let secret = client_secret.filter(|secret| method != Some("none") && fits(secret));
    fits(&client_id).then(|| GrantClient {
        id: client_id,
        secret: secret.map(Secret::new),
        posts_secret: method.map_or(posts_secret, |method| method == "client_secret_post"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(secret: Option<&str>, posts_secret: bool) -> GrantClient {
        let secret = secret.map(|text| Secret::new(text.to_owned()));
        GrantClient { id: "a b".into(), secret, posts_secret }
    }

    #[test]
    fn a_client_shows_who_it_is_in_one_place() {
        let (body, basic) = form(&client(None, false), vec![("x", "1")]);
        assert_eq!((body.as_str(), basic), ("x=1&client_id=a+b", None));
        let (body, basic) = form(&client(Some("s:"), false), vec![("x", "1")]);
        assert_eq!(body, "x=1");
        let basic = basic.unwrap();
        assert_eq!(
            basic.to_str().unwrap(),
            format!("Basic {}", BASE64_STANDARD.encode("a+b:s%3A"))
        );
        assert!(basic.is_sensitive());
        let (body, basic) = form(&client(Some("s"), true), vec![]);
        assert_eq!((body.as_str(), basic), ("client_id=a+b&client_secret=s", None));
    }

    #[test]
    fn what_is_no_bearer_token_is_none() {
        let good =
            r#"{"access_token":"a","token_type":"bearer","expires_in":9,"refresh_token":"r"}"#;
        let tokens = given(good.as_bytes()).unwrap();
        assert_eq!(tokens.lasts, Some(Duration::from_secs(9)));
        for answer in [
            r#"{"access_token":"a b","token_type":"Bearer"}"#,
            r#"{"access_token":"a\r\nx: y","token_type":"Bearer"}"#,
            r#"{"access_token":"a","token_type":"mac"}"#,
            "[]",
        ] {
            assert!(given(answer.as_bytes()).is_none(), "{answer}");
        }
    }

    #[test]
    fn a_refusal_is_for_good_only_where_it_is_said_to_be() {
        let of = |status, error: &str| {
            refusal(
                StatusCode::from_u16(status).unwrap(),
                format!(r#"{{"error":"{error}"}}"#).as_bytes(),
            )
        };
        assert_eq!(of(400, "invalid_grant"), GrantFault::Refused);
        assert_eq!(of(401, "invalid_client"), GrantFault::UnknownClient);
        assert_eq!(of(503, "invalid_grant"), GrantFault::Unavailable);
        assert_eq!(of(400, "temporarily_unavailable"), GrantFault::Unavailable);
        assert_eq!(refusal(StatusCode::BAD_REQUEST, b"<html>"), GrantFault::Unavailable);
    }
}
