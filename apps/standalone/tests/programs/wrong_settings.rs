//! A wrong setting is one line on stderr that names it, and exit code 2; never a panic.

use crate::support::{PROGRAMS, failed, run, stdout, well};
use registry_testkit::Program;

/// Each wrong in its own way, with nothing else wrong.
const WRONG: [(&str, &str); 54] = [
    ("ENVIRONMENT", "prod"),
    ("MREG_ENVIRONMENT", "live"),
    ("AZURE_TENANT_ID", ""),
    ("MREG_AZURE_AUTHORITY_HOST", "login.microsoftonline.com"),
    ("MREG_AZURE_GRAPH_HOST", "graph"),
    ("MREG_CLOCK_SKEW_SECONDS", "61"),
    ("MREG_FASTMCP_OAUTH_STATE_TTL", "9"),
    ("MREG_FASTMCP_OAUTH_SCOPES", "profile,email"),
    ("MREG_FASTMCP_SESSION_EXPIRE_SECONDS", "0"),
    ("MREG_SERVICE_HOST", "example"),
    ("MREG_SERVICE_HOST", "0.0.0.0"),
    ("MREG_SERVICE_HOST", "::"),
    ("MREG_FASTMCP_HOST", "0.0.0.0"),
    ("MREG_FASTMCP_HOST", "10.0.0.1"),
    ("CORS_ORIGINS", "example.com"),
    ("MREG_SECURITY_CORS_ORIGINS", "https://a.example/path"),
    ("MREG_SERVICE_PORT", "65536"),
    ("MREG_SERVICE_PORT", "-1"),
    ("MREG_SERVICE_WORKERS", "0"),
    ("MREG_SERVICE_WORKERS", "many"),
    ("MREG_TRUSTED_PROXIES", "10.0.0.0/33"),
    ("MREG_SECURITY_ENABLE_SECURITY_HEADERS", "perhaps"),
    ("MREG_FASTMCP_BASE_URL", "mcp.example.com"),
    ("MREG_FASTMCP_BASE_URL", "ftp://mcp.example.com"),
    ("MREG_FASTMCP_ENABLED", "2"),
    ("MREG_FASTMCP_PORT", "eighty"),
    ("MREG_REQUEST_TIMEOUT", "0"),
    ("MREG_MCP_MAX_BODY_BYTES", "1"),
    ("MREG_MCP_MAX_EVENT_BYTES", "1e6"),
    ("MREG_MCP_QUESTION_TIMEOUT", "0"),
    ("MREG_AUDIT_SPOOL_MAX_BYTES", "0"),
    ("DATABASE_URL", "mysql://registry@db/registry"),
    ("DATABASE_URL", "postgres://registry@db/registry?sslmode=perhaps"),
    ("MREG_POSTGRES_PORT", "0"),
    ("MREG_POSTGRES_SSL_MODE", "maybe"),
    ("MREG_POSTGRES_MAX_CONNECTIONS", "0"),
    ("MREG_AUTO_MIGRATE", "sometimes"),
    ("MREG_REDIS_URL", "http://cache:6379"),
    ("MREG_REDIS_URL", "redis://"),
    ("MREG_REDIS_SOCKET_TIMEOUT", "0"),
    ("MREG_REDIS_KEY_PREFIX", "two words"),
    ("MREG_DATABASE_URL", "sqlite://"),
    ("MREG_EGRESS_POLICY", "open"),
    ("MREG_ALIAS_QUARANTINE_DAYS", "1.5"),
    ("MREG_FOUR_EYES", "four"),
    ("MREG_PUBLIC_API_MODE", "closed"),
    ("MREG_REQUIRE_APPROVAL", "often"),
    ("MREG_DISCOVERY_INLINE_BUDGET_MS", "25001"),
    ("MREG_HEALTH_CHECK_TIMEOUT", "61"),
    ("MREG_HEALTH_CHECK_INTERVAL", "0"),
    ("MREG_FASTMCP_RATE_LIMIT_USER_RPM", "-5"),
    ("LOG_LEVEL", "LOUD"),
    ("MREG_LOG_FORMAT", "xml"),
    ("MREG_TOKEN_ENCRYPTION_KEY", "k1:dG9vLXNob3J0"),
];

#[tokio::test]
async fn each_wrong_variable_is_one_line_that_names_it_and_exit_code_two() {
    for (name, value) in WRONG {
        let mut settings = vec![(name, value)];
        match name {
            // Defaults of the tests that would win over, or hide, what is tried here.
            "MREG_ENVIRONMENT" => settings.push(("ENVIRONMENT", "")),
            "AZURE_TENANT_ID" => settings.push(("AZURE_CLIENT_ID", "client")),
            _ => {}
        }
        for command in ["validate", "serve"] {
            let said = failed(&run(&[command], &settings), 2);
            let lines: Vec<&str> = said.lines().collect();
            assert_eq!(lines.len(), 1, "{command} with {name}={value}: {said}");
            assert!(lines[0].starts_with(&format!("{name}: ")), "{command}, {name}: {said}");
        }
    }
}

#[tokio::test]
async fn several_wrong_variables_are_told_at_once() {
    let settings = [("LOG_LEVEL", "LOUD"), ("MREG_FASTMCP_PORT", "x"), ("CORS_ORIGINS", "y")];
    let said = failed(&run(&["validate"], &settings), 2);
    assert_eq!(said.lines().count(), 3, "{said}");
    for (name, _) in settings {
        assert_eq!(said.matches(name).count(), 1, "{name} in {said}");
    }
}

#[tokio::test]
async fn validate_exits_with_zero_when_all_is_well_and_makes_nothing() {
    let data = registry_testkit::DataDir::new();
    let output = crate::support::run_on(&data, &["validate"], &[]);
    assert!(well(&output).contains("good"));
    assert_eq!(std::fs::read_dir(data.path()).unwrap().count(), 0, "validate only looks");
}

#[tokio::test]
async fn every_program_refuses_wrong_settings_in_the_same_way() {
    for name in PROGRAMS {
        let output = Program::run(name, &[], &[("MREG_FASTMCP_PORT", "x")]);
        assert!(failed(&output, 2).starts_with("MREG_FASTMCP_PORT: "), "{name}: {output:?}");
        assert_eq!(stdout(&output), "", "{name}");
    }
}

#[tokio::test]
async fn production_without_anything_names_all_that_it_needs() {
    let settings =
        [("ENVIRONMENT", "production"), ("MREG_SERVICE_HOST", ""), ("MREG_FASTMCP_HOST", "")];
    let said = failed(&run(&["serve"], &settings), 2);
    let named: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    let needed = [
        "DATABASE_URL",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
        "MREG_TOKEN_ENCRYPTION_KEY",
        "MREG_FASTMCP_BASE_URL",
    ];
    for name in needed {
        assert_eq!(named.iter().filter(|line| **line == name).count(), 1, "{name} in {said}");
    }
    assert_eq!(named.len(), needed.len(), "{said}");
}

#[tokio::test]
async fn in_production_a_wrong_value_is_not_also_told_as_missing() {
    let good = [
        ("ENVIRONMENT", "production"),
        ("MREG_SERVICE_HOST", ""),
        ("MREG_FASTMCP_HOST", ""),
        ("DATABASE_URL", "sqlite:///tmp/registry.db"),
        ("AZURE_TENANT_ID", "11111111-1111-1111-1111-111111111111"),
        ("AZURE_CLIENT_ID", "22222222-2222-2222-2222-222222222222"),
        ("MREG_TOKEN_ENCRYPTION_KEY", "k1:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="),
        ("MREG_FASTMCP_BASE_URL", "https://mcp.example.com"),
    ];
    well(&run(&["validate"], &good));
    for (name, value) in [
        ("DATABASE_URL", "mysql://db/registry"),
        ("MREG_DATABASE_URL", "mysql://db/registry"),
        ("MREG_TOKEN_ENCRYPTION_KEY", "short"),
        ("MREG_FASTMCP_BASE_URL", "mcp.example.com"),
    ] {
        let mut settings = good.to_vec();
        settings.push((name, value));
        if name == "MREG_DATABASE_URL" {
            settings.push(("DATABASE_URL", ""));
        }
        let said = failed(&run(&["validate"], &settings), 2);
        assert_eq!(said.lines().count(), 1, "{name}: {said}");
        assert!(said.starts_with(&format!("{name}: ")), "{said}");
    }
}

#[tokio::test]
async fn every_log_level_of_the_guide_is_accepted() {
    for level in ["DEBUG", "INFO", "WARNING", "WARN", "ERROR", "CRITICAL", "debug", "Info"] {
        well(&run(&["validate"], &[("LOG_LEVEL", level)]));
    }
}

#[tokio::test]
async fn a_wrong_address_is_refused_without_showing_its_password() {
    for (name, url) in [
        ("DATABASE_URL", "mysql://registry:hunter2@db.example/registry"),
        ("DATABASE_URL", "postgres://registry:hunter2@db.example/registry?sslmode=x"),
        ("MREG_REDIS_URL", "http://registry:hunter2@cache.example"),
        ("MREG_REDIS_URL", "redis://:hunter2@"),
    ] {
        for command in ["serve", "migrate", "config"] {
            let output = run(&[command], &[(name, url)]);
            assert!(failed(&output, 2).starts_with(&format!("{name}: ")), "{output:?}");
            let all = format!("{output:?}");
            assert!(!all.contains("hunter2"), "{command}: {all}");
        }
    }
}
