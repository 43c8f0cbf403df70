//! The settings of a run: arguments, or environment variables of the same meaning.

use std::path::PathBuf;

use super::{Result, subject::Target};

/// What `--part` names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Part {
    /// A tool's call through the gateway, against a bare proxy and against its upstream directly.
    Gateway,
    /// The API's list, get, create and approve on PostgreSQL, against bare handlers with the same
    /// statements.
    Api,
    /// The product's queries on large tables, with and without their indexes.
    Indexes,
    /// Lists of servers and single ones: from the cache of answers against a bare handler that gives
    /// the same bytes, and without it against one that sends the same statements.
    Lists,
    /// How much memory a minute of mixed load takes, beside the idle process with as many servers.
    Memory,
    /// What one more listener to live events costs in memory, and one more server.
    Slopes,
    /// The same call with 10, 1,000 and 10,000 servers.
    Growth,
    /// What was promised in figures: response times, throughput, memory, processor time.
    Figures,
}

/// Measures the product against floors: programs that do what cannot be left out, and no more.
///
/// Starts `mcp-registry serve`, `echo-upstream`, `floor-proxy` and `api-floor` from the folder that
/// this program is in, on random loopback ports, and loads them with `wrk` in interleaved rounds.
/// The gateway is sent the same MCP `tools/call` each time, 2026-07-28 era. Build them first:
/// `cargo build --release -p bench -p standalone`. What needs PostgreSQL makes databases of its own
/// on the server that `TEST_DATABASE_URL` names, and drops them again. Tables go to stdout, progress
/// to stderr. Exit code 1: a ratio is below `--min-ratio` or `--min-api-ratio`, or one of the parts
/// lists, memory, slopes, growth and figures misses a goal; 2: it could not be measured.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "bench", version)]
pub struct Options {
    /// What to measure; all of it when not given, but without a database only the gateway.
    #[arg(long, env = "BENCH_PART", value_delimiter = ',', value_enum)]
    pub part: Vec<Part>,
    /// A PostgreSQL server on which we may create databases; `tools/testenv.sh run` provides one.
    #[arg(long, env = "TEST_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    /// A Redis for the product; the part lists needs one. `tools/testenv.sh run` provides it.
    #[arg(long, env = "TEST_REDIS_URL", hide_env_values = true)]
    pub redis_url: Option<String>,
    /// Measured rounds per target and scenario; medians are over these.
    #[arg(long, env = "BENCH_ROUNDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds of load per round.
    #[arg(long, env = "BENCH_SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// Numbers of connections to load the gateway with; the greatest also gets the large payload.
    #[arg(long, env = "BENCH_CONNECTIONS", value_delimiter = ',', default_values_t = [1, 16, 64])]
    pub connections: Vec<u32>,
    /// Bytes of text in the small call.
    #[arg(long, env = "BENCH_SMALL_BYTES", default_value_t = 180)]
    pub small_bytes: usize,
    /// Bytes of text in the large call; 0 leaves it out.
    #[arg(long, env = "BENCH_LARGE_BYTES", default_value_t = 16 * 1024)]
    pub large_bytes: usize,
    /// Connections to load the API with.
    #[arg(long, env = "BENCH_API_CONNECTIONS", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..))]
    pub api_connections: u32,
    /// Registrations in the API's database.
    #[arg(long, env = "BENCH_API_ROWS", default_value_t = 2000, value_parser = clap::value_parser!(u32).range(20..))]
    pub api_rows: u32,
    /// Servers in the database of the parts lists and memory.
    #[arg(long, env = "BENCH_SERVERS", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(101..=90_000))]
    pub servers: u32,
    /// Connections to load lists of servers with.
    #[arg(long, env = "BENCH_LIST_CONNECTIONS", default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..))]
    pub list_connections: u32,
    /// Seconds of the long loads: the one of the part memory, and each of the part figures.
    #[arg(long, env = "BENCH_LOAD_SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    pub load_seconds: u32,
    /// Rows of the large tables, in percent of 100,000 servers, 100,000 registrations and 1,000,000
    /// operations.
    #[arg(long, env = "BENCH_INDEX_SCALE", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    pub index_scale: u32,
    /// What to load in the gateway's part.
    #[arg(long, env = "BENCH_TARGETS", value_delimiter = ',', value_enum, default_values_t = [Target::Direct, Target::Floor, Target::Gateway])]
    pub targets: Vec<Target>,
    /// How often `mcp-registry` is started to measure its start (a fresh data folder each time).
    #[arg(long, env = "BENCH_STARTS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub starts: u32,
    /// A short look: 2 rounds of 1 second, 1 start, long loads of 3 seconds. The large tables stay as large as they are.
    #[arg(long, env = "BENCH_QUICK")]
    pub quick: bool,
    /// Load the SSE form of the upstream's answers instead of JSON.
    #[arg(long, env = "BENCH_SSE")]
    pub sse: bool,
    /// Fail when gateway/floor at the most connections, small payload, is below this.
    #[arg(long, env = "BENCH_MIN_RATIO")]
    pub min_ratio: Option<f64>,
    /// Fail when product/floor of the API's list, get, create or approve is below this.
    #[arg(long, env = "BENCH_MIN_API_RATIO")]
    pub min_api_ratio: Option<f64>,
    /// Write all samples and results to this file as JSON.
    #[arg(long, env = "BENCH_OUT")]
    pub out: Option<PathBuf>,
    /// Where the programs are, if not beside this one.
    #[arg(long, env = "BENCH_BIN_DIR")]
    pub bin_dir: Option<PathBuf>,
    /// A setting for `mcp-registry`, NAME=VALUE; may be repeated.
    #[arg(long = "gateway-env", value_name = "NAME=VALUE")]
    pub gateway_env: Vec<String>,
}

impl Options {
    /// Whether this part is asked for, or all are and it can be had.
    pub fn includes(&self, part: Part) -> bool {
        let all = self.part.is_empty();
        let possible = match part {
            Part::Gateway => true,
            Part::Lists => self.database_url.is_some() && self.redis_url.is_some(),
            _ => self.database_url.is_some(),
        };
        self.part.contains(&part) || (all && possible)
    }

    /// The server that databases are made on.
    pub fn database(&self) -> Result<&str> {
        let how = "all parts but gateway need PostgreSQL: `make bench` runs them under \
                   tools/testenv.sh, or set TEST_DATABASE_URL";
        self.database_url.as_deref().ok_or_else(|| how.into())
    }

    /// The Redis that the product keeps answers in.
    pub fn redis(&self) -> Result<&str> {
        let how = "the part lists needs Redis, because on PostgreSQL answers are kept there: \
                   `make bench` runs it under tools/testenv.sh, or set TEST_REDIS_URL";
        self.redis_url.as_deref().ok_or_else(|| how.into())
    }

    /// Rounds, `--quick` considered.
    pub fn rounds(&self) -> u32 {
        if self.quick { 2 } else { self.rounds }
    }

    /// Seconds per round, `--quick` considered.
    pub fn seconds(&self) -> u32 {
        if self.quick { 1 } else { self.seconds }
    }

    /// Seconds of a long load, `--quick` considered.
    pub fn load_seconds(&self) -> u32 {
        if self.quick { 3 } else { self.load_seconds }
    }

    /// Starts, `--quick` considered.
    pub fn starts(&self) -> u32 {
        if self.quick { 1 } else { self.starts }
    }

    /// Whether `target` is asked for.
    pub fn measures(&self, target: Target) -> bool {
        self.targets.contains(&target)
    }

    /// The upstream's path.
    pub fn upstream_path(&self) -> &'static str {
        if self.sse { "/sse-mcp" } else { "/mcp" }
    }

    /// The folder of the programs.
    pub fn folder(&self) -> Result<PathBuf> {
        if let Some(folder) = &self.bin_dir {
            return Ok(folder.clone());
        }
        let own = std::env::current_exe()?;
        own.parent().map(PathBuf::from).ok_or_else(|| "this program has no folder".into())
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory, Parser};

    use super::*;

    const ALL: [Part; 8] = [
        Part::Gateway,
        Part::Api,
        Part::Indexes,
        Part::Lists,
        Part::Memory,
        Part::Slopes,
        Part::Growth,
        Part::Figures,
    ];

    fn parts(arguments: &[&str]) -> Vec<Part> {
        let options = Options::parse_from(["bench"].iter().chain(arguments));
        ALL.into_iter().filter(|&part| options.includes(part)).collect()
    }

    #[test]
    fn the_arguments_fit_together() {
        Options::command().debug_assert();
    }

    #[test]
    fn a_part_that_is_named_is_measured_and_no_other() {
        assert_eq!(parts(&["--part", "api"]), [Part::Api]);
        assert_eq!(parts(&["--part", "indexes,gateway"]), [Part::Gateway, Part::Indexes]);
    }

    #[test]
    fn with_a_database_and_a_redis_all_parts_are_measured() {
        let servers = ["--database-url", "postgres://here/x", "--redis-url", "redis://here"];
        assert_eq!(parts(&servers), ALL);
    }
}
