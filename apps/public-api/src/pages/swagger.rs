//! Swagger UI: its files come from the crate that has them, and the page that starts it is ours.
//! It has no script and no style of its own in it, so that the policy can forbid both.

use std::borrow::Cow;
use std::sync::Arc;

use utoipa_swagger_ui::Config;

use super::reading::html::escaped;

/// The files that the page loads, with their media types; those of the crate that it does not load
/// are not served.
const FILES: [(&str, &str); 2] = [
    ("swagger-ui.css", "text/css; charset=utf-8"),
    ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
];

/// Starts it. No validator: that is a service of somebody else.
const START: &str = r#""use strict";
window.addEventListener("load", () => {
  const place = document.getElementById("swagger-ui");
  window.ui = SwaggerUIBundle({
    url: place.dataset.document,
    domNode: place,
    deepLinking: true,
    validatorUrl: null,
    presets: [SwaggerUIBundle.presets.apis],
  });
});
"#;

/// The page at `docs`, which shows the document at `openapi`.
pub(super) fn page(docs: &str, openapi: &str) -> String {
    let (docs, openapi) = (escaped(docs), escaped(openapi));
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>MCP Registry Gateway: try the API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{docs}/swagger-ui.css">
</head>
<body>
<div id="swagger-ui" data-document="{openapi}"></div>
<noscript>This page needs JavaScript. The document itself is at <a href="{openapi}">{openapi}</a>.</noscript>
<script src="{docs}/swagger-ui-bundle.js"></script>
<script src="{docs}/start.js"></script>
</body>
</html>
"#
    )
}

/// A file that the page loads: its media type and its bytes.
pub(crate) fn asset(name: &str) -> Option<(&'static str, Cow<'static, [u8]>)> {
    if name == "start.js" {
        return Some(("text/javascript; charset=utf-8", START.as_bytes().into()));
    }
    let (name, media_type) = FILES.into_iter().find(|(file, _)| *file == name)?;
    // The settings are for a file of the crate's that is not served.
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::from("/"))).ok()??;
    Some((media_type, file.bytes))
}
