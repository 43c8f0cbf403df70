//! One fault after the other under a steady load, and what must hold after each.
//!
//! For each: the load runs, the fault begins, lasts and ends; the load must go on without a restart
//! (unless the fault is that the program was killed); then it stops, and stores are compared with what clients were told.

mod checks;
mod fault;
mod health;

use std::{sync::Arc, time::Duration};

use crate::{
    ledger::Ledger,
    load::Load,
    options::FaultOptions,
    say,
    scene::Scene,
    table::{Table, Verdict},
    vitals::Vitals,
};
use fault::Fault;
use health::Watch;

const COLUMNS: &[&str] =
    &["fault", "health", "recovers", "writes", "records", "chains", "tenants", "memory", "files"];
/// How often everything must go well before a fault begins, and after it has ended.
const TIMES: usize = 5;
/// How long that may take.
const RECOVERY: Duration = Duration::from_secs(20);

/// Tries all faults that the options name; whether everything held.
pub async fn run(options: &FaultOptions) -> bool {
    let mut table = Table::new(COLUMNS);
    let wanted = |faults: &[Fault]| {
        let named = faults.iter().copied().filter(|fault| fault.name().contains(&options.only));
        named.collect::<Vec<_>>()
    };
    for (faults, outside) in [(wanted(fault::OUTSIDE), true), (wanted(fault::WITHIN), false)] {
        if faults.is_empty() {
            continue;
        }
        say::progress(if outside { "on PostgreSQL and Redis" } else { "on the embedded store" });
        let mut scene = if outside { Scene::outside().await } else { Scene::embedded(&[]).await };
        let ledger = Arc::<Ledger>::default();
        let mut before = None;
        for (number, fault) in [Fault::None].into_iter().chain(faults).enumerate() {
            let row = suffer(&mut scene, &ledger, (fault, number), options.seconds, &mut before).await;
            for why in row.iter().filter_map(|verdict| verdict.as_ref().err()) {
                say::progress(&format!("{}: {why}", fault.name()));
            }
            let place = if outside { "" } else { "embedded: " };
            table.add(&format!("{place}{}", fault.name()), row);
        }
    }
    table.print()
}

/// One fault, from a load that goes well to what is left behind.
async fn suffer(
    scene: &mut Scene,
    ledger: &Arc<Ledger>,
    (fault, number): (Fault, usize),
    seconds: u64,
    before: &mut Option<Vitals>,
) -> Vec<Verdict> {
    say::progress(fault.name());
    let load = Load::start(scene, ledger, number);
    if let Err(why) = load.goes_on(TIMES, RECOVERY).await {
        load.end().await;
        let nothing = || Err("not tried: the load did not begin".to_owned());
        let mut row: Vec<Verdict> = (1..COLUMNS.len()).map(|_| nothing()).collect();
        if let Some(recovers) = row.get_mut(1) {
            *recovers = Err(why);
        }
        return row;
    }
    let watch = Watch::start(scene, fault.expected());
    let mended = fault.lasts(scene, Duration::from_secs(seconds)).await;
    let told = watch.restored(mended).await;
    let recovers = load.goes_on(TIMES, RECOVERY).await;
    load.end().await;
    let vitals = Vitals::of(scene.program.pid());
    let base = *before.get_or_insert(vitals);
    vec![
        told,
        recovers,
        checks::writes(scene, ledger).await,
        checks::records(scene, ledger).await,
        checks::chains(scene),
        checks::tenants(ledger),
        checks::memory(base, scene),
        checks::files(base, scene).await,
    ]
}
