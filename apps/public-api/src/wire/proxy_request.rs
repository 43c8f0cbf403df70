//! What `/mcp/proxy` takes: a JSON-RPC request, and wishes about the server that answers it.
//!
//! The call's own members stay raw text from here to the server: ids and numbers are exact, and
//! nothing of `params` is read.

use crate::openapi::schemas::Id;
use std::time::Duration;
use utoipa::ToSchema;

use bytes::Bytes;
use registry_domain::field::{Step, Violation, Violations};
use registry_domain::id::ServerId;
use registry_domain::party::Party;
use registry_exchange::{Door, Inbound, InboundHeaders, Wants};
use registry_http_edge::{Code, Place, Problem};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::settings::ProxySettings;

/// The most entries of a list of wishes.
const MOST_WISHES: usize = 100;
/// The longest name of a tool, URI of a resource, or method, in characters.
const MAX_NAME_CHARS: usize = 1024;

/// The members, unread; a doubled one is refused by serde. Others are ignored.
#[derive(Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    jsonrpc: Option<&'a RawValue>,
    #[serde(borrow)]
    id: Option<&'a RawValue>,
    #[serde(borrow)]
    method: Option<&'a RawValue>,
    #[serde(borrow)]
    params: Option<&'a RawValue>,
    #[serde(borrow)]
    required_tools: Option<&'a RawValue>,
    #[serde(borrow)]
    required_resources: Option<&'a RawValue>,
    #[serde(borrow)]
    preferred_servers: Option<&'a RawValue>,
    #[serde(borrow)]
    timeout: Option<&'a RawValue>,
}

/// A call that was understood.
#[derive(Debug)]
pub(crate) struct ProxyRequest {
    message: Bytes,
    wants: Wants,
}

impl ProxyRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// 400 for what is no JSON, 422 that names every member that breaks its rule.
    pub(crate) fn read(body: &[u8], settings: &ProxySettings) -> Result<Self, Problem> {
        let members: Members<'_> = serde_json::from_slice(body).map_err(|error| {
            if error.is_data() && !error.to_string().contains("duplicate field") {
                Problem::new(Code::ValidationError, "The body must be a JSON object")
            } else {
                Problem::new(Code::MalformedJson, format!("The body is not JSON: {error}"))
            }
        })?;
        let mut wrong = Violations::default();
        check_call(&members, &mut wrong);
        let wants = Wants {
            required_tools: names("required_tools", members.required_tools, &mut wrong),
            required_resources: names("required_resources", members.required_resources, &mut wrong),
            preferred_servers: servers(members.preferred_servers, &mut wrong),
            timeout: Some(timeout(members.timeout, settings, &mut wrong)),
            only_server: None,
            wrapped: true,
            open: settings.open,
        };
        if !wrong.is_empty() {
            return Err(Problem::invalid(Place::Body, wrong.into_inner()));
        }
        Ok(Self { message: message(&members), wants })
    }

    /// The call as it goes on.
    pub(crate) fn inbound(self, party: Party, request_id: &str, hops: u8) -> Inbound {
        Inbound {
            door: Door::Any(self.wants),
            headers: InboundHeaders { hops, ..InboundHeaders::default() },
            body: self.message,
            party,
            request_id: request_id.to_owned(),
            is_part: false,
        }
    }
}

fn check_call(members: &Members<'_>, wrong: &mut Violations) {
    let mut refuse = |name, rule, message: &str| wrong.push(Violation::at(name, rule, message));
    if members.jsonrpc.is_some_and(|version| text(version).as_deref() != Some("2.0")) {
        refuse("jsonrpc", "literal_error", "must be \"2.0\"");
    }
    let is_id = |id: &RawValue| text(id).is_some() || is_integer(id.get());
    if !members.id.is_none_or(is_id) {
        refuse("id", "id_type", "must be a string or an integer");
    }
    match members.method.map(text) {
        None => refuse("method", "missing", "is required"),
        Some(None) => refuse("method", "string_type", "must be a string"),
        Some(Some(method)) if !(1..=MAX_NAME_CHARS).contains(&method.chars().count()) => {
            refuse("method", "string_length", "must have 1 to 1024 characters");
        }
        Some(Some(_)) => {}
    }
    if members.params.is_some_and(|params| !params.get().starts_with(['{', '['])) {
        refuse("params", "params_type", "must be an object or an array");
    }
}

/// The call without the wishes, its members as they were spelled.
fn message(members: &Members<'_>) -> Bytes {
    let mut message = r#"{"jsonrpc":"2.0""#.to_owned();
    let call = [("id", members.id), ("method", members.method), ("params", members.params)];
    for (name, value) in call {
        if let Some(value) = value {
            message.extend([",\"", name, "\":", value.get()]);
        }
    }
    message.push('}');
    message.into()
}

fn text(raw: &RawValue) -> Option<String> {
    serde_json::from_str(raw.get()).ok()
}

fn is_integer(json: &str) -> bool {
    json.bytes().all(|byte| byte == b'-' || byte.is_ascii_digit())
}

fn names(member: &'static str, raw: Option<&RawValue>, wrong: &mut Violations) -> Vec<String> {
    let Some(raw) = raw else { return Vec::new() };
    let Ok(names) = serde_json::from_str::<Vec<String>>(raw.get()) else {
        wrong.push(Violation::at(member, "list_type", "must be a list of strings"));
        return Vec::new();
    };
    if names.len() > MOST_WISHES {
        wrong.push(Violation::at(member, "too_long", "must have at most 100 entries"));
    }
    for (index, name) in names.iter().enumerate() {
        if !(1..=MAX_NAME_CHARS).contains(&name.chars().count()) {
            let rule = "must have 1 to 1024 characters";
            let mut violation = Violation::at(member, "string_length", rule);
            violation.path.push(Step::Position(index));
            wrong.push(violation);
        }
    }
    names
}

fn servers(raw: Option<&RawValue>, wrong: &mut Violations) -> Vec<ServerId> {
    let member = "preferred_servers";
    let mut ids = Vec::new();
    for (index, text) in names(member, raw, wrong).into_iter().enumerate() {
        if let Ok(id) = text.parse() {
            ids.push(id);
        } else {
            let mut violation = Violation::at(member, "uuid_parsing", "must be a UUID");
            violation.path.push(Step::Position(index));
            wrong.push(violation);
        }
    }
    ids
}

fn timeout(raw: Option<&RawValue>, settings: &ProxySettings, wrong: &mut Violations) -> Duration {
    let Some(raw) = raw else { return settings.default_timeout };
    let most = settings.max_timeout;
    let seconds = serde_json::from_str::<f64>(raw.get()).ok().filter(|seconds| *seconds > 0.0);
    match seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()) {
        Some(timeout) if !timeout.is_zero() && timeout <= most => timeout,
        _ => {
            let rule = format!("must be a number of seconds above 0 and up to {}", most.as_secs());
            wrong.push(Violation::at("timeout", "timeout_range", rule));
            settings.default_timeout
        }
    }
}

/// A call, with wishes about the server that answers it.
#[derive(ToSchema)]
#[schema(as = ProxyRequest, example = json!({
    "jsonrpc": "2.0", "id": "1", "method": "tools/call",
    "params": {"name": "search", "arguments": {}}, "required_tools": ["search"],
}))]
#[expect(dead_code, reason = "its members are read by the derive alone")]
pub(crate) struct ProxyBody {
    /// Always `2.0`.
    jsonrpc: Option<String>,
    /// A string or an integer, which the answer repeats; without it nothing is answered.
    #[schema(value_type = Option<Value>)]
    id: Option<String>,
    /// The method.
    #[schema(min_length = 1, max_length = 1024)]
    method: String,
    /// An object or a list.
    #[schema(value_type = Option<Value>)]
    params: Option<()>,
    /// Tools that the server has to have.
    #[schema(max_items = 100)]
    required_tools: Option<Vec<String>>,
    /// Resources that it has to have.
    #[schema(max_items = 100)]
    required_resources: Option<Vec<String>>,
    /// Servers that are taken first, by id.
    #[schema(value_type = Option<Vec<Id>>, max_items = 100)]
    preferred_servers: Option<Vec<String>>,
    /// In seconds.
    timeout: Option<f64>,
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(body: &str) -> Result<ProxyRequest, Problem> {
        ProxyRequest::read(body.as_bytes(), &ProxySettings::for_testing())
    }

    #[test]
    fn the_call_goes_on_as_it_was_spelled_and_the_wishes_stay_behind() {
        let call = read(
            r#"{"timeout":1.5,"params":{"n" : 1e400,"id":2},"id":12345678901234567890,"required_tools":["a"],"method":"tools/call","preferred_servers":["00000000-0000-0000-0000-000000000007"],"x":1}"#,
        )
        .unwrap();
        assert_eq!(
            call.message,
            r#"{"jsonrpc":"2.0","id":12345678901234567890,"method":"tools/call","params":{"n" : 1e400,"id":2}}"#
        );
        assert_eq!(call.wants.timeout, Some(Duration::from_millis(1500)));
        assert_eq!(call.wants.required_tools, ["a"]);
        assert_eq!(call.wants.preferred_servers.len(), 1);
    }

    #[test]
    fn a_call_without_wishes_has_the_default_timeout_and_no_id() {
        let call = read(r#"{"jsonrpc":"2.0","id":null,"method":"ping","params":null}"#).unwrap();
        assert_eq!(call.message, r#"{"jsonrpc":"2.0","method":"ping"}"#);
        assert_eq!(call.wants.timeout, Some(ProxySettings::for_testing().default_timeout));
    }

    #[test]
    fn every_member_that_breaks_its_rule_is_refused_by_name() {
        let good = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
        for (member, bad) in [
            ("jsonrpc", json!("1.0")),
            ("jsonrpc", json!(2.0)),
            ("id", json!(1.5)),
            ("id", json!({})),
            ("id", json!(true)),
            ("method", json!(null)),
            ("method", json!(7)),
            ("method", json!("")),
            ("params", json!("x")),
            ("params", json!(1)),
            ("required_tools", json!("echo")),
            ("required_tools", json!(vec!["a"; 101])),
            ("required_resources", json!([1])),
            ("required_resources", json!([""])),
            ("preferred_servers", json!(["no-uuid"])),
            ("timeout", json!(0)),
            ("timeout", json!(-1)),
            ("timeout", json!(30_000)),
            ("timeout", json!("30")),
        ] {
            let mut body = good.clone();
            body[member] = bad.clone();
            let problem = read(&body.to_string()).unwrap_err();
            assert_eq!(problem.code(), Code::ValidationError, "{member}: {bad}");
            assert!(problem.to_string().contains(member), "{problem}");
        }
        let told = read(r#"{"method":"ping","timeout":30000}"#).unwrap_err().to_string();
        assert!(told.contains("seconds"), "{told}");
    }

    #[test]
    fn what_is_no_object_or_has_a_member_twice_is_refused() {
        for (body, code) in [
            ("", Code::MalformedJson),
            ("{", Code::MalformedJson),
            ("[]", Code::ValidationError),
            ("1", Code::ValidationError),
            (r#"{"method":"ping","method":"tools/call"}"#, Code::MalformedJson),
        ] {
            assert_eq!(read(body).unwrap_err().code(), code, "{body}");
        }
        assert!(
            serde_json::from_slice::<Value>(&read(r#"{"method":"p"}"#).unwrap().message).is_ok()
        );
    }
}
