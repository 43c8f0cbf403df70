//! Whether a call gets slower as servers are added that it has nothing to do with.

mod report;

use std::path::Path;

use tempfile::TempDir;

pub use report::{Report, Sample};

use super::{
    Options, Result, database::Database, many, memory, process::Process, product::Product,
    progress::tell, wrk,
};

/// Servers beside the one that is called.
const SERVERS: [u32; 3] = [10, 1_000, 10_000];

/// The product with so many servers.
struct Subject {
    servers: u32,
    product: Product,
    script: String,
    /// Where its load finds its script.
    folder: TempDir,
    /// Dropped after the product, which is connected to it.
    _database: Database,
}

/// Starts one product for each number of servers, and loads them in turn with the same call.
pub fn measure(folder: &Path, options: &Options, server: &str) -> Result<Report> {
    let echo = Process::spawn_printing_address(folder, "echo-upstream", &[], &[])?;
    let url = format!("http://{}/mcp", echo.address());
    let subjects = SERVERS.map(|servers| subject(folder, options, server, (servers, &url)));
    let mut subjects = subjects.into_iter().collect::<Result<Vec<_>>>()?;
    let connections = options.connections.iter().copied().max().unwrap_or(1);
    let mut samples = vec![];
    // The first round warms them up.
    for round in 0..=options.rounds() {
        let seconds = if round == 0 { 1 } else { options.seconds() };
        for Subject { servers, product, script, folder, .. } in &subjects {
            let address = &*product.gateway;
            let job =
                wrk::Job { name: "growth", address, path: memory::DOOR, connections, seconds };
            let load = wrk::run(job, script.clone(), folder.path())?;
            if round > 0 {
                let requests_per_s = load.requests / (load.duration_us / 1e6);
                samples.push(Sample { servers: *servers, round, requests_per_s });
            }
        }
        tell(format_args!("growth: round {round} of {}", options.rounds()));
        subjects.rotate_left(1);
    }
    Ok(Report { connections, counts: SERVERS.to_vec(), samples })
}

fn subject(
    folder: &Path,
    options: &Options,
    server: &str,
    (servers, url): (u32, &str),
) -> Result<Subject> {
    let purpose = format!("growth_{servers}");
    let database = many::database(folder, options, server, (&purpose, servers))?;
    let product = many::start(folder, options, &database, &purpose, &[])?;
    let admin = product.person("bench-admin", "admin")?;
    many::register(&product, &admin, "echo", url)?;
    let (script, folder) = memory::calls(&product, &admin)?;
    Ok(Subject { servers, product, script, folder, _database: database })
}
