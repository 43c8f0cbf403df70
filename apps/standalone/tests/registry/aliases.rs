//! A server's short name in addresses: chosen or made, and nobody else's afterwards.

use serde_json::json;

use crate::support::{
    Registry, approve, assert_problem, dead_url, decide, draft, draft_with, mcp_url, reject,
    submit, submit_dead,
};

#[tokio::test]
async fn the_administrators_choice_counts_more_than_the_submitters() {
    let registry = Registry::start().await;
    let wished = draft_with(&dead_url("a"), "Some name", &json!({ "alias": "wished" }));
    let first = submit(&registry.user, &wished).await;
    assert_eq!(approve(&registry.admin, &first).await["alias"], "wished");
    let wished = draft_with(&dead_url("b"), "Some name", &json!({ "alias": "hoped-for" }));
    let second = submit(&registry.user, &wished).await;
    let decision = json!({ "status": "Approved", "alias": "chosen" });
    let approved = decide(&registry.admin, &second, &decision).await.expect(200).json();
    assert_eq!(approved["alias"], "chosen");
    assert_eq!(approved["mcp_url"], mcp_url(&registry.program, "chosen"));
}

#[tokio::test]
async fn an_alias_that_is_taken_is_refused_and_another_can_be_chosen() {
    let registry = Registry::start().await;
    let first = draft_with(&dead_url("a"), "First", &json!({ "alias": "weather" }));
    approve(&registry.admin, &submit(&registry.user, &first).await).await;
    let second = draft_with(&dead_url("b"), "Second", &json!({ "alias": "weather" }));
    let path = submit(&registry.user, &second).await;
    for decision in
        [json!({ "status": "Approved" }), json!({ "status": "Approved", "alias": "weather" })]
    {
        let body = assert_problem(
            &decide(&registry.admin, &path, &decision).await,
            409,
            "SERVER_NAME_CONFLICT",
        );
        assert_eq!(body["details"], json!({ "field": "alias", "wanted": "weather" }));
    }
    assert_eq!(registry.user.get(&path).await.json()["status"], "Pending");
    let decision = json!({ "status": "Approved", "alias": "weather-too" });
    let approved = decide(&registry.admin, &path, &decision).await.expect(200).json();
    assert_eq!(approved["alias"], "weather-too");
}

#[tokio::test]
async fn an_alias_is_made_from_the_name_and_numbered() {
    let registry = Registry::start().await;
    for (at, (name, alias)) in [
        ("Weather & Wind (EU)", "weather-wind-eu"),
        ("Weather & Wind (EU)", "weather-wind-eu-2"),
        ("weather  wind eu!", "weather-wind-eu-3"),
        ("A name that is longer than an alias may be", "a-name-that-is-longer-th"),
        ("A name that is longer than an alias may be", "a-name-that-is-longer-2"),
    ]
    .into_iter()
    .enumerate()
    {
        let path = submit(&registry.user, &draft(&dead_url(&at.to_string()), name)).await;
        assert_eq!(approve(&registry.admin, &path).await["alias"], alias, "{name}");
    }
}

#[tokio::test]
async fn a_name_without_letters_of_ours_gets_an_alias_all_the_same() {
    let registry = Registry::start().await;
    for name in ["天気予報", "☂☂☂"] {
        let path = submit(&registry.user, &draft(&dead_url(&name.len().to_string()), name)).await;
        let approved = approve(&registry.admin, &path).await;
        let alias = crate::support::text(&approved, "alias");
        let fit = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
        assert!(!alias.is_empty() && alias.chars().all(fit), "{alias}");
        assert!(!alias.starts_with('-'), "{alias}");
    }
}

#[tokio::test]
async fn the_alias_of_a_deleted_server_is_not_given_to_another() {
    let registry = Registry::start().await;
    let wished = draft_with(&dead_url("a"), "Payroll", &json!({ "alias": "payroll" }));
    let path = submit(&registry.user, &wished).await;
    approve(&registry.admin, &path).await;
    registry.admin.delete(&path).await.expect(204);

    let squatter = draft_with(&dead_url("b"), "Something else", &json!({ "alias": "payroll" }));
    let path = submit(&registry.user, &squatter).await;
    let answer = decide(&registry.admin, &path, &json!({ "status": "Approved" })).await;
    assert_problem(&answer, 409, "SERVER_NAME_CONFLICT");

    let namesake = submit(&registry.user, &draft(&dead_url("c"), "Payroll")).await;
    assert_eq!(approve(&registry.admin, &namesake).await["alias"], "payroll-2");
}

#[tokio::test]
async fn a_wish_that_was_not_granted_holds_no_alias() {
    let registry = Registry::start().await;
    let wish = draft_with(&dead_url("a"), "First", &json!({ "alias": "same" }));
    reject(&registry.admin, &submit(&registry.user, &wish).await).await;
    submit_dead(&registry.user, "same").await;
    let wish = draft_with(&dead_url("c"), "Third", &json!({ "alias": "same" }));
    let path = submit(&registry.user, &wish).await;
    assert_eq!(approve(&registry.admin, &path).await["alias"], "same");
}
