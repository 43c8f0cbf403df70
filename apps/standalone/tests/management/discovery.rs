//! Who offers this tool, this resource.

use registry_testkit::{eventually, upstreams::Scripted};
use serde_json::{Value, json};

use crate::support::{Registry, assert_breaks, names, offering, register, server_with};

/// Three servers whose tools and resources are known.
struct Offers {
    registry: Registry,
    upstreams: [Scripted; 3],
}

impl Offers {
    async fn start() -> Self {
        let registry = Registry::start().await;
        let upstreams = [
            offering(&["read_file", "write_file"], &["file:///{path}", "log://{day}"]),
            offering(&["read_file", "read_mail"], &["mail://{box}"]),
            offering(&["send_mail"], &[]),
        ];
        for (name, members, upstream) in [
            ("files", json!({ "tags": ["prod"], "tenant_id": "contoso" }), &upstreams[0]),
            ("mail", json!({ "tags": ["prod", "eu"] }), &upstreams[1]),
            ("sender", json!({ "tags": ["eu"] }), &upstreams[2]),
        ] {
            let mut server = server_with(name, &members);
            server["endpoint_url"] = upstream.url().into();
            server["auto_discover"] = true.into();
            register(&registry.anyone, &server).await;
        }
        let offers = Self { registry, upstreams };
        eventually("all that is offered is known", async || {
            let all = offers.servers("tools?tools=*&match=any").await;
            (all == ["files", "mail", "sender"]).then_some(())
        })
        .await;
        assert!(offers.upstreams.iter().all(|upstream| upstream.connections() > 0));
        offers
    }

    async fn get(&self, path: &str) -> Value {
        let path = format!("/api/v1/discovery/{path}");
        self.registry.anyone.get(&path).await.expect(200).json()
    }

    async fn servers(&self, path: &str) -> Vec<String> {
        names(&self.get(path).await["servers"])
    }
}

#[tokio::test]
async fn a_tool_leads_to_the_servers_that_have_it() {
    let offers = Offers::start().await;
    let found = offers.get("tools?tools=%20read_file%20,write_file").await;
    assert_eq!(found["tools"], json!(["read_file", "write_file"]), "the wish is told back");
    let servers = found["servers"].as_array().unwrap();
    assert_eq!(names(&found["servers"]), ["files"], "a server has to have all of them");
    let mut members: Vec<&String> = servers[0].as_object().unwrap().keys().collect();
    members.sort();
    assert_eq!(members, ["endpoint_url", "health_status", "id", "name", "tools"]);
    assert_eq!(
        servers[0]["tools"],
        json!([
            { "name": "read_file", "description": "does read_file" },
            { "name": "write_file", "description": "does write_file" },
        ])
    );
    let one = offers.get("tools?tools=read_file").await;
    assert_eq!(names(&one["servers"]), ["files", "mail"]);
    assert_eq!(names(&one["servers"][0]["tools"]), ["read_file"], "only what was asked for");
}

#[tokio::test]
async fn tools_are_found_exactly_by_pattern_any_or_all() {
    let offers = Offers::start().await;
    for (query, found) in [
        ("tools=read", vec![]),
        ("tools=read_*", vec!["files", "mail"]),
        ("tools=*mail", vec!["mail", "sender"]),
        ("tools=READ_FILE", vec![]),
        ("tools=read_*,send_*", vec![]),
        ("tools=read_*,send_*&match=any", vec!["files", "mail", "sender"]),
        ("tools[]=read_file&tools[]=read_mail", vec!["mail"]),
        ("tools=%25", vec![]),
        ("tools=read_file&tags=eu", vec!["mail"]),
        ("tools=read_file&tenant_id=contoso", vec!["files"]),
        ("tools=read_file&health_status=unhealthy", vec![]),
        ("tools=read_file&tenant_id=contoso&tags=eu", vec![]),
        ("tools=*&match=any&limit=1", vec!["files"]),
    ] {
        assert_eq!(offers.servers(&format!("tools?{query}")).await, found, "{query}");
    }
}

#[tokio::test]
async fn resources_are_found_by_a_part_of_their_address_too() {
    let offers = Offers::start().await;
    let found = offers.get("resources?resources=file%3A%2F%2F").await;
    assert_eq!(found["resources"], json!(["file://"]));
    assert_eq!(names(&found["servers"]), ["files"]);
    assert_eq!(
        found["servers"][0]["resources"],
        json!([{
            "uri_template": "file:///{path}", "name": "files", "description": null,
            "mime_type": "text/plain",
        }])
    );
    for (query, servers) in [
        ("resources=mail://{box}", vec!["mail"]),
        ("resources=*://{*}", vec!["files", "mail"]),
        ("resources=mail,log", vec!["files", "mail"]),
        ("resources=file,log&match=all", vec!["files"]),
        ("resources=nothing", vec![]),
    ] {
        assert_eq!(offers.servers(&format!("resources?{query}")).await, servers, "{query}");
    }
}

#[tokio::test]
async fn what_is_looked_for_has_to_be_said() {
    let registry = Registry::start().await;
    for (path, loc) in [
        ("tools", "tools"),
        ("tools?tools=", "tools"),
        ("tools?tools=,%20,", "tools"),
        ("tools?tools=a&match=some", "match"),
        ("tools?tools=a&health_status=fine", "health_status"),
        ("resources", "resources"),
        ("resources?resources=a%00", "resources"),
    ] {
        let answer = registry.anyone.get(&format!("/api/v1/discovery/{path}")).await;
        assert_eq!(answer.status, 422, "{path}: {}", answer.text());
        assert_breaks(&answer, &format!("query.{loc}"));
    }
}
