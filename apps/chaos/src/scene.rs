//! A program with everything that it stands on behind proxies, two tenants, and a server for each.

use std::net::{Ipv4Addr, TcpListener};

use registry_testkit::{
    Api, ChaosProxy, DataDir, Launch, Program, TestDatabase, TestRedis,
    entra::{Entra, Person, TENANT},
    eventually, find_program, test_redis, token,
    upstreams::{RmcpOptions, RmcpServer},
};
use serde_json::{Value, json};

/// The other tenant that signs in at the stand-in for Entra ID.
const OTHER_TENANT: &str = "33333333-3333-4333-8333-333333333333";
/// The servers of a program, by which one knows that it has started.
const SERVERS: [&str; 2] = ["public-api", "mcp-gateway"];

/// Settings that make what takes a minute take seconds, and keep rate limits out of it.
const SETTINGS: [(&str, &str); 7] = [
    ("MREG_FASTMCP_ENABLE_RATE_LIMITING", "false"),
    ("MREG_PUBLIC_RATE_LIMIT_RPM", "0"),
    ("MREG_AUDIT_SEAL_INTERVAL_SECONDS", "2"),
    ("MREG_CIRCUIT_BREAKER_RECOVERY_TIMEOUT", "1"),
    ("MREG_POSTGRES_POOL_TIMEOUT", "5"),
    ("MREG_POSTGRES_MIN_CONNECTIONS", "1"),
    ("MREG_POSTGRES_MAX_CONNECTIONS", "8"),
];

/// One tenant's person, and the server that is theirs.
#[derive(Clone)]
pub struct Tenant {
    /// What everything of theirs begins with.
    pub mark: &'static str,
    /// Their server's alias.
    pub alias: &'static str,
    /// The person's token.
    pub token: String,
}

/// What the program stands on besides its own folder.
pub struct Outside {
    /// PostgreSQL.
    pub database: TestDatabase,
    /// The way to it.
    pub to_postgres: ChaosProxy,
    /// The way to Redis.
    pub to_redis: ChaosProxy,
    /// The way to the identity provider.
    pub to_entra: ChaosProxy,
    _redis: TestRedis,
    _entra: Entra,
}

/// The running program, and who uses it.
pub struct Scene {
    /// The program.
    pub program: Program,
    /// Both tenants.
    pub tenants: [Tenant; 2],
    /// An administrator's token.
    pub admin: String,
    /// What is outside; `None` for a program on its folder alone.
    pub outside: Option<Outside>,
    /// The way to the tenants' servers.
    pub to_upstream: ChaosProxy,
    audit: Launch,
    _upstream: RmcpServer,
}

impl Scene {
    /// On PostgreSQL and Redis, with people of Entra ID.
    pub async fn outside() -> Self {
        let (database, redis, entra) = (TestDatabase::create().await, test_redis(), Entra::new());
        let before = |address: &str| ChaosProxy::before(address);
        let (to_postgres, to_redis) = (before(&database.address()), before(&redis.address()));
        let to_entra = before(entra.authority().trim_start_matches("http://"));
        entra.is_behind(&format!("http://{}", to_entra.address()));
        let eve = Person::new("bbbbbbbb-0000-4000-8000-000000000001", "Eve", "eve@example.org");
        entra.add(Person { tenant: OTHER_TENANT.to_owned(), ..eve });
        let tenants = format!("{TENANT},{OTHER_TENANT}");
        let of_entra = entra.settings();
        let of_entra: Vec<(&str, &str)> =
            of_entra.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let data = DataDir::new();
        let shared = [
            ("MREG_AZURE_ALLOWED_TENANTS", tenants.as_str()),
            ("MREG_REDIS_KEY_PREFIX", redis.prefix()),
        ];
        let through = [
            ("DATABASE_URL", database.through(&to_postgres)),
            ("MREG_REDIS_URL", redis.through(&to_redis)),
        ];
        let through: Vec<(&str, &str)> =
            through.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let launch = program().data_dir(&data).envs(&of_entra).envs(&SETTINGS).envs(&shared);
        let launch = launch.envs(&through);
        let audit = launch.clone().envs(&[("DATABASE_URL", database.url())]);
        let program = launch.start().await;
        let tokens = ["Ada", "Eve", "Grace"].map(|who| entra.access_token(who));
        let outside =
            Outside { database, to_postgres, to_redis, to_entra, _redis: redis, _entra: entra };
        Self::of(program, audit, tokens, Some(outside)).await
    }

    /// On its own folder alone, with people of the development issuer.
    pub async fn embedded(settings: &[(&str, &str)]) -> Self {
        let launch = program().data_dir(&DataDir::new()).envs(&SETTINGS).envs(settings);
        let program = launch.clone().start().await;
        let mut tokens = Vec::new();
        for claims in [
            json!({ "subject": "ada", "tenant": "contoso" }),
            json!({ "subject": "eve", "tenant": "fabrikam" }),
            json!({ "subject": "root", "tenant": "contoso", "roles": ["admin"] }),
        ] {
            tokens.push(token(&program, claims).await);
        }
        let tokens = tokens.try_into().expect("three tokens");
        Self::of(program, launch, tokens, None).await
    }

    async fn of(
        program: Program,
        audit: Launch,
        [ada, eve, admin]: [String; 3],
        outside: Option<Outside>,
    ) -> Self {
        let upstream = RmcpServer::start(RmcpOptions::default());
        let to_upstream = ChaosProxy::before(&format!("127.0.0.1:{}", upstream.port()));
        let tenants = [
            Tenant { mark: "one", alias: "first", token: ada },
            Tenant { mark: "two", alias: "second", token: eve },
        ];
        let scene =
            Self { program, tenants, admin, outside, to_upstream, audit, _upstream: upstream };
        for tenant in &scene.tenants {
            scene.serve(tenant).await;
        }
        scene
    }

    /// Lists a tenant's server; the gateway serves it when this returns.
    async fn serve(&self, tenant: &Tenant) {
        let (theirs, admin) = (self.api(&tenant.token), self.api(&self.admin));
        let draft = json!({
            "endpoint_url": format!("http://{}/mcp/{}", self.to_upstream.address(), tenant.mark),
            "endpoint_name": format!("Server of {}", tenant.mark),
            "owner_contact": "owner@example.com",
            "alias": tenant.alias,
        });
        let made = theirs.post("/registrations", &draft).await.expect(201).json();
        let id = made.get("registration_id").and_then(Value::as_str).unwrap_or_default().to_owned();
        let path = format!("/registrations/{id}");
        eventually("what the server offers was read", async || {
            let shown = theirs.get(&path).await.expect(200).json();
            let state = shown.pointer("/discovery/state").and_then(Value::as_str)?;
            (state == "complete").then_some(())
        })
        .await;
        let status = json!({ "status": "Approved" });
        admin.patch(&format!("{path}/status"), &status).await.expect(200);
        let gateway = self.gateway(&tenant.token);
        eventually("the gateway serves the server", async || {
            let list = gateway.mcp(&endpoint(tenant.alias), "tools/list", json!({})).await;
            (list.status == 200).then_some(())
        })
        .await;
    }

    /// The REST API, for the holder of a token.
    pub fn api(&self, token: &str) -> Api {
        Api::service(&self.program).with_token(token)
    }

    /// The gateway, for the holder of a token.
    pub fn gateway(&self, token: &str) -> Api {
        Api::gateway(&self.program).with_token(token)
    }

    /// `mcp-registry audit verify`: whether records are as they were sealed.
    pub fn verify(&self) -> Result<String, String> {
        let verify = "exec \"$0\" audit verify";
        let ran = self.audit.clone().only_args(&["-c", verify, &binary()]).run();
        let told = String::from_utf8_lossy(&ran.stdout).into_owned();
        if ran.status.success() {
            Ok(String::new())
        } else {
            Err(format!("{told}{}", String::from_utf8_lossy(&ran.stderr)))
        }
    }
}

/// A server's own endpoint at the gateway.
pub fn endpoint(alias: &str) -> String {
    format!("/servers/{alias}/mcp")
}

fn binary() -> String {
    find_program("mcp-registry").display().to_string()
}

/// A port that nobody has: a program that is started again has to be where it was.
fn free_port() -> u16 {
    let bound = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
    bound.and_then(|bound| bound.local_addr()).expect("a port is free").port()
}

/// The program, deaf to the signal by which the system ends who writes more than a file may have:
/// then a write fails as on a full disk.
fn program() -> Launch {
    let (api, gateway) = (free_port().to_string(), free_port().to_string());
    Launch::binary("/bin/sh")
        .envs(&[("MREG_SERVICE_PORT", &api), ("MREG_FASTMCP_PORT", &gateway)])
        .arg("-c")
        .arg("trap '' XFSZ; exec \"$0\" serve")
        .arg(binary())
        .waits_for(&SERVERS)
}
