//! Whether what was seen under overload is what was promised.

use std::time::Duration;

use super::{How, Seen, rate};
use crate::table::{Table, Verdict};

/// How many times of its strength it was offered, at least, for the run to say anything.
const OFFERED: f64 = 3.0;
/// What of its strength it still shows.
const SERVED: f64 = 0.7;
/// What of the accepted calls is the quiet tenant's at least: it has a quarter of the places.
const SHARE: f64 = 0.15;
/// How many times as long as alone an accepted call may take, and a probe.
const SLOWER: u32 = 10;
/// What of the refusals comes at once.
const AT_ONCE: f64 = 0.9;

/// What was seen.
pub struct Found {
    /// The answers under overload.
    pub seen: Vec<Seen>,
    /// Calls a second with as many clients as there are places.
    pub capacity: f64,
    /// How long a call takes alone.
    pub alone: Duration,
    /// How long the overload lasted.
    pub seconds: Duration,
    /// How long probes took meanwhile, on each port.
    pub probes: Result<Vec<Vec<Duration>>, String>,
}

/// The time that so many percent of all do not exceed.
pub fn percentile(mut times: Vec<Duration>, percent: usize) -> Duration {
    times.sort_unstable();
    let at = (times.len() * percent).div_ceil(100).max(1) - 1;
    times.get(at).copied().unwrap_or_default()
}

/// Prints what held; whether all did.
pub fn verdict(found: &Found) -> bool {
    let mut table = Table::new(&["overload", "found"]);
    for (name, verdict) in rows(found) {
        table.add(name, vec![verdict]);
    }
    table.print()
}

fn hold(held: bool, what: String) -> Verdict {
    if held { Ok(what) } else { Err(what) }
}

fn part(of: usize, all: usize) -> f64 {
    let number = |count: usize| f64::from(u32::try_from(count).unwrap_or(u32::MAX));
    if all > 0 { number(of) / number(all) } else { 0.0 }
}

fn rows(found: &Found) -> Vec<(&'static str, Verdict)> {
    let Found { seen, capacity, alone, seconds, probes } = found;
    let (capacity, alone) = (*capacity, *alone);
    let accepted: Vec<&Seen> = seen.iter().filter(|one| matches!(one.how, How::Accepted)).collect();
    let refused: Vec<&Seen> =
        seen.iter().filter(|one| matches!(one.how, How::Refused { .. })).collect();
    let silent =
        refused.iter().filter(|one| matches!(one.how, How::Refused { says_when: false })).count();
    let others = seen.iter().filter_map(|one| match &one.how {
        How::Other(what) => Some(what.as_str()),
        _ => None,
    });
    let times = |of: &[&Seen]| of.iter().map(|one| one.took).collect::<Vec<_>>();
    let (offered, served) = (rate(seen.len(), *seconds), rate(accepted.len(), *seconds));
    let quiet = part(accepted.iter().filter(|one| one.quiet).count(), accepted.len());
    let slow = percentile(times(&accepted), 99);
    let prompt = part(refused.iter().filter(|one| one.took < alone).count(), refused.len());
    let most = alone * SLOWER;
    vec![
        (
            "offered",
            hold(offered >= capacity * OFFERED, format!("{offered:.0}/s for {capacity:.0}/s")),
        ),
        ("served", hold(served >= capacity * SERVED, format!("{served:.0}/s"))),
        (
            "refused, says when",
            hold(!refused.is_empty() && silent == 0, format!("{}, {silent} do not", refused.len())),
        ),
        (
            "neither",
            match others.clone().next() {
                None => Ok("0".to_owned()),
                Some(first) => Err(format!("{}, such as {first}", others.count())),
            },
        ),
        (
            "refused at once",
            hold(
                prompt >= AT_ONCE,
                format!(
                    "{:.0} % sooner than a call alone, median {:.0?}",
                    prompt * 100.0,
                    percentile(times(&refused), 50)
                ),
            ),
        ),
        ("latency, 99 %", hold(slow < most, format!("{slow:.0?}, alone {alone:.0?}"))),
        ("the quiet tenant's", hold(quiet >= SHARE, format!("{:.0} %", quiet * 100.0))),
        (
            "probes",
            probes.as_ref().map_err(Clone::clone).and_then(|times| {
                let slowest = times.iter().flatten().max().copied().unwrap_or_default();
                hold(slowest < most, format!("slowest {slowest:.0?}"))
            }),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALONE: Duration = Duration::from_millis(200);

    fn seen(count: usize, quiet: bool, took_ms: u64, how: fn() -> How) -> Vec<Seen> {
        let took = Duration::from_millis(took_ms);
        (0..count).map(|_| Seen { quiet, took, how: how() }).collect()
    }

    fn told() -> How {
        How::Refused { says_when: true }
    }

    /// Of strength for 100 calls a second: 70 noisy ones and 30 quiet ones accepted, 400 refused.
    fn good() -> Found {
        let seen = [
            seen(70, false, 210, || How::Accepted),
            seen(30, true, 210, || How::Accepted),
            seen(400, false, 2, told),
        ];
        Found {
            seen: seen.into_iter().flatten().collect(),
            capacity: 100.0,
            alone: ALONE,
            seconds: Duration::from_secs(1),
            probes: Ok(vec![vec![Duration::from_millis(5)]]),
        }
    }

    fn failing(found: &Found) -> Vec<&'static str> {
        let rows = rows(found).into_iter();
        rows.filter(|(_, verdict)| verdict.is_err()).map(|(name, _)| name).collect()
    }

    #[test]
    fn what_was_promised_holds() {
        assert_eq!(failing(&good()), Vec::<&str>::new());
    }

    #[test]
    fn each_promise_can_be_broken() {
        let without = |kept: fn(&Seen) -> bool| {
            let mut found = good();
            found.seen.retain(kept);
            found
        };
        let with = |more: Vec<Seen>| {
            let mut found = good();
            found.seen.extend(more);
            found
        };
        let accepted = |one: &Seen| matches!(one.how, How::Accepted);
        for (found, fails) in [
            (Found { capacity: 400.0, ..good() }, vec!["offered", "served"]),
            (without(accepted), vec!["offered", "refused, says when", "refused at once"]),
            (without(|one| !one.quiet), vec!["the quiet tenant's"]),
            (
                with(seen(1, false, 2, || How::Refused { says_when: false })),
                vec!["refused, says when"],
            ),
            (with(seen(1, false, 2, || How::Other("500".into()))), vec!["neither"]),
            (with(seen(50, false, 300, told)), vec!["refused at once"]),
            (with(seen(2, false, 2000, || How::Accepted)), vec!["latency, 99 %"]),
            (Found { probes: Err("/ready: 503".into()), ..good() }, vec!["probes"]),
            (Found { probes: Ok(vec![vec![ALONE * SLOWER]]), ..good() }, vec!["probes"]),
        ] {
            assert_eq!(failing(&found), fails);
        }
    }
}
