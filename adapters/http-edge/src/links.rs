//! How lists point at their neighbours: `Link` (RFC 8288) and `X-Total-Count`.

use actix_web::http::header::{HeaderName, HeaderValue, LINK};
use actix_web::{HttpRequest, HttpResponseBuilder};
use url::form_urlencoded;

/// A neighbouring page: what it is to this one, and the parameters that lead to it (`None` takes
/// one away).
#[derive(Debug)]
pub struct Neighbour<'a> {
    /// `next` or `prev`.
    pub relation: &'static str,
    /// What changes in the query string.
    pub changes: &'a [(&'a str, Option<String>)],
}

/// Puts the total and the neighbours on an answer. The links are relative to the server, so that
/// they hold behind any proxy.
pub fn describe_page(
    response: &mut HttpResponseBuilder,
    request: &HttpRequest,
    total: u64,
    neighbours: &[Neighbour<'_>],
) {
    response.insert_header((HeaderName::from_static("x-total-count"), HeaderValue::from(total)));
    let links: Vec<String> = neighbours
        .iter()
        .map(|neighbour| link(request.path(), request.query_string(), neighbour))
        .collect();
    if !links.is_empty() {
        response.insert_header((LINK, links.join(", ")));
    }
}

fn link(path: &str, query: &str, neighbour: &Neighbour<'_>) -> String {
    let mut changed = form_urlencoded::Serializer::new(String::new());
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        if neighbour.changes.iter().all(|(changing, _)| *changing != name) {
            changed.append_pair(&name, &value);
        }
    }
    for (name, value) in neighbour.changes {
        if let Some(value) = value {
            changed.append_pair(name, value);
        }
    }
    format!("<{path}?{}>; rel=\"{}\"", changed.finish(), neighbour.relation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_neighbour_keeps_the_filters_and_changes_the_position() {
        let changes = [("offset", None), ("cursor", Some("abc".to_owned()))];
        let next = Neighbour { relation: "next", changes: &changes };
        assert_eq!(
            link("/registrations", "status=Pending&offset=20&search=a%20b", &next),
            "</registrations?status=Pending&search=a+b&cursor=abc>; rel=\"next\""
        );
    }
}
