//! From a link to an ACTIVE account, and everything that may go wrong on the way.

use std::sync::Arc;
use std::time::Duration;

use composio::engine::{
    Clock as _, Engine, EngineOptions, KeySource, ManualClock, SealingKey, SqliteStore, SystemClock,
};
use composio::{Composio, ConnectFlow as _, ConnectionStatus, ErrorKind, FormFields, LinkStep, ToolkitSlug, Url};
use serde_json::json;
use tokio::task::JoinSet;

use super::world::{
    BASIC, POST, PUBLIC, SECRET, World, assert_connected, assert_refused, manifest, press, says, to_consent,
};
use crate::forms::Form;
use crate::place::OIDC;
use crate::visitor::{Visitor, flow_cookie};

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[tokio::test]
async fn every_way_of_a_client_to_show_who_it_is_connects() {
    for client in [BASIC, POST, PUBLIC] {
        let Some(world) = World::new(client).await else { return };
        let account = world.connect("alice").await;
        assert_eq!((account.status, account.label()), (ConnectionStatus::Active, "alice"), "{}", client.0);

        let me = world.me().await.unwrap();
        assert_eq!((&me.value()["sub"], &me.value()["client_id"]), (&json!("alice"), &json!(client.0)));
        assert!(me.value()["scope"].as_str().unwrap().split(' ').any(|scope| scope == "notes:read"));

        let asked = world.tap.last("authorization_code");
        assert_eq!(asked.authorization.is_some(), client == BASIC);
        assert_eq!(asked.asked("client_secret") == SECRET, client == POST);
        assert_eq!(asked.asked("code_verifier").len(), 43);
        assert_eq!(asked.asked("redirect_uri"), world.embedded.redirect_uri().as_str());
        world.embedded.shutdown().await;
    }
}

#[tokio::test]
async fn the_provider_requires_the_proof_that_the_engine_gives() {
    let Some(world) = World::new(POST).await else { return };
    let redirect_uri = world.embedded.redirect_uri();
    let mut url = world.turn.at("/auth");
    let scope = "openid email offline_access notes:read";
    url.query_pairs_mut().extend_pairs([
        ("client_id", POST.0),
        ("redirect_uri", redirect_uri.as_str()),
        ("response_type", "code"),
        ("scope", scope),
        ("state", "by-hand"),
        ("prompt", "consent"),
    ]);
    let mut visitor = Visitor::new();
    let bare = Form { action: url.clone(), is_post: false, fields: url.query_pairs().into_owned().collect() };
    let refused = visitor.submit_until(&bare, &redirect_uri).await;
    let query: Vec<_> = refused.query_pairs().into_owned().collect();
    assert!(query.contains(&("error".into(), "invalid_request".into())), "{query:?}");
    assert!(query.iter().any(|(name, value)| name == "error_description" && value.contains("PKCE")), "{query:?}");

    let proven = bare.set("code_challenge", CHALLENGE).set("code_challenge_method", "S256");
    let consent = visitor.submit(&proven).await;
    let callback = visitor.submit_until(&Form::of(&consent), &redirect_uri).await;
    let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    let wrong = VERIFIER.replace("dBjft", "xxxxx");
    for (verifier, status) in [(wrong.as_str(), 400), (VERIFIER, 200)] {
        let form = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", redirect_uri.as_str()),
            ("code_verifier", verifier),
        ];
        assert_eq!(world.ask("/token", POST, &form).await.status(), status);
    }
    world.embedded.shutdown().await;
}

#[tokio::test]
async fn a_code_that_comes_again_is_refused_and_ends_the_grant() {
    let Some(world) = World::new(POST).await else { return };
    let account = world.connect("alice").await;
    let first = world.tap.last("authorization_code");
    world.me().await.unwrap();

    let again: Vec<_> = first.form.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let again: Vec<_> = again.into_iter().filter(|(name, _)| !name.starts_with("client_")).collect();
    let refused = world.ask("/token", POST, &again).await;
    assert_eq!(refused.status(), 400);
    assert_eq!(refused.json::<serde_json::Value>().await.unwrap()["error"], "invalid_grant");

    world.refused(&account, 2).await;
    let error = world.me().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionRequired, "{error:?}");
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Expired);
    world.embedded.shutdown().await;
}

#[tokio::test]
async fn a_callback_counts_once_and_in_its_own_browser() {
    let Some(world) = World::new(BASIC).await else { return };
    let request = world.session.authorize("notes").await.unwrap();
    let mut visitor = Visitor::new();
    let consent = to_consent(&mut visitor, request.redirect_url()).await;
    let callback = visitor.submit_until(&consent, &world.embedded.redirect_uri()).await;

    assert_refused(&Visitor::new().open(&callback).await);
    assert_refused(&Visitor::with_cookie(&flow_cookie(&callback)).open(&callback).await);
    assert_eq!(world.account(request.account()).await.status, ConnectionStatus::Initiated);
    assert_eq!(world.tap.heard("authorization_code").len(), 0, "the code was not spent for somebody else");

    let done = visitor.open(&callback).await;
    assert_connected(&done);
    let again = visitor.open(&callback).await;
    assert_refused(&again);
    assert_eq!(world.tap.heard("authorization_code").len(), 1);
    world.me().await.unwrap();
    world.embedded.shutdown().await;
}

/// RFC 9207: the answer of another server is not taken for this one's.
#[tokio::test]
async fn an_answer_from_another_issuer_is_refused() {
    let Some(world) = World::new(BASIC).await else { return };
    let request = world.session.authorize("notes").await.unwrap();
    let mut visitor = Visitor::new();
    let consent = to_consent(&mut visitor, request.redirect_url()).await;
    let mut callback = visitor.submit_until(&consent, &world.embedded.redirect_uri()).await;
    let pairs: Vec<(String, String)> = callback.query_pairs().into_owned().collect();
    assert!(
        pairs.contains(&("iss".into(), world.turn.url.as_str().trim_end_matches('/').into())),
        "the provider says who it is"
    );
    let theirs = pairs
        .into_iter()
        .map(|(name, value)| if name == "iss" { (name, "http://127.0.0.1:1".into()) } else { (name, value) });
    let theirs: Vec<_> = theirs.collect();
    callback.query_pairs_mut().clear().extend_pairs(theirs);

    let page = visitor.open(&callback).await;
    assert!(says(&page).contains("another server"), "{}", says(&page));
    assert_eq!(world.account(request.account()).await.status, ConnectionStatus::Failed);
    assert_eq!(world.tap.heard("authorization_code").len(), 0);
    world.embedded.shutdown().await;
}

#[tokio::test]
async fn a_person_who_says_no_ends_the_waiting_with_the_reason() {
    let Some(world) = World::new(BASIC).await else { return };
    let request = world.session.authorize("notes").await.unwrap();
    let mut waiting = JoinSet::new();
    waiting.spawn({
        let request = request.clone();
        async move { request.wait().await }
    });
    let mut visitor = Visitor::new();
    let consent = to_consent(&mut visitor, request.redirect_url()).await;
    let page = visitor.submit(&consent.set("deny", "1")).await;
    assert!(says(&page).contains("You did not allow it at Notes."), "{}", says(&page));

    let account = world.account(request.account()).await;
    assert_eq!(
        (account.status, account.status_reason.as_deref()),
        (ConnectionStatus::Failed, Some("the person said no"))
    );
    let error = waiting.join_next().await.unwrap().unwrap().unwrap_err();
    assert!(error.to_string().contains("the person said no"), "{error}");
    assert_eq!(world.tap.heard("authorization_code").len(), 0);

    let link = world.session.reconnect(account.id.clone()).await.unwrap();
    press(link.redirect_url(), "alice").await;
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Active, "who said no may say yes later");
    world.embedded.shutdown().await;
}

/// The provider cannot send the browser back, so that it shows the error itself; for us the person never came back.
#[tokio::test]
async fn a_redirect_that_is_not_registered_leaves_the_account_begun_until_it_expires() {
    let Some(turn) = OIDC.turn().await else { return };
    let clock = Arc::new(ManualClock::at(SystemClock.now()));
    let unregistered = Url::parse("http://127.0.0.1:9").unwrap();
    let options = EngineOptions::new(unregistered, KeySource::Keys(vec![SealingKey::generate().unwrap()]))
        .toolkit(manifest(&turn, BASIC.1).to_string().as_bytes())
        .managed_app(ToolkitSlug::new("notes").unwrap(), BASIC.0, SECRET)
        .clock(Arc::<ManualClock>::clone(&clock));
    let engine = Engine::start(Arc::new(SqliteStore::in_memory().await.unwrap()), options).await.unwrap();
    let session =
        Composio::with_backend(engine.project("default")).create("user_123").toolkits(["notes"]).await.unwrap();
    let request = session.authorize("notes").await.unwrap();
    let token = request.redirect_url().path_segments().unwrap().next_back().unwrap();
    let started = engine.start(token, FormFields::new()).await.unwrap();
    let LinkStep::Redirect(consent) = started.next else { panic!("not sent to the provider") };

    let page = Visitor::new().open(&consent).await;
    assert_eq!((page.status, page.url.port()), (400, turn.url.port()), "{}", page.url.path());
    assert!(says(&page).contains("redirect_uri"), "{}", says(&page));
    assert_eq!(session.connected_account(request.account()).await.unwrap().status, ConnectionStatus::Initiated);

    clock.advance(Duration::from_secs(11 * 60));
    assert_eq!(session.connected_account(request.account()).await.unwrap().status, ConnectionStatus::Expired);
    assert_eq!(request.wait().await.unwrap_err().kind(), ErrorKind::ConnectionRequired);
    assert_eq!(engine.open(token).await.unwrap_err().kind(), ErrorKind::NotFound);
}
