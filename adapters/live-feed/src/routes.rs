//! Every path of the live feed, the same on both ports but for who is let in.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use registry_domain::Error;
use registry_domain::id::ServerId;
use registry_http_edge::{Code, Edge, PathId, Problem, at, bearer, guard, not_found};
use serde_json::json;

use crate::LiveFeed;
use crate::asked::Asked;
use crate::auth::{self, Admitted};
use crate::feed::{Feed, Listener};
use crate::hub::Interest;
use crate::topic::{Topic, Topics};
use crate::{origin, sse, ticket, websocket};

/// Who is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Door {
    /// Topics that need no token are told to everybody: port 8000.
    Open,
    /// Everybody needs a token: port 8001.
    Closed,
}

/// What the handlers find in an app.
#[derive(Clone)]
struct Entrance {
    live: LiveFeed,
    door: Door,
}

/// Adds the live feed's paths to an app.
pub fn routes(live: &LiveFeed, door: Door) -> impl Fn(&mut ServiceConfig) + Clone + Send + use<> {
    let entrance = web::Data::from(Arc::new(Entrance { live: live.clone(), door }));
    move |config| {
        config
            .app_data(entrance.clone())
            .service(at("/api/v1/events").get(events))
            .service(at("/api/v1/events/{topic}").get(events_of_topic))
            .service(at("/ws/ticket").post(new_ticket))
            .service(at("/ws/health/{server_id}").get(watch_server))
            .service(at("/ws/{topic}").get(socket_of_topic));
    }
}

/// `GET /api/v1/events`
async fn events(
    request: HttpRequest,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let (asked, admitted) = entrance.admit(&request).await?;
    let topics = admitted.topics(asked.topics()?)?;
    Ok(sse::answer(entrance.listen(&request, &asked, admitted, topics, None).await?))
}

/// `GET /api/v1/events/{topic}`
async fn events_of_topic(
    request: HttpRequest,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let (asked, admitted) = entrance.admit(&request).await?;
    let topics = admitted.topics(Some(topic_in(&request)?.into()))?;
    Ok(sse::answer(entrance.listen(&request, &asked, admitted, topics, None).await?))
}

/// `GET /ws/{topic}`
async fn socket_of_topic(
    request: HttpRequest,
    payload: web::Payload,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let (asked, admitted) = entrance.admit_socket(&request).await?;
    let topics = admitted.topics(Some(topic_in(&request)?.into()))?;
    let feed = entrance.listen(&request, &asked, admitted, topics, None).await?;
    websocket::answer(&request, payload, feed)
}

/// `GET /ws/health/{server_id}`
async fn watch_server(
    request: HttpRequest,
    payload: web::Payload,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let (asked, admitted) = entrance.admit_socket(&request).await?;
    let PathId(id) = PathId::<ServerId>::extract(&request).await?;
    let server = entrance.live.servers.find(id).await.map_err(Error::from)?;
    // What belongs to another tenant does not exist.
    if !server.is_some_and(|server| admitted.viewer.sees(server.tenant.as_ref())) {
        return Err(Problem::new(Code::ServerNotFound, "Server not found")
            .with_details(json!({"server_id": id})));
    }
    let topics = Topic::Health.into();
    let feed = entrance.listen(&request, &asked, admitted, topics, Some(id)).await?;
    websocket::answer(&request, payload, feed)
}

/// `POST /ws/ticket`
async fn new_ticket(
    request: HttpRequest,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let admitted = guard::admitted(Edge::of(&request)?, &request).await?;
    let caller = admitted.ok_or_else(bearer::required)?.caller;
    let ticket = ticket::issue(entrance.live.sessions.as_ref(), &caller).await?;
    Ok(HttpResponse::Created()
        .insert_header(("cache-control", "no-store"))
        .json(json!({"ticket": ticket, "expires_in": ticket::GOOD_FOR.as_secs()})))
}

fn topic_in(request: &HttpRequest) -> Result<Topic, Problem> {
    Topic::parse(request.match_info().query("topic")).ok_or_else(not_found)
}

impl Entrance {
    /// Who asks comes first: a stranger learns nothing of what there is.
    async fn admit(&self, request: &HttpRequest) -> Result<(Asked, Admitted), Problem> {
        let asked = Asked::of(request)?;
        let edge = Edge::of(request)?;
        let admitted = auth::admit(&self.live, edge, request, &asked, self.door).await?;
        Ok((asked, admitted))
    }

    async fn admit_socket(&self, request: &HttpRequest) -> Result<(Asked, Admitted), Problem> {
        origin::check(request, &Edge::of(request)?.settings.cors)?;
        websocket::check_handshake(request)?;
        self.admit(request).await
    }

    async fn listen(
        &self,
        request: &HttpRequest,
        asked: &Asked,
        Admitted { viewer, whose }: Admitted,
        topics: Topics,
        server: Option<ServerId>,
    ) -> Result<Feed, Problem> {
        let since = asked.since(request)?;
        let interest = Interest { topics, server };
        let listener = Listener { viewer, whose, interest, since };
        Feed::start(&self.live, &Edge::of(request)?.clock, listener).await
    }
}
