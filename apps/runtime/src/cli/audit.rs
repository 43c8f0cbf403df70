//! `audit verify`: the proof that records are as they were sealed.

use clap::{Args, Subcommand};
use registry_domain::chain::{Flaw, Seal};
use registry_domain::use_cases::{Finding, Report, verify_records};

use super::{Failure, print};
use crate::boot;
use crate::settings::Settings;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prove that no record was changed, removed or inserted since it was sealed, and say what has
    /// no seal yet: exit code 0 if so, 1 if not
    Verify,
}

pub(super) async fn run(arguments: Arguments, settings: Settings) -> Result<(), Failure> {
    let Command::Verify = arguments.command;
    let storage = boot::storage(&settings).await?;
    let reports = verify_records(storage.seals.as_ref()).await;
    storage.finish().await;
    let reports = reports?;
    for report in &reports {
        for line in told(report) {
            print(&line)?;
        }
    }
    if reports.iter().all(Report::is_proven) {
        Ok(())
    } else {
        Err("records are not as they were sealed".into())
    }
}

/// A report in words, a line for each thing that there is to say.
fn told(report: &Report) -> Vec<String> {
    let log = report.log.as_str();
    let found = report.findings.len();
    let verdict = if report.is_proven() {
        "all as they were sealed".to_owned()
    } else if report.more > 0 {
        format!("NOT as they were sealed, in more than {found} places")
    } else {
        format!("NOT as they were sealed, in {found} places")
    };
    let mut lines =
        vec![format!("{log}: {} records in {} seals, {verdict}", report.records, report.seals)];
    lines.extend(report.findings.iter().map(|finding| format!("{log}: {}", in_words(finding))));
    for waiting in &report.unsealed {
        let since = waiting.since.map_or_else(|| "an unknown time".to_owned(), |at| at.to_string());
        lines.push(format!(
            "{log}: not yet sealed: {} records of chain {} since {since}",
            waiting.count, waiting.chain
        ));
    }
    if report.unchained > 0 {
        lines.push(format!(
            "{log}: never sealed: {} records of before there were seals",
            report.unchained
        ));
    }
    for day in &report.purged {
        lines.push(format!("{log}: purged: {day}"));
    }
    if let Some(Seal { chain, to, digest, made_at, .. }) = &report.newest {
        lines.push(format!(
            "{log}: newest seal: {digest} of chain {chain} up to position {to}, made {made_at}"
        ));
    }
    lines
}

fn in_words(finding: &Finding) -> String {
    match finding {
        Finding::Flawed { seal, flaw } => format!("{} ({})", flaw_in_words(*flaw), place_of(seal)),
        Finding::SealRemoved { chain, after } => {
            format!("the seal after position {after} of chain {chain} was removed")
        }
        Finding::Unlinked { seal } => {
            format!("the seal before this one was removed or changed ({})", place_of(seal))
        }
        Finding::Stray(stray) => {
            format!("record {} was inserted: it stands in no chain", stray.id)
        }
    }
}

fn flaw_in_words(flaw: Flaw) -> String {
    match flaw {
        Flaw::Changed { position, id } => format!("record {id} at position {position} was changed"),
        Flaw::Removed { position } => format!("the record at position {position} was removed"),
        Flaw::Added { position, id } => format!("record {id} at position {position} was inserted"),
        Flaw::SealChanged => "the seal itself was changed".to_owned(),
    }
}

fn place_of(seal: &Seal) -> String {
    format!(
        "chain {}, positions {} to {}, {}, sealed {}",
        seal.chain,
        seal.after.saturating_add(1),
        seal.to,
        seal.day,
        seal.made_at
    )
}
