//! What a server may ask of the client behind the gateway, and how that crosses the eras.
//!
//! A server with a handshake asks by a request of its own during a call, and is answered by a
//! response. From revision 2026-07-28 on it answers the call with `input_required` instead, and the
//! client calls again with what it was asked for (SEP-2322).
//!
//! - `asking/capabilities.rs`: what a client can be asked, as servers are told of it
//! - `asking/push.rs`: a server's request made the result of its call, and the answer a response
//! - `asking/rounds.rs`: such a result made requests to the client, and the call made again

mod capabilities;
mod push;
mod rounds;

pub use capabilities::{
    MayAsk, capabilities_of_request, capabilities_to_tell, may_ask, opens_addresses,
};
pub use push::{InputResponse, Question, input_required, input_response, refusal, response};
pub use rounds::{InputRequest, Required, again, ask, required};
