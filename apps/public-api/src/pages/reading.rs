//! The page to read: the whole document as one page of HTML, in the three columns that people know
//! from ReDoc. It needs no script. Whatever comes out of the document is escaped: a page is written
//! through [`html::Html`], which takes its markup from literals only.

pub(super) mod html;
mod operation;
mod samples;
mod schema;

use serde_json::Value;

use html::Html;

use super::PageSettings;

/// How the page looks.
pub(super) const STYLE: &str = include_str!("reading/style.css");

/// The methods that a path may have, in the order in which they are shown.
const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

/// The page of a document.
pub(super) fn page(document: &Value, settings: &PageSettings) -> String {
    let mut page = Html::default();
    let title = text(document, "/info/title");
    page.raw("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n");
    page.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    page.within("title", title).raw("\n<link rel=\"icon\" href=\"data:,\">\n");
    page.raw("<link rel=\"stylesheet\" href=\"");
    page.text(settings.redoc.as_deref().unwrap_or_default())
        .raw("/style.css\">\n</head>\n<body>\n");
    navigation(&mut page, document, title);
    page.raw("<main>\n");
    introduction(&mut page, document, settings);
    for tag in tags(document) {
        page.raw("<section class=\"tag\"><header id=\"tag-").text(tag.name).raw("\">");
        page.within("h2", tag.name).prose(tag.description).raw("</header>\n");
        for (path, method, found) in &tag.operations {
            operation::write(&mut page, document, path, method, found);
        }
        page.raw("</section>\n");
    }
    page.raw("</main>\n</body>\n</html>\n");
    page.into_string()
}

/// A group of operations.
struct Tag<'a> {
    name: &'a str,
    description: &'a str,
    operations: Vec<(&'a str, &'static str, &'a Value)>,
}

fn tags(document: &Value) -> Vec<Tag<'_>> {
    let list = document.get("tags").and_then(Value::as_array).into_iter().flatten();
    list.map(|tag| {
        let name = text(tag, "/name");
        let operations = operations(document)
            .filter(|(_, _, operation)| text(operation, "/tags/0") == name)
            .collect();
        Tag { name, description: text(tag, "/description"), operations }
    })
    .filter(|tag| !tag.operations.is_empty())
    .collect()
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &'static str, &Value)> {
    let paths = document.get("paths").and_then(Value::as_object).into_iter().flatten();
    paths.flat_map(|(path, item)| {
        METHODS
            .into_iter()
            .filter_map(move |method| Some((path.as_str(), method, item.get(method)?)))
    })
}

fn navigation(page: &mut Html, document: &Value, title: &str) {
    page.raw("<nav>\n").within("strong", title).raw("\n<ul>\n");
    for tag in tags(document) {
        page.raw("<li><a href=\"#tag-")
            .text(tag.name)
            .raw("\">")
            .text(tag.name)
            .raw("</a>\n<ul>\n");
        for (_, method, operation) in tag.operations {
            page.raw("<li><a href=\"#").text(text(operation, "/operationId")).raw("\">");
            page.method(method).raw(" ").text(summary(operation)).raw("</a></li>\n");
        }
        page.raw("</ul></li>\n");
    }
    page.raw("</ul>\n</nav>\n");
}

fn introduction(page: &mut Html, document: &Value, settings: &PageSettings) {
    page.raw("<section class=\"row\"><div class=\"words\">");
    page.raw("<h1>").text(text(document, "/info/title")).raw(" <small>");
    page.text(text(document, "/info/version")).raw("</small></h1>\n");
    page.prose(text(document, "/info/description"));
    page.raw("<p>");
    if let Some(openapi) = &settings.openapi {
        page.raw("The OpenAPI document: ").link(openapi).raw(". ");
    }
    if let Some((docs, _)) = settings.swagger() {
        page.raw("To try it: ").link(docs).raw(".");
    }
    page.raw("</p>\n<h3>Authentication</h3>\n");
    page.prose(text(document, "/components/securitySchemes/bearer/description"));
    page.raw("</div><div class=\"samples\"><pre>Authorization: Bearer &lt;token&gt;</pre></div></section>\n");
}

/// What an operation is, in a few words.
fn summary(operation: &Value) -> &str {
    text(operation, "/summary").trim_end_matches('.')
}

/// The text at a place in a document, empty where there is none.
fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// What a value says, or what the component says to which it refers.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let reference = value.get("$ref").and_then(Value::as_str);
    let target = reference.and_then(|reference| reference.strip_prefix('#'));
    target.and_then(|pointer| document.pointer(pointer)).unwrap_or(value)
}

#[cfg(test)]
mod tests;
