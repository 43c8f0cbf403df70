//! People.

use futures_util::future::join_all;
use registry_domain::id::UserId;
use registry_domain::ports::Ensured;
use registry_domain::user::{AdminSource, Identity};

use crate::Outcome;
use crate::world::{World, identity, tenant};

pub(crate) async fn many_who_ensure_a_new_user_at_once_make_one_row(world: &World) -> Outcome {
    let users = world.ports().users;
    let ada = identity("ada");
    let told = join_all((0..50).map(|_| users.ensure_user(&ada, UserId(world.uuid())))).await;
    let mut created = 0;
    let mut ids = Vec::new();
    for told in told {
        let told = told?;
        created += u32::from(matches!(told, Ensured::Created(_)));
        ids.push(told.into_user().id);
    }
    ids.dedup();
    assert_eq!((created, ids.len()), (1, 1));
    Ok(())
}

pub(crate) async fn ensuring_the_same_identity_writes_nothing(world: &World) -> Outcome {
    let users = world.ports().users;
    let made = world.person("ada").await?;
    world.stamp();
    let told = users.ensure_user(&identity("ada"), UserId(world.uuid())).await?;
    assert_eq!(told, Ensured::Same(made.clone()));
    assert_eq!(users.find(made.id).await?, Some(made));
    assert_eq!(users.find(UserId(world.uuid())).await?, None);
    Ok(())
}

pub(crate) async fn a_changed_identity_changes_the_row(world: &World) -> Outcome {
    let users = world.ports().users;
    let made = world.person("ada").await?;
    let renamed = Identity {
        email: Some("countess@example.com".to_owned()),
        display_name: Some("Ada Lovelace, née Byron".to_owned()),
        tenant: Some(tenant("contoso")?),
        ..identity("ada")
    };
    // The clock stands still: a second write in the same microsecond is a write all the same.
    let told = users.ensure_user(&renamed, UserId(world.uuid())).await?;
    let Ensured::Changed(user) = told else {
        return Err(format!("expected a change: {told:?}").into());
    };
    assert_eq!(user.id, made.id);
    assert_eq!(Some(&user.email), renamed.email.as_ref());
    assert!(user.updated_at > made.updated_at);
    assert_eq!(users.find(made.id).await?, Some(user));
    Ok(())
}

pub(crate) async fn the_group_gives_and_takes_the_administrators_flag(world: &World) -> Outcome {
    let users = world.ports().users;
    for (in_group, is_admin) in
        [(Some(true), true), (None, true), (Some(false), false), (Some(true), true)]
    {
        let seen = Identity { in_admin_group: in_group, ..identity("ada") };
        let user = users.ensure_user(&seen, UserId(world.uuid())).await?.into_user();
        assert_eq!(user.is_admin, is_admin, "{in_group:?}");
        assert_eq!(user.admin_source, AdminSource::Group);
        assert_eq!(users.find(user.id).await?, Some(user));
    }
    Ok(())
}

pub(crate) async fn an_administrator_made_by_hand_stays_one(world: &World) -> Outcome {
    let users = world.ports().users;
    let outside = Identity { in_admin_group: Some(false), ..identity("ada") };
    // Once as a person the group never knew, once as one that the group made and unmade.
    for before in [Some(false), Some(true), Some(false)] {
        let seen = Identity { in_admin_group: before, ..identity("ada") };
        users.ensure_user(&seen, UserId(world.uuid())).await?;
    }
    let by_hand = "UPDATE users SET is_admin = TRUE WHERE email = 'ada@example.com'";
    world.instance.run_sql(by_hand).await?;
    let user = users.ensure_user(&outside, UserId(world.uuid())).await?.into_user();
    assert!(user.is_admin);
    assert_eq!(user.admin_source, AdminSource::Manual);
    Ok(())
}

pub(crate) async fn administrators_are_listed_with_who_made_them(world: &World) -> Outcome {
    let users = world.ports().users;
    for name in ["ada", "grace", "joan"] {
        world.person(name).await?;
    }
    assert_eq!(users.administrators(10).await?, []);
    let by_hand = "UPDATE users SET is_admin = TRUE WHERE email = 'joan@example.com'";
    world.instance.run_sql(by_hand).await?;
    let by_group = Identity { in_admin_group: Some(true), ..identity("grace") };
    users.ensure_user(&by_group, UserId(world.uuid())).await?;
    let (grace, joan) = (identity("grace").subject, identity("joan").subject);
    let all = [(grace.clone(), AdminSource::Group), (joan, AdminSource::Manual)];
    assert_eq!(users.administrators(10).await?, all);
    assert_eq!(users.administrators(1).await?, [(grace, AdminSource::Group)]);
    Ok(())
}
