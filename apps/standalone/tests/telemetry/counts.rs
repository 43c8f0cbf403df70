//! What is counted where: requests, calls, limits, pools.

use registry_testkit::{Api, Scrape, eventually};
use serde_json::json;

use crate::support::{Registry, upstream};

fn count(page: &Scrape, name: &str, labels: &[(&str, &str)]) -> u64 {
    format!("{}", page.sum(name, labels)).parse().expect("a whole number")
}

#[tokio::test]
async fn a_request_counts_once_by_route_method_and_status() {
    let registry = Registry::with(&[]).await;
    let labels = |status: &'static str| {
        [("server", "public-api"), ("route", "/users/me"), ("method", "GET"), ("status", status)]
    };
    let before = registry.scrape().await;
    for _ in 0..3 {
        registry.user.get("/users/me").await.expect(200);
    }
    registry.stranger().get("/users/me").await.expect(401);
    let after = registry.scrape().await;
    let grown = |status: &'static str| {
        let name = "mcp_registry_http_requests_total";
        count(&after, name, &labels(status)) - count(&before, name, &labels(status))
    };
    assert_eq!((grown("200"), grown("401")), (3, 1));
    let timed = count(&after, "mcp_registry_http_request_seconds_count", &labels("200")[..3])
        - count(&before, "mcp_registry_http_request_seconds_count", &labels("200")[..3]);
    assert_eq!(timed, 4);
}

#[tokio::test]
async fn a_call_counts_by_method_and_outcome_and_is_active_until_it_ends() {
    let registry = Registry::with(&[("MREG_METRICS_INCLUDE_LABELS", "true")]).await;
    let upstream = upstream();
    registry.serve(&upstream, "Counted").await;
    let calls = "mcp_registry_calls_total";
    let tool_calls = [("method", "tools/call"), ("outcome", "success")];
    let before = registry.scrape().await;
    registry.call("echo", json!({"text": "a"})).await.expect(200);
    registry.call("no-such-tool", json!({})).await;
    registry.user_mcp("made/up", json!({})).await;

    let after = registry.scrape().await;
    assert_eq!(count(&after, calls, &tool_calls) - count(&before, calls, &tool_calls), 1);
    let all = |page: &Scrape, method| count(page, calls, &[("method", method)]);
    assert_eq!(all(&after, "tools/call") - all(&before, "tools/call"), 2);
    assert_eq!(all(&after, "other") - all(&before, "other"), 1, "no series for what is made up");
    assert_eq!(
        count(&after, "mcp_registry_upstream_seconds_count", &[("outcome", "answered")])
            - count(&before, "mcp_registry_upstream_seconds_count", &[("outcome", "answered")]),
        1
    );
    let tenants = "mcp_registry_tenant_calls_total";
    assert!(count(&after, tenants, &[("tenant", "north"), ("outcome", "success")]) >= 1);
    assert!(count(&after, tenants, &[("tenant", "north"), ("outcome", "failure")]) >= 1);

    let slow = registry.call("slow", json!({}));
    let watch = async {
        eventually("the call is active", async || {
            let page = registry.scrape().await;
            (count(&page, "mcp_registry_active_exchanges", &[]) == 1).then_some(())
        })
        .await;
        upstream.workbench().slow_gate.open();
    };
    let (answer, ()) = tokio::join!(slow, watch);
    answer.expect(200);
    let page = registry.scrape().await;
    assert_eq!(count(&page, "mcp_registry_active_exchanges", &[]), 0);
}

#[tokio::test]
async fn what_is_spooled_is_copied_and_the_snapshot_is_counted() {
    let registry = Registry::with(&[]).await;
    let upstream = upstream();
    registry.serve(&upstream, "Counted").await;
    registry.call("echo", json!({"text": "a"})).await.expect(200);
    let page = eventually("every record is copied", async || {
        let page = registry.scrape().await;
        let appended = count(&page, "mcp_registry_spool_records_total", &[]);
        let copied = count(&page, "mcp_registry_spool_copied_total", &[]);
        (appended > 0 && appended == copied).then_some(page)
    })
    .await;
    assert_eq!(count(&page, "mcp_registry_routes", &[]), 1);
    assert!(page.sum("mcp_registry_routes_age_seconds", &[]) >= 0.0);
    let by_name = [("name", "ensure_user")];
    assert!(count(&page, "mcp_registry_transaction_seconds_count", &by_name) >= 2);
    assert!(page.sum("process_resident_memory_bytes", &[]) > 1e6);
    assert!(page.sum("process_open_fds", &[]) > 3.0);
}

#[tokio::test]
async fn an_answer_says_how_much_is_left_of_the_tightest_limit() {
    // The tenant's limit is that of its users, times one.
    let settings = [
        ("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "4"),
        ("MREG_FASTMCP_RATE_LIMIT_TENANT_MULTIPLIER", "1"),
        ("MREG_PUBLIC_RATE_LIMIT_RPM", "600"),
    ];
    let program = registry_testkit::Program::start("mcp-registry", &settings).await;
    let of = async |subject| {
        let token = registry_testkit::token(&program, json!({"subject": subject})).await;
        [Api::service(&program).with_token(&token), Api::gateway(&program).with_token(&token)]
    };
    let [ada, adas_client] = of("ada").await;
    let [bob, _] = of("bob").await;
    let left = |answer: &registry_testkit::Answer| -> [u32; 3] {
        ["limit", "remaining", "reset"]
            .map(|name| answer.header(&format!("x-ratelimit-{name}")).parse().unwrap())
    };
    assert_eq!(left(&ada.get("/users/me").await.expect(200)), [4, 3, 15]);
    assert_eq!(left(&ada.get("/registrations/none").await.expect(422)), [4, 2, 15]);
    let ping = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
    assert_eq!(left(&adas_client.post("/mcp", &ping).await.expect(200)), [4, 1, 15]);
    // He has three left of his own, and the tenant none.
    assert_eq!(left(&bob.get("/users/me").await.expect(200)), [4, 0, 15]);
    let stranger = Api::service(&program);
    let [limit, before, reset] = left(&stranger.get("/api/v1/servers").await.expect(200));
    assert_eq!((limit, reset), (600, 1));
    let [_, after, _] = left(&stranger.get("/api/v1/servers").await.expect(200));
    assert!(after <= before && before < 600, "{before} {after}");
    // What is not counted says nothing.
    let livez = Api::gateway(&program).get("/livez").await.expect(200);
    assert!(!livez.headers.contains_key("x-ratelimit-limit"), "{:?}", livez.headers);
}

#[tokio::test]
async fn a_refusal_counts_by_the_class_of_its_limit_and_names_it_in_headers() {
    let settings = [("MREG_PUBLIC_RATE_LIMIT_RPM", "2"), ("MREG_METRICS_LISTEN", "127.0.0.1:0")];
    let launch = registry_testkit::Launch::program("mcp-registry").envs(&settings);
    let program = launch.waits_for(&["public-api", "mcp-gateway", "metrics"]).start().await;
    let api = Api::service(&program);
    let refused = eventually("the limit is reached", async || {
        let answer = api.get("/").await;
        (answer.status == 429).then_some(answer)
    })
    .await;
    assert_eq!(refused.header("x-ratelimit-limit"), "2");
    assert_eq!(refused.header("x-ratelimit-remaining"), "0");
    let reset: u64 = refused.header("x-ratelimit-reset").parse().unwrap();
    assert_eq!(refused.header("retry-after"), reset.to_string());
    let page = crate::support::scrape(&Api::new(program.url_of("metrics"))).await;
    assert!(count(&page, "mcp_registry_limit_refusals_total", &[("class", "ip")]) >= 1);
}
