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
/// How long that may take at the beginning, on however busy a machine.
const BEGINS: Duration = Duration::from_mins(3);
/// How long it may take again: this, or so many times as long as just before the fault.
const RECOVERY: Duration = Duration::from_secs(20);
const SLOWER: u32 = 10;

/// Tries all faults that the options name; whether everything held.
pub async fn run(options: &FaultOptions) -> bool {
    let mut held = true;
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
        let mut table = Table::new(COLUMNS);
        let ledger = Arc::<Ledger>::default();
        let mut before = None;
        for (number, fault) in [Fault::None].into_iter().chain(faults).enumerate() {
            let row =
                suffer(&mut scene, &ledger, (fault, number), options.seconds, &mut before).await;
            for why in row.iter().filter_map(|verdict| verdict.as_ref().err()) {
                say::progress(&format!("{}: {why}", fault.name()));
            }
            let place = if outside { "" } else { "embedded: " };
            table.add(&format!("{place}{}", fault.name()), row);
        }
        held &= table.print();
    }
    held
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
    let usual = match load.goes_on(TIMES, BEGINS).await {
        Ok(usual) => usual,
        Err(why) => {
            load.end().await;
            return vec![Err(format!("not tried: {why}")); COLUMNS.len() - 1];
        }
    };
    let watch = Watch::start(scene, fault.expected()).await;
    let mended = fault.lasts(scene, Duration::from_secs(seconds)).await;
    let told = watch.restored(mended).await;
    let recovers = load.goes_on(TIMES, RECOVERY.max(usual * SLOWER)).await;
    let recovers = recovers.map(|took| format!("{:.1} s", took.as_secs_f64()));
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
