//! What clients read before they do anything, and how a refusal points to it.

use serde_json::json;

use crate::support::World;

#[tokio::test]
async fn a_refusal_names_the_metadata_of_what_was_asked_for() {
    let world = World::start().await;
    for path in ["/mcp", "/servers/files/mcp"] {
        let refused = world.gateway().mcp(path, "tools/list", json!({})).await.expect(401);
        let challenge = refused.header("www-authenticate").to_owned();
        let address = format!("{}/.well-known/oauth-protected-resource{path}", world.base());
        assert!(challenge.contains(&format!(r#"resource_metadata="{address}""#)), "{challenge}");
        assert!(challenge.contains(r#"scope="access_as_user""#), "{challenge}");
        assert!(!challenge.contains("error="), "{challenge}");

        let path = format!("/.well-known/oauth-protected-resource{path}");
        let resource = world.gateway().get(&path).await.expect(200).json();
        assert_eq!(
            resource["resource"],
            address.replace("/.well-known/oauth-protected-resource", "")
        );
        assert_eq!(resource["authorization_servers"], json!([world.base()]));
        assert_eq!(resource["scopes_supported"], json!(["access_as_user"]));
        assert_eq!(resource["bearer_methods_supported"], json!(["header"]));
    }
    let root = world.gateway().get("/.well-known/oauth-protected-resource").await.expect(200);
    assert_eq!(root.json()["resource"], world.base());
    for nowhere in ["/token", "/servers//mcp", "/servers/a/b/mcp", "/mcp/x"] {
        let path = format!("/.well-known/oauth-protected-resource{nowhere}");
        world.gateway().get(&path).await.expect(404);
    }
}

#[tokio::test]
async fn the_servers_metadata_is_the_same_at_every_address_that_clients_try() {
    let world = World::start().await;
    let metadata = world.gateway().get("/.well-known/oauth-authorization-server").await.expect(200);
    let metadata = metadata.json();
    let base = world.base();
    assert_eq!(metadata["issuer"], base.as_str());
    for (name, path) in [
        ("authorization_endpoint", "/authorize"),
        ("token_endpoint", "/token"),
        ("registration_endpoint", "/register"),
        ("revocation_endpoint", "/revoke"),
        ("jwks_uri", "/.well-known/jwks.json"),
    ] {
        assert_eq!(metadata[name], format!("{base}{path}"));
    }
    assert_eq!(metadata["code_challenge_methods_supported"], json!(["S256"]));
    assert_eq!(metadata["client_id_metadata_document_supported"], true);
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], true);
    let methods = metadata["token_endpoint_auth_methods_supported"].as_array().unwrap();
    assert!(methods.contains(&json!("none")));
    assert!(!metadata.to_string().contains("offline_access"));
    for path in [
        "/.well-known/openid-configuration",
        "/.well-known/oauth-authorization-server/mcp",
        "/.well-known/openid-configuration/servers/files/mcp",
        "/mcp/.well-known/openid-configuration",
    ] {
        assert_eq!(world.gateway().get(path).await.expect(200).json(), metadata, "{path}");
    }
}

#[tokio::test]
async fn at_least_two_keys_are_published_and_nothing_private() {
    let world = World::start().await;
    let keys = world.gateway().get("/.well-known/jwks.json").await.expect(200).json();
    let keys = keys["keys"].as_array().unwrap().clone();
    assert!(keys.len() >= 2, "{keys:?}");
    for key in keys {
        assert_eq!(
            (&key["kty"], &key["alg"], &key["use"]),
            (&json!("EC"), &json!("ES256"), &json!("sig"))
        );
        assert!(key.get("d").is_none());
    }
}

#[tokio::test]
async fn without_a_secret_for_entra_the_gateway_points_clients_there() {
    let world = World::with(&[("MREG_OAUTH_SERVER_ENABLED", "false")]).await;
    let resource = world.gateway().get("/.well-known/oauth-protected-resource/mcp").await;
    let issuer = format!("{}/{}/v2.0", world.entra.authority(), registry_testkit::entra::TENANT);
    assert_eq!(resource.expect(200).json()["authorization_servers"], json!([issuer]));
    for path in ["/.well-known/oauth-authorization-server", "/authorize", "/.well-known/jwks.json"]
    {
        world.gateway().get(path).await.expect(404);
    }
    assert_eq!(world.opens(&world.entra.access_token("Ada")).await, 200);
}
