//! Tokens run out, are renewed once, and sometimes are gone for good.

use std::sync::Arc;
use std::time::Duration;

use composio_core::{ConnectionStatus, ErrorKind};
use composio_demo::{DemoOptions, Failure};
use composio_engine::SqliteStore;
use serde_json::json;

use crate::world::World;

const HOUR: Duration = Duration::from_secs(3600);
const LIST: &str = "TRACKER_LIST_ISSUES";

#[tokio::test]
async fn a_token_that_ran_out_is_renewed_before_the_call() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    session.execute(LIST, json!({})).await.unwrap();
    let before = world.seen("POST", "/oauth/token");
    world.advance(HOUR * 2);
    session.execute(LIST, json!({})).await.unwrap();
    session.execute(LIST, json!({})).await.unwrap();
    assert_eq!(world.seen("POST", "/oauth/token") - before, 1);
}

#[tokio::test]
async fn many_callers_and_two_engines_renew_once() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let other = composio_core::Composio::with_backend(world.another_engine().await.project("p"));
    let twin = other.session(session.id()).await.unwrap();
    let before = world.seen("POST", "/oauth/token");
    world.advance(HOUR * 2);
    let calls = (0..16)
        .map(|turn| if turn % 2 == 0 { session.execute(LIST, json!({})) } else { twin.execute(LIST, json!({})) });
    for result in futures::future::join_all(calls.map(IntoFuture::into_future)).await {
        result.unwrap();
    }
    assert_eq!(world.seen("POST", "/oauth/token") - before, 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once_and_the_write_is_sent_again_once() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    world.demo.expire_access_tokens();
    let issue = session.execute("TRACKER_CREATE_ISSUE", json!({"title": "Once"})).await.unwrap();
    assert_eq!(issue.value()["title"], "Once");
    let listed = session.execute(LIST, json!({"q": "Once"})).await.unwrap();
    assert_eq!(listed.value()["items"].as_array().map(Vec::len), Some(1), "{}", listed.data.as_str());
}

#[tokio::test]
async fn withdrawn_access_ends_the_account_with_a_link_to_connect_it_again() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.demo.revoke_all("alice");
    let error = session.execute(LIST, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    let ended = world.account(&session, &account.id).await;
    assert_eq!(ended.status, ConnectionStatus::Expired);
    assert!(ended.status_reason.is_some());

    // Every later call leads to the same account, so that the user does not end up with two.
    let later = session.execute(LIST, json!({})).await.unwrap_err();
    assert!(later.to_string().contains(account.id.as_str()), "{later}");
    let refused = world.press(later.connect_url().unwrap(), Some("bob@example.com")).await;
    assert!(refused.refusal.is_some(), "a reconnect has to end at the same identity");
    let link = session.reconnect(account.id.clone()).await.unwrap();
    assert_eq!(world.press(link.redirect_url(), Some("alice@work.example")).await.refusal, None);
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Active);
    session.execute(LIST, json!({})).await.unwrap();
}

#[tokio::test]
async fn a_service_in_trouble_costs_the_call_and_not_the_account() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(HOUR * 2);
    world.demo.fail_next(Failure::status(503).path("/tracker/oauth/token"));
    let error = session.execute(LIST, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Active);
    session.execute(LIST, json!({})).await.unwrap();
}

#[tokio::test]
async fn a_token_that_is_due_and_not_over_does_while_renewal_fails() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(HOUR - Duration::from_secs(30));
    world.demo.fail_next(Failure::status(503).path("/tracker/oauth/token"));
    session.execute(LIST, json!({})).await.unwrap();
}

#[tokio::test]
async fn a_renewal_that_was_killed_after_the_service_rotated_ends_as_interrupted() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let project = composio_engine::ProjectId::new("p");
    let stale = world.store.credential(&project, &account.id).await.unwrap().unwrap();

    // What a process leaves that is killed between the service's answer and its own commit: the service has rotated, the
    // store has the spent token, and the lease was never ended.
    world.advance(HOUR * 2);
    session.execute(LIST, json!({})).await.unwrap();
    let now = world.now();
    let lease = world.store.claim_refresh(&project, &account.id, now, now).await.unwrap().unwrap();
    world.store.end_refresh(&project, &account.id, lease.fence, Some(&stale)).await.unwrap();
    world.store.claim_refresh(&project, &account.id, now, now).await.unwrap().unwrap();

    let error = session.execute(LIST, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    let ended = world.account(&session, &account.id).await;
    assert_eq!(
        (ended.status, ended.status_reason.as_deref()),
        (ConnectionStatus::Expired, Some("refresh_interrupted"))
    );
}

#[tokio::test]
async fn without_a_refresh_token_the_account_ends_when_its_token_does() {
    let options = DemoOptions::default().refresh_token_ttl(Duration::from_secs(1));
    let world = World::with(options, Arc::new(SqliteStore::in_memory().await.unwrap())).await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(HOUR * 2);
    let error = session.execute(LIST, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Expired);
}

#[tokio::test]
async fn whoever_is_turned_away_at_a_reconnect_is_not_kept() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.demo.revoke_all("alice");
    session.execute(LIST, json!({})).await.unwrap_err();
    let link = session.reconnect(account.id).await.unwrap();
    assert!(world.press(link.redirect_url(), Some("bob@example.com")).await.refusal.is_some());
    assert_eq!(world.demo.revoke_all("bob"), 0, "the tokens were given back");
}
