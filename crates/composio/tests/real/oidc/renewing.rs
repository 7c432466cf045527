//! Tokens run out and are renewed, and a refresh token works once.

use composio::{ConnectionStatus, ErrorKind};
use serde_json::json;
use tokio::task::JoinSet;

use super::world::{BASIC, ME, POST, World, assert_connected, press, says};

/// The engine renews what has less than a minute left, so that a token like this is due at once and still works.
const SOON: u32 = 30;

#[tokio::test]
async fn a_token_that_is_due_is_renewed_with_each_refresh_token_used_once() {
    let Some(world) = World::new(BASIC).await else { return };
    world.turn_knobs(json!({"accessTokenTtl": SOON})).await;
    let account = world.connect("alice").await;
    let mut held = world.tap.last("authorization_code");
    for turn in 1..=3 {
        let kept = world.credential(&account.id).await;
        assert_eq!(world.me().await.unwrap().value()["sub"], "alice");
        let renewed = world.tap.last("refresh_token");
        assert_eq!(world.tap.heard("refresh_token").len(), turn);
        assert_eq!(renewed.status, 200);
        assert!(renewed.asked("refresh_token") == held.given("refresh_token"), "the one that was given last is used");
        assert!(renewed.given("refresh_token") != held.given("refresh_token"), "the provider gives another");
        assert!(renewed.given("access_token") != held.given("access_token"));
        assert!(world.credential(&account.id).await != kept, "what was given is kept");
        held = renewed;
    }
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Active);

    world.turn_knobs(json!({"accessTokenTtl": 3600})).await;
    world.me().await.unwrap();
    world.me().await.unwrap();
    assert_eq!(world.tap.heard("refresh_token").len(), 4, "a token that lasts is not renewed");
    world.embedded.shutdown().await;
}

#[tokio::test]
async fn many_calls_at_once_renew_once() {
    let Some(world) = World::new(POST).await else { return };
    world.turn_knobs(json!({"accessTokenTtl": SOON})).await;
    world.connect("alice").await;
    world.turn_knobs(json!({"accessTokenTtl": 3600})).await;
    let mut calls = JoinSet::new();
    for _ in 0..8 {
        calls.spawn(world.session.execute(ME, json!({})).into_future());
    }
    while let Some(call) = calls.join_next().await {
        assert_eq!(call.unwrap().unwrap().value()["sub"], "alice");
    }
    assert_eq!(world.tap.heard("refresh_token").len(), 1);
    world.embedded.shutdown().await;
}

#[tokio::test]
async fn a_provider_that_does_not_rotate_has_its_refresh_token_kept() {
    let Some(world) = World::new(POST).await else { return };
    world.turn_knobs(json!({"accessTokenTtl": SOON, "rotate": false})).await;
    world.connect("alice").await;
    let first = world.tap.last("authorization_code");
    for _ in 0..2 {
        world.me().await.unwrap();
        let renewed = world.tap.last("refresh_token");
        assert!(renewed.asked("refresh_token") == first.given("refresh_token"));
    }
    world.embedded.shutdown().await;
}

/// A provider that sees a spent refresh token again ends everything that came of the consent.
#[tokio::test]
async fn a_spent_refresh_token_ends_the_account_and_only_its_own_identity_mends_it() {
    let Some(world) = World::new(BASIC).await else { return };
    world.turn_knobs(json!({"accessTokenTtl": SOON})).await;
    let account = world.connect("alice").await;
    let spent = world.credential(&account.id).await.unwrap();
    world.me().await.unwrap();
    world.put_back(&account, &spent).await;
    world.refused(&account, 2).await;

    let error = world.me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    assert_eq!(world.tap.last("refresh_token").given("error"), "invalid_grant");
    let ended = world.account(&account.id).await;
    assert_eq!(ended.status, ConnectionStatus::Expired);
    assert!(
        ended.status_reason.as_deref().unwrap().starts_with("the service refused 3 times"),
        "{:?}",
        ended.status_reason
    );
    assert!(world.credential(&account.id).await.is_none(), "a dead credential is not kept");
    let link = error.connect_url().expect("the error says how to go on").clone();
    assert!(!format!("{error} {error:?}").contains(link.path()), "the link is a capability");

    let refused = press(&link, "bob").await;
    assert!(says(&refused).contains("This is bob, and the account to connect again is alice"), "{}", says(&refused));
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Expired);

    let mended = press(&link, "alice").await;
    assert_connected(&mended);
    let mended = world.account(&account.id).await;
    assert_eq!((mended.status, mended.status_reason), (ConnectionStatus::Active, None));
    assert!(mended.connected_at > account.connected_at);
    assert_eq!(world.me().await.unwrap().value()["sub"], "alice");
    world.embedded.shutdown().await;
}
