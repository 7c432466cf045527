//! What the host can do to a running demo.

use std::time::Duration;

use composio_demo::{Demo, DemoError, DemoOptions, Failure, Person};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{ALICE, BOB, Reply, World};

const READ: &str = "tracker.read";

#[tokio::test]
async fn failures_happen_as_often_and_where_they_were_planned() {
    let world = World::new().await;
    let tokens = world.sign_in(ALICE, "tracker.read mailbox.read").await;
    world.demo.fail_next(Failure::status(429).path("/tracker").times(2).retry_after(Duration::from_secs(5)));
    assert_eq!(world.get("mailbox/me", &tokens.access).await.status, StatusCode::OK);
    for _ in 0..2 {
        let reply = world.get("tracker/me", &tokens.access).await;
        assert_eq!((reply.status, reply.header("retry-after")), (StatusCode::TOO_MANY_REQUESTS, "5"));
        assert!(reply.json["message"].is_string());
    }
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::OK);
    world.demo.fail_next(Failure::oauth_error("temporarily_unavailable"));
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::OK);
    assert_eq!(world.renew(&tokens.refresh).await.error(), "temporarily_unavailable");
    world.demo.fail_next(Failure::status(503).path("/tracker/oauth/token"));
    assert_eq!(world.renew(&tokens.refresh).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.renew(&tokens.refresh).await.status, StatusCode::OK, "a planned failure spends no token");
}

#[tokio::test]
async fn a_request_can_take_effect_and_still_fail() {
    let world = World::new().await;
    let token = world.sign_in(ALICE, "tracker.read tracker.write").await.access;
    world.demo.fail_next(Failure::status(502).method("POST").path("/tracker/issues").after_effect());
    let reply = world.send(Method::POST, "tracker/issues", &token, &json!({ "title": "Lost answer" })).await;
    assert_eq!(reply.status, StatusCode::BAD_GATEWAY);
    assert_eq!(world.get("tracker/issues?q=lost", &token).await.json["total"], 1);
}

#[tokio::test]
async fn consent_is_withdrawn_for_an_account_or_a_person() {
    let world = World::new().await;
    let work = world.sign_in(ALICE, READ).await;
    let home = world.sign_in("alice@home.example", READ).await;
    let bob = world.sign_in(BOB, READ).await;
    let pending = world.code(ALICE, READ);
    assert_eq!(world.demo.revoke_all("alice@home.example"), 1);
    assert_eq!(world.status_of_me(&home.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.status_of_me(&work.access).await, StatusCode::OK);
    assert_eq!(world.demo.revoke_all("alice"), 1);
    assert_eq!(world.status_of_me(&work.access).await, StatusCode::UNAUTHORIZED);
    assert_eq!(world.renew(&work.refresh).await.error(), "invalid_grant");
    assert_eq!(world.redeem(&pending).await.error(), "invalid_grant");
    assert_eq!(world.status_of_me(&bob.access).await, StatusCode::OK);
    assert_eq!(world.demo.revoke_all("nobody"), 0);
}

#[tokio::test]
async fn access_tokens_expire_on_demand() {
    let world = World::new().await;
    let tokens = world.sign_in(ALICE, READ).await;
    world.demo.expire_access_tokens();
    assert_eq!(world.status_of_me(&tokens.access).await, StatusCode::UNAUTHORIZED);
    let renewed = world.renew(&tokens.refresh).await.tokens();
    assert_eq!(world.status_of_me(&renewed.access).await, StatusCode::OK);
}

#[tokio::test]
async fn a_reset_is_a_new_start_with_the_same_keys() {
    let world = World::new().await;
    let (app, key) = (world.app(), world.demo.api_key(ALICE));
    let token = world.sign_in(ALICE, "tracker.read tracker.write").await.access;
    world.send(Method::POST, "tracker/issues", &token, &json!({ "title": "t" })).await;
    world.demo.fail_next(Failure::status(500));
    world.demo.reset();
    assert!(world.demo.requests().is_empty());
    assert_eq!(world.status_of_me(&token).await, StatusCode::UNAUTHORIZED);
    assert_eq!((world.app(), world.demo.api_key(ALICE)), (app, key));
    let token = world.sign_in(ALICE, READ).await.access;
    assert_eq!(world.get("tracker/issues", &token).await.json["total"], 1);
}

#[tokio::test]
async fn the_log_says_who_asked_for_what_and_holds_no_secret() {
    let world = World::new().await;
    let tokens = world.sign_in(ALICE, READ).await;
    world.get("tracker/issues?q=x", &tokens.access).await;
    world.get("tracker/me", "made-up").await;
    let key = world.demo.api_key(BOB);
    Reply::of(world.request(Method::GET, "mailbox/me").query(&[("api_key", &key)])).await;
    let log = world.demo.requests();
    let lines: Vec<_> = log.iter().map(|r| (r.path.as_str(), r.status, r.person.as_deref())).collect();
    let expected = [
        ("/tracker/oauth/token", 200, None),
        ("/tracker/issues", 200, Some(ALICE)),
        ("/tracker/me", 401, None),
        ("/mailbox/me", 200, Some(BOB)),
    ];
    assert_eq!(lines, expected);
    let secret = world.app().client_secret;
    let text = format!("{log:?} {:?} {:?} {:?}", world.demo, world.app(), DemoOptions::default().client("a", &*secret));
    for hidden in [&tokens.access, &tokens.refresh, &key, &secret] {
        assert!(!text.contains(hidden.as_str()));
    }
}

#[tokio::test]
async fn only_loopback_names_are_served() {
    let world = World::new().await;
    for (host, status) in [("localhost:1", 200), ("demo.evil.example", 421)] {
        let reply = Reply::of(world.request(Method::GET, "status/health").header("host", host)).await;
        assert_eq!(reply.status.as_u16(), status, "{host}");
    }
}

#[tokio::test]
async fn people_are_configurable_and_checked() {
    let carol = Person::new("carol", "Carol Diaz").email("carol@lab.example");
    let world = World::with(|options| options.people([carol.clone()])).await;
    assert_eq!(world.demo.people(), std::slice::from_ref(&carol));
    let token = world.sign_in("carol@lab.example", READ).await.access;
    assert_eq!(world.get("tracker/me", &token).await.json["name"], "Carol Diaz");
    let cases = [
        DemoOptions::default().people([]),
        DemoOptions::default().people([carol.clone(), carol]),
        DemoOptions::default().people([Person::new("x", "X").email("no email")]),
        DemoOptions::default().redirect_uri("/relative"),
        DemoOptions::default().client("", "secret"),
    ];
    for options in cases {
        assert!(matches!(Demo::start(options).await, Err(DemoError::Options(_))));
    }
}

#[tokio::test]
async fn a_demo_that_ended_frees_its_port() {
    let world = World::new().await;
    let port = world.demo.address().port();
    assert!(matches!(Demo::start(DemoOptions::default().port(port)).await, Err(DemoError::Listen { .. })));
    Reply::of(world.request(Method::GET, "status/health")).await;
    world.demo.shutdown().await;
    let again = Demo::start(DemoOptions::default().port(port)).await.unwrap();
    assert_eq!(again.address().port(), port);
}
