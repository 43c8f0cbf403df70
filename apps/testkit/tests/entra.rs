//! The stand-in for Entra refuses what Entra refuses, and gives tokens for the rest.

#![expect(
    clippy::expect_used,
    reason = "a test wants to stop, with a message, where its ground gives way"
)]

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use registry_testkit::entra::{CLIENT, CLIENT_SECRET, Entra, Person, TENANT};
use registry_testkit::{Answer, Api};
use serde_json::Value;
use url::Url;

const BACK: &str = "http://127.0.0.1:1/back";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn scope() -> String {
    format!("openid offline_access api://{CLIENT}/access_as_user")
}

fn entra() -> (Entra, Api) {
    let entra = Entra::new();
    entra.allow_redirect(BACK);
    let api = Api::new(entra.authority());
    (entra, api)
}

/// Asks for a code with some parameters in the place of the right ones; empty ones are left out.
async fn authorize(api: &Api, changes: &[(&str, &str)]) -> Answer {
    let scope = scope();
    let mut asked = vec![
        ("client_id", CLIENT),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", &scope),
        ("state", "as it is"),
        ("nonce", "n-1"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in changes {
        asked.retain(|(known, _)| known != name);
        asked.push((name, value));
    }
    asked.retain(|(_, value)| !value.is_empty());
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(asked).finish();
    api.get(&format!("/{TENANT}/oauth2/v2.0/authorize?{query}")).await
}

/// What a browser is sent back with.
fn sent_back(answer: &Answer, name: &str) -> Option<String> {
    let to = Url::parse(answer.headers.get("location")?.to_str().ok()?).ok()?;
    let found = to.query_pairs().find(|(key, _)| key == name);
    found.map(|(_, value)| value.into_owned())
}

async fn redeem(api: &Api, changes: &[(&str, &str)]) -> Answer {
    let mut form = vec![
        ("grant_type", "authorization_code"),
        ("client_id", CLIENT),
        ("client_secret", CLIENT_SECRET),
        ("redirect_uri", BACK),
        ("code_verifier", VERIFIER),
    ];
    for (name, value) in changes {
        form.retain(|(known, _)| known != name);
        form.push((name, value));
    }
    form.retain(|(_, value)| !value.is_empty());
    api.post_form(&format!("/{TENANT}/oauth2/v2.0/token"), &form).await
}

fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a JWT has three parts");
    let payload = URL_SAFE_NO_PAD.decode(payload).expect("its parts are base64url");
    serde_json::from_slice(&payload).expect("its claims are JSON")
}

fn number(answer: &Answer) -> u64 {
    answer.json().pointer("/error_codes/0").and_then(Value::as_u64).unwrap_or_default()
}

#[tokio::test]
async fn a_code_gives_tokens_once_and_a_refresh_token_the_next() {
    let (entra, api) = entra();
    let answer = authorize(&api, &[("login_hint", "grace@example.com")]).await;
    assert_eq!(answer.status, 302);
    assert_eq!(sent_back(&answer, "state").as_deref(), Some("as it is"));
    let code = sent_back(&answer, "code").unwrap();

    let tokens = redeem(&api, &[("code", &code)]).await;
    assert_eq!(tokens.status, 200);
    let (id, access) = (tokens.json()["id_token"].clone(), tokens.json()["access_token"].clone());
    let id = claims(id.as_str().unwrap());
    assert_eq!(
        (&id["nonce"], &id["aud"], &id["name"]),
        (&"n-1".into(), &CLIENT.into(), &"Grace Hopper".into())
    );
    let access = claims(access.as_str().unwrap());
    assert_eq!((&access["scp"], &access["roles"][0]), (&"access_as_user".into(), &"admin".into()));
    assert_ne!(access["sub"], access["oid"], "sub is pairwise");

    assert_eq!(number(&redeem(&api, &[("code", &code)]).await), 54_005);
    let refresh = tokens.json()["refresh_token"].as_str().unwrap().to_owned();
    let again = [("grant_type", "refresh_token"), ("refresh_token", &*refresh)];
    assert_eq!(redeem(&api, &again).await.status, 200);
    assert_eq!(number(&redeem(&api, &again).await), 50_173, "a refresh token is good once");
    assert_eq!((entra.grants("authorization_code"), entra.grants("refresh_token")), (1, 1));
}

#[tokio::test]
async fn what_entra_refuses_at_the_door_is_refused() {
    let (entra, api) = entra();
    for (wrong, code) in [
        (("client_id", "other"), "AADSTS700016"),
        (("redirect_uri", "http://127.0.0.1:1/other"), "AADSTS50011"),
    ] {
        let page = authorize(&api, &[wrong]).await;
        assert_eq!(page.status, 400);
        assert!(page.text().contains(code), "{}", page.text());
    }
    let of_graph = format!("User.Read api://{CLIENT}/access_as_user");
    for (wrong, code) in [
        (("resource", "https://mcp.example.com/mcp"), "AADSTS9010010"),
        (("scope", ""), "AADSTS900144"),
        (("scope", "openid access_as_user"), "AADSTS650053"),
        (("scope", &of_graph), "AADSTS28000"),
        (("scope", "https://other.example.com/x"), "AADSTS500011"),
        (("response_type", "token"), "AADSTS700054"),
        (("code_challenge_method", "plain"), "AADSTS501491"),
    ] {
        let told = sent_back(&authorize(&api, &[wrong]).await, "error_description").unwrap();
        assert!(told.starts_with(code), "{wrong:?}: {told}");
    }
    entra.declines(true);
    let declined = authorize(&api, &[]).await;
    assert_eq!(sent_back(&declined, "error").as_deref(), Some("access_denied"));
    assert_eq!(api.post("/register", &Value::Null).await.status, 404, "there is no registration");
    assert_eq!(api.get("/.well-known/oauth-authorization-server").await.status, 404);
}

#[tokio::test]
async fn what_entra_refuses_at_the_token_endpoint_is_refused() {
    let (_entra, api) = entra();
    for (wrong, status, code) in [
        (("client_secret", ""), 401, 7_000_218),
        (("client_secret", "wrong"), 401, 7_000_215),
        (("code", "unknown"), 400, 70_000),
        (("code_verifier", "swapped"), 400, 501_481),
        (("code_verifier", ""), 400, 501_481),
        (("redirect_uri", "http://127.0.0.1:1/other"), 400, 500_112),
        (("resource", "https://mcp.example.com/mcp"), 400, 9_010_010),
        (("grant_type", "password"), 400, 70_003),
    ] {
        let given = sent_back(&authorize(&api, &[]).await, "code").unwrap();
        let refused = redeem(&api, &[("code", &given), wrong]).await;
        assert_eq!((refused.status.as_u16(), number(&refused)), (status, code), "{wrong:?}");
    }
}

#[tokio::test]
async fn tokens_are_of_either_version_and_leave_out_too_many_groups() {
    let (entra, api) = entra();
    let groups = |count: u32| (0..count).map(|number| format!("group-{number}"));
    entra.add(Person::ada().in_groups(groups(200)));
    entra.token_version(1);
    let v1 = claims(&entra.access_token("Ada"));
    assert_eq!(v1["aud"], format!("api://{CLIENT}"));
    assert_eq!(v1["iss"], format!("https://sts.windows.net/{TENANT}/"));
    assert_eq!((&v1["upn"], &v1["groups"][199]), (&"ada@example.com".into(), &"group-199".into()));

    entra.add(Person::ada().in_groups(groups(201)));
    entra.token_version(2);
    let v2 = claims(&entra.access_token("Ada"));
    assert_eq!((&v2["groups"], &v2["_claim_names"]["groups"]), (&Value::Null, &"src1".into()));

    let path = format!("/v1.0/users/{}/getMemberObjects", Person::ada().oid);
    let body = serde_json::json!({"securityEnabledOnly": false});
    assert_eq!(api.post(&path, &body).await.status, 401, "Graph asks who asks");
    let itself =
        [("grant_type", "client_credentials"), ("scope", "https://graph.microsoft.com/.default")];
    let token = redeem(&api, &itself).await.json()["access_token"].as_str().unwrap().to_owned();
    let told = api.clone().with_token(&token).post(&path, &body).await;
    assert_eq!(told.json()["value"].as_array().unwrap().len(), 201);
}
