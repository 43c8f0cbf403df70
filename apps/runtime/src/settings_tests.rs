//! Behaviours of settings.

use registry_domain::caller::ApiMode;

use super::*;

fn loaded(pairs: &[(&str, &str)]) -> Loaded {
    Settings::from_env(&Environment::of_pairs(pairs))
}

fn wrong(pairs: &[(&str, &str)]) -> Vec<String> {
    loaded(pairs).problems.into_iter().map(|problem| problem.name).collect()
}

const PRODUCTION: [(&str, &str); 6] = [
    ("ENVIRONMENT", "production"),
    ("DATABASE_URL", "sqlite:///var/lib/mcp-registry/registry.db"),
    ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111"),
    ("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222"),
    ("MREG_TOKEN_ENCRYPTION_KEY", "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
    ("MREG_FASTMCP_BASE_URL", "https://mcp.example.com"),
];

#[test]
fn development_needs_nothing_and_stays_on_this_machine() {
    let loaded = loaded(&[]);
    assert_eq!(loaded.problems, []);
    assert!(loaded.settings.service.host.is_loopback());
    assert!(loaded.settings.gateway.host.is_loopback());
    assert!(loaded.settings.identity.entra.is_none());
}

#[test]
fn a_page_is_where_the_operator_says_and_nowhere_when_it_is_empty() {
    let pages = loaded(&[("MREG_DOCS_URL", ""), ("REDOC_URL", "/read/me")]).settings.pages;
    assert_eq!(pages.openapi.as_deref(), Some("/openapi.json"));
    assert_eq!((pages.docs, pages.redoc.as_deref()), (None, Some("/read/me")));
    for bad in ["docs", "/", "//x", "/a b", "/a/../b", "/a/", "/users", "/api/docs", "/{x}", "/a?b"]
    {
        assert_eq!(wrong(&[("MREG_DOCS_URL", bad)]), ["MREG_DOCS_URL"], "{bad}");
    }
    let same = [("MREG_DOCS_URL", "/api-docs"), ("MREG_REDOC_URL", "/api-docs/read")];
    assert_eq!(wrong(&same), ["MREG_REDOC_URL"]);
}

#[test]
fn production_says_each_variable_that_it_misses() {
    assert_eq!(wrong(&PRODUCTION), [""; 0]);
    for (index, (name, _)) in PRODUCTION.iter().enumerate().skip(1) {
        let mut pairs = PRODUCTION.to_vec();
        pairs.remove(index);
        let wrong = wrong(&pairs);
        assert_eq!(wrong, [*name], "without {name}");
    }
}

#[test]
fn production_has_strict_defaults() {
    let settings = loaded(&PRODUCTION).settings;
    assert!(settings.registry.policy.four_eyes);
    assert_eq!(settings.registry.policy.egress, registry_domain::endpoint::EgressPolicy::Public);
    assert_eq!(settings.service.host.to_string(), "0.0.0.0");
    let mut open = PRODUCTION.to_vec();
    open.push(("CORS_ORIGINS", "*"));
    assert_eq!(wrong(&open), ["CORS_ORIGINS"]);
}

#[test]
fn servers_are_managed_openly_in_development_only_unless_somebody_says_so() {
    let policy = |pairs: &[(&str, &str)]| loaded(pairs).settings.registry.policy;
    let development = policy(&[]);
    assert_eq!((development.api_mode, development.require_approval), (ApiMode::Open, false));
    for stage in ["staging", "production"] {
        let mut pairs = PRODUCTION.to_vec();
        pairs[0] = ("ENVIRONMENT", stage);
        let strict = policy(&pairs);
        assert_eq!((strict.api_mode, strict.require_approval), (ApiMode::Protected, true));
        pairs.push(("MREG_PUBLIC_API_MODE", "open"));
        assert_eq!(wrong(&pairs), [""; 0]);
        assert_eq!(policy(&pairs).api_mode, ApiMode::Open);
    }
    assert_eq!(wrong(&[("MREG_PUBLIC_API_MODE", "ajar")]), ["MREG_PUBLIC_API_MODE"]);
    assert_eq!(wrong(&[("MREG_DISCOVERY_INLINE_BUDGET_MS", "26000")]).len(), 1);
}

#[test]
fn the_development_issuer_is_never_offered_to_other_machines() {
    assert_eq!(wrong(&[("MREG_SERVICE_HOST", "0.0.0.0")]), ["MREG_SERVICE_HOST"]);
    assert_eq!(wrong(&[("MREG_FASTMCP_HOST", "192.168.1.1")]), ["MREG_FASTMCP_HOST"]);
    let entra =
        [("AZURE_TENANT_ID", "t"), ("AZURE_CLIENT_ID", "c"), ("MREG_SERVICE_HOST", "0.0.0.0")];
    assert_eq!(wrong(&entra), [""; 0]);
}

#[test]
fn every_wrong_value_is_named_at_once_and_never_repeated() {
    let loaded = loaded(&[
        ("LOG_LEVEL", "LOUD-secret"),
        ("ENVIRONMENT", "prod-secret"),
        ("MREG_SERVICE_PORT", "70000-secret"),
        ("DATABASE_URL", "mysql://user:secret@db/x"),
        ("CORS_ORIGINS", "not-an-origin-secret"),
    ]);
    let names: Vec<&str> = loaded.problems.iter().map(|problem| problem.name.as_str()).collect();
    for name in ["LOG_LEVEL", "ENVIRONMENT", "MREG_SERVICE_PORT", "DATABASE_URL", "CORS_ORIGINS"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    assert!(loaded.problems.iter().all(|problem| !problem.to_string().contains("secret")));
}

#[test]
fn our_names_win_over_plain_ones_and_plain_ones_work() {
    let settings = loaded(&[("PORT", "9000")]).settings;
    assert_eq!(settings.service.port, 9000);
    let settings = loaded(&[("WEBSITES_PORT", "9000"), ("MREG_SERVICE_PORT", "9001")]).settings;
    assert_eq!(settings.service.port, 9001);
}

#[test]
fn every_log_level_of_the_guide_is_accepted_in_any_case() {
    for level in ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL", "debug", "Warning"] {
        assert_eq!(wrong(&[("LOG_LEVEL", level)]), [""; 0], "{level}");
    }
}

#[test]
fn origins_are_read_with_spaces_between_them() {
    let settings = loaded(&[("CORS_ORIGINS", "https://a.example, https://b.example")]).settings;
    assert_eq!(settings.service.cors_origins, ["https://a.example", "https://b.example"]);
}

#[test]
fn a_secret_is_shown_as_stars_only() {
    let shown = loaded(&PRODUCTION).shown;
    let key = shown.iter().find(|shown| shown.name == "MREG_TOKEN_ENCRYPTION_KEY").unwrap();
    assert_eq!(key.value, "***");
}
