//! Lists: filters alone and together, pages, what comes along.

use registry_testkit::{eventually, upstreams::Scripted};
use serde_json::{Value, json};

use crate::support::{
    Registry, SERVERS, assert_breaks, assert_problem, link, listed, names, offering, register,
    server, server_with,
};

async fn with(servers: &[(&str, Value)]) -> Registry {
    let registry = Registry::start().await;
    for (name, members) in servers {
        register(&registry.anyone, &server_with(name, members)).await;
    }
    registry
}

#[tokio::test]
async fn a_list_is_a_bare_list_newest_first() {
    let registry = with(&[("a", json!({})), ("b", json!({})), ("c", json!({}))]).await;
    let answer = registry.anyone.get(SERVERS).await.expect(200);
    assert_eq!(names(&answer.json()), ["c", "b", "a"]);
    assert_eq!(answer.header("x-total-count"), "3");
    assert_eq!(listed(&registry.anyone, "order=asc").await, ["a", "b", "c"]);
    let one = &answer.json()[0];
    assert!(one.get("tools").is_none() && one.get("resources").is_none(), "{one}");
}

#[tokio::test]
async fn filters_work_alone_and_together() {
    let registry = with(&[
        ("alpha", json!({ "tags": ["prod", "eu"], "tenant_id": "contoso" })),
        ("beta", json!({ "tags": ["prod"], "description": "Handles INVOICES" })),
        ("gamma", json!({ "tags": ["eu"], "tenant_id": "fabrikam" })),
    ])
    .await;
    let api = &registry.anyone;
    for (query, found) in [
        ("tags=prod", vec!["beta", "alpha"]),
        ("tags=prod,eu", vec!["alpha"]),
        ("tags=prod&tags=eu", vec!["alpha"]),
        ("tags[]=prod&tags[]=eu", vec!["alpha"]),
        ("tags%5B%5D=prod&tags%5B%5D=eu", vec!["alpha"]),
        ("tags=none", vec![]),
        ("tenant_id=contoso", vec!["alpha"]),
        ("tenant_id=nobody", vec![]),
        ("health_status=unknown", vec!["gamma", "beta", "alpha"]),
        ("health_status=healthy", vec![]),
        ("name=beta", vec!["beta"]),
        ("name=bet", vec![]),
        ("search=invoices", vec!["beta"]),
        ("search=ALPH", vec!["alpha"]),
        ("search=%25", vec![]),
        ("tenant_id=contoso&tags=eu&search=a&health_status=unknown&limit=5", vec!["alpha"]),
        ("tenant_id=fabrikam&tags=prod", vec![]),
        ("unknown=1", vec!["gamma", "beta", "alpha"]),
    ] {
        assert_eq!(listed(api, query).await, found, "{query}");
    }
}

#[tokio::test]
async fn a_parameter_that_breaks_its_rule_is_named() {
    let registry = Registry::start().await;
    for (query, loc) in [
        ("limit=0", "limit"),
        ("limit=-1", "limit"),
        ("limit=1001", "limit"),
        ("limit=many", "limit"),
        ("offset=-1", "offset"),
        ("order=sideways", "order"),
        ("health_status=fine", "health_status"),
        ("include_tools=maybe", "include_tools"),
        ("cursor=abc", "cursor"),
        ("tenant_id=a~b", "tenant_id"),
        ("search=a%00", "search"),
    ] {
        let answer = registry.anyone.get(&format!("{SERVERS}?{query}")).await;
        assert_eq!(answer.status, 422, "{query}: {}", answer.text());
        assert_breaks(&answer, &format!("query.{loc}"));
    }
}

#[tokio::test]
async fn pages_hold_every_server_once_while_others_arrive() {
    let registry = Registry::start().await;
    for number in 0..7 {
        register(&registry.anyone, &server(&format!("s{number}"))).await;
    }
    let mut seen = Vec::new();
    let mut next = Some(format!("{SERVERS}?limit=3"));
    while let Some(path) = next {
        let page = registry.anyone.get(&path).await.expect(200);
        seen.extend(names(&page.json()));
        register(&registry.anyone, &server(&format!("late{}", seen.len()))).await;
        next = link(&page, "next");
    }
    assert_eq!(seen, ["s6", "s5", "s4", "s3", "s2", "s1", "s0"]);
}

#[tokio::test]
async fn pages_by_offset_lead_back_and_give_the_total() {
    let registry = with(&[("a", json!({})), ("b", json!({})), ("c", json!({}))]).await;
    let page = registry.anyone.get(&format!("{SERVERS}?limit=1&offset=1")).await.expect(200);
    assert_eq!(names(&page.json()), ["b"]);
    assert_eq!(page.header("x-total-count"), "3");
    let back = registry.anyone.get(&link(&page, "prev").unwrap()).await.expect(200);
    assert_eq!(names(&back.json()), ["c"]);
    assert_eq!(listed(&registry.anyone, "offset=3").await, [""; 0]);
    let cursor = link(&page, "next").unwrap();
    let both = registry.anyone.get(&format!("{cursor}&offset=1")).await;
    assert_problem(&both, 422, "VALIDATION_ERROR");
}

async fn listed_with(registry: &Registry, name: &str, upstream: &Scripted) -> Value {
    let members = json!({ "endpoint_url": upstream.url(), "auto_discover": true });
    register(&registry.anyone, &server_with(name, &members)).await
}

#[tokio::test]
async fn tools_and_resources_come_along_when_asked_for() {
    let registry = Registry::start().await;
    let files = offering(&["read_file", "write_file"], &["file:///{path}"]);
    let mail = offering(&["send"], &[]);
    listed_with(&registry, "files", &files).await;
    listed_with(&registry, "mail", &mail).await;
    register(&registry.anyone, &server("silent")).await;

    let path = format!("{SERVERS}?order=asc&include_tools=true");
    let list = eventually("both servers' tools are there", async || {
        let list = registry.anyone.get(&path).await.expect(200).json();
        let both = list[0]["tools"] != json!([]) && list[1]["tools"] != json!([]);
        both.then_some(list)
    })
    .await;
    assert_eq!(names(&list[0]["tools"]), ["read_file", "write_file"]);
    assert_eq!(
        list[1]["tools"],
        json!([{ "name": "send", "description": "does send", "input_schema": { "type": "object" } }])
    );
    assert_eq!(list[2]["tools"], json!([]));
    assert!(list[0].get("resources").is_none(), "{list}");

    let both = format!("{SERVERS}?name=files&include_resources=true&include_tools=1");
    let files = registry.anyone.get(&both).await.expect(200).json()[0].clone();
    assert_eq!(
        files["resources"],
        json!([{
            "uri_template": "file:///{path}", "name": "files", "description": null,
            "mime_type": "text/plain",
        }])
    );
    assert_eq!(files["tools"].as_array().unwrap().len(), 2);
}
