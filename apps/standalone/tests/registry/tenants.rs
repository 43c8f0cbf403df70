//! Registrations are their tenant's: to everybody else there are none, by whichever door.

use http::Method;
use registry_testkit::Api;
use serde_json::{Value, json};

use crate::form::{documents, upload, uploaded};
use crate::support::{
    Registry, approve, assert_problem, dead_url, draft, escaped, id_in, path_of, request, submit,
    submit_dead, text,
};

/// A registration of tenant `contoso`, with a document and a link, and who asks about it.
struct Tenants {
    registry: Registry,
    ada: Api,
    path: String,
    document: String,
    link: String,
}

impl Tenants {
    async fn start() -> Self {
        let registry = Registry::start().await;
        let ada = registry.someone(json!({ "subject": "ada", "tenant": "contoso" })).await;
        let path = submit_dead(&ada, "weather").await;
        let document = uploaded(&ada, &path, "guide.md", b"# guide").await.0;
        let link = json!({ "rel": "source", "url": "https://code.example.com" });
        let link = ada.post(&format!("{path}/links"), &link).await.expect(201).json();
        let link = format!("{path}/links/{}", text(&link, "link_id"));
        Self { registry, ada, path, document, link }
    }

    async fn eve(&self) -> Api {
        self.registry.someone(json!({ "subject": "eve", "tenant": "fabrikam" })).await
    }
}

/// How many registrations somebody is told of, by each way to ask.
async fn counted(api: &Api) -> Vec<Value> {
    let mut counts = vec![];
    for query in ["", "?status=Pending", "?search=weather", "?order=asc&limit=1"] {
        let answer = api.get(&format!("/registrations{query}")).await.expect(200);
        let total = answer.json()["total"].clone();
        assert_eq!(answer.header("x-total-count"), total.to_string(), "{query}");
        counts.push(total);
    }
    counts
}

#[tokio::test]
async fn a_registration_is_there_for_its_tenant_and_for_administrators() {
    let tenants = Tenants::start().await;
    let bob = tenants.registry.someone(json!({ "subject": "bob", "tenant": "contoso" })).await;
    let root = json!({ "subject": "root", "tenant": "fabrikam", "roles": ["admin"] });
    let root = tenants.registry.someone(root).await;
    let url = escaped(&dead_url("weather"));
    for (who, api) in [("her colleague", &bob), ("an administrator", &root)] {
        assert_eq!(counted(api).await, [1, 1, 1, 1], "{who}");
        for path in [
            tenants.path.clone(),
            format!("/registrations/by-url?endpoint_url={url}"),
            format!("{}/manifest", tenants.path),
            documents(&tenants.path),
            tenants.document.clone(),
            format!("{}/links", tenants.path),
        ] {
            api.get(&path).await.expect(200);
        }
    }
    approve(&root, &tenants.path).await;
    assert_eq!(bob.get(&tenants.path).await.expect(200).json()["status"], "Approved");
}

#[tokio::test]
async fn another_tenant_neither_sees_nor_counts_nor_changes_it() {
    let tenants = Tenants::start().await;
    let eve = tenants.eve().await;
    assert_eq!(counted(&eve).await, [0, 0, 0, 0]);
    let ada = tenants.ada.get("/users/me").await.expect(200).json();
    let hers = format!("/registrations?submitter_id={}", text(&ada, "user_id"));
    assert_eq!(eve.get(&hers).await.expect(200).json()["total"], 0);
    let person = format!("/users/{}", text(&ada, "user_id"));
    assert_problem(&eve.get(&person).await, 404, "USER_NOT_FOUND");
    tenants.ada.get(&person).await.expect(200);

    let (path, url) = (&tenants.path, escaped(&dead_url("weather")));
    for hidden in [
        path.clone(),
        format!("/registrations/by-url?endpoint_url={url}"),
        format!("{path}/manifest"),
        documents(path),
        format!("{path}/links"),
    ] {
        assert_problem(&eve.get(&hidden).await, 404, "REGISTRATION_NOT_FOUND");
    }
    let file = upload(&eve, path, "x.md", b"x").await;
    assert_problem(&file, 404, "REGISTRATION_NOT_FOUND");
    let other = draft(&dead_url("other"), "other").to_string();
    let link = r#"{"rel": "source", "url": "https://evil.example.com"}"#;
    for (method, path, body) in [
        (Method::GET, tenants.document.as_str(), ""),
        (Method::DELETE, &tenants.document, ""),
        (Method::DELETE, &tenants.link, ""),
        (Method::POST, &format!("{path}/links"), link),
        (Method::PUT, path, &other),
        (Method::POST, &format!("{path}/propose"), &other),
        (Method::POST, &format!("{path}/withdraw"), ""),
        (Method::POST, &format!("{path}/resubmit"), ""),
    ] {
        let headers = [("content-type", "application/json")];
        let sent = request(method.clone(), &headers, body.to_owned());
        let answer = eve.request(path, sent).await;
        assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text());
        assert_eq!(answer.json()["error"], "REGISTRATION_NOT_FOUND", "{method} {path}");
    }
    assert_eq!(counted(&tenants.ada).await, [1, 1, 1, 1], "it is as it was");
}

#[tokio::test]
async fn whose_a_taken_address_is_is_told_to_those_who_may_see_it() {
    let tenants = Tenants::start().await;
    let again = draft(&dead_url("weather"), "weather");
    let told = assert_problem(
        &tenants.ada.post("/registrations", &again).await,
        409,
        "ENDPOINT_URL_CONFLICT",
    );
    assert_eq!(told["details"]["existing_registration_id"], id_in(&tenants.path));
    let eve = tenants.eve().await;
    let told =
        assert_problem(&eve.post("/registrations", &again).await, 409, "ENDPOINT_URL_CONFLICT");
    assert!(!told.to_string().contains(id_in(&tenants.path)), "{told}");
    let own = submit(&eve, &draft(&dead_url("hers"), "hers")).await;
    let moved = eve.put(&own, &again).await;
    let told = assert_problem(&moved, 409, "ENDPOINT_URL_CONFLICT");
    assert_eq!(told["details"]["status"], Value::Null, "{told}");
    assert_eq!(path_of(&eve.get(&own).await.expect(200).json()), own);
}
