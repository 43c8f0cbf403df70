//! Every path of the live feed, the same on both ports but for who is let in (`Door`). The apps
//! add them to their own; in the OpenAPI documents they come from `document` here.

use std::sync::Arc;

use actix_web::web::{self, ServiceConfig};
use actix_web::{FromRequest, HttpRequest, HttpResponse};
use registry_domain::Error;
use registry_domain::id::ServerId;
use registry_http_edge::{Code, Edge, PathId, Problem, at, bearer, guard, not_found};
use serde_json::json;
use utoipa::{OpenApi, openapi};

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

/// The live feed's part of an OpenAPI document.
#[derive(OpenApi)]
#[openapi(
    paths(events, events_of_topic, new_ticket, watch_server, socket_of_topic),
    tags((name = "live", description = "Events as they happen: server-sent events and WebSockets")),
)]
struct Document;

/// The live feed's operations, for the document of an app.
pub fn document() -> openapi::OpenApi {
    Document::openapi()
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

/// Listen to events of several topics.
#[utoipa::path(
    get, path = "/api/v1/events", operation_id = "listen", tag = "live",
    security((), ("bearer" = [])),
    params(
        ("topics" = Option<String>, Query, description = "Which, separated by commas; all that one may hear, unless said otherwise", example = "health,servers"),
        ("last_event_id" = Option<String>, Query, description = "The id of the last event that was seen: those since then come first"),
        ("token" = Option<String>, Query, description = "A bearer token, for those who can set no header"),
        ("ticket" = Option<String>, Query, description = "A ticket of `POST /ws/ticket`, in the token's place"),
    ),
    extensions(("x-error-codes" = json!([]))),
    responses((status = 200, description = "Events, until one of the two has enough", body = String,
               content_type = "text/event-stream",
               example = "event: health_update\nid: 7\ndata: {}\n\n")),
)]
async fn events(
    request: HttpRequest,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let (asked, admitted) = entrance.admit(&request).await?;
    let topics = admitted.topics(asked.topics()?)?;
    Ok(sse::answer(entrance.listen(&request, &asked, admitted, topics, None).await?))
}

/// Listen to events of one topic.
#[utoipa::path(
    get, path = "/api/v1/events/{topic}", operation_id = "listen_to_topic", tag = "live",
    security((), ("bearer" = [])),
    params(
        ("topic" = String, Path, description = "What to hear of: `health`, `metrics`, `servers`, `registrations` or `requests`", example = "health"),
        ("last_event_id" = Option<String>, Query, description = "The id of the last event that was seen: those since then come first"),
        ("token" = Option<String>, Query, description = "A bearer token, for those who can set no header"),
        ("ticket" = Option<String>, Query, description = "A ticket of `POST /ws/ticket`, in the token's place"),
    ),
    extensions(("x-error-codes" = json!(["NOT_FOUND"]))),
    responses((status = 200, description = "Events, until one of the two has enough", body = String,
               content_type = "text/event-stream",
               example = "event: health_update\nid: 7\ndata: {}\n\n")),
)]
async fn events_of_topic(
    request: HttpRequest,
    entrance: web::Data<Entrance>,
) -> Result<HttpResponse, Problem> {
    let (asked, admitted) = entrance.admit(&request).await?;
    let topics = admitted.topics(Some(topic_in(&request)?.into()))?;
    Ok(sse::answer(entrance.listen(&request, &asked, admitted, topics, None).await?))
}

/// Listen to one topic over a WebSocket.
#[utoipa::path(
    get, path = "/ws/{topic}", operation_id = "watch_topic", tag = "live",
    security((), ("bearer" = [])),
    params(
        ("topic" = String, Path, description = "What to hear of: `health`, `metrics`, `servers`, `registrations` or `requests`", example = "health"),
        ("last_event_id" = Option<String>, Query, description = "The id of the last event that was seen: those since then come first"),
        ("token" = Option<String>, Query, description = "A bearer token, for those who can set no header"),
        ("ticket" = Option<String>, Query, description = "A ticket of `POST /ws/ticket`, in the token's place"),
    ),
    extensions(("x-error-codes" = json!(["BAD_REQUEST", "ORIGIN_NOT_ALLOWED", "NOT_FOUND"]))),
    responses((status = 101, description = "A WebSocket from here on, of messages like the events")),
)]
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

/// Watch one server over a WebSocket.
#[utoipa::path(
    get, path = "/ws/health/{server_id}", operation_id = "watch_server", tag = "live",
    security((), ("bearer" = [])),
    params(
        ("server_id" = String, Path, description = "The server's id", example = "00000000-0000-4000-8000-000000000001"),
        ("last_event_id" = Option<String>, Query, description = "The id of the last event that was seen: those since then come first"),
        ("token" = Option<String>, Query, description = "A bearer token, for those who can set no header"),
        ("ticket" = Option<String>, Query, description = "A ticket of `POST /ws/ticket`, in the token's place"),
    ),
    extensions(("x-error-codes" = json!(["BAD_REQUEST", "ORIGIN_NOT_ALLOWED", "SERVER_NOT_FOUND"]))),
    responses((status = 101, description = "A WebSocket from here on, of messages like the events")),
)]
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

/// Make a ticket for a WebSocket, good once and for half a minute.
#[utoipa::path(
    post, path = "/ws/ticket", operation_id = "issue_ticket", tag = "live",
    security(("bearer" = [])),
    responses((status = 201, description = "The ticket", body = Object,
               example = json!({"ticket": "aGVsbG8", "expires_in": 30}))),
)]
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
