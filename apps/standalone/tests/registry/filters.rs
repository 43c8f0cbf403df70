//! Which registrations a list shows.

use registry_testkit::Api;
use serde_json::json;

use crate::support::{
    Registry, approve, assert_breaks, column, dead_url, draft, draft_with, escaped, reject, submit,
    submit_dead, text,
};

async fn names(api: &Api, query: &str) -> Vec<String> {
    let answer = api.get(&format!("/registrations?{query}")).await.expect(200);
    let names = column(&answer, "endpoint_name");
    assert_eq!(answer.json()["total"], names.len(), "{query}");
    names
}

#[tokio::test]
async fn a_status_filters_in_whatever_case() {
    let registry = Registry::start().await;
    for name in ["pending one", "approved one", "rejected one"] {
        submit_dead(&registry.user, name).await;
    }
    let all = registry.user.get("/registrations?order=asc").await.expect(200);
    let paths: Vec<String> =
        column(&all, "registration_id").iter().map(|id| format!("/registrations/{id}")).collect();
    approve(&registry.admin, &paths[1]).await;
    reject(&registry.admin, &paths[2]).await;
    for (status, name) in [
        ("Pending", "pending one"),
        ("pending", "pending one"),
        ("APPROVED", "approved one"),
        ("Rejected", "rejected one"),
    ] {
        assert_eq!(names(&registry.user, &format!("status={status}")).await, [name]);
    }
}

#[tokio::test]
async fn a_search_looks_into_name_contact_and_description_in_whatever_case() {
    let registry = Registry::start().await;
    for (name, members) in [
        ("Weather Station", json!({})),
        ("By contact", json!({ "owner_contact": "weather-team@example.com" })),
        ("By description", json!({ "description": "Knows the WEATHER." })),
        ("Not that", json!({ "available_tools": [{ "name": "weather" }] })),
    ] {
        let draft = json!({ "owner_contact": "somebody" });
        let mut draft = draft_with(&dead_url(name), name, &draft);
        draft.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        submit(&registry.user, &draft).await;
    }
    let found = ["By description", "By contact", "Weather Station"];
    for search in ["weather", "WEATHER", "eaThe"] {
        assert_eq!(names(&registry.user, &format!("search={search}")).await, found, "{search}");
    }
    assert!(names(&registry.user, "search=sunshine").await.is_empty());
    assert_eq!(names(&registry.user, "search=").await.len(), 4, "no word is no filter");
}

#[tokio::test]
async fn a_search_takes_every_character_as_itself() {
    let registry = Registry::start().await;
    for (at, name) in
        ["100% sure", "100 percent", "snake_case", "snakeXcase", r"back\slash"].iter().enumerate()
    {
        submit(&registry.user, &draft(&dead_url(&at.to_string()), name)).await;
    }
    for (search, found) in [
        ("%", &["100% sure"][..]),
        ("0%", &["100% sure"]),
        ("_", &["snake_case"]),
        ("e_c", &["snake_case"]),
        (r"\", &[r"back\slash"]),
        (r"\%", &[]),
        ("'", &[]),
        ("\"", &[]),
        ("*", &[]),
    ] {
        let query = format!("search={}", escaped(search));
        assert_eq!(names(&registry.user, &query).await, found, "{search}");
    }
}

#[tokio::test]
async fn a_search_knows_the_cases_of_other_scripts() {
    let registry = Registry::start().await;
    let name = "Wetter für Köln ☂ ΟΔΥΣΣΕΥΣ";
    submit(&registry.user, &draft(&dead_url("utf8"), name)).await;
    for search in ["FÜR", "kÖlN", "☂", "οδυσσευς"] {
        let found = names(&registry.user, &format!("search={}", escaped(search))).await;
        assert_eq!(found, [name], "{search}");
    }
    assert!(names(&registry.user, &format!("search={}", escaped("koln"))).await.is_empty());
}

#[tokio::test]
async fn a_submitter_filters_and_filters_go_together() {
    let registry = Registry::start().await;
    let bob = registry.someone(json!({ "subject": "bob" })).await;
    let bobs = submit_dead(&bob, "bobs alpha").await;
    submit_dead(&bob, "bobs beta").await;
    submit_dead(&registry.user, "adas alpha").await;
    approve(&registry.admin, &bobs).await;
    let me = bob.get("/users/me").await.expect(200).json();
    let own = format!("submitter_id={}", text(&me, "user_id"));
    assert_eq!(names(&registry.user, &own).await, ["bobs beta", "bobs alpha"]);
    let all = format!("{own}&search=alpha&status=approved");
    assert_eq!(names(&registry.user, &all).await, ["bobs alpha"]);
    let none = format!("{own}&search=alpha&status=pending");
    assert!(names(&registry.user, &none).await.is_empty());
}

#[tokio::test]
async fn my_registrations_are_my_own() {
    let registry = Registry::start().await;
    let bob = registry.someone(json!({ "subject": "bob" })).await;
    submit_dead(&bob, "bobs").await;
    submit_dead(&registry.user, "adas").await;
    let mine = bob.get("/registrations/my").await.expect(200);
    assert_eq!(column(&mine, "endpoint_name"), ["bobs"]);
    assert_eq!(mine.json()["total"], 1);
    let me = registry.user.get("/users/me").await.expect(200).json();
    let others = format!("/registrations/my?submitter_id={}", text(&me, "user_id"));
    assert_eq!(column(&bob.get(&others).await, "endpoint_name"), ["bobs"], "my means mine");
}

#[tokio::test]
async fn a_filter_that_means_nothing_is_refused() {
    let registry = Registry::start().await;
    for list in ["/registrations", "/registrations/my"] {
        for (query, field, rule) in [
            ("limit=0", "limit", "int_range"),
            ("limit=1001", "limit", "int_range"),
            ("limit=-1", "limit", "int_range"),
            ("limit=ten", "limit", "int_range"),
            ("limit=1.5", "limit", "int_range"),
            ("offset=-1", "offset", "int_range"),
            ("status=done", "status", "enum"),
            ("order=up", "order", "enum"),
            ("submitter_id=me", "submitter_id", "uuid_parsing"),
            ("cursor=abc", "cursor", "value_error"),
        ] {
            let answer = registry.user.get(&format!("{list}?{query}")).await;
            assert_breaks(&answer, &format!("query.{field}"), rule);
        }
    }
}
