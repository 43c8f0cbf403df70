//! The metrics page: where it is, what it may say, and that all it says is documented.

use std::collections::BTreeSet;

use registry_testkit::{Api, Launch, Program, Scrape, eventually};
use serde_json::json;

use crate::support::{Registry, scrape, submit, upstream};

/// Shown only after what a quiet machine does not do.
const RARE: [&str; 12] = [
    "mcp_registry_transaction_retries_total",
    "mcp_registry_redis_seconds",
    "mcp_registry_redis_reconnects_total",
    "mcp_registry_bus_reconnects_total",
    "mcp_registry_limits_in_process",
    "mcp_registry_limit_refusals_total",
    "mcp_registry_overload_refusals_total",
    "mcp_registry_tenant_calls_total",
    "mcp_registry_response_cache_total",
    "mcp_registry_open_streams",
    "mcp_registry_bridged_answers_total",
    "mcp_registry_handed_messages_total",
];

/// The names in docs/TELEMETRY.md's table.
fn documented() -> BTreeSet<String> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/TELEMETRY.md");
    let text = std::fs::read_to_string(path).unwrap();
    let named = text.lines().filter_map(|line| line.strip_prefix("| `")?.split_once('`'));
    let named = named.map(|(name, _)| name.to_owned());
    named.filter(|name| name.starts_with("mcp_registry_") || name.starts_with("process_")).collect()
}

async fn traffic(registry: &Registry) {
    let upstream = upstream();
    registry.serve(&upstream, "Counted").await;
    for path in ["/registrations", "/health", "/nothing/here"] {
        registry.user.get(path).await;
    }
    registry.call("echo", json!({"text": "a"})).await.expect(200);
    registry.call("no-such-tool", json!({})).await;
    let gone = upstream;
    drop(gone);
    registry.call("echo", json!({"text": "b"})).await;
    submit(&registry.user, "http://127.0.0.1:1/dead", "Dead").await;
    eventually("a discovery has failed, and a probe was made", async || {
        let seen = registry.scrape().await;
        let failed = seen.sum("mcp_registry_discoveries_total", &[])
            > seen.sum("mcp_registry_discoveries_total", &[("result", "success")]);
        (failed && seen.sum("mcp_registry_probes_total", &[]) > 0.0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn every_metric_is_documented_and_every_documented_metric_is_there() {
    let settings = [("MREG_METRICS_INCLUDE_LABELS", "true"), ("MREG_HEALTH_CHECK_INTERVAL", "1")];
    let registry = Registry::with(&settings).await;
    traffic(&registry).await;
    let page = registry.scrape().await;
    let shown: BTreeSet<String> = page.names().into_iter().map(str::to_owned).collect();
    let documented = documented();
    let undocumented: Vec<_> = shown.difference(&documented).collect();
    assert!(undocumented.is_empty(), "shown, but not in docs/TELEMETRY.md: {undocumented:?}");
    let missing = documented.difference(&shown).filter(|name| !RARE.contains(&name.as_str()));
    let missing: Vec<_> = missing.collect();
    assert!(missing.is_empty(), "in docs/TELEMETRY.md, but not shown: {missing:?}");
}

#[tokio::test]
async fn both_ports_show_the_page_and_no_label_names_a_person_or_a_path() {
    let registry = Registry::with(&[]).await;
    traffic(&registry).await;
    let secret = "/registrations/00000000-0000-4000-8000-000000000000";
    registry.user.get(secret).await.expect(404);
    registry.stranger().get("/wp-admin/setup.php").await.expect(404);
    let gateway = Api::new(registry.program.gateway_url());
    for page in [registry.scrape().await, scrape(&gateway).await] {
        let routes = page.values_of("route");
        assert!(routes.contains("/registrations/{registration_id}"), "{routes:?}");
        assert!(routes.contains("none"), "{routes:?}");
        for route in routes {
            assert!(!route.contains("0000") && !route.contains("wp-admin"), "{route}");
        }
        assert!(!page.labels().contains("tenant"), "{:?}", page.labels());
        for label in ["user", "user_id", "subject", "email"] {
            assert!(!page.labels().contains(label), "{label}");
        }
    }
}

#[tokio::test]
async fn the_page_can_have_another_path_or_an_address_of_its_own() {
    let moved = Program::start("mcp-registry", &[("MREG_METRICS_ENDPOINT", "/internal/m")]).await;
    let api = Api::service(&moved);
    api.get("/metrics").await.expect(404);
    Scrape::parse(&api.get("/internal/m").await.expect(200).text());

    let apart = Launch::program("mcp-registry")
        .envs(&[("MREG_METRICS_LISTEN", "127.0.0.1:0")])
        .waits_for(&["public-api", "mcp-gateway", "metrics"])
        .start()
        .await;
    Api::service(&apart).get("/metrics").await.expect(404);
    Api::gateway(&apart).get("/metrics").await.expect(404);
    let page = scrape(&Api::new(apart.url_of("metrics"))).await;
    assert!(page.sum("mcp_registry_http_requests_total", &[("status", "404")]) >= 2.0);
    Api::new(apart.url_of("metrics")).get("/health").await.expect(404);
}

#[tokio::test]
async fn metrics_can_be_switched_off() {
    let program = Program::start("mcp-registry", &[("MREG_METRICS_ENABLED", "false")]).await;
    Api::service(&program).get("/metrics").await.expect(404);
    Api::service(&program).get("/health").await.expect(200);
}

#[tokio::test]
async fn each_program_alone_shows_what_it_has() {
    let api = Program::start("public-api", &[]).await;
    let page = scrape(&Api::service(&api)).await;
    assert!(page.sum("mcp_registry_pool_connections", &[("store", "sqlite")]) >= 1.0);
    assert!(page.names().contains("mcp_registry_routes"), "its proxy has routes too");

    let launch = Launch::program("mcp-gateway").data_dir(api.data_dir());
    let gateway = launch.start().await;
    let page = scrape(&Api::gateway(&gateway)).await;
    assert!(page.names().contains("mcp_registry_routes"));
}
