//! Sealing what was recorded.

use std::time::Duration;

use jiff::Timestamp;

use crate::chain::{Chain, Log, MOST_SEALED, Seal, day_of};
use crate::error::Error;
use crate::event::EventSeq;
use crate::ports::{PortError, SealPorts, Span};

/// Seals what a writer's chain has got since its last seal; answers how many records that were.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Internal`].
pub async fn seal_chain(ports: &SealPorts, chain: &Chain) -> Result<u64, Error> {
    seal_after(ports, chain, 0).await
}

/// Seals what the audit trail has got since its last seal, and answers how far the event log went
/// when this began. `looked` is what the last time answered: what is before that has its seal.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Internal`].
pub async fn seal_audit(ports: &SealPorts, looked: EventSeq) -> Result<EventSeq, Error> {
    let newest = ports.events.latest().await?;
    if newest > looked {
        let day = day_of(ports.clock.now());
        let chain = Chain { id: Chain::AUDIT, log: Log::Audit, day };
        seal_after(ports, &chain, looked.0).await?;
    }
    Ok(newest)
}

/// Seals what writers left who are gone: chains in which a record has waited for longer than
/// `patience`. A chain of an earlier day to which nothing comes any more is closed. Those of
/// `own` are left alone.
///
/// # Errors
/// [`Error::Unavailable`], [`Error::Internal`].
pub async fn seal_abandoned(
    ports: &SealPorts,
    own: &[Chain],
    patience: Duration,
) -> Result<(), Error> {
    let now = ports.clock.now();
    for chain in ports.seals.open_chains(Log::Operations).await? {
        if own.iter().any(|one| one.id == chain.id) {
            continue;
        }
        let after = ports.seals.newest_seal(Some(chain.id)).await?.map_or(0, |seal| seal.to);
        let span = Span { log: chain.log, chain: chain.id, after, to: None };
        match ports.seals.entries(span, 1).await?.first() {
            Some(first) if has_waited(first.at, now, patience) => {
                seal_chain(ports, &chain).await?;
            }
            // A writer begins a new chain when the day is over, and may be some minutes late.
            None if chain.day.tomorrow().is_ok_and(|next| next < day_of(now)) => {
                ports.seals.close_chain(chain.id, now).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// One whose time does not read has waited for long enough.
fn has_waited(at: Option<Timestamp>, now: Timestamp, patience: Duration) -> bool {
    at.is_none_or(|at| {
        Duration::try_from(now.duration_since(at)).is_ok_and(|waited| waited >= patience)
    })
}

async fn seal_after(ports: &SealPorts, chain: &Chain, looked: i64) -> Result<u64, Error> {
    let mut sealed = 0;
    loop {
        let last = ports.seals.newest_seal(Some(chain.id)).await?;
        let after = last.as_ref().map_or(0, |seal| seal.to);
        let span = Span { log: chain.log, chain: chain.id, after: after.max(looked), to: None };
        let entries = ports.seals.entries(span, MOST_SEALED).await?;
        let previous = match last {
            Some(last) => Some(last.digest),
            None => ports.seals.newest_seal(None).await?.map(|seal| seal.digest),
        };
        let now = ports.clock.now();
        let Some(seal) = Seal::over(chain, after, previous, &entries, now) else {
            return Ok(sealed);
        };
        match ports.seals.keep_seal(&seal).await {
            Ok(()) => sealed += u64::from(seal.count),
            // Somebody else did: what they left is for the next time.
            Err(PortError::AlreadyExists { .. }) => return Ok(sealed),
            Err(error) => return Err(error.into()),
        }
        if seal.count < MOST_SEALED {
            return Ok(sealed);
        }
    }
}
