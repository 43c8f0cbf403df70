//! What must hold after a fault.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use registry_testkit::{Answer, Api};
use serde_json::Value;

use crate::{
    client::{PATIENCE, get},
    ledger::Ledger,
    load::MARK,
    scene::Scene,
    table::Verdict,
    vitals::Vitals,
};

/// How many registrations are read at a time.
const PAGE: usize = 1000;
/// What is recorded is in the store, and what was open is closed, within this time.
const SETTLED: Duration = Duration::from_secs(20);
const BETWEEN: Duration = Duration::from_millis(200);
/// What memory may grow beyond half as much again: caches fill, allocators keep.
const ROOM_KIB: u32 = 64 * 1024;
/// What descriptors may grow: connections that pools have made since.
const ROOM_FDS: u32 = 24;

/// No accepted write lost or doubled, no refused one done.
pub async fn writes(scene: &Scene, ledger: &Ledger) -> Verdict {
    let admin = scene.api(&scene.admin);
    let mut stored = HashMap::<String, usize>::new();
    for page in 0_usize.. {
        let path = format!("/registrations?order=asc&limit={PAGE}&offset={}", page * PAGE);
        let list = good(get(&admin, &path, PATIENCE).await)?.json();
        let rows = list.get("results").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let names = rows.iter().filter_map(|row| row.get("endpoint_name")?.as_str());
        for name in names.filter(|name| name.starts_with(MARK)) {
            *stored.entry(name.to_owned()).or_default() += 1;
        }
        if rows.len() < PAGE {
            break;
        }
    }
    ledger.compare_writes(&stored)
}

/// Each call that was answered well has one record that says so, and no other call has one.
pub async fn records(scene: &Scene, ledger: &Ledger) -> Verdict {
    let admin = scene.api(&scene.admin);
    let began = Instant::now();
    loop {
        let found = ledger.compare_calls(&recorded(&admin).await?);
        if found.is_ok() || began.elapsed() > SETTLED {
            return found;
        }
        tokio::time::sleep(BETWEEN).await;
    }
}

async fn recorded(admin: &Api) -> Result<HashMap<String, usize>, String> {
    let path = "/api/v1/audit/operations/export?method=tools%2Fcall&success=true";
    let lines = good(get(admin, path, PATIENCE).await)?.text();
    let mut found = HashMap::<String, usize>::new();
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).map_err(|error| format!("{line}: {error}"))?;
        let id = row.get("request_id").and_then(Value::as_str).unwrap_or_default();
        if id.starts_with(MARK) {
            *found.entry(id.to_owned()).or_default() += 1;
        }
    }
    Ok(found)
}

fn good(answer: Result<Answer, String>) -> Result<Answer, String> {
    let answer = answer?;
    if answer.status == 200 { Ok(answer) } else { Err(answer.text()) }
}

/// Records are as they were sealed.
pub fn chains(scene: &Scene) -> Verdict {
    scene.verify()
}

/// Nobody was told what is another tenant's.
pub fn tenants(ledger: &Ledger) -> Verdict {
    let wrong = ledger.wrongs();
    if wrong.is_empty() { Ok(String::new()) } else { Err(wrong.join("; ")) }
}

/// Memory is back at its level.
pub fn memory(before: Vitals, scene: &Scene) -> Verdict {
    let now = Vitals::of(scene.program.pid()).rss_kib;
    let most = before.rss_kib + before.rss_kib / 2 + ROOM_KIB;
    if (1..=most).contains(&now) {
        Ok(format!("{} MiB", now / 1024))
    } else {
        Err(format!("{now} KiB, {} before", before.rss_kib))
    }
}

/// Descriptors are back at theirs.
pub async fn files(before: Vitals, scene: &Scene) -> Verdict {
    let began = Instant::now();
    loop {
        let now = Vitals::of(scene.program.pid()).fds;
        if now <= before.fds + ROOM_FDS {
            return Ok(now.to_string());
        }
        if began.elapsed() > SETTLED {
            return Err(format!("{now}, {} before", before.fds));
        }
        tokio::time::sleep(BETWEEN).await;
    }
}
