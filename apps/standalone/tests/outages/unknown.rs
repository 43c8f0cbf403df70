//! What a program does not know: a schema of a newer one, and values that no longer read.

use registry_testkit::{
    eventually,
    upstreams::{RmcpOptions, RmcpServer},
};

use serde_json::json;

use crate::support::{Replica, Stores, draft, path};

#[tokio::test]
async fn a_schema_newer_than_the_program_is_refused_by_version() {
    let stores = Stores::new().await;
    let newest = {
        let mut replica = Replica::start(&stores, &[]).await;
        replica.program.terminate();
        replica.program.wait_exit().await;
        let newest = "SELECT max(version) FROM __diesel_schema_migrations";
        stores.rows(newest).await[0].get::<_, String>(0)
    };
    stores.rows("INSERT INTO __diesel_schema_migrations (version) VALUES ('99990101000000')").await;
    for command in ["serve", "migrate"] {
        let output = stores.launch().only_args(&[command]).run();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{command}: {said}");
        assert_eq!(said.lines().count(), 1, "{command}: {said}");
        for part in ["99990101000000", &newest, stores.database.name()] {
            assert!(said.contains(part), "{command}, {part}: {said}");
        }
    }
}

#[tokio::test]
async fn a_row_that_does_not_read_is_named_in_the_log_and_keeps_no_other_back() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, &[]).await;
    let upstream = RmcpServer::start(RmcpOptions::default());
    let good = replica.submit("good", &upstream.url()).await;
    let other = draft("broken", "http://127.0.0.1:9/broken");
    let broken = replica.registry().post("/registrations", &other).await.expect(201).json();
    let broken = broken["registration_id"].as_str().unwrap();
    stores.rows("UPDATE registrations SET endpoint_url = '::' WHERE alias = 'broken'").await;

    let list = replica.registry().get("/registrations").await.expect(200).json();

    let shown: Vec<&str> = list["results"]
        .as_array()
        .unwrap_or_else(|| panic!("{list}"))
        .iter()
        .map(|item| item["registration_id"].as_str().unwrap())
        .collect();
    assert_eq!(shown, [good.as_str()]);
    let log = replica.logs(broken).await;
    assert!(log.to_string().contains("registrations"), "{log}");
    let answer = replica.registry().get(&format!("/registrations/{broken}")).await.expect(500);
    let problem = answer.json();
    assert_eq!(problem["error"], "INTERNAL_ERROR", "{problem}");
    let id = problem["request_id"].as_str().expect("a request id").to_owned();
    assert!(!answer.text().contains("::"), "{problem}");
    let cause = eventually("the cause is logged with the request's id", async || {
        let mut logs = replica.program.logs().into_iter();
        logs.find(|log| log["level"] == "ERROR" && log.to_string().contains(&id))
    })
    .await;
    assert!(cause.to_string().contains(broken), "{cause}");

    // All else goes on.
    replica.approve(&good).await;
    replica.serves("good").await;
    replica.echo("good", "still").await;
}

#[tokio::test]
async fn a_server_that_does_not_read_keeps_no_other_from_being_served() {
    let stores = Stores::new().await;
    let mut replica = Replica::start(&stores, &[]).await;
    let upstreams = [(); 2].map(|()| RmcpServer::start(RmcpOptions::default()));
    replica.list("good", &upstreams[0].url()).await;
    replica.list("broken", &upstreams[1].url()).await;
    let broken = stores
        .rows(
            "UPDATE servers SET endpoint_url = '::' WHERE alias = 'broken' \
             RETURNING id::text",
        )
        .await[0]
        .get::<_, String>(0);
    replica.program.terminate();
    replica.program.wait_exit().await;

    let again = Replica::of(replica.program.start_again().await).await;

    again.serves("good").await;
    again.echo("good", "still").await;
    let log = again.logs(&broken).await;
    assert!(log.to_string().contains("servers"), "{log}");
    let call = again.mcp().call_tool(&path("broken"), "echo", json!({})).await;
    call.expect(404);
    // Those that come later are served, too.
    let later = RmcpServer::start(RmcpOptions::default());
    again.list("later", &later.url()).await;
    again.echo("later", "also").await;
}

/// As an older program sees them while a newer one runs beside it.
#[tokio::test]
async fn events_and_servers_that_do_not_read_stop_no_later_change() {
    let stores = Stores::new().await;
    let replica = Replica::start(&stores, &[]).await;
    let upstreams = [(); 3].map(|()| RmcpServer::start(RmcpOptions::default()));
    let good = replica.list("good", &upstreams[0].url()).await;
    replica.list("broken", &upstreams[1].url()).await;
    for spoiled in [
        "WITH spoiled AS (UPDATE servers SET endpoint_url = '::' WHERE alias = 'broken' \
         RETURNING id) \
         INSERT INTO events (event_id, kind, server_id, registration_id, at) \
         SELECT gen_random_uuid(), kind, server_id, registration_id, now() FROM events \
         WHERE server_id IN (SELECT id FROM spoiled) ORDER BY seq DESC LIMIT 1",
        "INSERT INTO events (event_id, kind, at) VALUES (gen_random_uuid(), 'Unheard', now())",
    ] {
        stores.rows(spoiled).await;
    }

    replica.list("later", &upstreams[2].url()).await;
    replica.registry().delete(&format!("/registrations/{good}")).await.expect(204);
    for alias in ["good", "broken"] {
        eventually(&format!("{alias} is gone"), async || {
            let call = replica.mcp().call_tool(&path(alias), "echo", json!({})).await;
            (call.status == 404).then_some(())
        })
        .await;
    }
    replica.echo("later", "still").await;
    replica.gateway_turns("healthy").await;
}
