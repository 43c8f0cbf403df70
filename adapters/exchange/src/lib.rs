//! The call path of the gateway and its state, without any web framework.
//!
//! `authenticate → limit → resolve → permit → forward → relay → record`: the app does the first
//! two and hands over an [`Inbound`]; [`Exchange::call`] does the rest and answers an [`Answer`].
//! The path touches no database: routes come from a snapshot that [`Routes::follow`] keeps true,
//! and records go to a [`Spool`] that a background job empties.
//!
//! # Map
//! | you look for | open |
//! |---|---|
//! | the order of things | `call.rs` |
//! | what comes in and what goes out | `inbound.rs`, `answer.rs` |
//! | a call that was understood, and where it goes | `request.rs` |
//! | the snapshot and how it is refreshed | `routes.rs` |
//! | the client's words made the upstream's | `forward.rs` |
//! | the upstream's answer made the client's | `relay.rs`, `relay/` |
//! | which era an upstream speaks, its sessions, and what opens it | `upstream_sessions.rs`, `credentials.rs` |
//! | what a server asks of a client, and the answer | `asked.rs`; `parked.rs`, `resume.rs` for clients without a session, `rounds.rs` for servers without |
//! | a message whose exchange another replica holds | `replicas.rs`, `replicas/` |
//! | who listens, and what servers tell by themselves | `listen.rs`, `changes.rs`, `follow.rs`, `subscribe.rs` |
//! | answers of our own | `local.rs`, `lists.rs`, `pages.rs` |
//! | batches; the older transport with an event stream | `batch.rs`, `pipes.rs` |
//! | port 8000's doors, which choose a server | `proxy.rs`, `choose.rs`, `proxied.rs` |
//! | how servers are doing, as calls see it | `vitals.rs`, `recent.rs`; over all replicas `vitals/replicas.rs` |
//! | the calls under way, and what ends one early | `active_calls.rs`, `interrupt.rs`, `cancel_notice.rs`; `survive.rs` for one that goes on without its client |
//! | what a client is told of an upstream that failed | `failure.rs`, `teller.rs`, `reconnect.rs` |
//! | one record per call | `record.rs`, `spool.rs`, `spool/` |
//! | what is counted | `meters.rs` |
//!
//! # How to add a method
//! Give it an arm in `call.rs`; what needs an upstream ends in `forward`, what does not in a
//! function of `local.rs` or `lists.rs`.

mod active_calls;
mod answer;
mod asked;
mod attempt;
mod batch;
mod call;
mod cancel_notice;
mod changes;
mod choose;
mod client_sessions;
mod credentials;
mod exchange;
mod failure;
mod follow;
mod forward;
mod inbound;
mod interrupt;
mod listen;
mod lists;
mod local;
mod meters;
mod own_tools;
mod pages;
mod parked;
mod pipes;
mod proxied;
mod proxy;
mod recent;
mod reconnect;
mod record;
mod relay;
mod replicas;
mod request;
mod resume;
mod rounds;
mod routes;
mod spool;
mod store_answers;
mod subscribe;
mod survive;
mod teller;
mod upstream_sessions;
mod vitals;
mod way;
mod whole;

pub use active_calls::{
    ActiveCallView, ActiveCalls, CallChange, CallNotice, CallWatch, Cancellation, Listing, Viewer,
};
pub use answer::{Answer, AnswerBody, AnswerStream, ContentType};
pub use batch::batch_len;
pub use exchange::{Exchange, ExchangeSettings};
pub use inbound::{Door, Inbound, InboundHeaders, Wants};
pub use own_tools::OwnTools;
pub use parked::Parking;
pub use proxied::{Proxied, ProxyRefusal};
pub use routes::Routes;
pub use spool::{Spool, SpoolError, SpoolSettings};
pub use store_answers::{StoreAnswer, ask_store, ask_stores};
pub use upstream_sessions::UpstreamSessions;
pub use vitals::{Everywhere, VitalSigns, Vitals, VitalsView};
