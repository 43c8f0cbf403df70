//! What the programs of `make bench` share.
//!
//! `bench` (the runner) starts `echo-upstream`, `floor-proxy` and `mcp-registry serve`, loads each
//! with the same request in interleaved rounds, and prints ratios. The floor is a reverse proxy
//! without any policy on the same HTTP library: what the gateway loses against it is what the
//! gateway's own work costs. `api-floor` is the same for the registry's API on PostgreSQL.

pub mod api_floor;
pub mod workers;
