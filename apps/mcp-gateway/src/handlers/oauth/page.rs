//! The pages that people see. Everything in them that others wrote is escaped; they run no script and
//! stand in no frame.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpResponse, HttpResponseBuilder};
use registry_oauth_server::ConsentPage;

/// What a page may load and where it may stand. Nothing is said of where forms go: browsers would
/// hold that against the redirects that follow, to the identity provider and on to the client.
const POLICY: &str =
    "default-src 'none'; style-src 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Text in HTML, also within an attribute's double quotes.
pub(in crate::handlers) struct Escaped<'a>(pub(in crate::handlers) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        for character in self.0.chars() {
            match character {
                '&' => out.write_str("&amp;")?,
                '<' => out.write_str("&lt;")?,
                '>' => out.write_str("&gt;")?,
                '"' => out.write_str("&quot;")?,
                '\'' => out.write_str("&#39;")?,
                other => fmt::Write::write_char(out, other)?,
            }
        }
        Ok(())
    }
}

/// Asks for a person's consent.
pub(super) fn consent(asked: &ConsentPage) -> HttpResponse {
    let name = asked.client_name.as_deref().unwrap_or("An application without a name");
    let warning = if asked.is_local {
        "<p class=\"warning\">The answer goes to a program on this machine. Continue only if you \
         started the sign-in there yourself.</p>"
    } else {
        ""
    };
    let body = format!(
        "<h1>Let this application act for you?</h1>\
         <p><strong>{name}</strong> wants to call MCP servers in your name. It chose that name \
         itself; the address below is where you will be sent.</p>\
         <dl><dt>Sends you to</dt><dd>{host}</dd><dt>Client</dt><dd>{client}</dd>\
         <dt>Wants to</dt><dd>{scopes}</dd><dt>At</dt><dd>{resource}</dd></dl>{warning}\
         <form method=\"post\" action=\"/consent\">\
         <input type=\"hidden\" name=\"transaction\" value=\"{transaction}\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">\
         <button name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></form>",
        name = Escaped(name),
        host = Escaped(&asked.redirect_host),
        client = Escaped(&asked.client_id),
        scopes = Escaped(&asked.scopes.join(", ")),
        resource = Escaped(&asked.resource),
        transaction = Escaped(&asked.transaction),
        csrf = Escaped(&asked.csrf),
    );
    page(HttpResponse::Ok(), "Consent", &body)
}

/// Says why a flow cannot go on.
pub(super) fn refusal(status: StatusCode, why: &str) -> HttpResponse {
    let body = format!("<h1>This sign-in cannot go on</h1><p>{}</p>", Escaped(why));
    page(HttpResponseBuilder::new(status), "Sign-in", &body)
}

/// A page with the headers that all have.
pub(in crate::handlers) fn page(
    mut answer: HttpResponseBuilder,
    title: &str,
    body: &str,
) -> HttpResponse {
    answer
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(format!(
            "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">\
             <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
             <link rel=\"stylesheet\" href=\"/oauth/style.css\"><main>{body}</main></html>"
        ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_text() {
        let name = r#"<img src=x onerror="alert('1')">&"#;
        let shown = Escaped(name).to_string();
        assert_eq!(shown, "&lt;img src=x onerror=&quot;alert(&#39;1&#39;)&quot;&gt;&amp;");
    }
}
