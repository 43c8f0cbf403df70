//! Kept answers with PostgreSQL and Redis: shared by all replicas, and without any statement.

use registry_testkit::{
    Answer, Api, ChaosProxy, DataDir, Launch, Program, TestDatabase, TestRedis, eventually,
    test_redis, token,
};
use serde_json::json;

use crate::support::submit;

async fn replica(database: &str, redis: Option<(&str, &TestRedis)>, data: &DataDir) -> Program {
    let mut launch = Launch::program("public-api").data_dir(data).envs(&[
        ("DATABASE_URL", database),
        ("MREG_POSTGRES_MIN_CONNECTIONS", "1"),
        ("MREG_CACHE_RESPONSE_TTL", "3600"),
        ("MREG_HEALTH_CHECK_INTERVAL", "3600"),
    ]);
    if let Some((url, redis)) = redis {
        launch = launch.envs(&[("MREG_REDIS_URL", url), ("MREG_REDIS_KEY_PREFIX", redis.prefix())]);
    }
    launch.start().await
}

async fn signed_in(program: &Program, subject: &str) -> Api {
    let token = token(program, json!({ "subject": subject })).await;
    Api::service(program).with_token(&token)
}

async fn settled(api: &Api, name: &str) -> String {
    let path = submit(api, &format!("http://127.0.0.1:1/{name}"), name).await;
    eventually("the discovery is over", async || {
        let shown = api.get(&path).await.expect(200).json();
        (shown["discovery"]["state"] == "failed").then_some(())
    })
    .await;
    path
}

async fn hit(api: &Api, path: &str) -> Answer {
    eventually("the answer is given again", async || {
        let answer = api.get(path).await.expect(200);
        (answer.header("x-cache") == "HIT").then_some(answer)
    })
    .await
}

#[tokio::test]
async fn a_write_on_one_replica_is_read_on_the_other_at_once() {
    let (database, redis, data) = (TestDatabase::create().await, test_redis(), DataDir::new());
    let with = Some((redis.url(), &redis));
    let one = replica(database.url(), with, &data).await;
    let other = replica(database.url(), with, &data).await;
    let (writer, reader) = (signed_in(&one, "ada").await, signed_in(&other, "eve").await);
    let path = settled(&writer, "both").await;
    for round in 0..10 {
        hit(&reader, &path).await;
        let name = format!("Round {round}");
        let draft = json!({"endpoint_url": "http://127.0.0.1:1/both", "endpoint_name": name,
                           "owner_contact": "Ops"});
        writer.put(&path, &draft).await.expect(200);
        assert_eq!(reader.get(&path).await.expect(200).json()["endpoint_name"], name);
    }
}

#[tokio::test]
async fn a_hit_makes_no_statement() {
    let (database, redis, data) = (TestDatabase::create().await, test_redis(), DataDir::new());
    let proxy = ChaosProxy::before(&database.address());
    let through = database.through(&proxy);
    let api = replica(&through, Some((redis.url(), &redis)), &data).await;
    let reader = signed_in(&api, "eve").await;
    let path = settled(&reader, "silent").await;
    let reads = [path.as_str(), "/registrations"];
    let mut silent = false;
    // The program may let go of answers once more by itself, soon after the last write.
    for _ in 0..5 {
        for read in reads {
            hit(&reader, read).await;
        }
        // The database says nothing any more: what is answered now asked nothing of it.
        proxy.stall();
        let mut hits = 0;
        for read in reads.iter().cycle().take(20) {
            let answer = reader.get(read).await;
            hits += u32::from(answer.status == 200 && answer.header("x-cache") == "HIT");
            if answer.status != 200 {
                break;
            }
        }
        proxy.restore();
        silent = hits == 20;
        if silent {
            break;
        }
    }
    assert!(silent, "no 20 hits came while the database was silent");
    let other = eventually("the database is there again", async || {
        let answer = reader.get("/registrations?limit=1").await;
        (answer.status == 200).then_some(answer)
    });
    assert_eq!(other.await.header("x-cache"), "MISS");
}

#[tokio::test]
async fn without_redis_no_answer_is_kept_on_postgresql() {
    let (database, data) = (TestDatabase::create().await, DataDir::new());
    let api = replica(database.url(), None, &data).await;
    let reader = signed_in(&api, "eve").await;
    let path = settled(&reader, "plain").await;
    for _ in 0..3 {
        assert_eq!(reader.get(&path).await.expect(200).header("x-cache"), "");
    }
}

#[tokio::test]
async fn a_redis_that_is_away_costs_nothing_but_the_cache_and_leaves_nothing_stale() {
    let (database, redis, data) = (TestDatabase::create().await, test_redis(), DataDir::new());
    let proxy = ChaosProxy::before(&redis.address());
    let url = redis.through(&proxy);
    let api = replica(database.url(), Some((&url, &redis)), &data).await;
    let user = signed_in(&api, "ada").await;
    let path = settled(&user, "away").await;
    hit(&user, &path).await;

    proxy.cut();
    let draft = json!({"endpoint_url": "http://127.0.0.1:1/away", "endpoint_name": "While away",
                       "owner_contact": "Ops"});
    user.put(&path, &draft).await.expect(200);
    let answer = user.get(&path).await.expect(200);
    assert_eq!(answer.json()["endpoint_name"], "While away");
    proxy.restore();
    let again = hit(&user, &path).await;
    assert_eq!(again.json()["endpoint_name"], "While away");
}
