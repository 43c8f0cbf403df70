//! The right column: a request as `curl` sends it, and the answers.

use serde_json::Value;

use super::html::Html;
use super::operation::contents;
use super::resolved;

/// The samples of an operation.
pub(super) fn write(
    page: &mut Html,
    document: &Value,
    path: &str,
    method: &'static str,
    operation: &Value,
) {
    let body = operation.get("requestBody").map(|body| resolved(document, body));
    let body = body.and_then(|body| contents(body).next());
    page.raw("<h5>Request</h5><pre>").text(&curl(path, method, operation, body)).raw("</pre>\n");
    let responses = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    for (status, response) in responses {
        for (media_type, content) in contents(resolved(document, response)) {
            for (name, example) in examples(document, content) {
                let open = if status.starts_with('2') { "<details open>" } else { "<details>" };
                page.raw(open).raw("<summary>").text(status).raw(" ").text(name);
                page.raw("</summary><h6>").text(media_type).raw("</h6><pre>");
                page.text(&pretty(example)).raw("</pre></details>\n");
            }
        }
    }
}

fn curl(path: &str, method: &str, operation: &Value, body: Option<(&String, &Value)>) -> String {
    let mut command = vec![format!("curl -X {} \"$SERVER{path}\"", method.to_uppercase())];
    if operation.get("security").is_some() {
        command.push("-H \"Authorization: Bearer $TOKEN\"".to_owned());
    }
    if let Some((media_type, content)) = body {
        command.push(format!("-H \"Content-Type: {media_type}\""));
        if let Some(example) = content.get("example") {
            // A quote would end the shell's text.
            command.push(format!("-d '{}'", pretty(example).replace('\'', "'\\''")));
        }
    }
    command.join(" \\\n  ")
}

/// The examples of a body, each with its name, which is empty where there is but one.
fn examples<'a>(document: &'a Value, content: &'a Value) -> Vec<(&'a str, &'a Value)> {
    if let Some(example) = content.get("example") {
        return vec![("", example)];
    }
    let named = content.get("examples").and_then(Value::as_object).into_iter().flatten();
    named
        .filter_map(|(name, example)| {
            Some((name.as_str(), resolved(document, example).get("value")?))
        })
        .collect()
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}
