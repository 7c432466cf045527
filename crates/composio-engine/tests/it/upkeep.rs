//! What the engine does by itself.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use composio_core::{AccountEventKind, AuthConfigUpdate, Composio, ConnectionStatus, ErrorKind, Event, Timestamp, Url};
use composio_demo::Failure;
use composio_engine::store::{CredentialChange, DueWork, Sealed, Transition};
use composio_engine::{Engine, EngineOptions, KeySource, ProjectId, SealingKey, SqliteStore, Upkeep, UpkeepReport};
use futures::{FutureExt as _, StreamExt as _};
use serde_json::json;

use crate::moody::Moody;
use crate::world::{World, told};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const LIST: &str = "TRACKER_LIST_ISSUES";
/// Before everything.
const NEVER: Timestamp = Timestamp::from_micros(0);

fn report(renewed: usize, ready: usize, expired: usize, failed: usize) -> UpkeepReport {
    let mut report = UpkeepReport::default();
    (report.renewed, report.ready, report.expired, report.failed) = (renewed, ready, expired, failed);
    report
}

#[tokio::test]
async fn credentials_are_renewed_ahead_of_their_end_without_a_call() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let asked = world.seen("POST", "/oauth/token");
    world.advance(MINUTE * 53);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0), "it is too early");
    world.advance(MINUTE * 4);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(1, 0, 0, 0));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0));
    world.advance(MINUTE * 4);
    session.execute(LIST, json!({})).await.unwrap();
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 1, "the call found it renewed");
    for _ in 0..3 {
        world.advance(MINUTE * 57);
        assert_eq!(world.engine.upkeep_once().await.unwrap(), report(1, 0, 0, 0));
    }
}

#[tokio::test]
async fn renewals_are_spread_over_some_time() {
    let world = World::new().await;
    let session = world.composio().create("user_123").toolkits(["tracker"]).await.unwrap();
    let connected = world.now();
    let mut accounts = Vec::new();
    for _ in 0..8 {
        accounts.push(world.connect(&session, "tracker", "alice@work.example").await.id);
    }
    let due = async |seconds: u64| {
        let at = connected.plus(Duration::from_secs(seconds));
        world.store.due_work(at, NEVER, 100).await.unwrap().len()
    };
    // An hour's token: not before six minutes of its end, and not after three.
    assert_eq!((due(54 * 60 - 1).await, due(57 * 60).await), (0, 8));
    let mut steps = Vec::new();
    for second in (54 * 60)..=(57 * 60) {
        steps.push(due(second).await);
    }
    steps.dedup();
    assert!(steps.len() > 4, "they come one after the other: {steps:?}");
}

#[tokio::test]
async fn two_engines_that_look_at_once_renew_once() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let other = world.another_engine().await;
    let asked = world.seen("POST", "/oauth/token");
    world.advance(MINUTE * 58);
    let rounds =
        futures::future::join_all([&world.engine, &other, &world.engine, &other].map(Engine::upkeep_once)).await;
    let renewed: usize = rounds
        .into_iter()
        .map(|round| round.unwrap())
        .inspect(|round| assert_eq!(round.failed, 0))
        .map(|round| round.renewed)
        .sum();
    assert_eq!((renewed, world.seen("POST", "/oauth/token") - asked), (1, 1));
    session.execute(LIST, json!({})).await.unwrap();
}

#[tokio::test]
async fn trouble_with_one_account_is_counted_and_tried_again_later() {
    let world = World::new().await;
    let session = world.session().await;
    for (toolkit, email) in [("tracker", "alice@work.example"), ("mailbox", "bob@example.com")] {
        world.connect(&session, toolkit, email).await;
    }
    world.advance(MINUTE * 57);
    world.demo.fail_next(Failure::status(503).path("/tracker/oauth/token"));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(1, 0, 0, 1));
    world.advance(MINUTE - Duration::from_secs(1));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0), "a service in trouble is left alone");
    world.advance(MINUTE + Duration::from_secs(1));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(1, 0, 0, 0));
}

#[tokio::test]
async fn a_credential_that_cannot_be_read_stands_in_nobodys_way() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    world.advance(MINUTE * 57);
    let status = ConnectionStatus::Active;
    let mut step = Transition::new(status, status, world.now(), None);
    step.credential = CredentialChange::Put(Sealed(b"sealed with a key that is gone".to_vec()));
    world.store.transition(&ProjectId::new("p"), &account.id, &step).await.unwrap();
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 1));
    // It would be the first of what is due for ever, and a round ends where it finds nothing new.
    assert_eq!(world.store.due_work(world.now(), NEVER, 10).await.unwrap(), []);
    world.advance(MINUTE * 2);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 1));
}

#[tokio::test]
async fn a_service_that_refuses_three_times_ends_the_account_without_a_call() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let mut events = world.composio().events().unwrap();
    world.advance(MINUTE * 57);
    world.demo.fail_next(Failure::oauth_error("invalid_grant").times(3));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 1));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0), "it is left alone");
    session.execute(LIST, json!({})).await.unwrap();
    world.advance(Duration::from_secs(30));
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 1));
    assert_eq!(told(&mut events), []);
    world.advance(MINUTE * 2);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 1, 0));
    assert_eq!(told(&mut events), [(AccountEventKind::Expired, account.id.clone())]);
    assert_eq!(world.account(&session, &account.id).await.status, ConnectionStatus::Expired);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0));
}

#[tokio::test]
async fn an_account_that_cannot_be_renewed_ends_when_its_token_does() {
    let moody = Moody::start(json!({})).await;
    moody.moods.lifetime.store(3600, Ordering::SeqCst);
    let (session, request) = moody.connect().await;
    let mut events = moody.composio().events().unwrap();
    moody.clock.advance(HOUR - Duration::from_secs(1));
    assert_eq!(moody.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0));
    assert!(session.connected_account(request.account()).await.unwrap().is_active(), "it works to its last moment");
    moody.clock.advance(Duration::from_secs(1));
    assert_eq!(moody.engine.upkeep_once().await.unwrap(), report(0, 0, 1, 0));
    let ended = session.connected_account(request.account()).await.unwrap();
    assert_eq!(ended.status, ConnectionStatus::Expired);
    assert!(ended.status_reason.unwrap().contains("gave no refresh token"));
    assert_eq!(told(&mut events), [(AccountEventKind::Expired, ended.id)]);
}

#[tokio::test]
async fn flows_that_ran_out_are_ended_and_told_in_every_project() {
    let world = World::new().await;
    let session = world.session().await;
    let elsewhere = Composio::with_backend(world.engine.project("q"));
    let other = elsewhere.create("user_9").toolkits(["tracker"]).await.unwrap();
    let (mut here, mut there) = (world.composio().events().unwrap(), elsewhere.events().unwrap());
    let (one, two) = (session.authorize("tracker").await.unwrap(), other.authorize("tracker").await.unwrap());
    world.advance(MINUTE * 10);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0), "the last moment still counts");
    world.advance(MINUTE);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 2, 0));
    assert_eq!(told(&mut here), [(AccountEventKind::Expired, one.account().clone())]);
    assert_eq!(told(&mut there), [(AccountEventKind::Expired, two.account().clone())]);
    let ended = world.account(&session, one.account()).await;
    assert_eq!(ended.status_reason.as_deref(), Some("the link ran out before the user finished"));
}

#[tokio::test]
async fn accounts_on_a_config_that_is_off_are_left_alone() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let configs = world.composio().auth_configs();
    let switch = |on: bool| {
        let mut update = AuthConfigUpdate::new();
        update.enabled = Some(on);
        configs.update(account.auth_config.clone(), update)
    };
    switch(false).await.unwrap();
    let asked = world.seen("POST", "/oauth/token");
    world.advance(MINUTE * 58);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0));
    let due = world.store.due_work(world.now(), NEVER, 10).await.unwrap();
    assert_eq!(due, [], "it is not handed out at every look");
    switch(true).await.unwrap();
    world.advance(HOUR);
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(1, 0, 0, 0));
    assert_eq!(world.seen("POST", "/oauth/token") - asked, 1);
}

#[tokio::test]
async fn what_an_earlier_version_left_finds_its_time() {
    let world = World::new().await;
    let session = world.session().await;
    let account = world.connect(&session, "tracker", "alice@work.example").await;
    let (project, asked) = (ProjectId::new("p"), world.seen("POST", "/oauth/token"));
    world.store.schedule_refresh(&project, &account.id, Some(world.now())).await.unwrap();
    assert_eq!(world.engine.upkeep_once().await.unwrap(), report(0, 0, 0, 0));
    assert_eq!(world.seen("POST", "/oauth/token"), asked, "the credential is good");
    let due = world.store.due_work(world.now().plus(HOUR), NEVER, 10).await.unwrap();
    assert_eq!(due, [DueWork::Refresh(project, account.id)]);
}

fn options(upkeep: Upkeep) -> EngineOptions {
    let key = KeySource::Keys(vec![SealingKey::new([7; 32])]);
    EngineOptions::new(Url::parse("http://127.0.0.1:8787").unwrap(), key).upkeep(upkeep)
}

#[tokio::test]
async fn a_rhythm_without_rest_is_refused() {
    let store = Arc::new(SqliteStore::in_memory().await.unwrap());
    let error = Engine::start(store, options(Upkeep::Every(Duration::from_millis(999)))).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("upkeep")));
}

#[tokio::test]
async fn the_engine_looks_by_itself() {
    let world = World::new().await;
    let session = world.session().await;
    let request = session.authorize("tracker").await.unwrap();
    world.advance(MINUTE * 11);
    let options = world.options().upkeep(Upkeep::Every(Duration::from_secs(1)));
    let busy = Engine::start(Arc::clone(&world.store), options).await.unwrap();
    let mut events = Composio::with_backend(busy.project("p")).events().unwrap();
    let told = tokio::time::timeout(Duration::from_secs(20), events.next()).await.unwrap().unwrap();
    let Event::Account(told) = told else { panic!("missed") };
    assert_eq!((told.kind, &told.account.id), (AccountEventKind::Expired, request.account()));
    busy.shutdown().await;
    assert_eq!(events.next().now_or_never(), Some(None), "the stream ends with the engine");
}
