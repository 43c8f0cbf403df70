//! Assertions of the identity provider instead of a sign-in (ID-JAG).

use registry_testkit::Answer;
use registry_testkit::entra::{Entra, Person, TENANT};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::browser::REDIRECT;
use crate::support::{World, claims, launch};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
const SECRET: &str = "a-secret-of-at-least-thirty-two-characters";

/// A product that takes assertions, and the client that the operator named.
struct Taking {
    world: World,
    _folder: TempDir,
}

impl Taking {
    async fn start() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("clients.json");
        let clients = json!([
            {"client_id": "agent", "redirect_uris": [REDIRECT], "client_secret": SECRET},
            {"client_id": "open", "redirect_uris": [REDIRECT]},
        ]);
        std::fs::write(&file, clients.to_string()).unwrap();
        let entra = Entra::new();
        let issuer = format!("{}/{TENANT}/v2.0", entra.authority());
        let settings = [
            ("MREG_OAUTH_ID_JAG_ISSUER", issuer.as_str()),
            ("MREG_OAUTH_CLIENTS_FILE", file.to_str().unwrap()),
        ];
        let program = launch("mcp-registry", &entra, &settings).start().await;
        Self { world: World { program, entra }, _folder: folder }
    }

    /// An assertion of Ada's for the client, with other claims.
    fn assertion(&self, changes: &Value) -> String {
        let mut said = json!({"aud": self.world.base(), "client_id": "agent"});
        for (name, value) in changes.as_object().unwrap() {
            said[name] = value.clone();
        }
        self.world.entra.assertion("Ada", &said)
    }

    async fn show(&self, assertion: &str, more: &[(&str, &str)]) -> Answer {
        let mut form = vec![
            ("grant_type", GRANT),
            ("client_id", "agent"),
            ("client_secret", SECRET),
            ("assertion", assertion),
        ];
        form.extend(more);
        self.world.gateway().post_form("/token", &form).await
    }

    async fn refused(&self, assertion: &str, more: &[(&str, &str)], status: u16) -> Value {
        self.show(assertion, more).await.expect(status).json()["error"].clone()
    }
}

#[tokio::test]
async fn an_assertion_is_worth_a_token_for_its_person_and_no_refresh_token() {
    let taking = Taking::start().await;
    let metadata = taking.world.gateway().get("/.well-known/oauth-authorization-server").await;
    let metadata = metadata.expect(200).json();
    assert!(metadata["grant_types_supported"].as_array().unwrap().contains(&json!(GRANT)));
    assert_eq!(
        metadata["authorization_grant_profiles_supported"],
        json!(["urn:ietf:params:oauth:grant-profile:id-jag"])
    );

    let resource = format!("{}/mcp", taking.world.base());
    let assertion = taking.assertion(&json!({"resource": resource, "scope": "access_as_user"}));
    let tokens = taking.show(&assertion, &[]).await.expect(200);
    assert_eq!(tokens.header("cache-control"), "no-store");
    let tokens = tokens.json();
    assert!(tokens.get("refresh_token").is_none(), "{tokens}");
    let token = tokens["access_token"].as_str().unwrap();
    let said = claims(token);
    assert_eq!((&said["aud"], &said["client_id"]), (&json!(resource), &json!("agent")));
    assert_eq!((&said["oid"], &said["tid"]), (&json!(Person::ada().oid), &json!(TENANT)));
    assert_eq!(taking.world.opens(token).await, 200);

    let again = taking.refused(&assertion, &[], 400).await;
    assert_eq!(again, "invalid_grant", "it is good once");
    assert_eq!(taking.world.opens(token).await, 200, "whoever was first keeps what they got");
}

#[tokio::test]
async fn what_is_asked_for_has_to_be_asserted() {
    let taking = Taking::start().await;
    let base = taking.world.base();
    let (mcp, files) = (format!("{base}/mcp"), format!("{base}/servers/files/mcp"));
    let both = json!([mcp, files]);
    for (resource, asked, granted) in [
        (Value::Null, None, Some(base.clone())),
        (Value::Null, Some(&mcp), Some(mcp.clone())),
        (json!(base), Some(&files), Some(files.clone())),
        (both.clone(), Some(&files), Some(files.clone())),
        (both, None, None),
        (json!(mcp), Some(&files), None),
        (json!("https://else.example/mcp"), None, None),
    ] {
        let assertion = taking.assertion(&json!({"resource": resource}));
        let more: Vec<(&str, &str)> =
            asked.iter().map(|asked| ("resource", asked.as_str())).collect();
        let answer = taking.show(&assertion, &more).await;
        if let Some(granted) = granted {
            let tokens = answer.expect(200).json();
            let said = claims(tokens["access_token"].as_str().unwrap());
            assert_eq!(said["aud"], granted, "{resource} {asked:?}");
        } else {
            let refused = answer.expect(400).json();
            assert_eq!(refused["error"], "invalid_target", "{resource} {asked:?}");
        }
    }
    let assertion = taking.assertion(&json!({"scope": "access_as_user"}));
    let wider = [("scope", "access_as_user offline_access")];
    assert_eq!(taking.refused(&assertion, &wider, 400).await, "invalid_scope");
    let root = taking.assertion(&json!({"scope": "root"}));
    assert_eq!(taking.refused(&root, &[], 400).await, "invalid_scope");
    taking.show(&assertion, &[]).await.expect(200);
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "what it says of times is compared with the real clock"
)]
async fn an_assertion_that_is_not_for_us_that_client_and_now_is_refused() {
    let taking = Taking::start().await;
    let now = jiff::Timestamp::now().as_second();
    let base = taking.world.base();
    for twist in [
        json!({"aud": "https://else.example"}),
        json!({"aud": [base, "https://else.example"]}),
        json!({"aud": null}),
        json!({"client_id": "open"}),
        json!({"client_id": null}),
        json!({"iss": "https://else.example"}),
        json!({"exp": now - 120}),
        json!({"exp": now + 3600}),
        json!({"exp": null}),
        json!({"iat": now - 3600, "nbf": now - 3600, "exp": now + 300}),
        json!({"iat": now + 600, "exp": now + 900}),
        json!({"nbf": now + 600}),
        json!({"iat": null}),
        json!({"jti": null}),
        json!({"jti": ""}),
        json!({"oid": null, "sub": null}),
    ] {
        let refused = taking.refused(&taking.assertion(&twist), &[], 400).await;
        assert_eq!(refused, "invalid_grant", "{twist}");
    }
    let good = taking.assertion(&json!({}));
    let (message, _) = good.rsplit_once('.').unwrap();
    let other = taking.assertion(&json!({}));
    let (_, signature) = other.rsplit_once('.').unwrap();
    let all = json!({
        "iss": claims(&good)["iss"], "aud": base, "client_id": "agent", "jti": "x", "iat": now,
        "exp": now + 300, "oid": Person::ada().oid, "tid": TENANT,
    });
    let another_kind = taking.world.entra.sign(&all);
    for bad in [&format!("{message}.{signature}"), message, "x", &another_kind] {
        assert_eq!(taking.refused(bad, &[], 400).await, "invalid_grant", "{bad}");
    }
    taking.world.gateway().with_token(&good).mcp("/mcp", "ping", json!({})).await.expect(401);
    taking.show(&good, &[]).await.expect(200);
}

#[tokio::test]
async fn only_who_keeps_a_secret_shows_assertions_and_only_where_they_are_taken() {
    let taking = Taking::start().await;
    let assertion = taking.assertion(&json!({"client_id": "open"}));
    let form = [("grant_type", GRANT), ("client_id", "open"), ("assertion", assertion.as_str())];
    let refused = taking.world.gateway().post_form("/token", &form).await.expect(400).json();
    assert_eq!(refused["error"], "unauthorized_client");

    let plain = World::start().await;
    let client = plain.client().await;
    let form = [("grant_type", GRANT), ("client_id", client.id.as_str()), ("assertion", "x")];
    let refused = plain.gateway().post_form("/token", &form).await.expect(400).json();
    assert_eq!(refused["error"], "unsupported_grant_type");
    let metadata = plain.gateway().get("/.well-known/oauth-authorization-server").await.text();
    assert!(!metadata.contains("jwt-bearer") && !metadata.contains("id-jag"), "{metadata}");
}
