//! Tokens that clients got of Entra by themselves.

use registry_testkit::entra::{Person, TENANT};
use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use registry_testkit::{Api, eventually};
use serde_json::{Value, json};

use super::SignInWorld;
use crate::support::tools_shown;

const ADMINS: &str = "33333333-3333-4333-8333-333333333333";

fn groups(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("group-{number}")).chain([ADMINS.to_owned()]).collect()
}

async fn userinfo(api: &Api) -> Value {
    api.get("/oauth/userinfo").await.expect(200).json()
}

#[tokio::test]
async fn tokens_of_either_version_are_taken_as_msal_gets_them() {
    let world = SignInWorld::start(&[]).await;
    for version in [1, 2] {
        world.entra.token_version(version);
        let told = userinfo(&world.with_token_of("Ada")).await;
        assert_eq!(
            (&told["user_id"], &told["tenant_id"]),
            (&json!(Person::ada().oid), &json!(TENANT))
        );
        assert_eq!(told["email"], "ada@example.com", "v{version}");
    }
}

#[tokio::test]
async fn who_has_no_email_is_somebody_all_the_same() {
    let world = SignInWorld::start(&[]).await;
    world.entra.add(Person { email: None, ..Person::ada() });
    assert_eq!(userinfo(&world.with_token_of("Ada")).await["email"], Value::Null);
    let service = Api::service(&world.program).with_token(&world.entra.access_token("Ada"));
    let me = service.get("/users/me").await.expect(200).json();
    assert_eq!(me["email"], format!("{}@no-email.invalid", Person::ada().oid));
}

#[tokio::test]
async fn groups_that_do_not_fit_in_a_token_are_asked_of_graph_once() {
    let world = SignInWorld::start(&[("ENTRA_ADMIN_GROUP_ID", ADMINS)]).await;
    world.entra.add(Person::ada().in_groups(groups(250)));
    for _ in 0..3 {
        // Each another token: only what Graph said is kept for the person.
        let told = userinfo(&world.with_token_of("Ada")).await;
        assert_eq!(told["can_see_all"], true);
    }
    assert_eq!(world.entra.graph_calls(), 1);
}

#[tokio::test]
async fn while_graph_is_silent_nobody_administrates_by_group() {
    let world = SignInWorld::start(&[("ENTRA_ADMIN_GROUP_ID", ADMINS)]).await;
    world.entra.add(Person::ada().in_groups(groups(250)));
    world.entra.graph_is_down(true);
    let told = userinfo(&world.with_token_of("Ada")).await;
    assert_eq!(told["can_see_all"], false, "nothing is concluded from silence");
    assert_eq!(world.entra.graph_calls(), 1);
    userinfo(&world.with_token_of("Ada")).await;
    assert_eq!(world.entra.graph_calls(), 1, "Graph is left alone for a while");
}

#[tokio::test]
async fn while_graph_is_silent_a_rule_that_denies_a_group_denies_who_may_be_in_it() {
    let world = SignInWorld::start(&[]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let grace = Api::service(&world.program).with_token(&world.entra.access_token("Grace"));
    let server = json!({
        "name": "Files", "alias": "files", "endpoint_url": upstream.url(), "transport_type": "http",
    });
    let listed = grace.post("/api/v1/servers", &server).await.expect(201).json();
    let rules = format!("/api/v1/servers/{}/tool-rules", listed["id"].as_str().unwrap());
    let denied = json!([{ "effect": "deny", "tools": ["echo"], "groups": ["contractors"] }]);
    grace.put(&rules, &json!({ "rules": denied })).await.expect(200);
    let has_echo =
        async |api: &Api| tools_shown(api, "/mcp").await.contains(&"files__echo".to_owned());
    eventually("who is in no such group has the tool", async || {
        has_echo(&world.with_token_of("Grace")).await.then_some(())
    })
    .await;

    let eve = Person::new("eeeeeeee-0000-4000-8000-000000000005", "Eve", "eve@example.com");
    for person in [Person::ada(), eve] {
        world.entra.add(person.in_groups(groups(250)));
    }
    assert!(has_echo(&world.with_token_of("Eve")).await, "Graph says that she is not in it");
    world.entra.graph_is_down(true);
    let ada = world.with_token_of("Ada");
    assert!(!has_echo(&ada).await, "nobody says that she is not in it");
    let answer = ada.call_tool("/mcp", "files__echo", json!({ "text": "x" })).await;
    assert_eq!(answer.expect(200).rpc()["error"]["code"], -32602);
    assert_eq!(upstream.seen_of("tools/call").len(), 0);
}

#[tokio::test]
async fn new_keys_are_found_and_old_tokens_hold_while_entra_is_down() {
    let world = SignInWorld::start(&[]).await;
    let old = world.with_token_of("Ada");
    userinfo(&old).await;
    world.entra.rotate_keys();
    userinfo(&world.with_token_of("Ada")).await;
    world.entra.is_down(true);
    userinfo(&old).await;
    userinfo(&world.with_token_of("Grace")).await;
}

#[tokio::test]
async fn people_of_tenants_that_are_not_on_the_list_stay_outside() {
    let guest = "44444444-4444-4444-8444-444444444444";
    let settings = [
        ("AZURE_TENANT_ID", "organizations"),
        ("MREG_AZURE_ALLOWED_TENANTS", &*format!("{TENANT},{guest}")),
    ];
    let world = SignInWorld::start(&settings).await;
    for (tenant, status) in [(guest, 200), ("55555555-5555-4555-8555-555555555555", 401)] {
        let person = Person::new("guest", "Guest Person", "guest@example.org");
        world.entra.add(Person { tenant: tenant.to_owned(), ..person });
        world.with_token_of("guest").get("/oauth/userinfo").await.expect(status);
    }
    let mut browser = world.browser();
    world.entra.signs_in("guest");
    let at = browser.leaves(Some("/")).await;
    let back = browser.through(&at).await;
    browser.get(&back).await.expect(502);
}

#[tokio::test]
async fn the_same_person_is_written_once() {
    let world = SignInWorld::start(&[]).await;
    let service = |token: &str| Api::service(&world.program).with_token(token);
    let me = service(&world.entra.access_token("Ada")).get("/users/me").await.expect(200).json();
    for _ in 0..3 {
        let again = service(&world.entra.access_token("Ada")).get("/users/me").await.expect(200);
        assert_eq!(again.json(), me, "nothing changed, so nothing was written");
    }
    world.entra.add(Person { name: "Ada King".into(), ..Person::ada() });
    let changed = eventually("the new name is stored", async || {
        let told = service(&world.entra.access_token("Ada King")).get("/users/me").await.json();
        (told["display_name"] == "Ada King").then_some(told)
    })
    .await;
    assert_eq!(changed["user_id"], me["user_id"]);
}
