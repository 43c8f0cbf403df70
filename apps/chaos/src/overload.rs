//! Five times of what there is strength for: what can be answered is, as fast as before, and the
//! rest is refused at once.
//!
//! What the program has strength for is known here: it works on so many requests at a time
//! (`MREG_MAX_REQUESTS_IN_FLIGHT`), and each takes as long as its server takes. One tenant is noisy
//! with most of the sessions, the other one asks for little more than its share.

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
    table::{Table, Verdict},
};

/// Requests that the program works on at a time.
const PLACES: u32 = 24;
/// How long a server takes for each.
const TAKES_MS: u32 = 200;
/// Five times what there is strength for.
const TIMES: f64 = 5.0;
/// Sessions of the quiet tenant: it would use a third of the places.
const QUIET: u32 = 8;
/// What of the accepted calls is the quiet tenant's at least: it has a quarter of the places.
const SHARE: f64 = 0.15;
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

/// Sees how the program bears it; whether it held.
pub async fn run(options: &OverloadOptions) -> bool {
    let places = PLACES.to_string();
    let scene = Scene::embedded(&[("MREG_MAX_REQUESTS_IN_FLIGHT", &places)]).await;
    let [noisy, quiet] = &scene.tenants;
    let unloaded = unloaded(&scene, noisy).await;
    say::progress(&format!("{} sessions begin", options.sessions));
    let sessions = sessions(&scene, (noisy, quiet), options.sessions).await;

    say::progress("load");
    let seen = Arc::<Mutex<Vec<Seen>>>::default();
    let end = Instant::now() + Duration::from_secs(options.seconds);
    let capacity = f64::from(PLACES) * 1000.0 / f64::from(TAKES_MS);
    let pace = Duration::from_secs_f64(f64::from(options.sessions - QUIET) / (capacity * TIMES));
    let mut clients = JoinSet::new();
    for (is_quiet, api, session) in sessions {
        let alias = if is_quiet { quiet.alias } else { noisy.alias };
        let pace = if is_quiet { Duration::ZERO } else { pace };
        clients.spawn(session_calls((is_quiet, api, session), alias, (pace, end), seen.clone()));
    }
    let mut probes = JoinSet::new();
    for api in [Api::service(&scene.program), Api::gateway(&scene.program)] {
        probes.spawn(probe(api, end));
    }
    while clients.join_next().await.is_some() {}
    let told_by_probes = probes.join_all().await.into_iter().collect::<Result<Vec<_>, _>>();
    let seen = std::mem::take(&mut *seen.lock());
    verdict(&seen, unloaded, f64::from(u32::try_from(options.seconds).unwrap_or(1)), told_by_probes)
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
    percentile(&mut times, 50)
}

/// Begins so many sessions, of both tenants: whether it is the quiet one's, its client and its name.
async fn sessions(
    scene: &Scene,
    (noisy, quiet): (&Tenant, &Tenant),
    count: u32,
) -> Vec<(bool, Api, String)> {
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
    begun
}

/// A session's calls, one after the other, each as long after the one before as the pace says.
async fn session_calls(
    (quiet, api, session): (bool, Api, String),
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

/// Asks all probes all the time; how long the slowest answer took.
async fn probe(api: Api, end: Instant) -> Result<Duration, String> {
    let mut slowest = Duration::ZERO;
    while Instant::now() < end {
        for path in ["/health", "/ready", "/livez"] {
            let began = Instant::now();
            let answer = get(&api, path, Duration::from_secs(2)).await?;
            slowest = slowest.max(began.elapsed());
            if answer.status != 200 {
                return Err(format!("{path}: {}", answer.status));
            }
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Ok(slowest)
}

fn percentile(times: &mut [Duration], percent: usize) -> Duration {
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap_or_default()
}

fn verdict(
    seen: &[Seen],
    unloaded: Duration,
    seconds: f64,
    told_by_probes: Result<Vec<Duration>, String>,
) -> bool {
    let rate = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
    let accepted: Vec<&Seen> = seen.iter().filter(|one| matches!(one.how, How::Accepted)).collect();
    let refused: Vec<&Seen> =
        seen.iter().filter(|one| matches!(one.how, How::Refused { .. })).collect();
    let others = seen.iter().filter_map(|one| match &one.how {
        How::Other(what) => Some(what.as_str()),
        _ => None,
    });
    let times = |of: &[&Seen]| of.iter().map(|one| one.took).collect::<Vec<_>>();
    let capacity = f64::from(PLACES) * 1000.0 / f64::from(TAKES_MS);
    let (offered, served) = (rate(seen.len()), rate(accepted.len()));
    let quiet = rate(accepted.iter().filter(|one| one.quiet).count());
    let (slow, refusal) =
        (percentile(&mut times(&accepted), 99), percentile(&mut times(&refused), 50));
    let hold = |held: bool, what: String| -> Verdict { if held { Ok(what) } else { Err(what) } };
    let silent = refused.iter().filter(|one| matches!(one.how, How::Refused { says_when: false }));

    let mut table = Table::new(&["overload", "found"]);
    let mut row = |name: &str, verdict: Verdict| table.add(name, vec![verdict]);
    row("offered", hold(offered >= capacity * 3.0, format!("{offered:.0}/s for {capacity:.0}/s")));
    // A quarter of the places is kept for those with less than their share.
    row("served at full rate", hold(served >= capacity * 0.6, format!("{served:.0}/s")));
    row(
        "refused, says when",
        match silent.count() {
            0 => Ok(refused.len().to_string()),
            count => Err(format!("{count} of {} do not", refused.len())),
        },
    );
    row(
        "neither",
        match others.clone().next() {
            None => Ok("0".to_owned()),
            Some(first) => Err(format!("{}, such as {first}", others.count())),
        },
    );
    row("refused at once", hold(refusal < unloaded, format!("median {refusal:.0?}")));
    row("latency, 99 %", hold(slow < unloaded * 10, format!("{slow:.0?}, alone {unloaded:.0?}")));
    let share = if served > 0.0 { quiet / served } else { 0.0 };
    row("the quiet tenant's", hold(share >= SHARE, format!("{:.0} %", share * 100.0)));
    row(
        "probes",
        told_by_probes.map(|slowest| {
            format!("slowest {:.0?}", slowest.into_iter().max().unwrap_or_default())
        }),
    );
    table.print()
}
