//! Lists, page by page.

use std::collections::BTreeSet;

use registry_testkit::Api;

use crate::support::{Registry, column, link, rows, submit_dead};

async fn submit_all(api: &Api, prefix: &str, count: usize) -> Vec<String> {
    let mut names = vec![];
    for at in 0..count {
        names.push(format!("{prefix}{at}"));
        submit_dead(api, &names[at]).await;
    }
    names
}

#[tokio::test]
async fn a_page_says_how_many_there_are_and_shows_the_newest_first() {
    let registry = Registry::start().await;
    let mut names = submit_all(&registry.user, "row", 5).await;
    let oldest_first = registry.user.get("/registrations?order=asc").await.expect(200);
    assert_eq!(column(&oldest_first, "endpoint_name"), names);
    names.reverse();
    let answer = registry.user.get("/registrations").await.expect(200);
    assert_eq!(column(&answer, "endpoint_name"), names);
    let body = answer.json();
    assert_eq!(
        (&body["total"], &body["limit"], &body["offset"]),
        (&5.into(), &20.into(), &0.into())
    );
    assert_eq!(answer.header("x-total-count"), "5");
    assert_eq!(link(&answer, "next"), None);
    let middle = registry.user.get("/registrations?limit=2&offset=1").await.expect(200);
    assert_eq!(column(&middle, "endpoint_name"), names[1..3]);
    assert_eq!(middle.json()["total"], 5);
    let beyond = registry.user.get("/registrations?offset=5").await.expect(200);
    assert!(rows(&beyond).is_empty());
    assert_eq!(beyond.json()["total"], 5);
}

#[tokio::test]
async fn an_empty_registry_has_an_empty_list() {
    let registry = Registry::start().await;
    let answer = registry.user.get("/registrations?limit=1000").await.expect(200);
    assert!(rows(&answer).is_empty());
    assert_eq!((answer.header("x-total-count"), answer.header("link")), ("0", ""));
}

#[tokio::test]
async fn the_next_link_walks_every_row_once_while_rows_are_added() {
    let registry = Registry::start().await;
    let names = submit_all(&registry.user, "old", 7).await;
    let mut walked = vec![];
    let mut next = Some("/registrations?limit=2&search=o".to_owned());
    while let Some(path) = next {
        let page = registry.user.get(&path).await.expect(200);
        walked.extend(column(&page, "endpoint_name"));
        next = link(&page, "next");
        submit_dead(&registry.user, &format!("new one {}", walked.len())).await;
    }
    let newest_first: Vec<String> = names.into_iter().rev().collect();
    assert_eq!(walked, newest_first);
}

#[tokio::test]
async fn walking_from_the_oldest_on_meets_the_added_rows_too() {
    let registry = Registry::start().await;
    let mut names = submit_all(&registry.user, "old", 4).await;
    let mut walked = vec![];
    let mut next = Some("/registrations?limit=3&order=asc".to_owned());
    while let Some(path) = next {
        let page = registry.user.get(&path).await.expect(200);
        walked.extend(column(&page, "endpoint_name"));
        next = link(&page, "next");
        if names.len() < 7 {
            let name = format!("new{}", walked.len());
            submit_dead(&registry.user, &name).await;
            names.push(name);
        }
    }
    assert_eq!(walked[..], names[..walked.len()]);
    let met: BTreeSet<&String> = walked.iter().collect();
    assert_eq!(met.len(), walked.len());
    assert!(walked.len() >= 5, "what was added before the last page is on it: {walked:?}");
}

#[tokio::test]
async fn a_walk_does_not_lose_rows_when_others_are_deleted() {
    let registry = Registry::start().await;
    let names = submit_all(&registry.user, "row", 6).await;
    let first = registry.user.get("/registrations?limit=2").await.expect(200);
    for id in column(&first, "registration_id") {
        registry.admin.delete(&format!("/registrations/{id}")).await.expect(204);
    }
    let second = registry.user.get(&link(&first, "next").unwrap()).await.expect(200);
    assert_eq!(column(&second, "endpoint_name"), [names[3].clone(), names[2].clone()]);
}

#[tokio::test]
async fn a_link_keeps_the_filters_and_leads_back_by_offset() {
    let registry = Registry::start().await;
    submit_all(&registry.user, "kept", 5).await;
    submit_all(&registry.user, "other", 2).await;
    let page = registry.user.get("/registrations?search=kept&limit=2&offset=2").await.expect(200);
    assert_eq!(column(&page, "endpoint_name"), ["kept2", "kept1"]);
    let next = registry.user.get(&link(&page, "next").unwrap()).await.expect(200);
    assert_eq!(column(&next, "endpoint_name"), ["kept0"]);
    let prev = registry.user.get(&link(&page, "prev").unwrap()).await.expect(200);
    assert_eq!(column(&prev, "endpoint_name"), ["kept4", "kept3"]);
    assert_eq!(link(&prev, "prev"), None);
}

#[tokio::test]
async fn my_own_list_is_walked_the_same_way() {
    let registry = Registry::start().await;
    submit_all(&registry.admin, "other", 2).await;
    submit_all(&registry.user, "mine", 3).await;
    let page = registry.user.get("/registrations/my?limit=2").await.expect(200);
    let next = link(&page, "next").unwrap();
    assert!(next.starts_with("/registrations/my?"), "{next}");
    let rest = registry.user.get(&next).await.expect(200);
    assert_eq!(column(&rest, "endpoint_name"), ["mine0"]);
}
