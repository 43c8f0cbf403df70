//! The page to read shows what the document says, and nothing that it smuggles in.

use serde_json::json;

use super::*;

fn shown(document: &Value) -> String {
    page(document, &PageSettings::for_testing())
}

#[test]
fn every_operation_is_in_the_navigation_and_on_the_page() {
    let document = serde_json::to_value(crate::openapi::document()).unwrap();
    let page = shown(&document);
    let mut count = 0;
    for (_, _, operation) in operations(&document) {
        let id = text(operation, "/operationId");
        assert!(page.contains(&format!("<a href=\"#{id}\">")), "{id} in the navigation");
        assert_eq!(
            page.matches(&format!("<article class=\"row\" id=\"{id}\">")).count(),
            1,
            "{id}"
        );
        count += 1;
    }
    assert!(count > 20, "{count}");
    for part in ["minLength", "$ref"] {
        assert!(!page.contains(part), "{part} is for programs");
    }
    assert!(page.contains("at most this long: 200"), "rules are shown");
    assert!(page.contains("REGISTRATION_NOT_FOUND"), "codes are shown");
}

#[test]
fn tags_of_the_page_are_closed() {
    let page = shown(&serde_json::to_value(crate::openapi::document()).unwrap());
    for element in ["nav", "main", "section", "article", "div", "dl", "details", "pre", "ul"] {
        let opened = page.matches(&format!("<{element}>")).count()
            + page.matches(&format!("<{element} ")).count();
        assert_eq!(opened, page.matches(&format!("</{element}>")).count(), "{element}");
    }
}

#[test]
fn what_a_document_says_is_text_wherever_it_stands() {
    let evil = "\"><script>alert(1)</script>";
    let schema = json!({
        "type": "object", "required": [evil], "description": evil,
        "properties": {evil: {"type": evil, "format": evil, "enum": [evil], "pattern": evil}},
    });
    let document = json!({
        "info": {"title": evil, "version": evil, "description": evil},
        "tags": [{"name": evil, "description": evil}],
        "paths": {evil: {"get": {
            "tags": [evil], "operationId": evil, "summary": evil, "description": evil,
            "security": [{evil: []}],
            "parameters": [{"name": evil, "in": "query", "description": evil, "schema": schema}],
            "requestBody": {"content": {evil: {"schema": schema, "example": {evil: evil}}}},
            "responses": {evil: {
                "description": evil,
                "headers": {evil: {"description": evil}},
                "content": {evil: {"schema": schema, "examples": {evil: {"value": evil}}}},
            }},
        }}},
        "components": {"securitySchemes": {"bearer": {"description": evil}}},
    });
    let page = shown(&document);
    assert!(!page.contains("<script"), "{page}");
    assert!(!page.contains("\">&lt;script&gt;\""), "{page}");
    assert!(page.matches("&lt;script&gt;").count() > 20, "{page}");
}

#[test]
fn a_schema_that_contains_itself_ends() {
    let document = json!({
        "tags": [{"name": "t"}],
        "paths": {"/": {"get": {"tags": ["t"], "responses": {"200": {"content": {
            "application/json": {"schema": {"$ref": "#/components/schemas/Node"}},
        }}}}}},
        "components": {"schemas": {"Node": {
            "type": "object",
            "properties": {"next": {"$ref": "#/components/schemas/Node"}},
        }}},
    });
    assert_eq!(shown(&document).matches("<code>next</code>").count(), 7);
}
