//! Which clients there may be: registered, described by a document, named by the operator.

use registry_testkit::upstreams::{Reply, Scripted};
use serde_json::{Value, json};

use crate::browser::{Client, REDIRECT, VERIFIER, challenge};
use crate::support::World;

#[tokio::test]
async fn a_client_registers_itself_with_a_secret_or_without() {
    let world = World::start().await;
    let public =
        json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "none", "x": [1]});
    let answer = world.gateway().post("/register", &public).await.expect(201);
    assert_eq!(answer.header("cache-control"), "no-store");
    let answer = answer.json();
    assert_eq!(answer["redirect_uris"], json!([REDIRECT]));
    assert_eq!(answer["token_endpoint_auth_method"], "none");
    assert!(answer.get("client_secret").is_none());

    let confidential =
        json!({"redirect_uris": ["https://app.example/cb"], "application_type": "web"});
    let answer = world.gateway().post("/register", &confidential).await.expect(201).json();
    assert_eq!(answer["token_endpoint_auth_method"], "client_secret_basic");
    assert_eq!(answer["client_secret_expires_at"], 0);
    let text = answer.to_string();
    assert!(!text.contains(registry_testkit::entra::CLIENT), "Entra's client is nobody's: {text}");
    assert!(!text.contains(registry_testkit::entra::CLIENT_SECRET));
}

#[tokio::test]
async fn metadata_that_breaks_a_rule_is_refused_and_the_rule_named() {
    let world = World::start().await;
    let many: Vec<String> = (0..11).map(|n| format!("https://app.example/{n}")).collect();
    let cases: &[(Value, &str, &str)] = &[
        (json!({}), "invalid_client_metadata", "redirect_uris"),
        (json!({"redirect_uris": []}), "invalid_redirect_uri", "1 to 10"),
        (json!({"redirect_uris": many}), "invalid_redirect_uri", "1 to 10"),
        (json!({"redirect_uris": ["http://app.example/cb"]}), "invalid_redirect_uri", "[0]"),
        (
            json!({"redirect_uris": [REDIRECT, "javascript:alert(1)"]}),
            "invalid_redirect_uri",
            "[1]",
        ),
        (json!({"redirect_uris": ["cursor://host/cb"]}), "invalid_redirect_uri", "none"),
        (
            json!({"redirect_uris": ["data://x/y"], "token_endpoint_auth_method": "none"}),
            "invalid_redirect_uri",
            "[0]",
        ),
        (json!({"redirect_uris": ["https://app.example/#x"]}), "invalid_redirect_uri", "fragment"),
        (
            json!({"redirect_uris": [REDIRECT], "application_type": "web"}),
            "invalid_redirect_uri",
            "application_type",
        ),
        (
            json!({"redirect_uris": [REDIRECT], "client_name": "\u{202e}x"}),
            "invalid_client_metadata",
            "client_name",
        ),
        (
            json!({"redirect_uris": [REDIRECT], "client_name": "x".repeat(101)}),
            "invalid_client_metadata",
            "client_name",
        ),
        (
            json!({"redirect_uris": [REDIRECT], "grant_types": ["implicit"]}),
            "invalid_client_metadata",
            "grant_types",
        ),
        (
            json!({"redirect_uris": [REDIRECT], "response_types": ["token"]}),
            "invalid_client_metadata",
            "response_types",
        ),
        (json!({"redirect_uris": [REDIRECT], "scope": "root"}), "invalid_client_metadata", "root"),
        (
            json!({"redirect_uris": [REDIRECT], "token_endpoint_auth_method": "private_key_jwt"}),
            "invalid_client_metadata",
            "token_endpoint_auth_method",
        ),
        (json!([]), "invalid_client_metadata", "metadata"),
    ];
    for (metadata, code, said) in cases {
        let refused = world.gateway().post("/register", metadata).await.expect(400).json();
        assert_eq!(refused["error"], *code, "{metadata}: {refused}");
        assert!(refused["error_description"].as_str().unwrap().contains(said), "{refused}");
    }
    let huge = json!({"redirect_uris": [REDIRECT], "x": "x".repeat(100_000)});
    world.gateway().post("/register", &huge).await.expect(413);
}

#[tokio::test]
async fn there_is_room_for_so_many_clients_and_registration_can_be_switched_off() {
    let world = World::with(&[("MREG_OAUTH_MAX_CLIENTS", "2")]).await;
    let metadata = json!({"redirect_uris": [REDIRECT]});
    for _ in 0..2 {
        world.gateway().post("/register", &metadata).await.expect(201);
    }
    let full = world.gateway().post("/register", &metadata).await.expect(503);
    assert_eq!(full.json()["error"], "temporarily_unavailable");

    let closed = World::with(&[("MREG_ALLOW_DYNAMIC_REGISTRATION", "false")]).await;
    let metadata_of = closed.gateway().get("/.well-known/oauth-authorization-server").await.json();
    assert!(metadata_of.get("registration_endpoint").is_none());
    closed.gateway().post("/register", &metadata).await.expect(400);
}

#[tokio::test]
async fn a_client_is_known_by_its_metadata_document() {
    let world = World::start().await;
    let site = Scripted::start(|request| {
        let id = format!("http://{}{}", request.header("host"), request.path);
        let document = match request.path.as_str() {
            "/good.json" => {
                json!({"client_id": id, "client_name": "Documented", "redirect_uris": [REDIRECT]})
            }
            "/other.json" => {
                json!({"client_id": "https://else.example/x", "redirect_uris": [REDIRECT]})
            }
            "/large.json" => {
                json!({"client_id": id, "redirect_uris": [REDIRECT], "x": "x".repeat(20_000)})
            }
            "/moved.json" => {
                return Reply::bytes().send(
                    "HTTP/1.1 302 Found\r\nlocation: /good.json\r\ncontent-length: 0\r\n\r\n",
                );
            }
            _ => {
                return Reply::bytes().send(
                    "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\n{}",
                );
            }
        };
        let body = document.to_string();
        Reply::bytes().send(format!(
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: max-age=600\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        ))
    });
    let client = Client::known(format!("{}/good.json", site.base()));
    let mut browser = world.browser();
    let page = browser.authorize(&client.request(&challenge(VERIFIER))).await.expect(302);
    let page = browser.get(page.header("location")).await.expect(200).text();
    assert!(page.contains("Documented") && page.contains("127.0.0.1"), "{page}");
    let tokens = world.browser().tokens(&client, &[]).await;
    assert_eq!(world.opens(tokens["access_token"].as_str().unwrap()).await, 200);
    assert_eq!(site.requests().len(), 1, "the document is kept for as long as its site says");

    for bad in ["/other.json", "/large.json", "/moved.json", "/page.html"] {
        let client = Client::known(format!("{}{bad}", site.base()));
        let refused = world.browser().authorize(&client.request(&challenge(VERIFIER))).await;
        let page = refused.expect(400).text();
        assert!(page.contains("metadata document"), "{bad}: {page}");
    }
    for forbidden in [
        "http://169.254.169.254/x",
        "http://[::ffff:169.254.169.254]/x",
        "http://10.0.0.1/x",
        "file:///etc/passwd",
    ] {
        let client = Client::known(forbidden);
        world.browser().authorize(&client.request(&challenge(VERIFIER))).await.expect(400);
    }
}

#[tokio::test]
async fn a_client_that_the_operator_named_proves_itself_with_its_secret() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clients.json");
    let secret = "a-secret-of-at-least-thirty-two-characters";
    let clients = json!([{
        "client_id": "the-ide", "client_name": "IDE", "redirect_uris": [REDIRECT], "client_secret": secret,
    }]);
    std::fs::write(&file, clients.to_string()).unwrap();
    let world = World::with(&[("MREG_OAUTH_CLIENTS_FILE", file.to_str().unwrap())]).await;
    let client = Client::known("the-ide");

    let code = world.browser().code(&client, &[]).await;
    let refused = client.redeem(&world.gateway(), &code).await.expect(401).json();
    assert_eq!(refused["error"], "invalid_client");
    let basic = |secret: &str| {
        use base64::Engine as _;
        let encoded = base64::engine::general_purpose::STANDARD.encode(format!("the-ide:{secret}"));
        world.gateway().with_header("authorization", &format!("Basic {encoded}"))
    };
    let wrong =
        client.redeem(&basic("another-secret-of-thirty-two-characters"), &code).await.expect(401);
    assert!(wrong.header("www-authenticate").starts_with("Basic"), "told of the scheme it used");
    client.redeem(&basic(secret), &code).await.expect(200);

    let code = world.browser().code(&client, &[]).await;
    let form = [
        ("grant_type", "authorization_code"),
        ("client_id", "the-ide"),
        ("client_secret", secret),
        ("code", code.as_str()),
        ("code_verifier", VERIFIER),
    ];
    world.gateway().post_form("/token", &form).await.expect(200);
    let both = basic(secret).post_form("/token", &form).await.expect(400);
    assert_eq!(both.json()["error"], "invalid_request");
}
