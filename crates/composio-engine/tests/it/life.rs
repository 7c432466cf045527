//! Where accounts stand in their lives, why, and how they get from there.

use std::time::Duration;

use composio_core::{ConnectedAccount, ConnectedAccountId, ConnectionStatus as Status, ErrorKind, Session};
use composio_demo::Failure;

use crate::world::World;

const LIST: &str = "TRACKER_LIST_ISSUES";

async fn stands(world: &World, id: &ConnectedAccountId) -> (Status, Option<String>) {
    let account = world.composio().connected_accounts().get(id.clone()).await.unwrap();
    (account.status, account.status_reason)
}

fn why(status: Status, reason: &str) -> (Status, Option<String>) {
    (status, Some(reason.to_owned()))
}

async fn begun(world: &World) -> (Session, ConnectedAccountId) {
    let session = world.session().await;
    let request = session.authorize("tracker").await.unwrap();
    (session, request.account().clone())
}

async fn connected(world: &World) -> (Session, ConnectedAccount) {
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    (session, account)
}

#[tokio::test]
async fn an_account_is_begun_by_its_link_and_active_without_a_reason() {
    let world = World::new().await;
    let (_, id) = begun(&world).await;
    assert_eq!(stands(&world, &id).await, (Status::Initiated, None));
    let (_, account) = connected(&world).await;
    assert_eq!((account.status, account.status_reason), (Status::Active, None));
}

#[tokio::test]
async fn every_status_that_runs_nothing_says_why() {
    let world = World::new().await;
    let accounts = world.composio().connected_accounts();

    let session = world.session().await;
    let denied = session.authorize("tracker").await.unwrap();
    world.press(denied.redirect_url(), None).await;
    assert_eq!(stands(&world, denied.account()).await, why(Status::Failed, "the person said no"));

    let refused = session.authorize("tracker").await.unwrap();
    world.demo.fail_next(Failure::oauth_error("invalid_client").path("/tracker/oauth/token"));
    world.press(refused.redirect_url(), Some("alice@work.example")).await;
    let (status, reason) = stands(&world, refused.account()).await;
    assert_eq!(status, Status::Failed);
    assert!(reason.as_deref().is_some_and(|reason| reason.contains("invalid_client")), "{reason:?}");

    let (_, left) = begun(&world).await;
    world.advance(Duration::from_secs(601));
    assert_eq!(stands(&world, &left).await, why(Status::Expired, "the link ran out before the user finished"));

    let (_, account) = connected(&world).await;
    accounts.disable(account.id.clone()).await.unwrap();
    assert_eq!(stands(&world, &account.id).await, why(Status::Inactive, "the application switched it off"));
    accounts.enable(account.id.clone()).await.unwrap();
    assert_eq!(stands(&world, &account.id).await, (Status::Active, None));
    accounts.revoke(account.id.clone()).await.unwrap();
    let given_back = "the application gave the credential back to the service";
    assert_eq!(stands(&world, &account.id).await, why(Status::Revoked, given_back));
}

#[tokio::test]
async fn whatever_ended_an_account_connecting_it_again_clears_the_reason() {
    let world = World::new().await;
    let accounts = world.composio().connected_accounts();
    let (session, account) = connected(&world).await;
    let id = account.id;
    for end in [Status::Revoked, Status::Expired] {
        if end == Status::Revoked {
            accounts.revoke(id.clone()).await.unwrap();
        } else {
            world.demo.revoke_all("alice");
            world.call_to_the_end(&session, LIST).await;
        }
        assert_eq!(stands(&world, &id).await.0, end);
        let link = session.reconnect(id.clone()).await.unwrap();
        // Who says no changes nothing but the reason.
        world.press(link.redirect_url(), None).await;
        assert_eq!(stands(&world, &id).await, why(end, "the person said no"));
        let link = session.reconnect(id.clone()).await.unwrap();
        world.press(link.redirect_url(), Some("alice@work.example")).await;
        assert_eq!(stands(&world, &id).await, (Status::Active, None));
    }
}

#[tokio::test]
async fn a_step_that_a_life_does_not_have_is_a_conflict_and_changes_nothing() {
    let world = World::new().await;
    let accounts = world.composio().connected_accounts();
    let (session, account) = connected(&world).await;
    let id = account.id;
    assert_eq!(accounts.enable(id.clone()).await.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(session.reconnect(id.clone()).await.unwrap_err().kind(), ErrorKind::Conflict);
    accounts.disable(id.clone()).await.unwrap();
    for refused in [accounts.disable(id.clone()).await, accounts.revoke(id.clone()).await] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        assert!(error.to_string().contains("INACTIVE"), "{error}");
    }
    assert_eq!(stands(&world, &id).await.0, Status::Inactive);
    accounts.enable(id.clone()).await.unwrap();
    accounts.revoke(id.clone()).await.unwrap();
    assert_eq!(accounts.enable(id.clone()).await.unwrap_err().kind(), ErrorKind::Conflict);
    accounts.delete(id.clone()).await.unwrap();
    for gone in [accounts.enable(id.clone()).await, accounts.revoke(id.clone()).await, accounts.get(id).await] {
        assert_eq!(gone.unwrap_err().kind(), ErrorKind::NotFound);
    }
}
