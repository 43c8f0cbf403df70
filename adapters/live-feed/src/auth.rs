//! Who opens a live connection: by `Authorization`, by subprotocol (`bearer, <token>`), by query
//! (`token`, `access_token`), or by a one-time ticket. The first of these that is there counts.
//!
//! Browsers can set no header on a WebSocket or an `EventSource`: hence the others. Nothing that is
//! logged has a query in it.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;
use registry_domain::caller::Caller;
use registry_http_edge::challenge::Challenge;
use registry_http_edge::client_address::client_address;
use registry_http_edge::{Code, Edge, Problem, bearer, guard, limits};

use crate::LiveFeed;
use crate::asked::Asked;
use crate::routes::Door;
use crate::ticket;
use crate::topic::Topics;
use crate::viewer::Viewer;

/// What a client offers beside a token, and what we answer it with.
pub(crate) const SUBPROTOCOL: &str = "bearer";

/// Somebody who may listen.
pub(crate) struct Admitted {
    pub(crate) viewer: Arc<Viewer>,
    /// Whose connection it is: a person's, or an address's.
    pub(crate) whose: String,
}

impl Admitted {
    /// The topics that are asked for, if these may be; all that may be where none are named.
    ///
    /// # Errors
    /// 401 for a topic that needs a token.
    pub(crate) fn topics(&self, asked: Option<Topics>) -> Result<Topics, Problem> {
        let has_token = self.viewer.caller().is_some();
        match asked {
            Some(topics) if topics.need_token() && !has_token => Err(bearer::required()),
            Some(topics) => Ok(topics),
            None if has_token => Ok(crate::Topic::ALL.into_iter().collect()),
            None => Ok(Topics::open()),
        }
    }
}

/// Verifies and limits. Without a good token a request counts against its address.
///
/// # Errors
/// 401 for a bad token or ticket, and without any at the closed door; 429; 503.
pub(crate) async fn admit(
    live: &LiveFeed,
    edge: &Edge,
    request: &HttpRequest,
    asked: &Asked,
    door: Door,
) -> Result<Admitted, Problem> {
    let caller = match shown(request, asked) {
        Shown::Ticket(ticket) => Some(redeemed(live, edge, request, ticket).await?),
        Shown::Token(token) => {
            let admitted = guard::admitted_by(edge, request, token).await?;
            admitted.map(|admitted| admitted.caller)
        }
    };
    if caller.is_none() && door == Door::Closed {
        return Err(bearer::required());
    }
    let whose = if let Some(caller) = &caller {
        format!("user:{}", caller.subject)
    } else {
        limits::name_of(client_address(request, &edge.settings.trusted_proxies))
    };
    Ok(Admitted { viewer: Arc::new(Viewer::new(caller, live.strangers)), whose })
}

enum Shown<'a> {
    Token(Result<Option<&'a str>, Problem>),
    Ticket(&'a str),
}

fn shown<'a>(request: &'a HttpRequest, asked: &'a Asked) -> Shown<'a> {
    let token = match bearer::token_of(request) {
        Ok(None) => of_subprotocol(request).or(asked.token.as_deref()),
        header => return Shown::Token(header),
    };
    match (token, asked.ticket.as_deref()) {
        (None, Some(ticket)) => Shown::Ticket(ticket),
        (token, _) => Shown::Token(Ok(token)),
    }
}

/// The token of `Sec-WebSocket-Protocol: bearer, <token>`.
fn of_subprotocol(request: &HttpRequest) -> Option<&str> {
    let offered = request.headers().get(header::SEC_WEBSOCKET_PROTOCOL)?.to_str().ok()?;
    let mut offered = offered.split(',').map(str::trim);
    offered.find(|name| *name == SUBPROTOCOL)?;
    offered.next().filter(|token| !token.is_empty())
}

async fn redeemed(
    live: &LiveFeed,
    edge: &Edge,
    request: &HttpRequest,
    ticket: &str,
) -> Result<Caller, Problem> {
    let settings = &edge.settings.limits;
    let caller = ticket::redeem(live.sessions.as_ref(), ticket, edge.clock.now()).await?;
    let keys = match &caller {
        Some(caller) => settings.of_caller(caller),
        None => settings.of_address(client_address(request, &edge.settings.trusted_proxies)),
    };
    limits::admit(edge, request, &keys).await?;
    caller.ok_or_else(|| {
        Problem::new(Code::InvalidToken, "The ticket is not good, or not any more")
            .challenging(Challenge::BadToken)
    })
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn seen(uri: &str, headers: &[(&'static str, &'static str)]) -> String {
        let mut request = TestRequest::with_uri(uri);
        for header in headers {
            request = request.insert_header(*header);
        }
        let request = request.to_http_request();
        let asked = Asked::of(&request).unwrap();
        match shown(&request, &asked) {
            Shown::Ticket(ticket) => format!("ticket {ticket}"),
            Shown::Token(Ok(token)) => format!("token {}", token.unwrap_or_default()),
            Shown::Token(Err(problem)) => problem.code().as_str().to_owned(),
        }
    }

    #[test]
    fn the_first_of_header_subprotocol_query_and_ticket_counts() {
        let header = ("authorization", "Bearer a");
        let subprotocol = ("sec-websocket-protocol", "chat, bearer, b");
        let query = "/?token=c&ticket=d";
        assert_eq!(seen(query, &[header, subprotocol]), "token a");
        assert_eq!(seen(query, &[subprotocol]), "token b");
        assert_eq!(seen(query, &[]), "token c");
        assert_eq!(seen("/?access_token=c", &[]), "token c");
        assert_eq!(seen("/?ticket=d", &[]), "ticket d");
        assert_eq!(seen("/", &[]), "token ");
    }

    #[test]
    fn a_header_that_is_no_bearer_token_is_refused_whatever_else_is_there() {
        let basic = ("authorization", "Basic x");
        assert_eq!(seen("/?token=c", &[basic]), "AUTHENTICATION_REQUIRED");
    }

    #[test]
    fn a_subprotocol_without_a_token_is_none() {
        assert_eq!(seen("/", &[("sec-websocket-protocol", "bearer")]), "token ");
        assert_eq!(seen("/", &[("sec-websocket-protocol", "graphql, x")]), "token ");
    }
}
