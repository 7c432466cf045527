//! From the link to the last page, and to the application.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use composio::{ConnectionStatus, Url};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use super::world::{ALICE, APPLICATION, CONNECTED, CONSENT, NOT_CONNECTED, World, allow, to_consent};

#[tokio::test]
async fn a_person_reads_who_asks_for_what_and_connects() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    browser.open(request.redirect_url()).await;
    assert_eq!(browser.text("h1").await, "Connect Demo Tracker");
    let lead = "Acme Assistant would like to connect Demo Tracker for user_123.";
    assert_eq!(browser.text("main .lead").await, lead);
    assert_eq!(browser.texts("li").await, ["tracker.read", "tracker.write"]);
    assert_eq!(browser.text("button").await, "Continue to Demo Tracker");
    browser.audit().await;

    browser.click("button").await;
    browser.wait_for(CONSENT).await;
    assert_eq!(browser.url().await.port(), world.demo.url().port(), "consent is given at the service");
    browser.audit().await;
    assert_eq!(world.account(request.account()).await.status, ConnectionStatus::Initiated);
    allow(&browser, ALICE).await;

    browser.wait_for(CONNECTED).await;
    assert!(browser.text("main").await.contains(APPLICATION));
    browser.audit().await;
    let account = request.wait().await.unwrap();
    assert_eq!((account.status, account.label()), (ConnectionStatus::Active, ALICE));
    let issue = world.session.execute("TRACKER_CREATE_ISSUE", json!({"title": "From a browser"})).await.unwrap();
    assert_eq!(issue.value()["author"], ALICE);
    world.close([browser]).await;
}

#[tokio::test]
async fn everything_can_be_done_with_the_keyboard() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    let (tab, space, enter) = ("\u{e004}", " ", "\u{e007}");
    browser.open(request.redirect_url()).await;
    browser.type_keys(tab).await;
    assert_eq!(browser.run("return document.activeElement.tagName").await, "BUTTON", "nothing stands before it");
    browser.type_keys(enter).await;
    browser.wait_for(CONSENT).await;
    browser.type_keys(tab).await;
    browser.type_keys(space).await;
    browser.type_keys(tab).await;
    assert_eq!(browser.run("return document.activeElement.value").await, "allow");
    browser.type_keys(enter).await;
    browser.wait_for(CONNECTED).await;
    assert_eq!(world.account(request.account()).await.label(), ALICE);
    world.close([browser]).await;
}

#[tokio::test]
async fn a_person_who_says_no_reads_what_that_means() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    to_consent(&browser, &request).await;
    browser.click("button[value=deny]").await;
    browser.wait_for(NOT_CONNECTED).await;
    let page = browser.text("main").await;
    assert!(page.contains("You did not allow it at Demo Tracker.") && page.contains(APPLICATION), "{page}");
    browser.audit().await;
    let account = world.account(request.account()).await;
    assert_eq!(
        (account.status, account.status_reason.as_deref()),
        (ConnectionStatus::Failed, Some("the person said no"))
    );
    world.close([browser]).await;
}

#[tokio::test]
async fn a_connection_is_renewed_by_the_same_identity_alone() {
    let Some(world) = World::new().await else { return };
    let (browser, account) = (world.browser().await, world.connected().await);
    world.embedded.composio().connected_accounts().revoke(account.id.clone()).await.unwrap();
    let request = world.session.reconnect(account.id.clone()).await.unwrap();
    browser.open(request.redirect_url()).await;
    assert_eq!(browser.text("h1").await, "Connect Demo Tracker again");
    assert!(browser.text(".notice").await.contains(ALICE));
    browser.audit().await;

    to_consent(&browser, &request).await;
    allow(&browser, "bob@example.com").await;
    browser.wait_for(NOT_CONNECTED).await;
    let page = browser.text("main").await;
    assert!(page.contains("This is bob@example.com, and the account to connect again is alice@work.example"), "{page}");
    browser.picture("other-identity").await;
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Revoked);
    to_consent(&browser, &request).await;
    allow(&browser, ALICE).await;
    browser.wait_for(CONNECTED).await;
    assert_eq!(world.account(&account.id).await.status, ConnectionStatus::Active);
    world.close([browser]).await;
}

/// Nobody has said yet who the account is, so that the page must not ask for anybody.
#[tokio::test]
async fn a_connection_that_never_was_is_renewed_by_anybody() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    to_consent(&browser, &request).await;
    browser.click("button[value=deny]").await;
    browser.wait_for(NOT_CONNECTED).await;
    let again = world.session.reconnect(request.account().clone()).await.unwrap();
    browser.open(again.redirect_url()).await;
    assert!(!browser.text("main").await.contains("ca_"), "ids are not for people");
    to_consent(&browser, &again).await;
    allow(&browser, "bob@example.com").await;
    browser.wait_for(CONNECTED).await;
    assert_eq!(world.account(request.account()).await.label(), "bob@example.com");
    world.close([browser]).await;
}

#[tokio::test]
async fn the_browser_ends_at_the_application_with_the_outcome_and_nothing_else() {
    let Some(world) = World::new().await else { return };
    let browser = world.browser().await;
    let (application, _serving) = application().await;
    for (yes, status) in [(true, "success"), (false, "failed")] {
        let request = world.session.authorize("tracker").callback_url(application.as_str()).await.unwrap();
        to_consent(&browser, &request).await;
        if yes {
            allow(&browser, ALICE).await
        } else {
            browser.click("button[value=deny]").await
        }
        browser.wait_for("Back in the application").await;
        let end = browser.url().await;
        let mut expected = application.clone();
        expected
            .query_pairs_mut()
            .append_pair("status", status)
            .append_pair("connected_account_id", request.account().as_str());
        assert_eq!(end, expected);
        assert_eq!(browser.run("return document.referrer").await, "", "no address of the flow goes along");
    }
    world.close([browser]).await;
}

/// A page of an application, with a query of its own.
async fn application() -> (Url, JoinSet<()>) {
    let page =
        get(|| async { Html("<!doctype html><html lang=en><title>App</title><h1>Back in the application</h1>") });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("http://{}/done?tab=accounts", listener.local_addr().unwrap());
    let mut serving = JoinSet::new();
    serving.spawn(async move { axum::serve(listener, Router::new().route("/done", page)).await.unwrap() });
    (Url::parse(&url).unwrap(), serving)
}
