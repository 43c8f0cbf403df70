//! Live events for both apps: Server-Sent Events and WebSocket of what happens in the registry.
//!
//! A job follows the event log and gives each event, as a [`Frame`], to the process's [`Hub`],
//! which hands it to every client that asked for its topic and may see it. Each replica does so by
//! itself: what happens on one reaches the clients of all. A client that comes back with the
//! position of the last frame it saw is told what it missed.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | what a frame looks like | `frame.rs` |
//! | which event makes which frame | `source.rs` |
//! | calls that begin and end | `calls.rs` |
//! | the topics | `topic.rs` |
//! | who may see which frame | `viewer.rs` |
//! | from one to many, and what becomes of slow clients | `hub.rs` |
//! | what was missed | `log.rs` |
//! | one client's frames in their order | `feed.rs` |
//! | the two ways to a client | `sse.rs`, `websocket.rs` |
//! | tokens, tickets, origins | `auth.rs`, `ticket.rs`, `origin.rs` |
//! | every path | `routes.rs` |
//!
//! # How to add a frame
//! Of a registry event: a line in `source.rs`. Of anything else: make a [`Frame`] and
//! [`Hub::publish`] it.
//!
//! Nothing is spawned here: a client's frames are made while its answer is written, so a client
//! that is gone leaves nothing behind.

mod asked;
mod auth;
mod calls;
mod feed;
mod frame;
mod hub;
mod log;
mod messages;
mod origin;
mod routes;
mod snapshot;
mod source;
mod sse;
mod ticket;
mod topic;
mod viewer;
mod websocket;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use registry_domain::ports::SessionStore;

pub use calls::CallFeed;
pub use frame::Frame;
pub use hub::{Hub, HubLimits};
pub use log::{LiveLog, OpenRecent};
pub use routes::{Door, document, routes};
pub use snapshot::{MetricsSource, ServerNow, ServersNow};
pub use topic::{Topic, Topics};
pub use viewer::{Strangers, Viewer};

/// Live events and all that they need.
#[derive(Clone)]
pub struct LiveFeed {
    /// From one to many.
    pub hub: Arc<Hub>,
    /// What was missed.
    pub log: Arc<LiveLog>,
    /// How the servers are right now.
    pub servers: Arc<dyn ServersNow>,
    /// How the router is doing, where there is one.
    pub metrics: Option<Arc<dyn MetricsSource>>,
    /// Calls that begin and end.
    pub calls: Arc<CallFeed>,
    /// Keeps one-time tickets.
    pub sessions: Arc<dyn SessionStore>,
    /// How often a client is told that we are still here.
    pub heartbeat: Duration,
    /// What those without a token see.
    pub strangers: Strangers,
}

impl fmt::Debug for LiveFeed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("LiveFeed")
            .field("hub", &self.hub)
            .field("heartbeat", &self.heartbeat)
            .finish_non_exhaustive()
    }
}
