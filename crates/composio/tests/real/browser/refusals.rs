//! Links and answers that do not count.

use composio::{ConnectedAccountId, ConnectionStatus, Url};

use super::world::{ALICE, CONNECTED, REFUSED, World, allow, to_consent};
use crate::visitor::flow_cookie;

async fn is_begun(world: &World, id: &ConnectedAccountId) -> bool {
    world.account(id).await.status == ConnectionStatus::Initiated
}

/// Chats open links to preview them, before the person presses and in the middle of it.
#[tokio::test]
async fn looking_at_a_link_changes_nothing() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    let before = world.account(request.account()).await;
    preview(request.redirect_url()).await;
    assert_eq!(world.account(request.account()).await, before);
    assert_eq!(world.demo.requests().len(), 0, "the service heard nothing of it");

    to_consent(&browser, &request).await;
    preview(request.redirect_url()).await;
    allow(&browser, ALICE).await;
    browser.wait_for(CONNECTED).await;
    world.close([browser]).await;
}

async fn preview(link: &Url) {
    let chat = reqwest::Client::builder().no_proxy().build().unwrap();
    for _ in 0..2 {
        assert_eq!(chat.get(link.clone()).send().await.unwrap().status(), 200);
        assert_eq!(chat.head(link.clone()).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn a_link_that_nobody_made_or_that_was_used_is_refused() {
    let Some(world) = World::new().await else { return };
    let (browser, request) = (world.browser().await, world.link().await);
    let unknown = world.embedded.public_url().join("/link/bm9ib2R5LW1hZGUtdGhpcw").unwrap();
    browser.open(&unknown).await;
    browser.wait_for(REFUSED).await;
    browser.audit().await;
    let refused = browser.text("main").await;

    to_consent(&browser, &request).await;
    allow(&browser, ALICE).await;
    browser.wait_for(CONNECTED).await;
    browser.open(request.redirect_url()).await;
    browser.wait_for(REFUSED).await;
    assert_eq!(browser.text("main").await, refused, "no two causes are told apart");
    world.close([browser]).await;
}

/// Somebody else's browser must not be able to finish a flow, nor to spoil it.
#[tokio::test]
async fn an_answer_counts_in_the_browser_that_asked_and_once() {
    let Some(world) = World::new().await else { return };
    let (browser, other, request) = (world.browser().await, world.browser().await, world.link().await);
    to_consent(&browser, &request).await;
    let answer: Url = world.demo.approve(&browser.url().await, ALICE).unwrap();

    other.open(&answer).await;
    other.wait_for(REFUSED).await;
    other.make_up_cookie(&flow_cookie(&answer)).await;
    other.open(&answer).await;
    other.wait_for(REFUSED).await;
    assert!(is_begun(&world, request.account()).await);

    browser.open(&answer).await;
    browser.wait_for(CONNECTED).await;
    assert_eq!(world.account(request.account()).await.status, ConnectionStatus::Active);
    browser.reload().await;
    browser.wait_for(REFUSED).await;
    assert_eq!(world.account(request.account()).await.status, ConnectionStatus::Active);
    world.close([browser, other]).await;
}

/// Whoever presses Continue last owns the flow; the consent page that was opened before leads nowhere.
#[tokio::test]
async fn pressing_again_voids_the_press_before() {
    let Some(world) = World::new().await else { return };
    let (first, second, request) = (world.browser().await, world.browser().await, world.link().await);
    to_consent(&first, &request).await;
    to_consent(&second, &request).await;
    allow(&first, "bob@example.com").await;
    first.wait_for(REFUSED).await;
    assert!(is_begun(&world, request.account()).await);
    allow(&second, ALICE).await;
    second.wait_for(CONNECTED).await;
    assert_eq!(world.account(request.account()).await.label(), ALICE);
    world.close([first, second]).await;
}
