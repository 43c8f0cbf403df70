//! Keeps the pool between its bounds: it grows as callers come, shrinks when they stay away, and
//! has its minimum ready before they come.

use std::time::Duration;

use deadpool::managed::Timeouts;
use diesel_async::pooled_connection::deadpool::PoolError;

use crate::connection::Connections;
use crate::options::PgOptions;

/// Who finds no free place gives way to callers.
const AT_ONCE: Timeouts = Timeouts { wait: Some(Duration::ZERO), create: None, recycle: None };

/// Looks after the pool again and again.
pub(crate) async fn keep(pool: Connections, options: PgOptions) {
    loop {
        let _closed = shrink(&pool, options.min_connections, options.idle_timeout);
        if let Err(error) = fill(&pool, options.min_connections.min(options.max_connections)).await
        {
            tracing::debug!(%error, "the pool could not be filled");
        }
        tokio::time::sleep(options.keep_interval).await;
    }
}

/// Closes what nobody used for a while, down to the minimum.
pub(crate) fn shrink(pool: &Connections, min: usize, idle_timeout: Duration) -> usize {
    let mut spare = pool.status().size.saturating_sub(min);
    let kept = pool.retain(|_, metrics| {
        let is_spare = spare > 0 && metrics.last_used() >= idle_timeout;
        spare -= usize::from(is_spare);
        !is_spare
    });
    kept.removed.len()
}

/// Opens connections up to the minimum.
pub(crate) async fn fill(pool: &Connections, min: usize) -> Result<(), PoolError> {
    // The pool hands out what it has before it makes one: all are held until there are enough.
    let mut held = Vec::new();
    while pool.status().size < min {
        held.push(pool.timeout_get(&AT_ONCE).await?);
    }
    Ok(())
}
