//! The port `RateLimiter`: replicas count together, on Redis.
//!
//! Tokens of large limits are leased in blocks, so that most requests need not ask. Before anyone
//! is refused Redis is asked, once in a moment. What was leased and not used goes back after a second. A lease is
//! counted when it is taken: of a key no more is ever admitted than its limit, but what one replica
//! has leased it may admit up to a second later than it was counted.
//!
//! When Redis cannot be used, the limits of this process decide, and Redis is not waited for.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use registry_domain::ports::{Admission, Clock, LimitKey, RateLimiter};
use registry_domain::rate::Limit;
use tokio::sync::watch;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::Fault;
use crate::options::LimitsOptions;
use crate::pool::RedisPool;

mod circuit;
mod leases;
mod refusals;
mod script;

use circuit::Circuit;
use leases::Leases;
use refusals::Refusals;
use script::{Got, Told, Wanted};

/// Shared limits on Redis.
pub struct RedisLimits {
    pool: Arc<RedisPool>,
    options: LimitsOptions,
    clock: Arc<dyn Clock>,
    live_replicas: watch::Receiver<usize>,
    in_process: Arc<dyn RateLimiter>,
    leases: Arc<Leases>,
    refusals: Refusals,
    circuit: Circuit,
    _stops_with_us: DropGuard,
}

impl RedisLimits {
    /// Limits that are shared by so many replicas as live, and that `in_process` counts while Redis
    /// is gone.
    pub fn new(
        pool: Arc<RedisPool>,
        options: LimitsOptions,
        clock: Arc<dyn Clock>,
        live_replicas: watch::Receiver<usize>,
        in_process: Arc<dyn RateLimiter>,
    ) -> Self {
        let stop = pool.stop.child_token();
        let leases = Arc::new(Leases::new(options.max_leases));
        let returns = Returns {
            pool: Arc::clone(&pool),
            leases: Arc::clone(&leases),
            clock: Arc::clone(&clock),
            lease_time: options.lease_time,
        };
        pool.tracker.spawn_on(returns.run(stop.clone()), &pool.handle);
        let circuit = Circuit::new(Arc::clone(&pool), options.retry_interval, stop.clone());
        Self {
            pool,
            options,
            clock,
            live_replicas,
            in_process,
            leases,
            refusals: Refusals::new(options.refusal_memory, options.max_leases),
            circuit,
            _stops_with_us: stop.drop_guard(),
        }
    }

    /// A request that is refused counts against none of its keys: here are those that had a token,
    /// with how many more they have.
    fn put_back(&self, leased: &[(&LimitKey, u32)]) {
        for (LimitKey { key, limit, .. }, left) in leased {
            self.leases.put_back(key, *left, *limit, self.clock.now());
        }
    }

    /// The refusal that Redis would repeat, of several the longest.
    fn refused_a_moment_ago(&self, keys: &[&LimitKey]) -> Option<Admission> {
        let now = self.clock.now();
        keys.iter()
            .filter_map(|key| self.refusals.find(&key.key, now).map(|wait| (wait, *key)))
            .max_by_key(|(wait, _)| *wait)
            .map(|(retry_after, LimitKey { kind, limit, .. })| Admission::Limited {
                kind,
                limit: *limit,
                retry_after,
            })
    }

    /// Asks Redis for what is not leased. What comes in excess of a token each is kept, also when
    /// the caller has gone away meanwhile.
    async fn take(&self, missing: &[&LimitKey]) -> Result<Told, Fault> {
        let replicas = *self.live_replicas.borrow();
        let now = self.clock.now();
        let mut reserved = Vec::new();
        let mut wanted = Vec::with_capacity(missing.len());
        for LimitKey { key, limit, .. } in missing {
            let block = leases::block(*limit, replicas);
            let reservation = if block > 1 { self.leases.reserve(key) } else { None };
            wanted.push(Wanted {
                // One slot of a cluster for them all: a script needs that.
                key: self.pool.key(&format!("{{limits}}:{key}")),
                interval_us: limit.emission_interval_us(),
                tolerance_us: limit.tolerance_us(),
                tokens: if reservation.is_some() { block } else { 1 },
            });
            reserved.push(reservation);
        }
        let keys: Vec<LimitKey> = missing.iter().map(|key| (*key).clone()).collect();
        let leases = Arc::clone(&self.leases);
        let asked = self.pool.run("take_limits", move |mut link| async move {
            let told = script::take(&mut link, now, &wanted).await?;
            if let Told::Taken(got) = &told {
                for (LimitKey { key, limit, .. }, Got { tokens, left }) in keys.iter().zip(got) {
                    leases.keep(key, tokens.saturating_sub(1), *left, *limit, now);
                }
            }
            drop(reserved);
            Ok(told)
        });
        tokio::time::timeout(self.options.patience, asked)
            .await
            .map_err(|_| Fault::Late { place: self.pool.shared_place() })
            .flatten()
    }
}

impl fmt::Debug for RedisLimits {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("RedisLimits").field("options", &self.options).finish_non_exhaustive()
    }
}

/// The key that has the least left of those that a request counts against. What Redis has of a
/// leased key is as old as its lease.
#[derive(Default)]
struct Tightest(Option<(u32, Limit)>);

impl Tightest {
    fn note(&mut self, left: u32, limit: Limit) {
        if self.0.is_none_or(|(least, _)| left < least) {
            self.0 = Some((left, limit));
        }
    }

    fn admitted(self) -> Admission {
        let (remaining, limit) = self.0.unzip();
        Admission::Admitted { remaining: remaining.unwrap_or(u32::MAX), limit }
    }
}

#[async_trait]
impl RateLimiter for RedisLimits {
    async fn admit(&self, keys: &[LimitKey]) -> Admission {
        if self.circuit.is_open() {
            return self.in_process.admit(keys).await;
        }
        let mut tightest = Tightest::default();
        let (mut leased, mut missing) = (Vec::new(), Vec::new());
        for key in keys {
            if let Some(left) = self.leases.take(&key.key) {
                tightest.note(left, key.limit);
                leased.push((key, left));
            } else {
                missing.push(key);
            }
        }
        if missing.is_empty() {
            return tightest.admitted();
        }
        if let Some(refused) = self.refused_a_moment_ago(&missing) {
            self.put_back(&leased);
            return refused;
        }
        let told = self.take(&missing).await;
        if !matches!(told, Ok(Told::Taken(_))) {
            self.put_back(&leased);
        }
        match told {
            Ok(Told::Taken(got)) => {
                self.circuit.answered();
                for (key, Got { tokens, left }) in missing.iter().zip(&got) {
                    tightest.note(tokens.saturating_sub(1).saturating_add(*left), key.limit);
                }
                tightest.admitted()
            }
            Ok(Told::Refused { which, wait_us }) => match missing.get(which) {
                Some(LimitKey { key, kind, limit }) => {
                    self.circuit.answered();
                    let retry_after = Duration::from_micros(wait_us);
                    self.refusals.keep(key, self.clock.now(), retry_after);
                    Admission::Limited { kind, limit: *limit, retry_after }
                }
                None => self.in_process.admit(keys).await,
            },
            Err(fault) => {
                self.circuit.failed(&fault);
                self.in_process.admit(keys).await
            }
        }
    }
}

/// Gives back what was leased and not used.
struct Returns {
    pool: Arc<RedisPool>,
    leases: Arc<Leases>,
    clock: Arc<dyn Clock>,
    lease_time: Duration,
}

impl Returns {
    async fn run(self, stop: CancellationToken) {
        let keep_returning = async {
            // Looked at more often than a lease takes, so that none takes much longer.
            let period = (self.lease_time / 4).max(Duration::from_millis(1));
            let mut tick = tokio::time::interval(period);
            tick.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
            loop {
                tick.tick().await;
                self.give_back(self.lease_time).await;
            }
        };
        let _: Option<()> = stop.run_until_cancelled(keep_returning).await;
        // All of it, as nobody will use it any more.
        self.give_back(Duration::ZERO).await;
    }

    async fn give_back(&self, age: Duration) {
        let now = self.clock.now();
        let unused: Vec<(String, i64)> = self
            .leases
            .end(now, age)
            .into_iter()
            .map(|(key, unused_us)| (self.pool.key(&format!("{{limits}}:{key}")), unused_us))
            .collect();
        if unused.is_empty() {
            return;
        }
        let given = self.pool.run("give_back_limits", move |mut link| async move {
            script::give_back(&mut link, now, &unused).await
        });
        if let Err(error) = given.await {
            // They come due again by themselves.
            tracing::debug!(%error, "unused tokens were not given back");
        }
    }
}
