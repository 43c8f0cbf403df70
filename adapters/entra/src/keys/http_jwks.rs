//! An issuer's keys over HTTP: when they are fetched, and what is answered meanwhile.
//!
//! | what we have | a known `kid` | another `kid` |
//! |---|---|---|
//! | nothing yet | – | waits for a fetch |
//! | keys | at once | waits for a fetch, at most one per cool-down |
//! | keys older than `max_age` | waits for a fetch, but not while the host is known to be down | waits |
//!
//! One fetch runs at a time; all who need it wait for the same. It runs on the main runtime, so
//! that it ends whatever becomes of the request that began it: a client that hangs up must not be
//! able to keep new keys from being seen.

use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;
use registry_domain::ports::Clock;
use serde::Deserialize;
use tokio::runtime::Handle;
use tokio::sync::watch;
use url::Url;

use super::jwks::{Jwks, KeySet};
use super::settings::{JwksAddress, JwksSettings};
use super::{KeyLookup, KeySource};
use crate::client::{FetchError, JsonClient, chain, check_scheme};

/// An issuer's keys over HTTP.
pub struct HttpJwks {
    shared: Arc<Shared>,
    runtime: Handle,
}

/// What fetches have in common with those who wait for them.
struct Shared {
    settings: JwksSettings,
    client: JsonClient,
    clock: Arc<dyn Clock>,
    known: ArcSwap<Known>,
    gate: Mutex<Gate>,
}

#[derive(Default)]
struct Known {
    keys: KeySet,
    /// `None`: never.
    fetched_at: Option<Timestamp>,
    generation: u64,
}

/// Lets one fetch through at a time, and none too soon.
#[derive(Default)]
struct Gate {
    /// Closed when the fetch that it was made for is over.
    running: Option<watch::Receiver<()>>,
    /// No other fetch for this long after then.
    pause: Option<(Timestamp, Duration)>,
    last_failed: bool,
}

/// Why keys are fetched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reason {
    NoKeys,
    StaleKeys,
    UnknownKid,
}

/// The member of a discovery document that matters here.
#[derive(Deserialize)]
struct Discovery {
    jwks_uri: Url,
}

impl HttpJwks {
    /// Nothing is fetched before the first token comes. Fetches run on `runtime`.
    ///
    /// # Errors
    /// [`FetchError`] when the address is neither https nor on this machine, or TLS cannot be set
    /// up.
    pub fn new(
        settings: JwksSettings,
        clock: Arc<dyn Clock>,
        runtime: Handle,
    ) -> Result<Self, FetchError> {
        check_scheme(settings.address.url())?;
        let client = JsonClient::new()?;
        let (known, gate) = (ArcSwap::default(), Mutex::default());
        Ok(Self { shared: Arc::new(Shared { settings, client, clock, known, gate }), runtime })
    }

    /// Begins a fetch or joins the running one; `None` where it is too soon for another.
    fn fetch(&self, reason: Reason) -> Option<watch::Receiver<()>> {
        let mut gate = self.shared.gate.lock();
        // An error says that the sender is gone, and with it the fetch.
        if let Some(running) = gate.running.as_ref().filter(|it| it.has_changed().is_ok()) {
            return Some(running.clone());
        }
        let now = self.shared.clock.now();
        if gate.pause.is_some_and(|(since, pause)| !has_passed(pause, since, now)) {
            return None;
        }
        let pause = match reason {
            Reason::NoKeys => self.shared.settings.retry_pause,
            Reason::StaleKeys | Reason::UnknownKid => self.shared.settings.cool_down,
        };
        gate.pause = Some((now, pause));
        let (over, running) = watch::channel(());
        gate.running = Some(running.clone());
        let shared = Arc::clone(&self.shared);
        self.runtime.spawn(async move {
            shared.refresh(reason).await;
            drop(over);
        });
        Some(running)
    }
}

#[async_trait]
impl KeySource for HttpJwks {
    async fn find(&self, kid: &str) -> KeyLookup {
        let (key, reason) = self.shared.look(kid);
        let reason = match (&key, reason) {
            (Some(key), None) => return KeyLookup::Found(Arc::clone(key)),
            (None, None) => Reason::UnknownKid,
            (_, Some(reason)) => reason,
        };
        if let Some(mut running) = self.fetch(reason) {
            if let Some(key) = key
                && self.shared.gate.lock().last_failed
            {
                return KeyLookup::Found(key);
            }
            // Nothing is ever sent: this ends with the fetch.
            _ = running.changed().await;
        }
        match self.shared.look(kid) {
            (Some(key), _) => KeyLookup::Found(key),
            (None, Some(Reason::NoKeys)) => KeyLookup::Unavailable,
            (None, _) if self.shared.gate.lock().last_failed => KeyLookup::Unavailable,
            (None, _) => KeyLookup::Unknown,
        }
    }

    fn generation(&self) -> u64 {
        self.shared.known.load().generation
    }
}

impl Shared {
    /// The key, and why others should be fetched whether or not it is there.
    fn look(&self, kid: &str) -> (Option<Arc<jsonwebtoken::DecodingKey>>, Option<Reason>) {
        let known = self.known.load();
        let reason = match known.fetched_at {
            None => Some(Reason::NoKeys),
            Some(at) if has_passed(self.settings.max_age, at, self.clock.now()) => {
                Some(Reason::StaleKeys)
            }
            Some(_) => None,
        };
        (known.keys.find(kid), reason)
    }

    /// Fetches, and keeps the result. A failure is logged here: callers hear no more than that the
    /// keys are unavailable, and often not even that.
    async fn refresh(&self, reason: Reason) {
        let fetched = tokio::time::timeout(self.settings.timeout, self.fetch())
            .await
            .unwrap_or(Err(FetchError::TimedOut));
        if let Err(error) = &fetched {
            let (url, error) = (self.settings.address.url(), chain(error));
            tracing::warn!(?reason, %url, error, "the issuer's keys cannot be fetched");
        }
        let mut gate = self.gate.lock();
        gate.last_failed = fetched.is_err();
        if let Ok(keys) = fetched {
            tracing::info!(?reason, keys = keys.len(), "fetched the issuer's keys");
            self.keep(keys);
            // Only the refetch for an unknown key has to wait for the next one.
            if reason != Reason::UnknownKid {
                gate.pause = None;
            }
        }
    }

    async fn fetch(&self) -> Result<KeySet, FetchError> {
        let keys: Jwks = match &self.settings.address {
            JwksAddress::Keys(url) => self.client.get(url).await?,
            JwksAddress::Discovery(url) => {
                let discovery: Discovery = self.client.get(url).await?;
                self.client.get(&discovery.jwks_uri).await?
            }
        };
        let keys = KeySet::from(keys);
        if keys.is_empty() { Err(FetchError::NoKeys) } else { Ok(keys) }
    }

    fn keep(&self, keys: KeySet) {
        let before = self.known.load();
        let changed = keys != before.keys;
        self.known.store(Arc::new(Known {
            keys,
            fetched_at: Some(self.clock.now()),
            generation: before.generation.wrapping_add(changed.into()),
        }));
    }
}

/// Whether `pause` has passed since then. A clock that was set back has passed every pause, lest
/// it keep us waiting for hours.
fn has_passed(pause: Duration, since: Timestamp, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(since)).map_or(true, |elapsed| elapsed >= pause)
}
