//! An account is ready once it was seen to work, and says whose it is.

use std::sync::atomic::Ordering;
use std::time::Duration;

use composio_core::{AccountEventKind, Backend as _, ConnectionStatus, ErrorKind, Identity};
use composio_demo::Failure;
use serde_json::json;

use crate::moody::{Moody, identity, probe};
use crate::world::{World, told};

#[tokio::test]
async fn how_a_new_account_becomes_ready_at_once_or_not() {
    for (manifest, me, ping, ready, named, asked) in [
        // Nothing to ask: it is ready when it is connected.
        (json!({}), 500, 500, true, false, 0),
        (json!({"identity": identity()}), 200, 500, true, true, 1),
        (json!({"identity": identity()}), 403, 500, true, false, 1),
        (json!({"identity": identity()}), 503, 500, true, false, 1),
        // A cheap call of its own.
        (json!({"probe": probe("/ping")}), 500, 200, true, false, 1),
        (json!({"probe": probe("/ping")}), 500, 401, false, false, 1),
        (json!({"probe": probe("/ping")}), 500, 503, false, false, 1),
        (json!({"probe": probe("/ping")}), 500, 404, false, false, 1),
        // Both: who it is says nothing about whether it works, unless it is the same question.
        (json!({"probe": probe("/ping"), "identity": identity()}), 200, 503, false, true, 2),
        (json!({"probe": probe("/ping"), "identity": identity()}), 403, 200, true, false, 2),
        (json!({"probe": probe("/ping"), "identity": identity()}), 503, 200, false, false, 1),
        (json!({"probe": probe("/me"), "identity": identity()}), 200, 500, true, true, 1),
        (json!({"probe": probe("/me"), "identity": identity()}), 401, 500, false, false, 1),
    ] {
        let moody = Moody::start(manifest.clone()).await;
        moody.moods.me.store(me, Ordering::SeqCst);
        moody.moods.ping.store(ping, Ordering::SeqCst);
        let (session, request) = moody.connect().await;
        let account = session.connected_account(request.account()).await.unwrap();
        assert_eq!(account.status, ConnectionStatus::Active, "{manifest} {me} {ping}");
        let found = (account.is_ready(), account.identity.is_some(), moody.asked());
        assert_eq!(found, (ready, named, asked), "{manifest} {me} {ping}");
    }
}

#[tokio::test]
async fn an_account_that_does_not_work_yet_is_tried_until_it_does() {
    let moody = Moody::start(json!({"probe": probe("/ping")})).await;
    moody.moods.ping.store(503, Ordering::SeqCst);
    let mut events = moody.composio().events().unwrap();
    let (session, request) = moody.connect().await;
    let id = request.account().clone();
    assert_eq!(told(&mut events), [(AccountEventKind::Connected, id.clone())]);
    moody.asked();
    assert_eq!(moody.round().await, (0, 0));
    assert_eq!(moody.asked(), 0, "it was tried when it was connected");

    moody.clock.advance(Duration::from_secs(30));
    assert_eq!((moody.round().await, moody.asked()), ((0, 0), 1));
    let tried = moody.engine.project("p").probe(session.id(), &id).await.unwrap();
    assert!(tried.is_active() && !tried.is_ready());
    moody.moods.ping.store(200, Ordering::SeqCst);
    moody.clock.advance(Duration::from_secs(60));
    assert_eq!(moody.round().await, (1, 0));
    assert_eq!(told(&mut events), [(AccountEventKind::Ready, id.clone())]);
    let ready = session.connected_account(&id).await.unwrap();
    assert!(ready.is_ready());

    moody.asked();
    moody.clock.advance(Duration::from_secs(3600));
    assert_eq!((moody.round().await, moody.asked()), ((0, 0), 0), "what works is left alone");
    let probed = moody.composio().connected_accounts().probe(id).await.unwrap();
    assert_eq!((probed.ready_at, told(&mut events)), (ready.ready_at, vec![]), "it is noted once");
}

#[tokio::test]
async fn waiting_ends_when_the_account_works() {
    let moody = Moody::start(json!({"probe": probe("/ping")})).await;
    moody.moods.ping.store(503, Ordering::SeqCst);
    let (_, request) = moody.connect().await;
    let early = request.wait().timeout(Duration::ZERO).await.unwrap_err();
    assert_eq!(early.kind(), ErrorKind::Timeout, "{early}");
    moody.moods.ping.store(200, Ordering::SeqCst);
    assert!(request.wait().timeout(Duration::ZERO).await.unwrap().is_ready());
}

#[tokio::test]
async fn an_identity_that_was_not_to_be_had_is_read_with_the_next_try() {
    let moody = Moody::start(json!({"probe": probe("/me"), "identity": identity()})).await;
    moody.moods.me.store(503, Ordering::SeqCst);
    let (session, request) = moody.connect().await;
    assert_eq!(session.connected_account(request.account()).await.unwrap().identity, None);
    let mut events = moody.composio().events().unwrap();
    moody.moods.me.store(200, Ordering::SeqCst);
    moody.clock.advance(Duration::from_secs(30));
    assert_eq!(moody.round().await, (1, 0));
    let account = session.connected_account(request.account()).await.unwrap();
    assert_eq!(account.identity, Some(Identity::new("7", "alice")));
    assert!(account.is_ready());
    assert_eq!(told(&mut events), [(AccountEventKind::Ready, account.id)]);
}

#[tokio::test]
async fn only_an_active_account_is_tried() {
    let moody = Moody::start(json!({"probe": probe("/ping")})).await;
    let (_, request) = moody.connect().await;
    let accounts = moody.composio().connected_accounts();
    accounts.disable(request.account().clone()).await.unwrap();
    let error = accounts.probe(request.account().clone()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains("INACTIVE"), "{error}");
    let error = accounts.probe("ca_unknown").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn without_a_cheap_call_an_account_is_tried_by_asking_who_it_is() {
    let moody = Moody::start(json!({"identity": identity()})).await;
    let (_, request) = moody.connect().await;
    let accounts = moody.composio().connected_accounts();
    moody.asked();
    assert!(accounts.probe(request.account().clone()).await.unwrap().is_ready());
    assert_eq!(moody.asked(), 1);
    moody.moods.me.store(401, Ordering::SeqCst);
    assert_eq!(accounts.probe(request.account().clone()).await.unwrap().status, ConnectionStatus::Expired);
}

#[tokio::test]
async fn an_account_that_never_worked_is_not_ended_by_a_refusal_and_one_that_did_is() {
    let moody = Moody::start(json!({"probe": probe("/ping")})).await;
    moody.moods.ping.store(401, Ordering::SeqCst);
    let (_, request) = moody.connect().await;
    let accounts = moody.composio().connected_accounts();
    let id = request.account().clone();
    for _ in 0..3 {
        let tried = accounts.probe(id.clone()).await.unwrap();
        assert!(tried.is_active() && !tried.is_ready());
    }
    moody.moods.ping.store(200, Ordering::SeqCst);
    assert!(accounts.probe(id.clone()).await.unwrap().is_ready());
    // A service in trouble says nothing about the account, and neither does one that does not allow this call.
    for mood in [503, 403] {
        moody.moods.ping.store(mood, Ordering::SeqCst);
        assert!(accounts.probe(id.clone()).await.unwrap().is_ready(), "{mood}");
    }
    let mut events = moody.composio().events().unwrap();
    moody.moods.ping.store(401, Ordering::SeqCst);
    let ended = accounts.probe(id.clone()).await.unwrap();
    assert_eq!(ended.status, ConnectionStatus::Expired);
    assert!(ended.status_reason.unwrap().contains("does not accept the access token"));
    assert_eq!(told(&mut events), [(AccountEventKind::Expired, id)]);
}

#[tokio::test]
async fn a_connection_that_is_connected_again_starts_anew() {
    let moody = Moody::start(json!({"probe": probe("/ping")})).await;
    let (session, request) = moody.connect().await;
    let accounts = moody.composio().connected_accounts();
    let id = request.account().clone();
    assert!(accounts.get(id.clone()).await.unwrap().is_ready());
    for mood in [401, 503] {
        moody.moods.ping.store(401, Ordering::SeqCst);
        assert_eq!(accounts.probe(id.clone()).await.unwrap().status, ConnectionStatus::Expired);
        moody.moods.ping.store(mood, Ordering::SeqCst);
        let again = session.reconnect(id.clone()).await.unwrap();
        moody.press(again.redirect_url()).await;
        let account = accounts.get(id.clone()).await.unwrap();
        assert!(account.is_active() && !account.is_ready() && account.status_reason.is_none());
        moody.moods.ping.store(200, Ordering::SeqCst);
        assert!(accounts.probe(id.clone()).await.unwrap().is_ready());
    }
}

#[tokio::test]
async fn a_refused_token_that_can_be_renewed_is_renewed_before_it_says_anything() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let accounts = world.composio().connected_accounts();
    let asked = world.seen("POST", "/oauth/token");
    world.demo.expire_access_tokens();
    assert!(accounts.probe(account.id.clone()).await.unwrap().is_ready());
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 1);
    // A service that knows the account and does not allow this call is not asked to renew anything.
    world.demo.fail_next(Failure::status(403).path("/tracker/me"));
    assert!(accounts.probe(account.id.clone()).await.unwrap().is_ready());
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 1);
    // Where the renewal is refused, that is one refusal and not the end.
    world.demo.expire_access_tokens();
    world.demo.fail_next(Failure::oauth_error("invalid_grant"));
    assert!(accounts.probe(account.id).await.unwrap().is_active());
}

#[tokio::test]
async fn who_an_account_is_shows_wherever_it_is_listed() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let identity = account.identity.clone().unwrap();
    assert_eq!((&*identity.label, identity.email.as_deref()), ("alice@work.example", Some("alice@work.example")));
    assert_eq!(identity.workspace.as_deref(), Some("work.example"));
    let listed = world.composio().connected_accounts().list().await.unwrap().items;
    assert_eq!(listed[0].identity, Some(identity.clone()));
    let states = session.toolkits().slugs(["tracker"]).await.unwrap().items;
    assert_eq!(states[0].account.as_ref().unwrap().identity, Some(identity));
}

#[tokio::test]
async fn a_key_that_the_service_refuses_is_refused_where_it_was_entered() {
    let moody = Moody::start(json!({"probe": probe("/ping")})).await;
    moody.moods.ping.store(401, Ordering::SeqCst);
    let composio = moody.composio();
    let config = composio.auth_configs().create("moody").api_key().await.unwrap();
    let accounts = composio.connected_accounts();
    let refused = accounts.create("user_9", config.id.clone()).field("key", "wrong").await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    moody.moods.ping.store(503, Ordering::SeqCst);
    let account = accounts.create("user_9", config.id).field("key", "right").await.unwrap();
    assert!(account.is_active() && !account.is_ready());
    moody.moods.ping.store(200, Ordering::SeqCst);
    moody.clock.advance(Duration::from_secs(30));
    assert_eq!(moody.round().await, (1, 0));
}
