//! Long lists come in pages, from the snapshot: cursors are sealed, and good for one caller and one
//! list only.

use registry_testkit::upstreams::{Reply, Scripted, answer_handshake};
use registry_testkit::{Api, eventually};
use serde_json::{Value, json};

use crate::support::World;

/// A server with so many tools.
fn with_tools(many: usize) -> Scripted {
    Scripted::start(move |request| {
        if request.rpc_method() == "tools/list" {
            let tool = |number| json!({ "name": format!("tool-{number:04}"), "inputSchema": { "type": "object" } });
            let tools: Vec<Value> = (0..many).map(tool).collect();
            let result = json!({ "tools": tools, "resultType": "complete", "ttlMs": 0,
                "cacheScope": "private" });
            return Reply::result(request, &result);
        }
        answer_handshake(request).unwrap_or_else(|| Reply::error(request, 200, -32603, "no"))
    })
}

async fn page(api: &Api, path: &str, cursor: Option<&str>) -> Value {
    let params = cursor.map_or(json!({}), |cursor| json!({ "cursor": cursor }));
    api.mcp(path, "tools/list", params).await.json()
}

fn names(page: &Value) -> Vec<String> {
    let tools = &page["result"]["tools"];
    assert!(tools.is_array(), "no page: {page}");
    let tools = tools.as_array().unwrap();
    tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()).collect()
}

fn next(page: &Value) -> Option<String> {
    page["result"]["nextCursor"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn five_thousand_tools_are_listed_in_pages_without_asking_any_server() {
    let servers: Vec<Scripted> = (0..5).map(|_| with_tools(1000)).collect();
    let world = World::start().await;
    for (number, server) in servers.iter().enumerate() {
        world.list(&format!("s{number}"), &server.url()).await;
    }
    let api = world.mcp();
    let asked = || -> usize { servers.iter().map(|it| it.requests_of("tools/list").len()).sum() };
    // At the submission, and by the first probe.
    let before = eventually("all servers are compared", async || {
        (asked() == 2 * servers.len()).then(&asked)
    })
    .await;
    let (mut all, mut pages) = (Vec::new(), 0);
    let mut cursor = None;
    loop {
        let page = page(&api, "/mcp", cursor.as_deref()).await;
        let told = names(&page);
        assert!(!told.is_empty() && told.len() <= 500, "{} on a page", told.len());
        all.extend(told);
        pages += 1;
        cursor = next(&page);
        if cursor.is_none() {
            break;
        }
    }
    let expected: Vec<String> = (0..5)
        .flat_map(|server| (0..1000).map(move |tool| format!("s{server}__tool-{tool:04}")))
        .collect();
    let own = all.iter().filter(|name| !name.contains("__")).count();
    assert_eq!(all[own..], expected);
    assert!(pages >= 10, "{pages} pages");
    assert_eq!(asked(), before, "a list asked a server");
}

#[tokio::test]
async fn a_cursor_is_good_for_its_caller_and_its_list_until_that_changes() {
    let (many, other) = (with_tools(700), with_tools(1));
    let world = World::start().await;
    let files = world.list("files", &many.url()).await;
    let api = world.mcp();
    let first = page(&api, "/mcp", None).await;
    let cursor = next(&first).expect("a second page");
    let second = page(&api, "/mcp", Some(&cursor)).await;
    assert_eq!(names(&first).len() + names(&second).len(), 703, "with the tools of our own");
    assert_eq!(names(&page(&api, "/mcp", Some(&cursor)).await), names(&second));

    let own = page(&api, &files.path, None).await;
    let own_cursor = next(&own).expect("a second page");
    assert_eq!(
        names(&own).len() + names(&page(&api, &files.path, Some(&own_cursor)).await).len(),
        700
    );

    let eve = world.token(json!({"subject": "eve", "tenant": crate::support::TENANT})).await;
    let eve = world.mcp_as(&eve);
    let mut forged = cursor.clone();
    forged.replace_range(20..21, if &cursor[20..21] == "A" { "B" } else { "A" });
    for (who, path, cursor) in [
        (&eve, "/mcp", cursor.as_str()),
        (&api, files.path.as_str(), cursor.as_str()),
        (&api, "/mcp", own_cursor.as_str()),
        (&api, "/mcp", forged.as_str()),
        (&api, "/mcp", "500"),
        (&api, "/mcp", ""),
    ] {
        let refused = page(who, path, Some(cursor)).await;
        assert_eq!(refused["error"]["code"], -32602, "{path} {cursor}: {refused}");
        let told = "params.cursor is not one that this server gave";
        assert_eq!(refused["error"]["message"], told, "{path} {cursor}");
    }
    let listed = api.mcp("/mcp", "prompts/list", json!({"cursor": cursor})).await.json();
    assert_eq!(listed["error"]["code"], -32602, "{listed}");

    world.list("mail", &other.url()).await;
    eventually("the list is another one", async || {
        let refused = page(&api, "/mcp", Some(&cursor)).await;
        let told = refused["error"]["message"].as_str()?;
        (told.contains("has changed since") && refused["error"]["code"] == -32602).then_some(())
    })
    .await;
}
