//! Rows 55 to 58: a session that changes, and several calls at once.

use std::future::IntoFuture;

use composio_core::{ErrorKind, ToolCall, ToolSlug};
use futures::future::join;
use serde_json::Map;

use super::World;
use super::world::{T, X};
use crate::harness::{AccountSeed, ConfigSeed, keeps_its_link, refused};

/// Update connected accounts {X: B}: the pin on T is gone.
pub async fn row_55_an_update_replaces_every_pin(world: World<'_>) {
    let c1 = world.config_on().await;
    let (a1, a2) = (world.account("A1", &c1).await, world.account("A2", &c1).await);
    let of_x = world.config(X, ConfigSeed::on()).await;
    let b = world.seeded(AccountSeed::new("B", X, &of_x)).await;
    world.seeded(AccountSeed::new("B2", X, &of_x)).await;
    let session = world.create().connected_account(T, &a1.id).await.unwrap();
    world.runs_with(&session, &a1).await;
    session.update().connected_accounts([(X, &b.id)]).await.unwrap();
    world.runs_with(&session, &a2).await;
    world.toolkit_runs_with(&session, X, &b).await;
    // An empty map names none either.
    session.update().connected_accounts::<&str, &str>([]).await.unwrap();
    world.runs_with(&session, &a2).await;
}

/// Update connected accounts null: A2 again.
pub async fn row_56_an_update_with_null_pins_nothing(world: World<'_>) {
    let c1 = world.config_on().await;
    let (a1, a2) = (world.account("A1", &c1).await, world.account("A2", &c1).await);
    let session = world.create().connected_account(T, &a1.id).await.unwrap();
    // What an update does not name stays.
    session.update().callback_url("http://localhost:3000/done").await.unwrap();
    world.runs_with(&session, &a1).await;
    session.update().reset_connected_accounts().await.unwrap();
    world.runs_with(&session, &a2).await;
    // Live again: a later account takes over.
    let a3 = world.connect(&session, "A3").await;
    world.runs_with(&session, &a3).await;
}

/// Update with a stale version: conflict.
pub async fn row_57_a_stale_update_writes_nothing(world: World<'_>) {
    let c1 = world.config_on().await;
    let (a1, a2) = (world.account("A1", &c1).await, world.account("A2", &c1).await);
    let session = world.create().connected_account(T, &a1.id).await.unwrap();
    session.update().connected_accounts([(T, &a2.id)]).expected_version(1).await.unwrap();
    let before = world.history(&session).await;
    assert_eq!((session.version(), before.len()), (2, 2));
    for stale in [0, 1, 3, u64::MAX] {
        let update = session.update().reset_connected_accounts().expected_version(stale);
        refused(update.await, ErrorKind::Conflict, &[session.id().as_str(), "2"]);
    }
    session.refresh().await.unwrap();
    assert_eq!(session.version(), 2);
    assert_eq!(world.history(&session).await, before);
    world.runs_with(&session, &a2).await;

    // Of two at one time that expect the same version, one is made.
    let pin = |id| session.update().connected_accounts([(T, id)]).expected_version(2).into_future();
    let (one, other) = join(pin(&a1.id), pin(&a2.id)).await;
    let won = match (one, other) {
        (Ok(()), lost) => (&a1, lost),
        (lost, Ok(())) => (&a2, lost),
        neither => panic!("one of the two is made: {neither:?}"),
    };
    refused(won.1, ErrorKind::Conflict, &[session.id().as_str()]);
    assert_eq!((session.version(), world.history(&session).await.len()), (3, 3));
    world.runs_with(&session, won.0).await;
}

/// Multi-execute, one without connection: one error, one result, in order.
pub async fn row_58_one_call_of_a_batch_fails_alone(world: World<'_>) {
    world.config_on().await;
    let of_x = world.config(X, ConfigSeed::on()).await;
    world.seeded(AccountSeed::new("B", X, &of_x)).await;
    let session = world.session().await;
    let call = |slug: &str| ToolCall::new(ToolSlug::new(slug).unwrap(), Map::new());
    let before = world.harness.requests();
    let calls = [call("MANAGED_WHOAMI"), call("OTHER_WHOAMI"), call("MANAGED_NOWHERE"), call("OPEN_WHOAMI")];
    let mut results = session.execute_many(calls).await.unwrap().into_iter();
    let error = refused(results.next().unwrap(), ErrorKind::ConnectionRequired, &[T]);
    keeps_its_link(&error);
    world.opens(&error, T).await;
    assert_eq!(results.next().unwrap().unwrap().value()["account"], "B");
    refused(results.next().unwrap(), ErrorKind::NotFound, &["MANAGED_NOWHERE"]);
    assert_eq!(results.next().unwrap().unwrap().value()["account"], serde_json::Value::Null);
    assert!(results.next().is_none());
    assert_eq!(world.harness.requests() - before, 2, "what failed was not sent");
    // The link of the one that failed connects it.
    world.finish_error(&error, "A1").await;
    let results = session.execute_many([call("OTHER_WHOAMI"), call("MANAGED_WHOAMI")]).await.unwrap();
    let labels: Vec<_> = results.into_iter().map(|result| result.unwrap().value()["account"].clone()).collect();
    assert_eq!(labels, ["B", "A1"]);
    for count in [0, 51] {
        let calls = std::iter::repeat_with(|| call("OPEN_WHOAMI")).take(count);
        let before = world.harness.requests();
        refused(session.execute_many(calls.collect::<Vec<_>>()).await, ErrorKind::InvalidInput, &["calls"]);
        assert_eq!(world.harness.requests(), before);
    }
}
