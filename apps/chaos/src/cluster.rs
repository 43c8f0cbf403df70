//! Two of each program behind balancers, until Ctrl-C.

use registry_testkit::{Cluster, Kind};

use crate::{options::ClusterOptions, say};

/// Starts it, says where it is, and waits for Ctrl-C.
pub async fn run(options: &ClusterOptions) -> bool {
    let ports = (options.api_port, options.gateway_port);
    let cluster = Cluster::on(ports, &[("MREG_SHUTDOWN_DRAIN", "2")]).await;
    say::result(&format!("public API   {}", cluster.to_apis.url()));
    say::result(&format!("MCP gateway  {}/mcp", cluster.gateway_base()));
    for (kind, what) in [(Kind::Api, "public-api"), (Kind::Gateway, "mcp-gateway")] {
        for program in cluster.replicas(kind) {
            let at = program.url_of(what);
            say::result(&format!("  {what}  {at}  pid {}", program.pid()));
        }
    }
    say::result(&format!("database     {}", cluster.database.url()));
    say::result(&format!("sign-in      {} (a stand-in for Entra ID)", cluster.entra.authority()));
    say::result(&format!("a token      {}", cluster.entra.access_token("Grace")));
    say::result("Ctrl-C ends it.");
    tokio::signal::ctrl_c().await.is_ok()
}
