//! Administrators by the stored flag count on the gateway too, and no group takes that back.

use registry_testkit::entra::Person;
use registry_testkit::{Api, eventually};
use serde_json::Value;

use super::{Replicas, SignInWorld};

const ADMINS: &str = "33333333-3333-4333-8333-333333333333";

/// Who Ada is to the gateway that is not the one she talked to before.
async fn sees_all(replicas: &Replicas) -> bool {
    let token = replicas.entra.access_token("Ada");
    let told = Api::gateway(&replicas.other).with_token(&token).get("/oauth/userinfo").await;
    told.expect(200).json()["can_see_all"] == true
}

async fn me(replicas: &Replicas) -> Value {
    let token = replicas.entra.access_token("Ada");
    let told = Api::service(&replicas.one).with_token(&token).get("/users/me").await;
    told.expect(200).json()
}

#[tokio::test]
async fn one_made_by_sql_administrates_on_every_replica_until_sql_says_otherwise() {
    let replicas = Replicas::start(&[("ENTRA_ADMIN_GROUP_ID", ADMINS)]).await;
    assert_eq!(me(&replicas).await["is_admin"], false);
    assert!(!sees_all(&replicas).await);
    for flag in [true, false] {
        let sql = format!("UPDATE users SET is_admin = {flag} WHERE email = 'ada@example.com'");
        replicas.database.run(&sql).await;
        eventually("the gateway knows", async || (sees_all(&replicas).await == flag).then_some(()))
            .await;
        // Ada is outside the group: what a person gave or took, no sync changes.
        let name = format!("Ada Administrator-{flag}");
        replicas.entra.add(Person { name: name.clone(), ..Person::ada() });
        let told = me_named(&replicas, &name).await;
        assert_eq!(told["is_admin"], flag);
        assert_eq!(sees_all(&replicas).await, flag);
    }
}

async fn me_named(replicas: &Replicas, name: &str) -> Value {
    let told = me(replicas).await;
    assert_eq!(told["display_name"], name);
    told
}

#[tokio::test]
async fn the_group_gives_and_takes_at_once() {
    let world = SignInWorld::start(&[("ENTRA_ADMIN_GROUP_ID", ADMINS)]).await;
    let sees_all = async || {
        let told = world.with_token_of("Ada").get("/oauth/userinfo").await.expect(200).json();
        told["can_see_all"] == true
    };
    world.entra.add(Person::ada().in_groups([ADMINS.to_owned()]));
    let service = Api::service(&world.program).with_token(&world.entra.access_token("Ada"));
    assert_eq!(service.get("/users/me").await.expect(200).json()["is_admin"], true);
    assert!(sees_all().await);
    // Her row still has the flag that the group gave: the token knows better.
    world.entra.add(Person::ada());
    assert!(!sees_all().await);
}
