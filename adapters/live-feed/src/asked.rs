//! What a client asks for in its address and headers.

use actix_web::HttpRequest;
use registry_domain::event::EventSeq;
use registry_domain::field::Violation;
use registry_http_edge::query::{Parameters, read_query};
use registry_http_edge::{Place, Problem, ReadQuery};

use crate::topic::Topics;

/// Longer than any token that a header could carry.
const MOST_TOKEN: usize = 16 << 10;

/// The parameters of a live address.
#[derive(Debug, Default)]
pub(crate) struct Asked {
    topics: Option<String>,
    last_event_id: Option<String>,
    /// A bearer token, for those who can set no header.
    pub(crate) token: Option<String>,
    /// A one-time ticket.
    pub(crate) ticket: Option<String>,
}

impl ReadQuery for Asked {
    fn read(parameters: &mut Parameters) -> Self {
        let token = parameters.text("token", MOST_TOKEN);
        Self {
            topics: parameters.text("topics", 200),
            last_event_id: parameters.text("last_event_id", 20),
            token: token.or_else(|| parameters.text("access_token", MOST_TOKEN)),
            ticket: parameters.text("ticket", 100),
        }
    }
}

impl Asked {
    /// Reads a request's query.
    ///
    /// # Errors
    /// 422 that names the parameter that breaks its rule.
    pub(crate) fn of(request: &HttpRequest) -> Result<Self, Problem> {
        read_query(request.query_string())
    }

    /// The topics of the query; `None` without any.
    ///
    /// # Errors
    /// 422 when one of them is none.
    pub(crate) fn topics(&self) -> Result<Option<Topics>, Problem> {
        let read = self.topics.as_deref().map(|text| Topics::read("topics", text)).transpose();
        read.map_err(in_query)
    }

    /// The position of the last frame that the client saw: `Last-Event-ID`, as browsers send it
    /// when they come back, else `last_event_id` of the query.
    ///
    /// # Errors
    /// 422 when it is none of ours.
    pub(crate) fn since(&self, request: &HttpRequest) -> Result<Option<EventSeq>, Problem> {
        let header = request.headers().get("last-event-id");
        let text = match header {
            Some(value) => Some(value.to_str().unwrap_or("?")),
            None => self.last_event_id.as_deref(),
        };
        let Some(text) = text.filter(|text| !text.is_empty()) else { return Ok(None) };
        match text.parse() {
            Ok(seq) if seq >= 0 => Ok(Some(EventSeq(seq))),
            _ => {
                let message = "must be the id of a frame of this feed";
                Err(in_query(Violation::at("last_event_id", "int_range", message)))
            }
        }
    }
}

fn in_query(violation: Violation) -> Problem {
    Problem::invalid(Place::Query, vec![violation])
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn since(request: TestRequest) -> Result<Option<i64>, registry_http_edge::Code> {
        let request = request.to_http_request();
        let asked = Asked::of(&request).map_err(|problem| problem.code())?;
        let since = asked.since(&request).map_err(|problem| problem.code())?;
        Ok(since.map(|seq| seq.0))
    }

    #[test]
    fn a_header_says_where_to_go_on_before_the_query_does() {
        let both = TestRequest::with_uri("/?last_event_id=3").insert_header(("last-event-id", "7"));
        assert_eq!(since(both), Ok(Some(7)));
        assert_eq!(since(TestRequest::with_uri("/?last_event_id=3")), Ok(Some(3)));
        assert_eq!(since(TestRequest::with_uri("/?last_event_id=")), Ok(None));
        for bad in ["/?last_event_id=x", "/?last_event_id=-1"] {
            let refused = Err(registry_http_edge::Code::ValidationError);
            assert_eq!(since(TestRequest::with_uri(bad)), refused, "{bad}");
        }
    }
}
