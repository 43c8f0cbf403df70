//! One client's frames in their order: that it is connected, how things are or what it missed, and
//! then what happens. Both ways to a client tell the same.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use registry_domain::event::{EventSeq, SequencedEvent};
use registry_domain::ports::{Clock, PortError};
use registry_http_edge::Problem;
use registry_http_edge::code::Code;
use serde_json::{Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior, Sleep};

use crate::LiveFeed;
use crate::frame::{Frame, write};
use crate::hub::{Heard, Interest, Refused, Subscription};
use crate::log::Resume;
use crate::topic::Topics;
use crate::viewer::Viewer;

/// When somebody may try again for whom there was no place.
const PLACE_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Who listens, to what, and from where on.
pub(crate) struct Listener {
    pub(crate) viewer: Arc<Viewer>,
    /// Whose connection it is, for the bound of each one.
    pub(crate) whose: String,
    pub(crate) interest: Interest,
    /// The position of the last frame that the client saw.
    pub(crate) since: Option<EventSeq>,
}

/// One frame as one client is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) kind: &'static str,
    /// What to come back with.
    pub(crate) id: Option<EventSeq>,
    pub(crate) text: Arc<str>,
}

/// What happens next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    /// Tell this.
    Tell(Told),
    /// Tell that we are still here.
    Beat(Told),
    /// Tell no more.
    End(End),
}

/// Why a client is told no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// It was too slow.
    Slow,
    /// Its token ended.
    Expired,
    /// The process ends.
    Stopping,
    /// The server that it watched is gone.
    ServerGone,
}

/// One client's frames.
pub(crate) struct Feed {
    live: LiveFeed,
    clock: Arc<dyn Clock>,
    viewer: Arc<Viewer>,
    interest: Interest,
    subscription: Subscription,
    /// The position of the newest event that the client was told, or need not be.
    cursor: EventSeq,
    /// What it was told before the queue began; an event can make two frames, so the cursor itself
    /// does not tell what was told.
    told_before: EventSeq,
    /// What was missed is read from the log up to here; the queue has the rest.
    until: EventSeq,
    ahead: VecDeque<Told>,
    heartbeat: Interval,
    expiry: Option<Pin<Box<Sleep>>>,
    is_over: bool,
}

impl Feed {
    /// Lets a client in and prepares what it is told first.
    ///
    /// # Errors
    /// 429 when this one has too many connections, 503 when there is no place at all.
    pub(crate) async fn start(
        live: &LiveFeed,
        clock: &Arc<dyn Clock>,
        listener: Listener,
    ) -> Result<Self, Problem> {
        let Listener { viewer, whose, interest, since } = listener;
        let joined = live.hub.join(whose, Arc::clone(&viewer), interest);
        let subscription = joined.map_err(refused)?;
        let until = subscription.joined_at();
        let resume = match since {
            Some(seen) => Some(live.log.resume(seen, until).await),
            None => None,
        };
        let cursor = match resume {
            Some(Resume::From(seen)) => seen,
            Some(Resume::Anew) | None => until,
        };
        let now = clock.now();
        let mut heartbeat =
            tokio::time::interval_at(Instant::now() + live.heartbeat, live.heartbeat);
        heartbeat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let left = viewer.expires_at().map(|end| time_until(now, end));
        let mut feed = Self {
            live: live.clone(),
            clock: Arc::clone(clock),
            viewer,
            interest,
            subscription,
            cursor,
            told_before: cursor.max(until),
            until,
            ahead: VecDeque::new(),
            heartbeat,
            expiry: left.map(|left| Box::pin(tokio::time::sleep(left))),
            is_over: false,
        };
        feed.ahead.push_back(feed.connected(now));
        if resume == Some(Resume::Anew) {
            feed.ahead.push_back(feed.resync(now));
        }
        if !matches!(resume, Some(Resume::From(_))) {
            feed.tell_how_things_are(interest, now).await;
        }
        Ok(feed)
    }

    /// Who looks.
    pub(crate) fn viewer(&self) -> &Viewer {
        &self.viewer
    }

    /// What the client wants.
    pub(crate) const fn interest(&self) -> Interest {
        self.interest
    }

    /// The time.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Wants other topics from now on; the client is told so, and how things are with those that
    /// are new.
    pub(crate) async fn want(&mut self, topics: Topics) {
        let new = topics.without(self.interest.topics);
        self.interest.topics = topics;
        self.subscription.want(self.interest);
        let now = self.clock.now();
        let payload = json!({"status": "subscribed", "topics": topics.names()});
        self.ahead.push_back(told("connection_status", now, None, &payload));
        self.tell_how_things_are(Interest { topics: new, server: None }, now).await;
    }

    /// What happens next. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Step {
        loop {
            if let Some(told) = self.ahead.pop_front() {
                return Step::Tell(told);
            }
            if self.is_over {
                return Step::End(End::ServerGone);
            }
            if let Some(step) = self.step().await {
                return step;
            }
        }
    }

    async fn step(&mut self) -> Option<Step> {
        let Self { live, subscription, expiry, heartbeat, cursor, until, .. } = self;
        if *cursor < *until {
            let missed = tokio::select! {
                biased;
                heard = subscription.ended() => return self.hear(heard),
                () = ended(expiry) => return Some(Step::End(End::Expired)),
                missed = live.log.missed(*cursor, *until) => missed,
            };
            self.tell_missed(missed);
            return None;
        }
        tokio::select! {
            biased;
            () = ended(expiry) => Some(Step::End(End::Expired)),
            _ = heartbeat.tick() => Some(Step::Beat(self.beat())),
            heard = subscription.next() => self.hear(heard),
        }
    }

    fn hear(&mut self, heard: Heard) -> Option<Step> {
        let frame = match heard {
            Heard::Frame(frame) => frame,
            Heard::Dropped => return Some(Step::End(End::Slow)),
            Heard::Stopped => return Some(Step::End(End::Stopping)),
        };
        match frame.seq {
            Some(seq) if seq <= self.told_before => return None,
            Some(seq) => self.cursor = seq,
            None => {}
        }
        // It was queued before the client wanted something else.
        if !self.interest.wants(&frame) {
            return None;
        }
        self.is_over = self.interest.server.is_some() && frame.kind == "server_deleted";
        self.told(&frame).map(Step::Tell)
    }

    fn tell_missed(&mut self, missed: Result<Vec<SequencedEvent>, PortError>) {
        match missed {
            Ok(events) => {
                let last = events.last().map(|event| event.seq);
                for frame in events.iter().flat_map(|event| self.live.log.frames(event)) {
                    if self.interest.wants(&frame) {
                        self.ahead.extend(self.told(&frame));
                    }
                }
                // A log that has nothing more up to there has nothing more to be missed.
                self.cursor = last.unwrap_or(self.until);
            }
            Err(error) => {
                tracing::debug!(%error, "what a live client missed cannot be read");
                self.cursor = self.until;
                let told = self.resync(self.clock.now());
                self.ahead.push_back(told);
            }
        }
    }

    async fn tell_how_things_are(&mut self, interest: Interest, now: Timestamp) {
        let frames = self.live.snapshot(&self.viewer, interest, now).await;
        let told: Vec<Told> = frames.iter().filter_map(|frame| self.told(frame)).collect();
        self.ahead.extend(told);
    }

    /// A frame as this client may see it, if it may.
    fn told(&self, frame: &Frame) -> Option<Told> {
        let text = self.viewer.view(frame)?;
        let text = if self.interest.server.is_some() { frame.watched() } else { Arc::clone(text) };
        Some(Told { kind: frame.kind, id: frame.seq, text })
    }

    fn connected(&self, now: Timestamp) -> Told {
        let user = self.viewer.caller().map(|caller| {
            json!({
                "id": caller.subject,
                "email": caller.email,
                "name": caller.display_name,
                "tenant_id": caller.tenant,
            })
        });
        let payload = json!({
            "status": "connected",
            "topics": self.interest.topics.names(),
            "server_id": self.interest.server,
            "user": user,
        });
        told("connection_status", now, Some(self.cursor), &payload)
    }

    /// What was missed cannot be told.
    fn resync(&self, now: Timestamp) -> Told {
        let payload =
            json!({"reason": "what happened meanwhile is not kept: read the registry anew"});
        told("resync", now, Some(self.cursor), &payload)
    }

    fn beat(&self) -> Told {
        let payload = json!({"last_event_id": self.cursor.0});
        told("heartbeat", self.clock.now(), None, &payload)
    }
}

fn told(kind: &'static str, now: Timestamp, id: Option<EventSeq>, payload: &Value) -> Told {
    Told { kind, id, text: write(kind, now, id, payload) }
}

async fn ended(expiry: &mut Option<Pin<Box<Sleep>>>) {
    match expiry {
        Some(end) => end.as_mut().await,
        None => std::future::pending().await,
    }
}

fn time_until(now: Timestamp, end: Timestamp) -> Duration {
    Duration::try_from(end.duration_since(now)).unwrap_or_default()
}

fn refused(why: Refused) -> Problem {
    match why {
        Refused::Full => Problem::new(
            Code::ServerUnavailable,
            "As many live connections are open as may be (MREG_EVENTS_MAX_SUBSCRIBERS)",
        ),
        Refused::TooManyOfOne => Problem::new(
            Code::RateLimitExceeded,
            "Too many live connections are open for one person or address",
        )
        .with_details(json!({"limit_type": "live_connections"})),
        Refused::Stopping => Problem::new(Code::ServerUnavailable, "This process is about to end"),
    }
    .retry_after(PLACE_RETRY_AFTER)
}

#[cfg(test)]
#[path = "feed_tests.rs"]
mod tests;
