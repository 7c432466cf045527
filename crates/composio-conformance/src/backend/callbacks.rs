//! The service sends the browser back: once, to the browser that left, in time.

use std::time::Duration;

use composio_core::secrecy::ExposeSecret;
use composio_core::{CallbackParams, ConnectionStatus as Status, ErrorKind};

use super::stage::{BY_CONSENT, Stage, refused};
use crate::harness::{ALICE, AtService, BOB, Harness, LINK_LIFE, pages};

/// A state is taken once: the same callback again is refused, and changes nothing.
pub async fn a_callback_counts_once(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let browser = AtService::press(harness, request.redirect_url()).await;
    let params = browser.answer(harness, Some(ALICE)).await;
    browser.back(harness, params.clone()).await.unwrap();
    let connected = session.connected_account(request.account()).await.unwrap();
    refused(browser.back(harness, params).await, ErrorKind::NotFound);
    assert_eq!(session.connected_account(request.account()).await.unwrap(), connected);
}

/// An unknown state, none, another browser, no cookie, a used state: one answer, word for word.
pub async fn callbacks_that_do_not_work_are_not_told_apart(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let (mine, theirs) = (session.authorize(BY_CONSENT).await.unwrap(), session.authorize(BY_CONSENT).await.unwrap());
    let used = Stage::new(harness).connect(&session).await;
    let (mine, theirs) =
        (AtService::press(harness, mine.redirect_url()).await, AtService::press(harness, theirs.redirect_url()).await);
    let params = mine.answer(harness, Some(ALICE)).await;
    let mut unknown = params.clone();
    unknown.state = Some("nobody-made-this".into());
    let mut stateless = params.clone();
    stateless.state = None;
    let cookie = Some(mine.cookie.expose_secret());
    let mut texts = Vec::new();
    for (params, cookie) in [
        (unknown, cookie),
        (stateless, cookie),
        (CallbackParams::new(), cookie),
        (params.clone(), None),
        (params.clone(), Some("")),
        (params.clone(), Some("nobody-set-this")),
        (params.clone(), Some(theirs.cookie.expose_secret())),
        (theirs.answer(harness, Some(BOB)).await, cookie),
    ] {
        let error = refused(pages(harness).complete(params, cookie).await, ErrorKind::NotFound);
        texts.push(format!("{error} {error:?}"));
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
    assert!(session.connected_account(used.account()).await.unwrap().is_active());
}

/// Somebody who caught the callback without the cookie does not keep the right browser from finishing.
pub async fn a_callback_of_another_browser_spoils_nothing(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let browser = AtService::press(harness, request.redirect_url()).await;
    let params = browser.answer(harness, Some(ALICE)).await;
    for cookie in [None, Some("nobody-set-this")] {
        refused(pages(harness).complete(params.clone(), cookie).await, ErrorKind::NotFound);
    }
    let account = session.connected_account(request.account()).await.unwrap();
    assert_eq!(account.status, Status::Initiated);
    assert_eq!(browser.back(harness, params).await.unwrap().refusal, None);
    assert!(request.wait().await.unwrap().is_active());
}

/// Pressing on again makes a new state, and the one before is worth nothing: the last browser connects.
pub async fn a_start_voids_the_one_before(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let first = AtService::press(harness, request.redirect_url()).await;
    let params = first.answer(harness, Some(BOB)).await;
    let second = AtService::press(harness, request.redirect_url()).await;
    refused(first.back(harness, params).await, ErrorKind::NotFound);
    let params = second.answer(harness, Some(ALICE)).await;
    second.back(harness, params).await.unwrap();
    let account = request.wait().await.unwrap();
    assert_eq!(account.identity.as_ref().map(|identity| &*identity.label), Some(ALICE));
}

/// A person who takes longer than the link lives comes back to nothing.
pub async fn a_started_flow_runs_out(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    harness.advance(Duration::from_secs(590)).await;
    let browser = AtService::press(harness, request.redirect_url()).await;
    let params = browser.answer(harness, Some(ALICE)).await;
    harness.advance(LINK_LIFE - Duration::from_secs(589)).await;
    refused(browser.back(harness, params).await, ErrorKind::NotFound);
    let account = session.connected_account(request.account()).await.unwrap();
    assert_eq!(account.status, Status::Expired);
}

/// An answer that names another issuer than the one asked is a mix-up, and never connects (RFC 9207).
pub async fn an_answer_of_another_issuer_connects_nothing(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let browser = AtService::press(harness, request.redirect_url()).await;
    let mut params = browser.answer(harness, Some(ALICE)).await;
    params.iss = Some("https://elsewhere.example".to_owned());
    if let Ok(connected) = browser.back(harness, params).await {
        assert!(connected.refusal.is_some());
    }
    let account = session.connected_account(request.account()).await.unwrap();
    assert!(!account.is_active() && account.identity.is_none(), "{account:?}");
}
