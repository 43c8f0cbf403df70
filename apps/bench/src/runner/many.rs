//! A database with many servers, each with a tool, and the product on it.

use std::path::Path;

use serde_json::{Value, json};

use super::{
    Options, Result,
    database::Database,
    process::Process,
    product::{Person, Product, text},
    progress::tell,
    wait,
};

/// What addresses in answers begin with.
pub const GATEWAY_URL: &str = "http://localhost:8001";

/// A database with `count` servers that are as good as the one that the product has read itself.
pub fn database(
    folder: &Path,
    options: &Options,
    server: &str,
    (purpose, count): (&str, u32),
) -> Result<Database> {
    tell(format_args!("{purpose}: seeding {count} servers"));
    let mut database = Database::create(server, purpose, None)?;
    let echo = Process::spawn_printing_address(folder, "echo-upstream", &[], &[])?;
    let product = start(folder, options, &database, "seed", &[])?;
    // Both have a row from now on.
    product.send("GET", "/users/me", &product.person("bench-user", "user")?, &Value::Null)?;
    let admin = product.person("bench-admin", "admin")?;
    register(&product, &admin, "echo", &format!("http://{}/mcp", echo.address()))?;
    drop(product);
    database.execute(&format!(
        "INSERT INTO servers (name, endpoint_url, alias, tags, description, health_status, \
         last_health_check, next_probe_at, compared_at, manifest_state, manifest_digest, \
         created_at, updated_at) \
         SELECT own.name, 'http://127.0.0.1:9/' || own.name, own.name, ARRAY['bench', 'group-' || n % 10], \
         'One of many servers', 'healthy', now(), now() + interval '1 day', now(), \
         echo.manifest_state, echo.manifest_digest, own.at, own.at \
         FROM generate_series(1, {count}) AS numbers (n), \
         LATERAL (SELECT 'server-' || lpad(n::text, 5, '0'), now() - n * interval '1 minute') \
         AS own (name, at), servers AS echo WHERE echo.name = 'echo'"
    ))?;
    database.execute(
        "INSERT INTO server_tools (server_id, name, full_name, description, position, digest, raw) \
         SELECT many.id, tool.name, tool.full_name, tool.description, tool.position, tool.digest, tool.raw \
         FROM servers AS many, server_tools AS tool JOIN servers AS echo ON echo.id = server_id \
         WHERE many.name LIKE 'server-%' AND echo.name = 'echo'",
    )?;
    // Its upstream ends with this function.
    database.execute("DELETE FROM servers WHERE name = 'echo'")?;
    database.execute("VACUUM (ANALYZE)")?;
    Ok(database)
}

/// The product on a database, with a share of Redis of its own where there is one. Servers are
/// probed between measurements at most.
pub fn start(
    folder: &Path,
    options: &Options,
    database: &Database,
    purpose: &str,
    settings: &[(&str, &str)],
) -> Result<Product> {
    let prefix = format!("bench-{}-{purpose}:", std::process::id());
    let mut all = vec![
        ("DATABASE_URL", database.url()),
        ("MREG_HEALTH_CHECK_INTERVAL", "3600"),
        ("MREG_FASTMCP_BASE_URL", GATEWAY_URL),
        // Strangers count by address, and all of ours come from one.
        ("MREG_PUBLIC_RATE_LIMIT_RPM", "0"),
    ];
    if let Some(redis) = &options.redis_url {
        all.extend([("MREG_REDIS_URL", redis.as_str()), ("MREG_REDIS_KEY_PREFIX", &prefix)]);
    }
    all.extend(settings);
    Product::start(folder, options, &all)
}

/// Lists a server, and waits until what it offers is known; gives its id.
pub fn register(product: &Product, person: &Person, name: &str, url: &str) -> Result<String> {
    let draft = json!({ "name": name, "endpoint_url": url, "auto_discover": true });
    let made = product.send("POST", "/api/v1/servers", person, &draft)?;
    let id = text(&made, "/id")?;
    let path = format!("/api/v1/servers/{id}?include_tools=true");
    let what = format!("{name} is read");
    wait::until(&what, std::time::Duration::from_millis(5), || {
        let shown = product.send("GET", &path, person, &Value::Null)?;
        Ok(shown.pointer("/tools/0/name").map(drop))
    })?;
    Ok(id)
}
