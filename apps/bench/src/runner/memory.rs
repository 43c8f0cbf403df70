//! How much memory a minute of mixed load takes: reads and writes of many servers on port 8000, and
//! calls through the gateway, at once.

mod report;

use std::{fmt::Write as _, io::Write as _, path::Path, thread, time::Duration};

use tempfile::TempDir;

pub use report::Report;

use super::{
    Options, Result,
    database::Database,
    many,
    payload::Payload,
    process::{self, Process},
    product::{Person, Product},
    progress::tell,
    wait, wrk,
};

/// How often the process is weighed while it works.
const LOOK: Duration = Duration::from_millis(100);
/// How long it rests before it is weighed idle: what a start or a load needed has been given back.
const REST: Duration = Duration::from_secs(5);

/// Seeds the servers, lets the process rest, loads it, and weighs it meanwhile.
pub fn measure(folder: &Path, options: &Options, server: &str) -> Result<Report> {
    let mut database = many::database(folder, options, server, ("memory", options.servers))?;
    let echo = Process::spawn_printing_address(folder, "echo-upstream", &[], &[])?;
    let product = many::start(folder, options, &database, "memory", &[])?;
    let admin = product.person("bench-admin", "admin")?;
    many::register(&product, &admin, "echo", &format!("http://{}/mcp", echo.address()))?;
    let (reads, calls) = (reads(&mut database, &admin)?, calls(&product, &admin)?);
    let pid = product.process.pid();
    wait::pause(REST);
    let (idle, _) = process::memory_kib(pid)?;
    tell(format_args!("idle with {} servers: {:.1} MiB", options.servers, idle / 1024.0));
    let seconds = options.load_seconds();
    let ((reads, calls), peak) = thread::scope(|scope| -> Result<_> {
        let load = |name, address, path, connections, (script, folder): (String, TempDir)| {
            let job = wrk::Job { name, address, path, connections, seconds };
            wrk::run(job, script, folder.path())
        };
        let most = options.connections.iter().copied().max().unwrap_or(1);
        let (service, gateway) = (&*product.service, &*product.gateway);
        let reading =
            scope.spawn(move || load("mixed load", service, LIST, options.list_connections, reads));
        let calling = scope.spawn(move || load("calls", gateway, DOOR, most, calls));
        let mut peak = idle;
        while !(reading.is_finished() && calling.is_finished()) {
            peak = peak.max(process::memory_kib(pid)?.0);
            wait::pause(LOOK);
        }
        let ended = |load: thread::Result<Result<wrk::Load>>| {
            load.unwrap_or_else(|_| Err("a load could not be made".into()))
        };
        Ok(((ended(reading.join())?, ended(calling.join())?), peak))
    })?;
    let (after, _) = process::memory_kib(pid)?;
    wait::pause(REST);
    let (rested, _) = process::memory_kib(pid)?;
    Ok(Report {
        servers: options.servers,
        seconds,
        idle_kib: idle,
        peak_kib: peak.max(after),
        after_kib: after,
        rested_kib: rested,
        requests: reads.requests,
        calls: calls.requests,
    })
}

/// The gateway's door to the echo server.
pub const DOOR: &str = "/servers/echo/mcp";
/// Where the mixed load begins.
const LIST: &str = "/api/v1/servers?limit=100";

/// A script that calls the echo server, once it is callable, and the folder that it lies in.
pub fn calls(product: &Product, admin: &Person) -> Result<(String, TempDir)> {
    let payload = Payload::new(180);
    let headers = Payload::headers(Some(&admin.token));
    wait::until("the echo server is callable", Duration::from_millis(5), || {
        let answer =
            super::http::exchange("POST", &product.gateway, DOOR, &headers, &payload.body)?;
        Ok((answer.status == 200 && payload.is_echoed_by(&answer.body)).then_some(()))
    })?;
    let mut script = wrk::headers(&headers)?;
    writeln!(script, "wrk.method = 'POST'\nwrk.body = [==[{}]==]", payload.body)?;
    Ok((script, tempfile::tempdir()?))
}

fn reads(database: &mut Database, admin: &Person) -> Result<(String, TempDir)> {
    let folder = tempfile::tempdir()?;
    let servers = folder.path().join("servers");
    let mut file = std::io::BufWriter::new(std::fs::File::create(&servers)?);
    for server in database.texts("SELECT id || ' ' || name FROM servers WHERE name <> 'echo'")? {
        writeln!(file, "{server}")?;
    }
    file.flush()?;
    let mut script = wrk::headers(&admin.headers())?;
    writeln!(script, "local file = [==[{}]==]{MIXED}", servers.display())?;
    Ok((script, folder))
}

/// Of fifty requests one replaces a server; the others read pages, servers, and what is found.
const MIXED: &str = "
local ids, names, n = {}, {}, 0
for id, name in io.open(file):read('*a'):gmatch('(%S+) (%S+)') do
  ids[#ids + 1], names[#names + 1] = id, name
end
request = function()
  n = n + 1
  local kind, at = n % 50, n % #ids + 1
  local servers = '/api/v1/servers'
  if kind == 0 then
    local body = string.format('{\"name\":\"%s\",\"endpoint_url\":\"http://127.0.0.1:9/%s\",' ..
      '\"auto_discover\":false,\"description\":\"written for the time %d\"}', names[at], names[at], n)
    return wrk.format('PUT', servers .. '/' .. ids[at], nil, body)
  elseif kind < 20 then
    return wrk.format('GET', servers .. '?limit=100&offset=' .. n * 7 % #ids)
  elseif kind < 40 then
    return wrk.format('GET', servers .. '/' .. ids[at] .. '?include_tools=true')
  elseif kind < 45 then
    return wrk.format('GET', servers .. '?limit=20&search=' .. names[at]:sub(1, -2))
  end
  return wrk.format('GET', '/api/v1/discovery/tools?tools=echo&limit=50&tags=group-' .. n % 10)
end
";
