//! Port 8000's doors: `/mcp` for plain JSON-RPC and `/mcp/proxy` with wishes. The client names no
//! server; one is chosen that can do what is asked.
//!
//! What was approved is what is served here too: a tool that no reachable server was approved with
//! does not exist, and lists that come from a server lose what was not approved.

use bytes::Bytes;
use mcp_wire::revision::Era;
use mcp_wire::{WireError, listed};
use registry_domain::id::ServerId;
use registry_domain::manifest::{Definition, DefinitionKind, FaultClass};
use registry_domain::ports::UpstreamFailure;
use registry_domain::routing::Offered;

use crate::active_calls::ActiveCall;
use crate::answer::Answer;
use crate::attempt::{attempt, begin, deadline};
use crate::choose::{Choice, Chosen, Need, NoChoice, choose};
use crate::exchange::Exchange;
use crate::failure::{HopFailure, proxied_code};
use crate::inbound::Wants;
use crate::record::{Outcome, Pending};
use crate::request::{Call, Request, Route};
use crate::way::required;
use crate::{lists, local, whole};

/// The most servers that are asked for one call.
const MOST_TRIES: usize = 3;

/// What a call of a method needs, and whether it may be made twice.
struct Plan<'a> {
    need: Need<'a>,
    is_safe: bool,
    treatment: Treatment,
}

/// What is done with a server's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Treatment {
    /// It is passed on as it arrives.
    Pass,
    /// It is collected first.
    Whole,
    /// It is held against what was approved.
    ApprovedOnly(DefinitionKind, &'static str),
    /// That there is one is all that counts.
    Pong,
}

/// Answers one call of port 8000.
pub(crate) async fn answer(
    exchange: &Exchange,
    request: &Request<'_>,
    wants: &Wants,
    mut record: Pending,
) -> Answer {
    let planned = match (request.method, request.front.era) {
        ("initialize", Era::Legacy) => {
            record.finish(Outcome::Success);
            let (id, revision) = (request.id_json, request.front.revision);
            return local::initialize(exchange, id, revision, local::Offer::Any);
        }
        ("server/discover", Era::Modern) => {
            record.finish(Outcome::Success);
            return local::discover(exchange, request.id_json, local::Offer::Any);
        }
        _ => plan(request, &mut record),
    };
    let refused = |mut record: Pending, error: WireError| {
        record.finish(Outcome::failure(error.word, error.message.clone()));
        Answer::refused(&error, request.id_json)
    };
    let plan = match planned {
        Ok(plan) => plan,
        Err(error) => return refused(record, error),
    };
    let choice = Choice { party: &request.inbound.party, wants, need: plan.need };
    let (server, first) = match chosen(exchange, choice, &[]) {
        Ok(chosen) => chosen,
        Err(NoChoice::NoneCapable) => return refused(record, WireError::no_compatible_server()),
        Err(NoChoice::NoneAvailable { retry_after }) => {
            let words = "No server that can do this is available right now; try again later";
            let error = WireError::not_proxied("SERVER_UNAVAILABLE", words);
            return Answer { retry_after: Some(retry_after), ..refused(record, error) };
        }
    };
    let active = begin(exchange, request, &mut record);
    let deadline = deadline(wants.timeout);
    let patience = wants.timeout.unwrap_or(exchange.settings.request_timeout);
    if patience < exchange.settings.request_timeout {
        record.hurries();
    }
    let treatment = match plan.treatment {
        Treatment::Pass if wants.wrapped => Treatment::Whole,
        planned => planned,
    };
    let may_stream = treatment == Treatment::Pass && request.inbound.headers.accepts_event_stream;
    let (mut route, mut begun, mut tried) = (Route::straight(server), first, Vec::new());
    loop {
        let id = route.server.of().id;
        record.server(id);
        tried.push(id);
        let call = Call { exchange, request, route: &route, patience, deadline, may_stream };
        let failed = match attempt(call, &active, begun, record).await {
            Ok(answer) => {
                let answer = treated(call, &active, treatment, answer).await;
                return Answer { server: Some(id), ..answer };
            }
            Err(failed) => failed,
        };
        let another = plan.is_safe
            && tried.len() < MOST_TRIES
            && !active.is_cancelled()
            && is_worth_another(failed.failure());
        let next = another.then(|| chosen(exchange, choice, &tried).ok()).flatten();
        let Some((server, attempt)) = next else {
            return Answer { server: Some(id), ..call.failed(failed) };
        };
        let (failure, mut same) = failed.into_parts();
        same.attempt_failed(&failure);
        (route, begun, record) = (Route::straight(server), attempt, same);
    }
}

/// Whether another server may do better: not where the time is over, nor where this one wants
/// credentials.
fn is_worth_another(failure: &UpstreamFailure) -> bool {
    failure.class.counts_against_server() && failure.class != FaultClass::Timeout
}

fn chosen(exchange: &Exchange, choice: Choice<'_>, tried: &[ServerId]) -> Result<Chosen, NoChoice> {
    choose(exchange, &exchange.routes.now(), choice, tried)
}

/// What a method needs of its server; a method that is not listed here is passed on at a server's
/// own endpoint only, to those who may use all of it.
fn plan<'a>(request: &'a Request<'a>, record: &mut Pending) -> Result<Plan<'a>, WireError> {
    let safe = |need| Plan { need, is_safe: true, treatment: Treatment::Pass };
    let method = request.method;
    if let Some((kind, member)) = lists::listed_by(method) {
        let treatment = Treatment::ApprovedOnly(kind, member);
        return Ok(Plan { need: Need::Any(kind), is_safe: true, treatment });
    }
    let name = || required(request.params.name.as_deref(), "params.name");
    match (method, request.front.era) {
        ("tools/call", _) => {
            let name = name()?;
            record.tool(name);
            Ok(Plan { is_safe: false, ..safe(Need::Tool(name)) })
        }
        ("resources/read", _) => {
            Ok(safe(Need::Resource(required(request.params.uri.as_deref(), "params.uri")?)))
        }
        ("prompts/get", _) => Ok(safe(Need::Prompt(name()?))),
        ("completion/complete", _) => Ok(safe(Need::Nothing)),
        ("ping", Era::Legacy) => Ok(Plan { treatment: Treatment::Pong, ..safe(Need::Nothing) }),
        (_, Era::Modern) => Err(WireError::unknown_method(method, Era::Modern)),
        (_, Era::Legacy) => Err(WireError::no_compatible_server()),
    }
}

/// Makes of a server's answer what the client gets.
async fn treated(
    call: Call<'_>,
    active: &ActiveCall,
    treatment: Treatment,
    answer: Answer,
) -> Answer {
    let (exchange, id_json) = (call.exchange, call.request.id_json);
    if treatment == Treatment::Pass {
        return answer;
    }
    let status = answer.status;
    let treated = match whole::collect(answer.body, exchange.settings.max_event_bytes).await {
        Ok(message) => match treatment {
            Treatment::Pass | Treatment::Whole => Ok(Answer::json(status, message)),
            // Whatever it says, it is alive: revision 2026-07-28 no longer has the method.
            Treatment::Pong => Ok(local::ping(exchange, id_json)),
            Treatment::ApprovedOnly(kind, member) => {
                let caller = call.request.inbound.party.caller();
                let server = call.route.server.of().offered_to(caller);
                let is_approved = |entry: &str| is_approved(server, kind, entry);
                listed::retain(&message, member, is_approved)
                    .map(|kept| Answer::json(status, kept))
                    .map_err(|_| FaultClass::ProtocolViolation)
            }
        },
        Err(failure) => Err(failure.class),
    };
    treated.unwrap_or_else(|class| {
        if active.is_cancelled() {
            return Answer::refused(&WireError::cancelled(), id_json);
        }
        let server = &call.route.server.of().name;
        let failure = UpstreamFailure { class, detail: String::new(), request_sent: true };
        let HopFailure { code, message, hint } = HopFailure::of(server, &failure);
        Answer::refused(
            &WireError::not_proxied(proxied_code(code), format!("{message} {hint}")),
            id_json,
        )
    })
}

fn is_approved(server: Offered<'_>, kind: DefinitionKind, entry: &str) -> bool {
    Definition::parse(kind, Bytes::copy_from_slice(entry.as_bytes())).is_ok_and(|offered| {
        server.find(kind, &offered.name).is_some_and(|approved| approved.digest == offered.digest)
    })
}
