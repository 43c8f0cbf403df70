//! A running registry, the people who use it, and what they send.

use bytes::Bytes;
use http::{Method, Request};
use registry_testkit::{Answer, Api, Program, eventually, token};
use serde_json::{Value, json};

/// An id that nobody has.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// The program, with an administrator and a user.
pub struct Registry {
    pub program: Program,
    pub admin: Api,
    pub user: Api,
}

impl Registry {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        let program = Program::start("mcp-registry", settings).await;
        let admin = signed_in(&program, json!({ "subject": "root", "roles": ["admin"] })).await;
        let user = signed_in(&program, json!({ "subject": "ada" })).await;
        Self { program, admin, user }
    }

    /// Somebody without a token.
    pub fn stranger(&self) -> Api {
        Api::service(&self.program)
    }

    /// Somebody else with a token.
    pub async fn someone(&self, claims: Value) -> Api {
        signed_in(&self.program, claims).await
    }
}

async fn signed_in(program: &Program, claims: Value) -> Api {
    Api::service(program).with_token(&token(program, claims).await)
}

/// Where the gateway is reached by default: on this machine, by name.
pub fn mcp_url(program: &Program, alias: &str) -> String {
    format!("http://localhost:{}/servers/{alias}/mcp", program.gateway_port())
}

/// An address where nobody listens; one for each `name`.
pub fn dead_url(name: &str) -> String {
    format!("http://127.0.0.1:1/{}", name.replace(' ', "-"))
}

/// What a submitter sends, as short as it may be.
pub fn draft(url: &str, name: &str) -> Value {
    json!({ "endpoint_url": url, "endpoint_name": name, "owner_contact": "Team Weather" })
}

/// A draft with other members.
pub fn draft_with(url: &str, name: &str, members: &Value) -> Value {
    let mut draft = draft(url, name);
    for (member, value) in members.as_object().unwrap() {
        draft[member] = value.clone();
    }
    draft
}

/// Submits and gives the registration's path, such as `/registrations/…`.
pub async fn submit(api: &Api, draft: &Value) -> String {
    path_of(&api.post("/registrations", draft).await.expect(201).json())
}

/// Submits an address where nobody listens.
pub async fn submit_dead(api: &Api, name: &str) -> String {
    submit(api, &draft(&dead_url(name), name)).await
}

/// A registration's path.
pub fn path_of(registration: &Value) -> String {
    format!("/registrations/{}", text(registration, "registration_id"))
}

/// The id in a registration's path.
pub fn id_in(path: &str) -> &str {
    path.rsplit('/').next().unwrap()
}

/// A member that has to be a text.
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {value}"))
}

/// The registration, once its upstream has been looked at with this outcome.
pub async fn once_discovery(api: &Api, path: &str, state: &str) -> Value {
    eventually(&format!("discovery is {state}"), async || {
        let shown = api.get(path).await.expect(200).json();
        (shown["discovery"]["state"] == state).then_some(shown)
    })
    .await
}

/// Sends a decision.
pub async fn decide(api: &Api, path: &str, decision: &Value) -> Answer {
    api.patch(&format!("{path}/status"), decision).await
}

/// Approves and gives the registration as it is then.
pub async fn approve(api: &Api, path: &str) -> Value {
    decide(api, path, &json!({ "status": "Approved" })).await.expect(200).json()
}

/// Rejects and gives the registration as it is then.
pub async fn reject(api: &Api, path: &str) -> Value {
    decide(api, path, &json!({ "status": "Rejected" })).await.expect(200).json()
}

/// A request whose body is anything.
pub fn request(method: Method, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::builder().method(method);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

/// The rows of a list.
pub fn rows(answer: &Answer) -> Vec<Value> {
    answer.json()["results"].as_array().expect("results").clone()
}

/// One member of each row.
pub fn column(answer: &Answer, member: &str) -> Vec<String> {
    rows(answer).iter().map(|row| text(row, member).to_owned()).collect()
}

/// Where a `Link` header leads, if it leads there.
pub fn link(answer: &Answer, relation: &str) -> Option<String> {
    let wanted = format!("rel=\"{relation}\"");
    let link = answer.header("link").split(", ").find(|link| link.ends_with(&wanted))?;
    let (target, _) = link.strip_prefix('<')?.split_once('>')?;
    Some(target.to_owned())
}

/// A text as a query parameter's value.
pub fn escaped(text: &str) -> String {
    url::form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// The answer is a problem with this code, in the shape that every problem has.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(body["status"], status, "{body}");
    assert_eq!(body["message"], body["detail"], "{body}");
    for member in ["detail", "type", "title", "instance", "timestamp"] {
        assert!(!text(&body, member).is_empty(), "{member} in {body}");
    }
    assert!(body.get("details").is_some(), "{body}");
    assert_eq!(body["request_id"], answer.header("x-request-id"), "{body}");
    body
}

/// The answer is 422 and names exactly this field (`body.alias`), for breaking exactly this rule.
#[track_caller]
pub fn assert_breaks(answer: &Answer, loc: &str, rule: &str) {
    let body = assert_problem(answer, 422, "VALIDATION_ERROR");
    let errors = body["errors"].as_array().expect("errors");
    let named: Vec<(String, &str)> =
        errors.iter().map(|error| (dotted(&error["loc"]), text(error, "type"))).collect();
    assert_eq!(named, [(loc.to_owned(), rule)], "{body}");
    assert!(!text(&errors[0], "msg").is_empty(), "{body}");
}

fn dotted(loc: &Value) -> String {
    let steps = loc.as_array().expect("loc").iter();
    let steps: Vec<String> =
        steps.map(|step| step.as_str().map_or_else(|| step.to_string(), str::to_owned)).collect();
    steps.join(".")
}
