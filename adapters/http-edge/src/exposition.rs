//! The metrics page: what Prometheus reads.

use std::fmt;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};

use crate::edge::Edge;
use crate::guard;
use crate::problem::Problem;

/// The text format that every Prometheus understands.
const TEXT_FORMAT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Where the metrics are shown, and who writes them.
#[derive(Clone)]
pub struct Exposition {
    /// The path.
    pub path: String,
    /// Writes the page as it is now.
    pub write: Arc<dyn Fn() -> String + Send + Sync>,
}

impl fmt::Debug for Exposition {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Exposition").field("path", &self.path).finish_non_exhaustive()
    }
}

impl Exposition {
    fn page(&self) -> HttpResponse {
        HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, TEXT_FORMAT))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body((self.write)())
    }
}

/// The page on a port that has other routes too: open, and limited as every open address is.
pub(crate) async fn handle(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let edge = Edge::of(&request)?;
    guard::admitted(edge, &request).await?;
    let exposition = edge.settings.metrics.as_ref().ok_or_else(Problem::internal)?;
    Ok(exposition.page())
}

/// The page on a port of its own, for those who keep their monitoring apart.
///
/// # Errors
/// The system's own, when the socket cannot be listened on.
pub fn serve(exposition: Exposition, listener: TcpListener) -> io::Result<Server> {
    let path = exposition.path.clone();
    let exposition = web::Data::new(exposition);
    let make_app = move || {
        let page = |page: web::Data<Exposition>| async move { page.page() };
        App::new().app_data(exposition.clone()).route(&path, web::get().to(page))
    };
    let server = HttpServer::new(make_app).disable_signals().workers(1).shutdown_timeout(1);
    Ok(server.listen(listener)?.run())
}
