//! Five times of what there is strength for: what can be answered is, as fast as before, and the
//! rest is refused at once.
//!
//! The program works on so many requests at a time (`MREG_MAX_REQUESTS_IN_FLIGHT`), and each takes as
//! long as its server takes. What it has strength for on this machine is measured just before: with
//! as many clients as there are places, and with one client alone. One tenant is noisy with most of
//! the sessions, the other one asks for little more than its share.

mod judge;

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use parking_lot::Mutex;
use registry_testkit::{Answer, Api};
use serde_json::json;
use tokio::task::JoinSet;

use crate::{
    client::{PATIENCE, get, said},
    options::OverloadOptions,
    say,
    scene::{Scene, Tenant, endpoint},
};
use judge::{Found, percentile};

/// Requests that the program works on at a time.
const PLACES: u32 = 24;
/// How long a server takes for each.
const TAKES_MS: u32 = 200;
/// Five times what there is strength for.
const TIMES: f64 = 5.0;
/// Sessions of the quiet tenant: it would use a third of the places.
const QUIET: u32 = 8;
/// How many of the others fill the rest without anybody being refused.
const FILLING: u32 = 14;
/// How many sessions are begun at a time.
const AT_ONCE: u32 = 8;

/// One answer to a session's call.
struct Seen {
    quiet: bool,
    took: Duration,
    how: How,
}

enum How {
    Accepted,
    Refused { says_when: bool },
    Other(String),
}

/// A session: whether it is the quiet tenant's, its client and its name.
type Session = (bool, Api, String);

/// Sees how the program bears it; whether it held.
pub async fn run(options: &OverloadOptions) -> bool {
    let places = PLACES.to_string();
    let scene = Scene::embedded(&[("MREG_MAX_REQUESTS_IN_FLIGHT", &places)]).await;
    let [noisy, quiet] = &scene.tenants;
    say::progress(&format!("{} sessions begin", options.sessions));
    let sessions = sessions(&scene, (noisy, quiet), options.sessions).await;
    let before = unloaded(&scene, noisy).await;

    say::progress("as many clients as there are places");
    let seconds = Duration::from_secs(options.seconds);
    let few = sessions.iter().take(usize::try_from(QUIET + FILLING).unwrap_or(0)).cloned();
    let full = load(&scene, few.collect(), Duration::ZERO, seconds / 2).await;
    let accepted = full.iter().filter(|one| matches!(one.how, How::Accepted)).count();
    let capacity = rate(accepted, seconds / 2);

    say::progress(&format!("{TIMES} times of {capacity:.0} calls a second"));
    let pace = f64::from(options.sessions - QUIET) / (capacity.max(1.0) * TIMES);
    let mut probes = JoinSet::new();
    for api in [Api::service(&scene.program), Api::gateway(&scene.program)] {
        probes.spawn(probe(api, Instant::now() + seconds));
    }
    let seen = load(&scene, sessions, Duration::from_secs_f64(pace), seconds).await;
    let probes = probes.join_all().await.into_iter().collect::<Result<Vec<_>, _>>();
    // The machine may have had more to do from the middle on: what is slower counts.
    let alone = before.max(unloaded(&scene, noisy).await);
    judge::verdict(&Found { seen, capacity, alone, seconds, probes })
}

/// How many there were in a second.
fn rate(count: usize, time: Duration) -> f64 {
    f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / time.as_secs_f64()
}

/// All these sessions call for so long: each call of the noisy ones begins as long after the one
/// before as the pace says.
async fn load(
    scene: &Scene,
    sessions: Vec<Session>,
    pace: Duration,
    seconds: Duration,
) -> Vec<Seen> {
    let [noisy, quiet] = &scene.tenants;
    let seen = Arc::<Mutex<Vec<Seen>>>::default();
    let end = Instant::now() + seconds;
    let mut clients = JoinSet::new();
    for session in sessions {
        let is_quiet = session.0;
        let alias = if is_quiet { quiet.alias } else { noisy.alias };
        let pace = if is_quiet { Duration::ZERO } else { pace };
        clients.spawn(session_calls(session, alias, (pace, end), seen.clone()));
    }
    while clients.join_next().await.is_some() {}
    std::mem::take(&mut *seen.lock())
}

/// How long a call takes while there is no other: the median.
async fn unloaded(scene: &Scene, tenant: &Tenant) -> Duration {
    let gateway = scene.gateway(&tenant.token);
    let mut times = Vec::new();
    for _ in 0..11 {
        let began = Instant::now();
        let arguments = json!({ "ms": TAKES_MS });
        gateway.call_tool(&endpoint(tenant.alias), "slow", arguments).await.expect(200);
        times.push(began.elapsed());
    }
    percentile(times, 50)
}

/// Begins so many sessions, the quiet tenant's first.
async fn sessions(scene: &Scene, (noisy, quiet): (&Tenant, &Tenant), count: u32) -> Vec<Session> {
    let mut begun = Vec::new();
    let mut beginning = JoinSet::new();
    for number in 0..count {
        let is_quiet = number < QUIET;
        let tenant = if is_quiet { quiet } else { noisy };
        let (api, path) = (scene.gateway(&tenant.token), endpoint(tenant.alias));
        beginning.spawn(async move {
            let params = json!({
                "protocolVersion": "2025-11-25", "capabilities": {},
                "clientInfo": { "name": "chaos", "version": "1" },
            });
            let answer = api.mcp_legacy(&path, None, "initialize", params).await.expect(200);
            let session = answer.header("mcp-session-id").to_owned();
            (is_quiet, api, session)
        });
        if beginning.len() >= usize::try_from(AT_ONCE).unwrap_or(1) {
            begun.extend(beginning.join_next().await.map(|one| one.expect("a session begins")));
        }
    }
    begun.extend(beginning.join_all().await);
    begun.sort_by_key(|(is_quiet, ..)| !is_quiet);
    begun
}

/// A session's calls, one after the other, each as long after the one before as the pace says.
async fn session_calls(
    (quiet, api, session): Session,
    alias: &'static str,
    (pace, end): (Duration, Instant),
    seen: Arc<Mutex<Vec<Seen>>>,
) {
    let session = (!session.is_empty()).then_some(session.as_str());
    while Instant::now() < end {
        let began = Instant::now();
        let params = json!({ "name": "slow", "arguments": { "ms": TAKES_MS } });
        let answer =
            api.try_legacy(&endpoint(alias), session, ("tools/call", params), PATIENCE).await;
        let took = began.elapsed();
        let how = how(answer);
        let refused = matches!(how, How::Refused { .. });
        seen.lock().push(Seen { quiet, took, how });
        let mut rest = pace.saturating_sub(took);
        if refused {
            // One that is refused does not come again at once: a tenth of what it is told.
            rest = rest.max(Duration::from_millis(100));
        }
        tokio::time::sleep(rest).await;
    }
}

fn how(answer: Result<Answer, String>) -> How {
    match answer {
        Ok(answer) if said(&answer).is_some() => How::Accepted,
        Ok(answer) if matches!(answer.status.as_u16(), 429 | 503) => {
            How::Refused { says_when: answer.header("retry-after").parse::<u32>().is_ok() }
        }
        Ok(answer) => How::Other(format!("{}: {}", answer.status, answer.text())),
        Err(error) => How::Other(error),
    }
}

/// Asks all probes all the time; how long each answer took.
async fn probe(api: Api, end: Instant) -> Result<Vec<Duration>, String> {
    let mut times = Vec::new();
    while Instant::now() < end {
        for path in ["/health", "/ready", "/livez"] {
            let began = Instant::now();
            let answer = get(&api, path, PATIENCE).await?;
            times.push(began.elapsed());
            if answer.status != 200 {
                return Err(format!("{path}: {}", answer.status));
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(times)
}
