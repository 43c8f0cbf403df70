//! Recorded operations.

use registry_domain::chain::Chain;
use registry_domain::id::{ChainId, OperationId, ServerId};
use registry_domain::operation::Operation;
use registry_domain::ports::OperationQuery;
use serde_json::Value;

use crate::world::World;
use crate::{Failed, Outcome};

pub(crate) fn recorded(world: &World) -> Operation {
    let stamp = world.stamp();
    Operation {
        id: OperationId(stamp.id.0),
        at: stamp.at,
        user_id: Some("oid-ada".to_owned()),
        tenant_id: Some("contoso".to_owned()),
        email: Some("ada@example.com".to_owned()),
        method: "tools/call".to_owned(),
        tool_name: Some("écho".to_owned()),
        params: Some(r#"{"text":"a \"quoted\" é","n":1.50}"#.to_owned()),
        success: false,
        error_message: Some("it's broken".to_owned()),
        error_code: Some("upstream_failed".to_owned()),
        // The most that a signed column holds.
        duration_ms: i32::MAX.unsigned_abs(),
        server_id: Some(ServerId(world.uuid())),
        request_id: "req-1".to_owned(),
        client_address: Some([127, 0, 0, 1].into()),
    }
}

/// A writer's chain.
fn chain(world: &World) -> Chain {
    Chain::of_operations(ChainId(world.uuid()), world.stamp().at)
}

pub(crate) async fn an_operation_reads_back_whole(world: &World) -> Outcome {
    let log = world.ports().operations;
    let full = recorded(world);
    let bare = Operation {
        user_id: None,
        tenant_id: None,
        email: None,
        method: "ping".to_owned(),
        tool_name: None,
        params: None,
        success: true,
        error_message: None,
        error_code: None,
        duration_ms: 0,
        client_address: None,
        server_id: None,
        request_id: String::new(),
        ..recorded(world)
    };
    log.append(&chain(world), vec![full.clone(), bare.clone()]).await?;
    assert_eq!(told(log.newest(10).await?)?, told(vec![bare.clone(), full])?);
    assert_eq!(log.newest(1).await?, [bare]);
    Ok(())
}

/// Operations with their parameters apart, as documents: a store may spell these in another way.
fn told(operations: Vec<Operation>) -> Result<Vec<(Operation, Option<Value>)>, Failed> {
    operations
        .into_iter()
        .map(|mut operation| {
            let params = operation.params.take();
            let read = params.as_deref().map(serde_json::from_str).transpose()?;
            Ok((operation, read))
        })
        .collect()
}

pub(crate) async fn operations_told_twice_are_kept_once(world: &World) -> Outcome {
    let log = world.ports().operations;
    let first = recorded(world);
    log.append(&chain(world), vec![first.clone()]).await?;
    let second = recorded(world);
    let retold = Operation { method: "changed".to_owned(), ..first.clone() };
    log.append(&chain(world), vec![retold, second.clone(), second.clone()]).await?;
    log.append(&chain(world), Vec::new()).await?;
    assert_eq!(log.count().await?, 2);
    let kept = told(log.newest(10).await?)?;
    assert_eq!(kept, told(vec![second, first])?, "what is there stays as it is");
    Ok(())
}

pub(crate) async fn a_large_batch_is_kept_whole(world: &World) -> Outcome {
    let log = world.ports().operations;
    let batch: Vec<Operation> = (0..2_500).map(|_| recorded(world)).collect();
    log.append(&chain(world), batch.clone()).await?;
    assert_eq!(log.count().await?, 2_500);
    let last: Vec<Operation> = batch.last().cloned().into_iter().collect();
    assert_eq!(told(log.newest(1).await?)?, told(last)?);
    Ok(())
}

pub(crate) async fn overlong_names_are_cut_not_refused(world: &World) -> Outcome {
    let log = world.ports().operations;
    let name = "é".repeat(300);
    let short = recorded(world);
    let overlong = Operation { tool_name: Some(name.clone()), ..recorded(world) };
    log.append(&chain(world), vec![short, overlong]).await?;
    assert_eq!(log.count().await?, 2);
    let kept = log.newest(1).await?.pop().and_then(|kept| kept.tool_name).ok_or("no name")?;
    assert_eq!(kept.chars().count(), 100);
    assert!(name.starts_with(&kept));
    Ok(())
}

async fn listed(world: &World, query: OperationQuery) -> Result<Vec<OperationId>, Failed> {
    let log = world.ports().operations;
    let query = OperationQuery { limit: 10, ..query };
    let page = log.list(&query).await?;
    assert_eq!(usize::try_from(page.total)?, page.items.len(), "{query:?}");
    let ids: Vec<OperationId> = page.items.iter().map(|one| one.id).collect();
    let on: Vec<OperationId> = log.list_on(&query).await?.iter().map(|one| one.id).collect();
    assert_eq!(on, ids, "{query:?}");
    Ok(ids)
}

pub(crate) async fn operations_are_listed_by_what_is_asked_for(world: &World) -> Outcome {
    let first = recorded(world);
    let second = Operation {
        user_id: Some("oid-eve".to_owned()),
        tenant_id: None,
        success: true,
        method: "ping".to_owned(),
        tool_name: None,
        ..recorded(world)
    };
    let third = recorded(world);
    let [a, b, c] = [first.id, second.id, third.id];
    let (tool, server) = (first.tool_name.clone(), first.server_id);
    let (from, to) = (second.at, third.at);
    world.ports().operations.append(&chain(world), vec![first, second, third]).await?;
    let all = OperationQuery::default;
    for (query, expected) in [
        (all(), vec![c, b, a]),
        (OperationQuery { user: Some("oid-eve".to_owned()), ..all() }, vec![b]),
        (OperationQuery { tenant: Some("contoso".to_owned()), ..all() }, vec![c, a]),
        (OperationQuery { method: Some("ping".to_owned()), ..all() }, vec![b]),
        (OperationQuery { tool, ..all() }, vec![c, a]),
        (OperationQuery { server, ..all() }, vec![a]),
        (OperationQuery { success: Some(true), ..all() }, vec![b]),
        (OperationQuery { success: Some(false), ..all() }, vec![c, a]),
        (OperationQuery { from: Some(from), ..all() }, vec![c, b]),
        (OperationQuery { from: Some(from), to: Some(from), ..all() }, vec![b]),
        (OperationQuery { to: Some(to), user: Some("oid-%".to_owned()), ..all() }, vec![]),
    ] {
        assert_eq!(listed(world, query.clone()).await?, expected, "{query:?}");
    }
    Ok(())
}

pub(crate) async fn pages_of_operations_are_stable_while_operations_arrive(
    world: &World,
) -> Outcome {
    let log = world.ports().operations;
    let chain = chain(world);
    // Several of one time: their ids say which comes first.
    let at = world.stamp().at;
    let some: Vec<Operation> = (0..5).map(|_| Operation { at, ..recorded(world) }).collect();
    let mut expected: Vec<OperationId> = some.iter().map(|one| one.id).collect();
    expected.reverse();
    log.append(&chain, some).await?;
    let mut query = OperationQuery { limit: 2, ..OperationQuery::default() };
    let mut seen = Vec::new();
    loop {
        let page = log.list_on(&query).await?;
        seen.extend(page.iter().map(|one| one.id));
        let Some(last) = page.last() else { break };
        query.after = Some(OperationQuery::position_of(last));
        log.append(&chain, vec![recorded(world)]).await?;
    }
    assert_eq!(seen, expected);
    Ok(())
}
