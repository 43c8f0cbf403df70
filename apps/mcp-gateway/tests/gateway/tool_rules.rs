//! Who may use which tools: a tool that somebody may not use is not there for them, by no door.

use registry_testkit::upstreams::{RmcpOptions, RmcpServer};
use registry_testkit::{Api, eventually};
use serde_json::{Value, json};

use crate::support::{TENANT, World, tools_shown};

/// The product with a listed server, somebody of a group, and somebody who is in none.
struct Ruled {
    world: World,
    upstream: RmcpServer,
    /// The address of the server's rules.
    rules: String,
    alias: String,
    insider: Api,
    insider_token: String,
}

impl Ruled {
    async fn start() -> Self {
        let world = World::start().await;
        let upstream = RmcpServer::start(RmcpOptions::default());
        let listed = world.list("files", &upstream.url()).await;
        let path = format!("/registrations/{}", listed.registration);
        let registration = world.registry().get(&path).await.expect(200).json();
        let id = registration["server_id"].as_str().unwrap().to_owned();
        let claims = json!({ "subject": "ivy", "tenant": TENANT, "groups": ["ops"] });
        let insider_token = world.token(claims).await;
        let insider = world.mcp_as(&insider_token);
        let rules = format!("/api/v1/servers/{id}/tool-rules");
        Self { world, upstream, rules, alias: listed.alias, insider, insider_token }
    }

    /// Sets the rules, and waits until the gateway goes by them.
    async fn set(&self, rules: Value, seen: &Api, echo_is_there: bool) {
        let body = json!({ "rules": rules });
        self.world.registry().put(&self.rules, &body).await.expect(200);
        eventually("the gateway goes by the rules", async || {
            let tools = tools_shown(seen, "/mcp").await;
            (tools.contains(&"files__echo".to_owned()) == echo_is_there).then_some(())
        })
        .await;
    }

    /// Whether `echo` is listed and can be called, the same by every door.
    async fn can_echo(&self, mcp: &Api, token: Option<&str>) -> bool {
        let arguments = json!({ "text": "x" });
        let mut found = vec![];
        let own = format!("/servers/{}/mcp", self.alias);
        for (path, name) in [("/mcp", "files__echo"), (own.as_str(), "echo")] {
            found.push(tools_shown(mcp, path).await.contains(&name.to_owned()));
            let before = self.upstream.seen_of("tools/call").len();
            let answer = mcp.call_tool(path, name, arguments.clone()).await.expect(200).rpc();
            found.push(answer.get("result").is_some());
            let reached = self.upstream.seen_of("tools/call").len() > before;
            assert_eq!(Some(&reached), found.last(), "{answer}");
            if !reached {
                assert_eq!(answer["error"]["code"], -32602);
                assert_eq!(answer["error"]["message"], format!("unknown tool: \"{name}\""));
            }
        }
        let service = Api::service(&self.world.program);
        let service = match token {
            Some(token) => service.with_token(token),
            None => service,
        };
        // Port 8000's proxy chooses among those that may be used.
        let message = json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "echo", "arguments": arguments },
        });
        found.push(service.post("/mcp/proxy", &message).await.status == 200);
        let simple = service.post("/mcp", &message).await.rpc();
        found.push(simple.get("result").is_some());
        let list = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
        let listed = service.post("/mcp", &list).await.expect(200).text();
        found.push(listed.contains("\"name\":\"echo\""));
        // Searches and lists of the catalog.
        let found_by_tool = service.get("/api/v1/discovery/tools?tools=echo").await.expect(200);
        found.push(found_by_tool.json()["servers"].as_array().unwrap().len() == 1);
        let shown = self.rules.strip_suffix("/tool-rules").unwrap();
        for path in
            [format!("{shown}?include_tools=true"), "/api/v1/servers?include_tools=true".to_owned()]
        {
            let text = service.get(&path).await.expect(200).text();
            found.push(text.contains("\"echo\""));
        }
        assert!(found.iter().all(|one| *one == found[0]), "every door says the same: {found:?}");
        found[0]
    }
}

#[tokio::test]
async fn a_tool_that_is_denied_is_neither_listed_nor_found_nor_callable_by_any_door() {
    let ruled = Ruled::start().await;
    let (user, token) = (ruled.world.mcp(), ruled.world.user.clone());
    assert!(ruled.can_echo(&user, Some(&token)).await, "without rules everybody may");
    ruled
        .set(json!([{ "effect": "deny", "tools": ["ec*"], "users": ["ada"] }]), &user, false)
        .await;
    assert!(!ruled.can_echo(&user, Some(&token)).await);
    assert!(ruled.can_echo(&ruled.insider, Some(&ruled.insider_token)).await);
    assert_eq!(tools_shown(&user, "/mcp").await.len(), 5, "the others are there");
    ruled.set(json!([]), &user, true).await;
    assert!(ruled.can_echo(&user, Some(&token)).await);
}

#[tokio::test]
async fn a_tool_that_is_for_a_group_or_a_role_is_there_for_nobody_else() {
    let ruled = Ruled::start().await;
    let (user, token) = (ruled.world.mcp(), ruled.world.user.clone());
    ruled
        .set(json!([{ "effect": "allow", "tools": ["echo"], "groups": ["OPS"] }]), &user, false)
        .await;
    assert!(!ruled.can_echo(&user, Some(&token)).await);
    assert!(ruled.can_echo(&ruled.insider, Some(&ruled.insider_token)).await);
    ruled
        .set(
            json!([{ "effect": "allow", "tools": ["echo"], "roles": ["admin"] }]),
            &ruled.insider,
            false,
        )
        .await;
    assert!(!ruled.can_echo(&user, Some(&token)).await);
    let admin = ruled.world.mcp_as(&ruled.world.admin);
    assert!(ruled.can_echo(&admin, Some(&ruled.world.admin)).await);
}

#[tokio::test]
async fn strangers_use_only_what_no_rule_is_about() {
    let ruled = Ruled::start().await;
    // Everybody's server: strangers reach it by port 8000's proxy.
    let message = json!({
        "jsonrpc": "2.0", "id": 1, "method": "tools/call",
        "params": { "name": "echo", "arguments": { "text": "x" } },
    });
    let stranger = Api::service(&ruled.world.program);
    stranger.post("/mcp/proxy", &message).await.expect(200);
    let deny = json!([{ "effect": "deny", "tools": ["echo"], "users": ["ada"] }]);
    ruled.set(deny, &ruled.world.mcp(), false).await;
    stranger.post("/mcp/proxy", &message).await.expect(404);
}

#[tokio::test]
async fn rules_are_changed_by_who_has_read_them_and_that_is_recorded() {
    let ruled = Ruled::start().await;
    let admin = ruled.world.registry();
    let read = admin.get(&ruled.rules).await.expect(200);
    assert_eq!(read.json()["rules"], json!([]));
    let rule = json!({
        "effect": "deny", "tools": ["echo"], "roles": ["user"], "groups": [], "users": [],
    });
    let seen = admin.clone().with_header("if-match", read.header("etag"));
    let body = json!({ "rules": [rule] });
    let set = seen.put(&ruled.rules, &body).await.expect(200);
    assert_eq!(set.json()["rules"], json!([rule]));
    assert_eq!(admin.get(&ruled.rules).await.expect(200).json()["rules"], json!([rule]));
    assert_eq!(
        seen.put(&ruled.rules, &body).await.expect(409).json()["error"],
        "INVALID_STATE_TRANSITION"
    );
    for wrong in [json!({}), json!({ "rules": [{ "effect": "deny", "tools": [] }] })] {
        admin.put(&ruled.rules, &wrong).await.expect(422);
    }
    let trail = admin.get("/audit-logs?action=Updated&limit=1").await.expect(200).json();
    assert_eq!(trail["results"][0]["metadata"], json!({ "before": [], "rules": [rule] }));
    let user = Api::service(&ruled.world.program).with_token(&ruled.world.user);
    user.get(&ruled.rules).await.expect(403);
    user.put(&ruled.rules, &json!({ "rules": [] })).await.expect(403);
}

#[tokio::test]
async fn another_content_of_a_server_leaves_its_rules_in_force() {
    let ruled = Ruled::start().await;
    let user = ruled.world.mcp();
    ruled.set(json!([{ "effect": "deny", "tools": ["echo"] }]), &user, false).await;
    let admin = ruled.world.registry();
    let server = ruled.rules.strip_suffix("/tool-rules").unwrap();
    let next = json!({
        "name": "files anew", "endpoint_url": ruled.upstream.url(), "transport_type": "http",
        "tenant_id": TENANT,
    });
    admin.put(server, &next).await.expect(200);
    eventually("the gateway knows the new content", async || {
        let path = format!("/servers/{}/mcp", ruled.alias);
        let named = user.mcp(&path, "server/discover", json!({})).await;
        (named.status == 200 && named.text().contains("files anew")).then_some(())
    })
    .await;
    assert!(!tools_shown(&user, "/mcp").await.contains(&"files__echo".to_owned()));
}
