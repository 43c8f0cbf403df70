//! What an authorization server keeps: clients, consents, grants, denials, keys.

use std::time::Duration;

use futures_util::future::join_all;
use registry_domain::oauth::{
    Consent, Denial, Grant, GrantRotation, OAuthClient, Rotated, SigningKey,
};
use registry_domain::ports::{Clock as _, Kept};
use uuid::Uuid;

use crate::Outcome;
use crate::world::{World, tenant};

const HOUR: Duration = Duration::from_hours(1);

fn client(world: &World, id: &str) -> OAuthClient {
    OAuthClient {
        id: id.to_owned(),
        name: Some("Zoë's client".to_owned()),
        redirect_uris: vec![
            "https://app.example/cb?x=1".to_owned(),
            "http://127.0.0.1/cb".to_owned(),
        ],
        secret_hash: Some(vec![7; 32]),
        created_at: world.clock.now(),
        ends_at: world.clock.now() + HOUR,
    }
}

fn grant(world: &World, client: &str) -> Result<Grant, libtest_mimic::Failed> {
    Ok(Grant {
        id: world.uuid(),
        client: client.to_owned(),
        subject: "ada".to_owned(),
        tenant: Some(tenant("contoso")?),
        resource: "https://gateway.example/mcp".to_owned(),
        scopes: vec!["access_as_user".to_owned(), "openid".to_owned()],
        serial: 1,
        sealed: vec![0, 255, 7],
        created_at: world.clock.now(),
        ends_at: world.clock.now() + HOUR,
    })
}

fn denial(world: &World, what: Uuid) -> Denial {
    Denial { what, since: world.clock.now(), ends_at: world.clock.now() + HOUR }
}

fn rotation(world: &World, grant: &Grant, expected: i64) -> GrantRotation {
    let ends_at = world.clock.now() + 2 * HOUR;
    GrantRotation { grant: grant.id, expected, sealed: vec![9], ends_at }
}

pub(crate) async fn a_client_reads_back_until_it_ends(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    let made = client(world, "one");
    assert_eq!(oauth.insert_client(&made, 10).await?, Kept::Kept);
    assert_eq!(oauth.find_client("one").await?, Some(made));
    assert_eq!(oauth.find_client("other\0").await?, None);
    world.clock.advance(HOUR);
    assert_eq!(oauth.find_client("one").await?, None);
    Ok(())
}

pub(crate) async fn no_more_clients_are_kept_than_may_be_and_ended_ones_make_room(
    world: &World,
) -> Outcome {
    let oauth = world.ports().oauth;
    for id in ["one", "two"] {
        assert_eq!(oauth.insert_client(&client(world, id), 2).await?, Kept::Kept);
    }
    assert_eq!(oauth.insert_client(&client(world, "three"), 2).await?, Kept::Full);
    assert_eq!(oauth.find_client("three").await?, None);
    world.clock.advance(HOUR);
    assert_eq!(oauth.insert_client(&client(world, "three"), 2).await?, Kept::Kept);
    Ok(())
}

pub(crate) async fn a_client_lives_as_long_as_its_grants(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    oauth.insert_client(&client(world, "one"), 10).await?;
    world.clock.advance(HOUR / 2);
    let made = grant(world, "one")?;
    oauth.insert_grant(&made, 10).await?;
    world.clock.advance(HOUR / 2);
    assert!(oauth.find_client("one").await?.is_some());
    assert_eq!(oauth.rotate_grant(&rotation(world, &made, 1)).await?, Rotated::To(2));
    world.clock.advance(HOUR);
    oauth.sweep().await?;
    assert!(oauth.find_client("one").await?.is_some());
    world.clock.advance(HOUR);
    assert!(oauth.find_client("one").await?.is_none());
    Ok(())
}

pub(crate) async fn a_consent_is_remembered_until_it_ends_and_can_be_given_again(
    world: &World,
) -> Outcome {
    let oauth = world.ports().oauth;
    let consent = || Consent {
        key: "c".repeat(64),
        client: "one".to_owned(),
        subject: "ada".to_owned(),
        tenant: None,
        created_at: world.clock.now(),
        ends_at: world.clock.now() + HOUR,
    };
    assert!(!oauth.has_consent(&consent().key).await?);
    oauth.remember_consent(&consent()).await?;
    assert!(oauth.has_consent(&consent().key).await?);
    world.clock.advance(HOUR);
    assert!(!oauth.has_consent(&consent().key).await?);
    oauth.remember_consent(&consent()).await?;
    assert!(oauth.has_consent(&consent().key).await?);
    Ok(())
}

pub(crate) async fn a_grant_reads_back_whole_and_ends(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    let made = grant(world, "one")?;
    oauth.insert_grant(&made, 10).await?;
    assert_eq!(oauth.find_grant(made.id).await?, Some(made.clone()));
    assert_eq!(oauth.find_grant(world.uuid()).await?, None);
    world.clock.advance(HOUR);
    assert_eq!(oauth.find_grant(made.id).await?, None);
    assert_eq!(oauth.rotate_grant(&rotation(world, &made, 1)).await?, Rotated::Gone);
    Ok(())
}

pub(crate) async fn of_many_who_show_one_refresh_token_exactly_one_rotates_it(
    world: &World,
) -> Outcome {
    let oauth = world.ports().oauth;
    let made = grant(world, "one")?;
    oauth.insert_grant(&made, 10).await?;
    let shown = rotation(world, &made, 1);
    let mut told = Vec::new();
    for rotated in join_all((0..8).map(|_| oauth.rotate_grant(&shown))).await {
        told.push(rotated?);
    }
    told.retain(|rotated| *rotated != Rotated::Reused);
    assert_eq!(told, [Rotated::To(2)]);
    let kept = oauth.find_grant(made.id).await?.ok_or("the grant is gone")?;
    assert_eq!((kept.serial, kept.sealed, kept.ends_at), (2, vec![9], shown.ends_at));
    Ok(())
}

pub(crate) async fn an_ended_grant_is_gone_and_its_tokens_denied(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    let made = grant(world, "one")?;
    oauth.insert_grant(&made, 10).await?;
    let denied = denial(world, made.id);
    oauth.end_grant(&denied).await?;
    oauth.end_grant(&denied).await?;
    assert_eq!(oauth.find_grant(made.id).await?, None);
    assert_eq!(oauth.denied_since(denied.since).await?, [denied]);
    Ok(())
}

pub(crate) async fn of_a_persons_grants_the_newest_are_kept(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    let mut made = Vec::new();
    for _ in 0..3 {
        world.clock.advance(Duration::from_secs(1));
        let next = grant(world, "one")?;
        oauth.insert_grant(&next, 2).await?;
        made.push(next);
    }
    let mut there = Vec::new();
    for grant in &made {
        there.push(oauth.find_grant(grant.id).await?.is_some());
    }
    assert_eq!(there, [false, true, true]);
    Ok(())
}

pub(crate) async fn denials_are_told_from_a_time_on_until_they_end(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    let first = denial(world, world.uuid());
    oauth.deny(&first).await?;
    oauth.deny(&first).await?;
    world.clock.advance(HOUR / 2);
    let second = denial(world, world.uuid());
    oauth.deny(&second).await?;
    let both = oauth.denied_since(first.since).await?;
    assert!(both.len() == 2 && both.contains(&first) && both.contains(&second), "{both:?}");
    assert_eq!(oauth.denied_since(second.since).await?, std::slice::from_ref(&second));
    world.clock.advance(HOUR / 2);
    assert_eq!(oauth.denied_since(first.since).await?, [second]);
    Ok(())
}

pub(crate) async fn of_racing_keys_of_a_generation_one_is_kept(world: &World) -> Outcome {
    let oauth = world.ports().oauth;
    let now = world.clock.now();
    let key = |generation, kid: String| SigningKey {
        generation,
        kid,
        sealed: vec![1, 2],
        signs_from: now,
        ends_at: now + HOUR,
    };
    let racing: Vec<SigningKey> = (0..4).map(|number| key(1, number.to_string())).collect();
    let mut kept = Vec::new();
    for (key, inserted) in
        racing.iter().zip(join_all(racing.iter().map(|key| oauth.insert_key(key))).await)
    {
        if inserted? {
            kept.push(key.clone());
        }
    }
    assert_eq!(kept.len(), 1);
    let second = key(2, "next".to_owned());
    assert!(oauth.insert_key(&second).await?);
    kept.push(second.clone());
    assert_eq!(oauth.signing_keys().await?, kept);
    world.clock.advance(HOUR);
    oauth.sweep().await?;
    assert_eq!(oauth.signing_keys().await?, [second], "the newest stays to count from");
    Ok(())
}
