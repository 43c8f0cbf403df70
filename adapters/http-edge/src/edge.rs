//! The wiring that both apps share: layers, fallbacks, and the server's sockets.

use std::fmt::{self, Debug};
use std::io;
use std::net::TcpListener;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Server, ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::middleware::{Compress, Condition, from_fn};
use actix_web::{App, HttpRequest, HttpServer, web};
use registry_domain::ports::{Administrators, Clock, Ids, RateLimiter, TokenVerifier};

use crate::meter::AppMeter;
use crate::problem::Problem;
use crate::session::Sessions;
use crate::settings::{EdgeSettings, ServerSettings};
use crate::{compression, cors, exposition, reads, request_context, resource, security_headers};

/// What the edge needs of the world. Both apps put it into their `app_data`.
pub struct Edge {
    /// What the operator decided.
    pub settings: EdgeSettings,
    /// Judges bearer tokens.
    pub verifier: Arc<dyn TokenVerifier>,
    /// Knows browsers' sessions, where people sign in here.
    pub sessions: Option<Arc<dyn Sessions>>,
    /// Who administrates by the stored flag, where requests do not ask the store.
    pub administrators: Option<Arc<dyn Administrators>>,
    /// Counts requests.
    pub limiter: Arc<dyn RateLimiter>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
}

impl Edge {
    /// The edge of the app that a request came to.
    ///
    /// # Errors
    /// 500 in an app that was not made by [`app`].
    pub fn of(request: &HttpRequest) -> Result<&Self, Problem> {
        let edge = request.app_data::<web::Data<Self>>();
        edge.map(web::Data::get_ref).ok_or_else(Problem::internal)
    }
}

impl Debug for Edge {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Edge").field("settings", &self.settings).finish_non_exhaustive()
    }
}

/// What an app is made of: routes, and the layers around them.
pub trait AppService<B = BoxBody>:
    ServiceFactory<
        ServiceRequest,
        Config = (),
        Response = ServiceResponse<B>,
        Error = actix_web::Error,
        InitError = (),
    > + 'static
{
}

impl<T, B> AppService<B> for T where
    T: ServiceFactory<
            ServiceRequest,
            Config = (),
            Response = ServiceResponse<B>,
            Error = actix_web::Error,
            InitError = (),
        > + 'static
{
}

/// An app with the layers of the edge; the caller adds its routes and data.
///
/// From the inside out: CORS (also on errors), security headers, and outermost the request's
/// context, which writes the bodies of all problems.
pub fn app(edge: web::Data<Edge>) -> App<impl AppService> {
    let settings = edge.settings.clone();
    around(bare(edge), &settings)
}

/// The same for an app that people read from: innermost it keeps answers and compresses them. What
/// relays the answers of others is spared these layers: a call pays for each, also while it is off.
pub fn reading_app(edge: web::Data<Edge>) -> App<impl AppService> {
    let settings = edge.settings.clone();
    let (reads, compresses) = (settings.reads.is_some(), settings.compresses);
    let reading = bare(edge)
        .wrap(Condition::new(reads, from_fn(reads::around)))
        .wrap(Condition::new(compresses, from_fn(compression::mark)))
        .wrap(Condition::new(compresses, Compress::default()))
        .wrap(Condition::new(compresses, from_fn(compression::tidy)));
    around(reading, &settings)
}

/// An app that knows its edge and nothing else.
fn bare(edge: web::Data<Edge>) -> App<impl AppService> {
    let metrics = edge.settings.metrics.clone();
    App::new()
        .app_data(Rc::new(AppMeter::new(edge.settings.server)))
        .app_data(edge)
        .configure(|config| {
            if let Some(exposition) = &metrics {
                config.service(resource::at(&exposition.path).get(exposition::handle));
            }
        })
        .default_service(web::to(resource::unknown))
}

/// The layers of every app.
fn around<T: AppService<B>, B: MessageBody + 'static>(
    app: App<T>,
    settings: &EdgeSettings,
) -> App<impl AppService + use<T, B>> {
    app.wrap(Condition::new(settings.cors.enabled, cors::layer(&settings.cors)))
        .wrap(security_headers::layer(settings.security_headers))
        .wrap(from_fn(request_context::around_request))
}

/// Serves an app on sockets that are bound already. Whoever awaits the server handles signals.
///
/// # Errors
/// The system's own, when a socket cannot be listened on.
pub fn serve<F, T, B>(
    make_app: F,
    listeners: Vec<TcpListener>,
    settings: ServerSettings,
) -> io::Result<Server>
where
    F: Fn() -> App<T> + Send + Clone + 'static,
    T: AppService<B>,
    B: MessageBody + 'static,
{
    let mut server = HttpServer::new(make_app)
        .disable_signals()
        // Without it an answer in several parts waits 45 ms for the client's acknowledgement.
        .tcp_nodelay(true)
        .keep_alive(settings.keep_alive)
        .client_request_timeout(settings.head_timeout)
        .h1_allow_half_closed(settings.allow_half_closed)
        .shutdown_timeout(settings.shutdown_timeout_s);
    if let Some(workers) = settings.workers {
        server = server.workers(workers);
    }
    for listener in listeners {
        server = server.listen(listener)?;
    }
    Ok(server.run())
}
