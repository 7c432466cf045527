//! Pictures of every page, for people to look at: `target/screenshots`.

use super::world::{ALICE, CONNECTED, NOT_CONNECTED, REFUSED, World, allow, to_consent};

#[tokio::test]
async fn every_page_fits_a_phone_and_a_laptop() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    browser.open(request.redirect_url()).await;
    browser.picture("connect").await;
    to_consent(&browser, &request).await;
    browser.picture("consent").await;
    allow(&browser, ALICE).await;
    browser.wait_for(CONNECTED).await;
    browser.picture("done").await;
    browser.reload().await;
    browser.wait_for(REFUSED).await;
    browser.picture("refusal").await;

    let request = world.link().await;
    to_consent(&browser, &request).await;
    browser.click("button[value=deny]").await;
    browser.wait_for(NOT_CONNECTED).await;
    browser.picture("denied").await;

    world.close([browser]).await;
}

#[tokio::test]
async fn a_page_in_the_dark_fits_too() {
    let Some(world) = World::new().await else { return };
    let (browser, account) = (world.browser().await, world.connected().await);
    world.embedded.composio().connected_accounts().revoke(account.id.clone()).await.unwrap();
    let again = world.session.reconnect(account.id).await.unwrap();
    browser.prefer_dark().await;
    browser.open(again.redirect_url()).await;
    browser.picture("reconnect-dark").await;
    to_consent(&browser, &again).await;
    browser.picture("consent-dark").await;
    world.close([browser]).await;
}

#[tokio::test]
async fn the_form_for_a_key_fits_too() {
    let Some(world) = World::new().await else { return };
    let composio = world.embedded.composio();
    let config = composio.auth_configs().create("tracker").api_key().await.unwrap();
    let session = composio.create("user_123").toolkits(["tracker"]).auth_config("tracker", config.id).await.unwrap();
    let request = session.authorize("tracker").await.unwrap();
    let browser = world.browser().await;
    browser.open(request.redirect_url()).await;
    browser.picture("key").await;
    browser.run("document.forms[0].noValidate = true").await;
    browser.click("button").await;
    browser.text("[role=alert]").await;
    browser.picture("key-empty").await;
    world.close([browser]).await;
}
