//! One address, one registration.

use serde_json::json;
use tokio::task::JoinSet;

use crate::support::{
    Registry, assert_breaks, assert_problem, dead_url, draft, escaped, id_in, path_of, submit,
};

fn by_url(url: &str) -> String {
    format!("/registrations/by-url?endpoint_url={}", escaped(url))
}

#[tokio::test]
async fn a_registration_is_found_by_its_address_in_any_spelling() {
    let registry = Registry::start().await;
    let url = "http://127.0.0.1:1/Some/Path?x=%20&y=1";
    let path = submit(&registry.user, &draft(url, "Findable")).await;
    let slashed = submit(&registry.user, &draft("http://LocalHost:80/mcp/", "Slashed")).await;
    for (spelling, expected) in [
        (url, &path),
        ("HTTP://127.0.0.1:1/Some/Path?x=%20&y=1", &path),
        ("http://LocalHost:80/mcp/", &slashed),
        ("http://localhost/mcp", &slashed),
        ("http://LOCALHOST/mcp/", &slashed),
        ("http://localhost:80/x/../mcp", &slashed),
    ] {
        let found = registry.user.get(&by_url(spelling)).await.expect(200).json();
        assert_eq!(&path_of(&found), expected, "{spelling}");
    }
}

#[tokio::test]
async fn another_address_is_not_found() {
    let registry = Registry::start().await;
    submit(&registry.user, &draft(&dead_url("mcp"), "Here")).await;
    for url in [dead_url("MCP"), dead_url("mcp?x=1"), dead_url(""), "no address".to_owned()] {
        let answer = registry.user.get(&by_url(&url)).await;
        assert_problem(&answer, 404, "REGISTRATION_NOT_FOUND");
    }
    for missing in ["/registrations/by-url", "/registrations/by-url?endpoint_url="] {
        assert_breaks(&registry.user.get(missing).await, "query.endpoint_url", "missing");
    }
}

#[tokio::test]
async fn a_second_registration_of_an_address_is_told_of_the_first() {
    let registry = Registry::start().await;
    let first = submit(&registry.user, &draft("http://localhost:1/mcp", "First")).await;
    for spelling in ["http://localhost:1/mcp", "HTTP://LOCALHOST:1/mcp/"] {
        let answer = registry.admin.post("/registrations", &draft(spelling, "Second")).await;
        let body = assert_problem(&answer, 409, "ENDPOINT_URL_CONFLICT");
        assert_eq!(body["details"]["existing_registration_id"], id_in(&first));
        assert_eq!(body["details"]["status"], "Pending");
    }
    let rejected = json!({ "status": "Rejected" });
    crate::support::decide(&registry.admin, &first, &rejected).await.expect(200);
    let answer =
        registry.admin.post("/registrations", &draft("http://localhost:1/mcp", "3rd")).await;
    let body = assert_problem(&answer, 409, "ENDPOINT_URL_CONFLICT");
    assert_eq!(body["details"]["status"], "Rejected", "it can be resubmitted instead");
}

#[tokio::test]
async fn an_edit_does_not_take_another_registrations_address() {
    let registry = Registry::start().await;
    let first = submit(&registry.user, &draft(&dead_url("first"), "First")).await;
    let second = submit(&registry.user, &draft(&dead_url("second"), "Second")).await;
    let answer = registry.user.put(&second, &draft(&dead_url("first"), "Second")).await;
    let body = assert_problem(&answer, 409, "ENDPOINT_URL_CONFLICT");
    assert_eq!(body["details"]["existing_registration_id"], id_in(&first));
    let shown = registry.user.get(&second).await.expect(200).json();
    assert_eq!(shown["endpoint_url"], dead_url("second"));
    registry.user.put(&second, &draft(&dead_url("second"), "Renamed")).await.expect(200);
}

#[tokio::test]
async fn of_twenty_submissions_of_one_address_one_is_accepted() {
    let registry = Registry::start().await;
    let mut racing = JoinSet::new();
    for at in 0..20 {
        let api = registry.someone(json!({ "subject": format!("racer-{at}") })).await;
        let draft = draft(&dead_url("contested"), &format!("Racer {at}"));
        racing.spawn(async move { api.post("/registrations", &draft).await });
    }
    let answers = racing.join_all().await;
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((won.len(), lost.len()), (1, 19));
    let winner = won[0].json();
    for answer in lost {
        let body = assert_problem(&answer, 409, "ENDPOINT_URL_CONFLICT");
        assert_eq!(body["details"]["existing_registration_id"], winner["registration_id"]);
    }
    assert_eq!(registry.user.get("/registrations").await.json()["total"], 1);
}
