//! One operation: what it is in the middle column, what is sent and answered in the right one.

use serde_json::{Map, Value};

use super::html::Html;
use super::{resolved, samples, schema, summary, text};

/// The row of an operation.
pub(super) fn write(
    page: &mut Html,
    document: &Value,
    path: &str,
    method: &'static str,
    operation: &Value,
) {
    page.raw("<article class=\"row\" id=\"").text(text(operation, "/operationId")).raw("\">\n");
    page.raw("<div class=\"words\">").within("h3", summary(operation));
    page.raw("<p class=\"path\">").method(method).raw(" <code>").text(path).raw("</code></p>\n");
    page.prose(text(operation, "/description"));
    page.raw("<p class=\"who\">").raw(who(operation)).raw("</p>\n");
    parameters(page, document, operation);
    request(page, document, operation);
    responses(page, document, operation);
    page.raw("</div>\n<div class=\"samples\">");
    samples::write(page, document, path, method, operation);
    page.raw("</div>\n</article>\n");
}

/// Whether a token is asked for.
fn who(operation: &Value) -> &'static str {
    let schemes = operation.get("security").and_then(Value::as_array);
    let is_open = |schemes: &Vec<Value>| {
        schemes.iter().any(|scheme| scheme.as_object().is_some_and(Map::is_empty))
    };
    match schemes {
        None => "No token is read.",
        Some(schemes) if is_open(schemes) => "A bearer token is read where there is one.",
        Some(_) => "With a bearer token.",
    }
}

fn parameters(page: &mut Html, document: &Value, operation: &Value) {
    let list = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let list: Vec<&Value> = list.map(|parameter| resolved(document, parameter)).collect();
    for (place, heading) in [
        ("path", "<h4>In the path</h4>"),
        ("query", "<h4>In the query</h4>"),
        ("header", "<h4>Headers</h4>"),
    ] {
        let here: Vec<&&Value> = list.iter().filter(|one| text(one, "/in") == place).collect();
        if here.is_empty() {
            continue;
        }
        page.raw(heading).raw("<dl>\n");
        for parameter in here {
            let shape = parameter.get("schema").unwrap_or(&Value::Null);
            page.raw("<dt><code>").text(text(parameter, "/name")).raw("</code> <i>");
            page.text(&schema::kind(document, shape)).raw("</i>");
            let required = parameter.get("required").and_then(Value::as_bool) == Some(true);
            page.raw(if required { " <b class=\"required\">required</b>" } else { "" });
            page.raw("</dt>\n<dd>").inline(text(parameter, "/description")).raw(" ");
            schema::describe(page, document, shape);
            page.raw("</dd>\n");
        }
        page.raw("</dl>\n");
    }
}

fn request(page: &mut Html, document: &Value, operation: &Value) {
    let Some(body) = operation.get("requestBody").map(|body| resolved(document, body)) else {
        return;
    };
    for (media_type, content) in contents(body) {
        page.raw("<h4>Body <code>").text(media_type).raw("</code></h4>\n");
        if let Some(shape) = content.get("schema") {
            schema::write(page, document, shape);
        }
    }
}

fn responses(page: &mut Html, document: &Value, operation: &Value) {
    page.raw("<h4>Answers</h4>\n");
    let list = operation.get("responses").and_then(Value::as_object).into_iter().flatten();
    for (status, response) in list {
        let response = resolved(document, response);
        let class = if status.starts_with('2') { "<details class=\"good\">" } else { "<details>" };
        page.raw(class).raw("<summary><b>").text(status).raw("</b> ");
        page.inline(text(response, "/description")).raw("</summary>\n");
        for (_, content) in contents(response) {
            if let Some(shape) = content.get("schema") {
                schema::write(page, document, shape);
            }
        }
        headers(page, document, response);
        page.raw("</details>\n");
    }
}

fn headers(page: &mut Html, document: &Value, response: &Value) {
    let list = response.get("headers").and_then(Value::as_object).into_iter().flatten();
    page.raw("<dl class=\"headers\">\n");
    for (name, header) in list {
        let header = resolved(document, header);
        page.raw("<dt><code>").text(name).raw("</code></dt><dd>");
        page.inline(text(header, "/description")).raw("</dd>\n");
    }
    page.raw("</dl>\n");
}

/// The bodies of a request or a response, by media type.
pub(super) fn contents(body: &Value) -> impl Iterator<Item = (&String, &Value)> {
    body.get("content").and_then(Value::as_object).into_iter().flatten()
}
