//! What each route is asked, how it answers, and how long that takes.
//!
//! Labels are the route's pattern, never a path: what strangers type must not become series. Each
//! worker keeps its series' handles, so that counting formats and looks up nothing.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::guard::{Guard, fn_guard};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpMessage, HttpRequest};
use metrics::{Counter, Gauge, Histogram};
use tracing::Span;

/// The route of requests that reach none: unknown addresses, preflights, what CORS refused.
const NO_ROUTE: &str = "none";

/// The series of one route, on one worker.
pub(crate) struct RouteMeter {
    route: String,
    series: RefCell<Vec<Series>>,
}

struct Series {
    method: &'static str,
    status: StatusCode,
    requests: Counter,
    seconds: Histogram,
}

impl RouteMeter {
    const fn new(route: String) -> Self {
        Self { route, series: RefCell::new(Vec::new()) }
    }

    fn note(&self, server: &'static str, method: &'static str, status: StatusCode, took: Duration) {
        let mut series = self.series.borrow_mut();
        let known = series.iter().find(|one| one.status == status && one.method == method);
        if let Some(known) = known {
            known.count(took);
            return;
        }
        let new = Series::of(server, &self.route, method, status);
        new.count(took);
        series.push(new);
    }
}

impl Series {
    fn of(server: &'static str, route: &str, method: &'static str, status: StatusCode) -> Self {
        let requests = metrics::counter!(
            "mcp_registry_http_requests_total",
            "server" => server,
            "route" => route.to_owned(),
            "method" => method,
            "status" => status.as_str().to_owned(),
        );
        let seconds = metrics::histogram!(
            "mcp_registry_http_request_seconds",
            "server" => server,
            "route" => route.to_owned(),
            "method" => method,
        );
        Self { method, status, requests, seconds }
    }

    fn count(&self, took: Duration) {
        self.requests.increment(1);
        self.seconds.record(took);
    }
}

/// Lets a request pass and notes that it is this route's.
pub(crate) fn marks(route: String) -> impl Guard {
    let meter = Rc::new(RouteMeter::new(route));
    fn_guard(move |context| {
        context.req_data_mut().insert(Rc::clone(&meter));
        true
    })
}

/// The series of one app, on one worker.
pub(crate) struct AppMeter {
    server: &'static str,
    in_flight: Gauge,
    unrouted: RouteMeter,
}

impl AppMeter {
    pub(crate) fn new(server: &'static str) -> Self {
        Self {
            server,
            in_flight: metrics::gauge!("mcp_registry_http_requests_in_flight", "server" => server),
            unrouted: RouteMeter::new(NO_ROUTE.to_owned()),
        }
    }

    /// The meter of the app that a request came to.
    pub(crate) fn of(request: &ServiceRequest) -> Option<Rc<Self>> {
        request.app_data::<Rc<Self>>().cloned()
    }

    /// Counts a request as in flight until the guard is dropped.
    pub(crate) fn enter(&self) -> InFlight {
        self.in_flight.increment(1.0);
        InFlight(self.in_flight.clone())
    }

    /// Counts an answer.
    pub(crate) fn note(&self, request: &HttpRequest, status: StatusCode, took: Duration) {
        let method = method_of(request.method());
        match request.extensions().get::<Rc<RouteMeter>>() {
            Some(route) => route.note(self.server, method, status, took),
            None => self.unrouted.note(self.server, method, status, took),
        }
    }
}

/// Tells a request's span how it was answered; what it is to be called.
pub(crate) fn tell(span: &Span, request: &HttpRequest, status: StatusCode) -> String {
    let extensions = request.extensions();
    let route = extensions.get::<Rc<RouteMeter>>().map_or(NO_ROUTE, |meter| meter.route.as_str());
    span.record("http.route", route);
    span.record("http.response.status_code", i64::from(status.as_u16()));
    if status.is_server_error() {
        span.record("otel.status_code", "ERROR");
    }
    format!("{} {route}", method_of(request.method()))
}

/// A request that is in flight.
pub(crate) struct InFlight(Gauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// A method by name; one that nobody knows could have any.
pub(crate) fn method_of(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_nobody_knows_makes_no_series_of_its_own() {
        let made_up = Method::from_bytes(b"BREW").unwrap();
        assert_eq!(method_of(&made_up), "other");
        assert_eq!(method_of(&Method::PATCH), "PATCH");
    }

    #[test]
    fn one_series_is_kept_per_method_and_status() {
        let meter = RouteMeter::new("/a/{id}".to_owned());
        for status in [StatusCode::OK, StatusCode::OK, StatusCode::NOT_FOUND] {
            meter.note("public-api", "GET", status, Duration::from_millis(1));
        }
        meter.note("public-api", "PUT", StatusCode::OK, Duration::from_millis(1));
        assert_eq!(meter.series.borrow().len(), 3);
    }
}
