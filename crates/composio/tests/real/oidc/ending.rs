//! Access ends, from our side or from theirs.

use composio::{ConnectionStatus, ErrorKind};

use super::world::{BASIC, POST, World, assert_connected, press};

#[tokio::test]
async fn revoking_gives_both_tokens_back() {
    for client in [BASIC, POST] {
        let Some(world) = World::new(client).await else { return };
        let account = world.connect("alice").await;
        let held = world.tap.last("authorization_code");
        let (access, refresh) = (held.given("access_token"), held.given("refresh_token"));
        assert!(world.is_known(client, refresh).await && world.is_known(client, access).await);
        assert_eq!(world.status_of(access).await, 200);

        let revoked = world.embedded.composio().connected_accounts().revoke(account.id.clone()).await.unwrap();
        assert_eq!(revoked.status, ConnectionStatus::Revoked);
        assert!(!world.is_known(client, refresh).await && !world.is_known(client, access).await);
        assert_eq!(world.status_of(access).await, 401);
        assert!(world.credential(&account.id).await.is_none());

        let error = world.me().await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
        assert!(error.connect_url().is_some());
        let link = world.session.reconnect(account.id.clone()).await.unwrap();
        let page = press(link.redirect_url(), "alice").await;
        assert_connected(&page);
        world.me().await.unwrap();
        world.embedded.shutdown().await;
    }
}

#[tokio::test]
async fn access_that_was_withdrawn_at_the_provider_ends_the_account_at_the_third_refusal() {
    let Some(world) = World::new(POST).await else { return };
    let account = world.connect("alice").await;
    world.me().await.unwrap();
    world.withdraw(POST, world.tap.last("authorization_code").given("refresh_token")).await;

    let error = world.me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert_eq!(world.tap.heard("refresh_token").len(), 1, "the refused token was to be renewed, once");
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Active);
    world.refused(&account, 1).await;
    let error = world.me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    let ended = world.account(&account.id).await;
    assert_eq!(ended.status, ConnectionStatus::Expired);
    assert!(ended.status_reason.is_some());
    let next = world.me().await.unwrap_err();
    assert!(next.connect_url().is_some(), "every later call says so too");

    let page = press(error.connect_url().expect("the error says how to go on"), "alice").await;
    assert_connected(&page);
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Active);
    world.me().await.unwrap();
    world.embedded.shutdown().await;
}

/// Deleting forgets; whoever wants the provider to know revokes first.
#[tokio::test]
async fn a_deleted_account_is_gone_and_the_next_one_is_new() {
    let Some(world) = World::new(BASIC).await else { return };
    let account = world.connect("alice").await;
    world.embedded.composio().connected_accounts().delete(account.id.clone()).await.unwrap();
    assert!(world.credential(&account.id).await.is_none());
    let error = world.me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    press(error.connect_url().unwrap(), "bob").await;
    assert_eq!(world.me().await.unwrap().value()["sub"], "bob");
    world.embedded.shutdown().await;
}
