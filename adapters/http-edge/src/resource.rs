//! A path and its methods. What is not among them is 405 with `Allow`; HEAD goes with GET.

use actix_web::dev::{AppService, HttpServiceFactory, ResourceDef};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderValue};
use actix_web::{FromRequest, Handler, HttpResponse, Resource, Responder, Route, guard, web};

use crate::code::Code;
use crate::meter;
use crate::problem::Problem;

/// A path of the API with one handler per method.
pub struct Endpoint {
    resource: Resource,
    allowed: Vec<&'static str>,
}

/// Starts a path's line in a table of routes.
pub fn at(path: &str) -> Endpoint {
    Endpoint {
        resource: web::resource(path).guard(meter::marks(path.to_owned())),
        allowed: Vec::new(),
    }
}

impl Endpoint {
    /// Answers GET, and HEAD with the same head.
    #[must_use]
    pub fn get<F, Args>(mut self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        let reads = guard::Any(guard::Get()).or(guard::Head());
        self.resource = self.resource.route(web::route().guard(reads).to(handler));
        self.allowed.extend(["GET", "HEAD"]);
        self
    }

    /// Answers POST.
    #[must_use]
    pub fn post<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::POST, "POST", handler)
    }

    /// Answers PUT.
    #[must_use]
    pub fn put<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::PUT, "PUT", handler)
    }

    /// Answers PATCH.
    #[must_use]
    pub fn patch<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::PATCH, "PATCH", handler)
    }

    /// Answers DELETE.
    #[must_use]
    pub fn delete<F, Args>(self, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.method(Method::DELETE, "DELETE", handler)
    }

    fn method<F, Args>(mut self, method: Method, name: &'static str, handler: F) -> Self
    where
        F: Handler<Args>,
        Args: FromRequest + 'static,
        F::Output: Responder + 'static,
    {
        self.resource = self.resource.route(web::method(method).to(handler));
        self.allowed.push(name);
        self
    }
}

/// Every path below a prefix, whatever the method: the handler reads on itself. For the one path
/// where each microsecond counts, as a placeholder in the table is a regular expression.
pub struct Below {
    prefix: &'static str,
    route: Route,
}

/// Starts the line of a prefix in a table of routes.
pub fn below<F, Args>(prefix: &'static str, handler: F) -> Below
where
    F: Handler<Args>,
    Args: FromRequest + 'static,
    F::Output: Responder + 'static,
{
    Below { prefix, route: web::route().to(handler) }
}

impl HttpServiceFactory for Below {
    fn register(self, config: &mut AppService) {
        let marks: Box<dyn guard::Guard> = Box::new(meter::marks(format!("{}/*", self.prefix)));
        let path = ResourceDef::prefix(self.prefix);
        config.register_service(path, Some(vec![marks]), self.route, None);
    }
}

impl HttpServiceFactory for Endpoint {
    fn register(self, config: &mut AppService) {
        let allowed = self.allowed.join(", ");
        let refuse = move || {
            let problem = not_allowed(&allowed);
            async move { Err::<HttpResponse, Problem>(problem) }
        };
        self.resource.default_service(web::to(refuse)).register(config);
    }
}

/// What a path answers to a method that it does not know.
pub fn not_allowed(allowed: &str) -> Problem {
    let detail = format!("This address answers to {allowed}");
    // The names are ours, so the header always takes them.
    let value = HeaderValue::from_str(allowed).unwrap_or(HeaderValue::from_static(""));
    Problem::new(Code::MethodNotAllowed, detail).with_header(header::ALLOW, value)
}

/// What an address that nobody has answers.
pub fn not_found() -> Problem {
    Problem::new(Code::NotFound, "There is nothing at this address")
}

/// The handler of all addresses that nobody has.
pub(crate) async fn unknown() -> Result<HttpResponse, Problem> {
    Err(not_found())
}
