//! The form for an API key.

use composio::{ConnectionRequest, ConnectionStatus};
use serde_json::json;

use super::driver::Browser;
use super::world::{ALICE, CONNECTED, World};

/// A link of a session that connects with keys.
async fn link(world: &World) -> (composio::Session, ConnectionRequest) {
    let composio = world.embedded.composio();
    let config = composio.auth_configs().create("tracker").api_key().await.unwrap();
    let session = composio.create("user_123").toolkits(["tracker"]).auth_config("tracker", config.id).await.unwrap();
    let request = session.authorize("tracker").await.unwrap();
    (session, request)
}

/// Sends the form as a browser would that does not check it first.
async fn submit_unchecked(browser: &Browser) {
    browser.run("document.forms[0].noValidate = true").await;
    browser.click("button").await;
}

#[tokio::test]
async fn a_key_is_asked_for_until_it_is_right_and_never_shown_again() {
    let Some(world) = World::new().await else { return };
    let (session, request) = link(&world).await;
    let browser = world.browser().await;
    browser.open(request.redirect_url()).await;
    assert_eq!(browser.text("label").await, "API key");
    assert_eq!(browser.run("return document.querySelector('#field-0').type").await, "password");
    browser.audit().await;
    browser.click("button").await;
    assert_eq!(
        browser.run("return document.querySelectorAll('input:invalid').length").await,
        1,
        "the browser asks first"
    );
    assert!(browser.texts("[role=alert]").await.is_empty());

    submit_unchecked(&browser).await;
    let alert = browser.text("[role=alert]").await;
    assert!(alert.starts_with("Fill in: API key"), "{alert}");
    assert_eq!(browser.run("return document.querySelector('#field-0').getAttribute('aria-invalid')").await, "true");
    assert!(browser.run("return document.title").await.as_str().unwrap().starts_with("Error: "));
    browser.audit().await;

    let wrong = world.demo.api_key("nobody@example.com");
    browser.click("#field-0").await;
    browser.type_keys(&wrong).await;
    browser.click("button").await;
    browser.wait_for("Connect Demo Tracker").await;
    let alert = browser.text("[role=alert]").await;
    assert!(alert.contains("Demo Tracker does not accept it"), "{alert}");
    assert!(!browser.source().await.contains(&wrong), "a key is not shown again");
    assert_eq!(browser.run("return document.querySelector('#field-0').value").await, "");
    browser.audit().await;
    assert_eq!(world.account(request.account()).await.status, ConnectionStatus::Initiated);

    browser.click("#field-0").await;
    browser.type_keys(&world.demo.api_key(ALICE)).await;
    browser.click("button").await;
    browser.wait_for(CONNECTED).await;
    let account = world.account(request.account()).await;
    assert_eq!((account.status, account.label()), (ConnectionStatus::Active, ALICE));
    session.execute("TRACKER_LIST_ISSUES", json!({})).await.unwrap();
    world.close([browser]).await;
}
