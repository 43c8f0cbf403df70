//! What the pages say. Everything that others wrote is escaped.

use actix_web::HttpResponse;
use registry_domain::use_cases::ConnectionOffer;

use crate::handlers::oauth::page::{Escaped, page};

/// Asks whether the gateway may use a server.
pub(super) fn offer(name: &str, server: &str, who: &str, offer: &ConnectionOffer) -> HttpResponse {
    let scopes = if offer.scopes.is_empty() {
        "what its sign-in grants".to_owned()
    } else {
        offer.scopes.join(", ")
    };
    let (state, connect) = match offer.since {
        Some(since) => (format!("connected since {since:.0}"), "Connect again"),
        None => ("not connected".to_owned(), "Connect"),
    };
    let disconnect = offer
        .since
        .map_or("", |_| "<button name=\"decision\" value=\"disconnect\">Disconnect</button>");
    let body = format!(
        "<h1>Connect {server}?</h1>\
         <p>The gateway will use the MCP server <strong>{server}</strong> in your name, with what you \
         allow it at the server\u{2019}s own sign-in. Continue only if you want to use this server \
         yourself.</p>\
         <dl><dt>Server</dt><dd>{server}</dd><dt>Signs you in at</dt><dd>{host}</dd>\
         <dt>Asks for</dt><dd>{scopes}</dd><dt>You are</dt><dd>{who}</dd>\
         <dt>State</dt><dd>{state}</dd></dl>\
         <form method=\"post\" action=\"/connect/{name}\">\
         <input type=\"hidden\" name=\"transaction\" value=\"{transaction}\">\
         <button name=\"decision\" value=\"allow\">{connect}</button>{disconnect}</form>",
        server = Escaped(server),
        host = Escaped(&offer.host),
        scopes = Escaped(&scopes),
        who = Escaped(who),
        name = Escaped(name),
        transaction = Escaped(&offer.transaction),
    );
    page(HttpResponse::Ok(), "Connect a server", &body)
}
