//! The command line.

/// Puts the programs under load and breaks what they stand on, and says what held.
///
/// The programs are taken from beside this one, or from `REGISTRY_BIN_DIR`. `faults` and `cluster`
/// need a PostgreSQL and a Redis: `tools/testenv.sh run` provides them.
#[derive(Clone, Debug, clap::Parser)]
#[command(name = "chaos", version)]
pub struct Options {
    #[command(subcommand)]
    pub part: Part,
}

/// What to do.
#[derive(Clone, Debug, clap::Subcommand)]
pub enum Part {
    /// One fault after the other under steady load: a table of faults and what held.
    Faults(FaultOptions),
    /// Five times of what there is strength for, from 500 sessions and two tenants.
    Overload(OverloadOptions),
    /// Clients that come, go, hang and misbehave: the slopes of memory, descriptors, threads.
    Soak(SoakOptions),
    /// Two of each program behind balancers, until Ctrl-C.
    Cluster(ClusterOptions),
}

/// How `faults` is done.
#[derive(Clone, Debug, clap::Args)]
pub struct FaultOptions {
    /// Seconds that each fault lasts.
    #[arg(long, env = "CHAOS_SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u64).range(1..=600))]
    pub seconds: u64,
    /// Only faults with this in their name.
    #[arg(long, env = "CHAOS_ONLY", default_value = "")]
    pub only: String,
}

/// How `overload` is done.
#[derive(Clone, Debug, clap::Args)]
pub struct OverloadOptions {
    /// Seconds of load.
    #[arg(long, env = "OVERLOAD_SECONDS", default_value_t = 20, value_parser = clap::value_parser!(u64).range(5..=600))]
    pub seconds: u64,
    /// Sessions at a time.
    #[arg(long, env = "OVERLOAD_SESSIONS", default_value_t = 500, value_parser = clap::value_parser!(u32).range(50..=5000))]
    pub sessions: u32,
}

/// How `soak` is done.
#[derive(Clone, Debug, clap::Args)]
pub struct SoakOptions {
    /// Seconds of load.
    #[arg(long, env = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(10..=604_800))]
    pub seconds: u64,
}

/// How `cluster` is done.
#[derive(Clone, Debug, clap::Args)]
pub struct ClusterOptions {
    /// The port of the balancer before the public APIs.
    #[arg(long, env = "CLUSTER_API_PORT", default_value_t = 8000)]
    pub api_port: u16,
    /// The port of the balancer before the gateways.
    #[arg(long, env = "CLUSTER_GATEWAY_PORT", default_value_t = 8001)]
    pub gateway_port: u16,
}
