//! A caller that stops waiting does no harm.

use futures_util::FutureExt as _;
use registry_domain::id::RegistrationId;
use registry_domain::registration::Registration;

use crate::Outcome;
use crate::world::{World, content, draft, eventually, in_time};

pub(crate) async fn a_cancelled_caller_strands_no_lock_and_its_write_is_finished(
    world: &World,
) -> Outcome {
    let ports = world.ports();
    let submitter = world.person("sam").await?.id;
    for number in 0..10 {
        let id = RegistrationId(world.uuid());
        let change =
            Registration::submit(id, content(draft(number))?, submitter, None, world.stamp());
        // Begun, and dropped at once.
        drop(ports.registrations.commit(&change).now_or_never());
        in_time("another write passed", world.submitted(100 + number)).await??;
        eventually("the dropped write is finished", || async {
            Ok(ports.registrations.find(id).await?.is_some())
        })
        .await?;
    }
    assert_eq!(world.audited().await?, 20);
    Ok(())
}

pub(crate) async fn cancelled_readers_do_not_use_up_the_pool(world: &World) -> Outcome {
    let ports = world.ports();
    let id = world.submitted(1).await?.id;
    for _ in 0..100 {
        drop(ports.registrations.find(id).now_or_never());
        drop(ports.servers.load_routes().now_or_never());
    }
    let found = in_time("a read passed", ports.registrations.find(id)).await??;
    assert!(found.is_some());
    ports.health.check().await?;
    Ok(())
}
