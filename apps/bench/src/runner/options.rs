//! The settings of a run: arguments, or environment variables of the same meaning.

use std::path::PathBuf;

use super::{Result, subject::Target};

/// Measures the gateway against a bare proxy (the floor) and against its upstream directly.
///
/// Starts `echo-upstream`, `floor-proxy` and `mcp-registry serve` from the folder that this program
/// is in, on random loopback ports, and loads them with `wrk` in interleaved rounds: the same MCP
/// `tools/call` each time, 2026-07-28 era. Build them first: `cargo build --release -p bench -p
/// standalone`. The table goes to stdout, progress to stderr. Exit code 1: the ratio is below
/// `--min-ratio`; 2: it could not be measured.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "bench", version)]
pub struct Options {
    /// Measured rounds per target and scenario; medians are over these.
    #[arg(long, env = "BENCH_ROUNDS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub rounds: u32,
    /// Seconds of load per round.
    #[arg(long, env = "BENCH_SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    pub seconds: u32,
    /// Numbers of connections to load with; the greatest also gets the large payload.
    #[arg(long, env = "BENCH_CONNECTIONS", value_delimiter = ',', default_values_t = [1, 16, 64])]
    pub connections: Vec<u32>,
    /// Bytes of text in the small call.
    #[arg(long, env = "BENCH_SMALL_BYTES", default_value_t = 180)]
    pub small_bytes: usize,
    /// Bytes of text in the large call; 0 leaves it out.
    #[arg(long, env = "BENCH_LARGE_BYTES", default_value_t = 16 * 1024)]
    pub large_bytes: usize,
    /// What to load.
    #[arg(long, env = "BENCH_TARGETS", value_delimiter = ',', value_enum, default_values_t = [Target::Direct, Target::Floor, Target::Gateway])]
    pub targets: Vec<Target>,
    /// How often `mcp-registry` is started to measure its start (a fresh data folder each time).
    #[arg(long, env = "BENCH_STARTS", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub starts: u32,
    /// A short look: 2 rounds of 1 second, 1 start.
    #[arg(long, env = "BENCH_QUICK")]
    pub quick: bool,
    /// Load the SSE form of the upstream's answers instead of JSON.
    #[arg(long, env = "BENCH_SSE")]
    pub sse: bool,
    /// Fail when gateway/floor at the most connections, small payload, is below this.
    #[arg(long, env = "BENCH_MIN_RATIO")]
    pub min_ratio: Option<f64>,
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
    /// Rounds, `--quick` considered.
    pub fn rounds(&self) -> u32 {
        if self.quick { 2 } else { self.rounds }
    }

    /// Seconds per round, `--quick` considered.
    pub fn seconds(&self) -> u32 {
        if self.quick { 1 } else { self.seconds }
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
