//! Rows 47 to 49: connecting one more account.

use composio_core::{ConnectionStatus as Status, ErrorKind};

use super::World;
use super::world::T;
use crate::harness::{AccountSeed, OTHER_USER, refused};

/// Link with an alias that is taken: refused.
pub async fn row_47_an_alias_is_taken_once(world: World<'_>) {
    let c1 = world.config_on().await;
    world.seeded(AccountSeed::new("A1", T, &c1).alias("work")).await;
    let session = world.session().await;
    refused(session.authorize(T).alias("work").await, ErrorKind::Conflict, &["work"]);
    session.authorize(T).alias("home").await.unwrap();
    refused(session.authorize(T).alias("home").await, ErrorKind::Conflict, &["home"]);
    // Another toolkit's, and another user's, are their own.
    session.authorize("other").alias("work").await.unwrap();
    world.composio.create(OTHER_USER).await.unwrap().authorize(T).alias("work").await.unwrap();
}

/// A1 ACTIVE, link: a new account, which is the default once ACTIVE.
pub async fn row_48_linking_adds_an_account(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let session = world.session().await;
    let (request, _) = world.link(&session).await;
    assert_ne!(request.account(), &a1.id);
    world.runs_with(&session, &a1).await;
    let a2 = world.finish(&request, "A2").await;
    world.runs_with(&session, &a2).await;
    assert_eq!(world.read(&session, &a1.id).await.status, Status::Active);
}

/// Link while pinned: refused.
pub async fn row_49_a_pinned_toolkit_is_not_linked(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let session = world.create().connected_account(T, &a1.id).await.unwrap();
    world.not_linked(&session, ErrorKind::InvalidInput, &[a1.id.as_str(), "remove the pin"]).await;
    // Other toolkits of the session are not concerned.
    session.authorize("other").await.unwrap();
}
