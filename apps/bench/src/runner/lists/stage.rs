//! What is compared: the product with its cache of answers and without it, and the floor, all on
//! one database that nobody writes to.

use std::{fmt::Write as _, path::Path, time::Duration};

use tempfile::TempDir;

use super::load::Read;
use crate::runner::{
    Options, Result,
    database::Database,
    http::{self, Answer},
    many,
    process::Process,
    product::{Person, Product},
    wait,
};

/// The four things that are compared, two by two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    Kept,
    KeptFloor,
    Fresh,
    FreshFloor,
}

impl Side {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 4] = [Self::Kept, Self::KeptFloor, Self::Fresh, Self::FreshFloor];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Kept => "product, kept answers",
            Self::KeptFloor => "floor, the same bytes",
            Self::Fresh => "product, none kept",
            Self::FreshFloor => "floor, the same statements",
        }
    }

    /// What it is measured against, and how much of that it is to reach.
    pub fn goal(self) -> Option<(Self, f64)> {
        match self {
            Self::Kept => Some((Self::KeptFloor, 0.7)),
            Self::Fresh => Some((Self::FreshFloor, 0.6)),
            Self::KeptFloor | Self::FreshFloor => None,
        }
    }

    /// What its paths begin with.
    fn prefix(self) -> &'static str {
        if self == Self::KeptFloor { "/kept" } else { "" }
    }
}

/// Everything that runs.
pub struct Stage {
    kept: Product,
    fresh: Product,
    floor: Process,
    user: Person,
    other_user: Person,
    /// The servers, newest first.
    pub ids: Vec<String>,
    /// For scripts, and for the answers that the floor repeats.
    pub folder: TempDir,
    /// Dropped after those who are connected to it.
    _database: Database,
}

impl Stage {
    /// Makes the database and starts the programs.
    pub fn set(folder: &Path, options: &Options, server: &str) -> Result<Self> {
        options.redis()?;
        let mut database = many::database(folder, options, server, ("lists", options.servers))?;
        let kept = many::start(folder, options, &database, "kept", &[])?;
        let off = [("MREG_CACHE_RESPONSE_TTL", "0")];
        let fresh = many::start(folder, options, &database, "fresh", &off)?;
        let user = kept.person("bench-user", "user")?;
        let other_user = fresh.person("bench-user", "user")?;
        let ids =
            database.texts("SELECT id FROM servers ORDER BY created_at DESC, servers.id DESC")?;
        let answers = tempfile::tempdir()?;
        for read in Read::ALL {
            let path = read.path(&ids)?;
            let answer = kept_answer(&kept, &path, &user)?;
            std::fs::write(answers.path().join(read.name()), written(&answer)?)?;
        }
        let envs = [("DATABASE_URL".to_owned(), database.url().to_owned())];
        let folder_of_answers = answers.path().to_string_lossy();
        let mut args = vec!["--user", "bench-user", "--admin", "bench-admin"];
        args.extend(["--gateway-url", many::GATEWAY_URL, "--kept", &folder_of_answers]);
        let floor = Process::spawn_printing_address(folder, "api-floor", &args, &envs)?;
        Ok(Self { kept, fresh, floor, user, other_user, ids, folder: answers, _database: database })
    }

    /// Where a side listens.
    pub fn address(&self, side: Side) -> &str {
        match side {
            Side::Kept => &self.kept.service,
            Side::Fresh => &self.fresh.service,
            Side::KeptFloor | Side::FreshFloor => self.floor.address(),
        }
    }

    /// A side's process.
    pub fn pid(&self, side: Side) -> u32 {
        match side {
            Side::Kept => self.kept.process.pid(),
            Side::Fresh => self.fresh.process.pid(),
            Side::KeptFloor | Side::FreshFloor => self.floor.pid(),
        }
    }

    /// The same person, by the token that this side's issuer gave.
    pub fn headers(&self, side: Side) -> Vec<(String, String)> {
        if side == Side::Fresh { self.other_user.headers() } else { self.user.headers() }
    }

    /// A path of a side.
    pub fn path(side: Side, path: &str) -> String {
        format!("{}{path}", side.prefix())
    }

    /// One exchange as the load does it; of kept answers one that was kept.
    pub fn exchange(&self, side: Side, path: &str) -> Result<Answer> {
        if side == Side::Kept {
            return kept_answer(&self.kept, path, &self.user);
        }
        let path = Self::path(side, path);
        http::exchange("GET", self.address(side), &path, &self.headers(side), "")
    }
}

/// Asks until an answer comes out of the cache: the first one goes into it, and leaves it when its
/// time is over or somebody writes.
fn kept_answer(product: &Product, path: &str, person: &Person) -> Result<Answer> {
    wait::until("an answer is kept", Duration::from_millis(5), || {
        let answer = http::exchange("GET", &product.service, path, &person.headers(), "")?;
        Ok((answer.header("x-cache") == Some("HIT")).then_some(answer))
    })
}

/// An answer as the floor reads it: header lines, an empty line, the body.
fn written(answer: &Answer) -> Result<Vec<u8>> {
    let mut head = String::new();
    for (name, value) in &answer.headers {
        writeln!(head, "{name}: {value}")?;
    }
    head.push('\n');
    let mut bytes = head.into_bytes();
    bytes.extend_from_slice(&answer.body);
    Ok(bytes)
}
