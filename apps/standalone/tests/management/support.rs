//! A running registry, the people who use it, and the servers that they list.

use bytes::Bytes;
use http::{Method, Request};
use registry_testkit::upstreams::{Reply, Scripted, answer_handshake};
use registry_testkit::{Answer, Api, Program, token};
use serde_json::{Value, json};

/// Where servers are.
pub const SERVERS: &str = "/api/v1/servers";

/// An id that nobody has.
pub const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// The program; anybody may do anything unless settings say otherwise.
pub struct Registry {
    pub program: Program,
    /// Somebody without a token.
    pub anyone: Api,
}

impl Registry {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    pub async fn with(settings: &[(&str, &str)]) -> Self {
        Self::of(Program::start("mcp-registry", settings).await)
    }

    /// One that runs already.
    pub fn of(program: Program) -> Self {
        let anyone = Api::service(&program);
        Self { program, anyone }
    }

    /// Somebody with a token.
    pub async fn someone(&self, claims: Value) -> Api {
        Api::service(&self.program).with_token(&token(&self.program, claims).await)
    }

    pub async fn admin(&self) -> Api {
        self.someone(json!({ "subject": "root", "roles": ["admin"] })).await
    }
}

/// What a client sends, as short as it may be, and never asked what it offers.
pub fn server(name: &str) -> Value {
    json!({
        "name": name,
        "endpoint_url": format!("http://127.0.0.1:1/{}", name.replace(' ', "-")),
        "transport_type": "http",
        "auto_discover": false,
    })
}

/// A server with other members; `null` takes one away.
pub fn server_with(name: &str, members: &Value) -> Value {
    let mut server = server(name);
    for (member, value) in members.as_object().unwrap() {
        server[member] = value.clone();
    }
    server
}

/// Lists a server and gives it as it was answered.
pub async fn register(api: &Api, server: &Value) -> Value {
    api.post(SERVERS, server).await.expect(201).json()
}

/// A server's path.
pub fn path_of(server: &Value) -> String {
    format!("{SERVERS}/{}", text(server, "id"))
}

/// A member that has to be a text.
#[track_caller]
pub fn text<'a>(value: &'a Value, member: &str) -> &'a str {
    value[member].as_str().unwrap_or_else(|| panic!("{member} is no text in {value}"))
}

/// The names in a list of servers, or of anything with names.
#[track_caller]
pub fn names(list: &Value) -> Vec<String> {
    let items = list.as_array().unwrap_or_else(|| panic!("no list: {list}"));
    items.iter().map(|item| text(item, "name").to_owned()).collect()
}

/// The names that a query of a list answers with.
pub async fn listed(api: &Api, query: &str) -> Vec<String> {
    names(&api.get(&format!("{SERVERS}?{query}")).await.expect(200).json())
}

/// An MCP server with tools and resource templates of these names.
pub fn offering(tools: &'static [&'static str], templates: &'static [&'static str]) -> Scripted {
    Scripted::start(move |request| {
        let page = match request.rpc_method().as_str() {
            "initialize" => json!({
                "protocolVersion": "2025-11-25",
                "capabilities": { "tools": {}, "resources": {} },
                "serverInfo": { "name": "scripted", "version": "1.0.0" },
            }),
            "server/discover" => return Reply::error(request, 400, -32601, "Method not found"),
            "tools/list" => {
                let tool = |name: &&str| {
                    json!({
                        "name": name, "description": format!("does {name}"),
                        "inputSchema": { "type": "object" },
                    })
                };
                json!({ "tools": tools.iter().map(tool).collect::<Vec<_>>() })
            }
            "resources/templates/list" => {
                let template = |uri: &&str| json!({ "uriTemplate": uri, "name": "files", "mimeType": "text/plain" });
                json!({ "resourceTemplates": templates.iter().map(template).collect::<Vec<_>>() })
            }
            _ => return answer_handshake(request).unwrap_or_else(|| Reply::bytes().hang()),
        };
        Reply::result(request, &page)
    })
}

/// A request whose body is anything.
pub fn request(method: Method, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Request<Bytes> {
    let mut request = Request::builder().method(method);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(body.into()).unwrap()
}

/// A form with one file.
pub fn form(file_name: &str, content: &str) -> Request<Bytes> {
    let body = format!(
        "--XyZ\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{file_name}\"\r\n\r\n\
         {content}\r\n--XyZ--\r\n"
    );
    request(Method::POST, &[("content-type", "multipart/form-data; boundary=XyZ")], body)
}

/// Where a `Link` header leads, if it leads there.
pub fn link(answer: &Answer, relation: &str) -> Option<String> {
    let wanted = format!("rel=\"{relation}\"");
    let link = answer.header("link").split(", ").find(|link| link.ends_with(&wanted))?;
    let (target, _) = link.strip_prefix('<')?.split_once('>')?;
    Some(target.to_owned())
}

/// The answer is a problem with this code, in the shape that every problem has.
#[track_caller]
pub fn assert_problem(answer: &Answer, status: u16, code: &str) -> Value {
    assert_eq!(answer.status.as_u16(), status, "{}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json");
    let body = answer.json();
    assert_eq!(body["error"], code, "{body}");
    assert_eq!(body["message"], body["detail"], "{body}");
    for member in ["detail", "request_id", "timestamp"] {
        assert!(!text(&body, member).is_empty(), "{member} in {body}");
    }
    assert!(body.get("details").is_some(), "{body}");
    body
}

/// The answer is 422 and names exactly this field, such as `body.name`.
#[track_caller]
pub fn assert_breaks(answer: &Answer, loc: &str) {
    let body = assert_problem(answer, 422, "VALIDATION_ERROR");
    assert_eq!(locations(&body["errors"]), [loc], "{body}");
}

/// Where the entries of `errors` point to.
pub fn locations(errors: &Value) -> Vec<String> {
    let step = |step: &Value| step.as_str().map_or_else(|| step.to_string(), str::to_owned);
    let loc = |error: &Value| {
        let steps: Vec<String> = error["loc"].as_array().expect("loc").iter().map(step).collect();
        steps.join(".")
    };
    errors.as_array().expect("errors").iter().map(loc).collect()
}
