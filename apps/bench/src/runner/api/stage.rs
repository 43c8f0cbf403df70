//! What is compared: the product on a database, the floor on a copy of it.

use std::{net::TcpListener, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::runner::{
    Options, Result,
    database::Database,
    process::Process,
    product::{Person, Product},
};

/// What addresses in answers begin with, on both sides.
const GATEWAY_URL: &str = "http://localhost:8001";

/// The two programs that are compared; the floor has one more way to create.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Product,
    Floor,
    FloorWithoutTrail,
}

impl Side {
    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Product => "product",
            Self::Floor => "floor",
            Self::FloorWithoutTrail => "floor without audit and outbox rows",
        }
    }

    /// What its paths begin with.
    pub fn prefix(self) -> &'static str {
        if self == Self::FloorWithoutTrail { "/without-trail" } else { "" }
    }
}

/// Everything that runs.
pub struct Stage {
    product: Product,
    floor: Process,
    product_database: Database,
    floor_database: Database,
    pub user: Person,
    pub admin: Person,
    /// The ids of what was seeded.
    pub ids: Vec<String>,
    /// An upstream that takes connections and never answers.
    hole: TcpListener,
    /// For scripts.
    pub folder: TempDir,
}

impl Stage {
    /// Makes the databases and starts the programs.
    pub fn set(folder: &Path, options: &Options, server: &str) -> Result<Self> {
        let hole = TcpListener::bind("127.0.0.1:0")?;
        let mut product_database = Database::create(server, "product", None)?;
        seed(folder, options, &mut product_database)?;
        let floor_database = product_database.copy("floor")?;
        let product = start(folder, options, &product_database)?;
        let user = product.person("bench-user", "user")?;
        let admin = product.person("bench-admin", "admin")?;
        let envs = [("DATABASE_URL".to_owned(), floor_database.url().to_owned())];
        let args = ["--user", "bench-user", "--admin", "bench-admin", "--gateway-url", GATEWAY_URL];
        let floor = Process::spawn_printing_address(folder, "api-floor", &args, &envs)?;
        let ids = product_database.texts(
            "SELECT registration_id FROM registrations WHERE owner_contact = 'seed@bench'",
        )?;
        let folder = tempfile::tempdir()?;
        Ok(Self {
            product,
            floor,
            product_database,
            floor_database,
            user,
            admin,
            ids,
            hole,
            folder,
        })
    }

    /// Where a side listens.
    pub fn address(&self, side: Side) -> &str {
        match side {
            Side::Product => &self.product.service,
            Side::Floor | Side::FloorWithoutTrail => self.floor.address(),
        }
    }

    /// A side's process.
    pub fn pid(&self, side: Side) -> u32 {
        match side {
            Side::Product => self.product.process.pid(),
            Side::Floor | Side::FloorWithoutTrail => self.floor.pid(),
        }
    }

    /// A side's database.
    pub fn database(&mut self, side: Side) -> &mut Database {
        match side {
            Side::Product => &mut self.product_database,
            Side::Floor | Side::FloorWithoutTrail => &mut self.floor_database,
        }
    }

    /// The address of an upstream that never answers: what discovery does there is to wait.
    pub fn silent_upstream(&self) -> Result<String> {
        Ok(format!("http://{}", self.hole.local_addr()?))
    }
}

fn start(folder: &Path, options: &Options, database: &Database) -> Result<Product> {
    // Servers are probed, and what failed is tried again, between measurements at most.
    let settings = [
        ("DATABASE_URL", database.url()),
        ("MREG_HEALTH_CHECK_INTERVAL", "3600"),
        ("MREG_FASTMCP_BASE_URL", GATEWAY_URL),
    ];
    Product::start(folder, options, &settings)
}

/// Lets the product migrate the database, make two people's rows and read an upstream, and makes
/// many registrations with what it read.
fn seed(folder: &Path, options: &Options, database: &mut Database) -> Result<()> {
    let echo = Process::spawn_printing_address(folder, "echo-upstream", &[], &[])?;
    let product = start(folder, options, database)?;
    let user = product.person("bench-user", "user")?;
    let admin = product.person("bench-admin", "admin")?;
    product.submit(&format!("http://{}/mcp", echo.address()), &user)?;
    product.send("GET", "/users/me", &admin, &Value::Null)?;
    drop(product);
    let rows = options.api_rows;
    database.execute(&format!(
        "INSERT INTO registrations (endpoint_url, endpoint_name, description, owner_contact, \
         available_tools, status, submitter_id, approver_id, approved_at, submitted_at, \
         created_at, updated_at) \
         SELECT 'http://127.0.0.1:9/seed/' || n, 'seed-' || n, 'One of many servers', \
         'seed@bench', '[{{\"name\": \"echo\"}}]', \
         CASE WHEN n % 2 = 0 THEN 'Pending' ELSE 'Rejected' END, person.id, \
         CASE WHEN n % 2 = 1 THEN person.id END, \
         CASE WHEN n % 2 = 1 THEN now() END, at, at, at \
         FROM generate_series(1, {rows}) AS numbers (n), \
         LATERAL (SELECT now() - n * interval '1 minute') AS times (at), \
         (SELECT user_id FROM users WHERE entra_id = 'bench-user') AS person (id)"
    ))?;
    database.execute(&read_candidates("seed@bench"))?;
    database.execute("VACUUM (ANALYZE)")
}

/// Gives registrations with this contact what was read of the echo server.
pub fn read_candidates(contact: &str) -> String {
    format!(
        "INSERT INTO candidate_manifests (registration_id, state, digest, definitions, \
         for_revision, attempts, seen_at) \
         SELECT made.registration_id, 'complete', digest, definitions, 1, 0, seen_at \
         FROM registrations AS made, candidate_manifests AS read \
         JOIN registrations AS echo USING (registration_id) \
         WHERE made.owner_contact = '{contact}' AND echo.owner_contact = 'bench@example.com'"
    )
}
