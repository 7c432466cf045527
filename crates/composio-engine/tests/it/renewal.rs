//! Tokens run out, are renewed once, and sometimes are gone for good.

use std::sync::Arc;
use std::time::Duration;

use composio_core::{ConnectionStatus, ErrorKind, Retry};
use composio_demo::{DemoOptions, Failure};
use composio_engine::{SqliteStore, UpkeepReport};
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
    let error = world.call_to_the_end(&session, LIST).await;
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    let ended = world.account(&session, &account.id).await;
    assert_eq!(ended.status, ConnectionStatus::Expired);
    let reason = ended.status_reason.unwrap();
    assert!(reason.contains("refused 3 times in a row to renew"), "{reason}");

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
async fn a_service_that_refuses_is_left_alone_and_asked_three_times() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(HOUR * 2);
    world.demo.fail_next(Failure::oauth_error("invalid_grant").times(3));
    let asked = world.seen("POST", "/oauth/token");
    let twin = composio_core::Composio::with_backend(world.another_engine().await.project("p"));
    let twin = twin.session(session.id()).await.unwrap();

    for (turn, (pause, after)) in [(30, 1), (120, 2)].into_iter().enumerate() {
        let error = session.execute(LIST, json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable, "{error:?}");
        assert_eq!(error.retry(), Retry::After(Duration::from_secs(pause)));
        let text = error.to_string();
        assert!(text.contains(&format!("{after} of 3 times in a row (the service no longer accepts")), "{text}");
        assert!(error.for_model().contains(&format!("in {pause} seconds")), "{}", error.for_model());
        assert!(error.connect_url().is_none(), "nobody has to connect anything so far");

        // Nobody asks before it is time, whichever engine and however they come.
        world.advance(Duration::from_secs(pause - 1));
        let refused = twin.execute(LIST, json!({})).await.unwrap_err();
        assert_eq!((refused.kind(), refused.retry()), (ErrorKind::Unavailable, Retry::After(Duration::from_secs(1))));
        assert_eq!(world.engine.upkeep_once().await.unwrap(), UpkeepReport::default());
        assert_eq!(world.seen("POST", "/oauth/token") - asked, turn + 1);
        assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Active);
        world.advance(Duration::from_secs(1));
    }
    let error = session.execute(LIST, json!({})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    assert!(error.connect_url().is_some());
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 3);
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Expired);
}

#[tokio::test]
async fn a_renewal_in_between_forgets_the_refusals() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    for _ in 0..2 {
        world.advance(HOUR * 2);
        world.demo.fail_next(Failure::oauth_error("invalid_grant").times(2));
        for (pause, _) in [(30, 1), (120, 2)] {
            let error = session.execute(LIST, json!({})).await.unwrap_err();
            assert_eq!(error.retry(), Retry::After(Duration::from_secs(pause)));
            world.advance(Duration::from_secs(pause));
        }
        session.execute(LIST, json!({})).await.unwrap();
    }
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Active);
}

#[tokio::test]
async fn a_token_that_is_not_over_does_while_its_renewal_is_refused() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(HOUR - Duration::from_secs(50));
    world.demo.fail_next(Failure::oauth_error("invalid_grant"));
    let asked = world.seen("POST", "/oauth/token");
    for _ in 0..3 {
        session.execute(LIST, json!({})).await.unwrap();
    }
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 1, "the service is left alone");
    world.advance(Duration::from_secs(30));
    session.execute(LIST, json!({})).await.unwrap();
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 2);
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
async fn a_refresh_token_that_is_over_ends_the_account_with_its_token() {
    let options = DemoOptions::default().refresh_token_ttl(Duration::from_secs(1));
    let world = World::with(options, Arc::new(SqliteStore::in_memory().await.unwrap())).await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(HOUR * 2);
    let error = world.call_to_the_end(&session, LIST).await;
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Expired);
}

#[tokio::test]
async fn whoever_is_turned_away_at_a_reconnect_is_not_kept() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.demo.revoke_all("alice");
    world.call_to_the_end(&session, LIST).await;
    let link = session.reconnect(account.id).await.unwrap();
    assert!(world.press(link.redirect_url(), Some("bob@example.com")).await.refusal.is_some());
    assert_eq!(world.demo.revoke_all("bob"), 0, "the tokens were given back");
}
