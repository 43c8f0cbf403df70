//! Many clients at once.

use http::Method;
use registry_testkit::Answer;
use serde_json::{Value, json};

use crate::support::{Registry, SERVERS, assert_problem, path_of, register, server};

/// Sends all of these at once, each on its own task.
async fn at_once(registry: &Registry, sent: Vec<(Method, String, Value)>) -> Vec<Answer> {
    let tasks: Vec<_> = sent
        .into_iter()
        .map(|(method, path, body)| {
            let api = registry.anyone.clone();
            tokio::spawn(async move { api.send(method, &path, Some(&body)).await })
        })
        .collect();
    let mut answers = Vec::new();
    for task in tasks {
        answers.push(task.await.unwrap());
    }
    answers
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers.iter().filter(|answer| answer.status == status).count()
}

#[tokio::test]
async fn a_hundred_at_once_are_all_listed() {
    let registry = Registry::start().await;
    let post = |number| (Method::POST, SERVERS.to_owned(), server(&format!("s{number}")));
    let answers = at_once(&registry, (0..100).map(post).collect()).await;
    for answer in &answers {
        assert_eq!(answer.status, 201, "{}", answer.text());
    }
    let all = registry.anyone.get(&format!("{SERVERS}?limit=1")).await.expect(200);
    assert_eq!(all.header("x-total-count"), "100");
}

#[tokio::test]
async fn of_many_with_one_name_one_is_listed() {
    let registry = Registry::start().await;
    let post = |_| (Method::POST, SERVERS.to_owned(), server("same"));
    let answers = at_once(&registry, (0..20).map(post).collect()).await;
    assert_eq!((count(&answers, 201), count(&answers, 409)), (1, 19));
    let refused = answers.iter().find(|answer| answer.status == 409).unwrap();
    assert_problem(refused, 409, "SERVER_NAME_CONFLICT");
}

#[tokio::test]
async fn of_many_who_delete_one_server_one_did() {
    let registry = Registry::start().await;
    let path = path_of(&register(&registry.anyone, &server("files")).await);
    let delete = |_| (Method::DELETE, path.clone(), json!({}));
    let answers = at_once(&registry, (0..10).map(delete).collect()).await;
    assert_eq!((count(&answers, 204), count(&answers, 404)), (1, 9));
}

#[tokio::test]
async fn writers_without_a_condition_never_get_an_error_that_is_ours() {
    let registry = Registry::start().await;
    let path = path_of(&register(&registry.anyone, &server("files")).await);
    let put = |number| (Method::PUT, path.clone(), server(&format!("files {number}")));
    let answers = at_once(&registry, (0..20).map(put).collect()).await;
    let (done, stale) = (count(&answers, 200), count(&answers, 409));
    assert!(done >= 1 && done + stale == 20, "{done} done, {stale} too late");
}
