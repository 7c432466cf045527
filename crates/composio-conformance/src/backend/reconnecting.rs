//! Connecting an account again.

use std::time::Duration;

use composio_core::{ConnectionStatus as Status, ErrorKind};
use serde_json::json;

use super::stage::{BY_CONSENT, PROFILE, Stage, T, refused};
use crate::harness::{ALICE, AccountSeed, BOB, Harness, OTHER_USER, consent, pages, refused as refused_naming, token};

/// An account that was lost comes back under its own id, with its alias, as the most recently connected one. A session that
/// pins it goes on where it stopped.
pub async fn a_reconnect_keeps_the_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let first = stage.connect(&stage.session().await).await;
    let id = first.account();
    let session = stage.create().connected_account(BY_CONSENT, id).await.unwrap();
    stage.connected_accounts().rename(id, "work").await.unwrap();
    for status in [Status::Expired, Status::Revoked, Status::Failed] {
        harness.set_status(id, status).await;
        let before = stage.read(id).await;
        let call = session.execute(PROFILE, json!({})).await;
        let error = refused_naming(call, ErrorKind::ConnectionRequired, &[id.as_str(), status.as_str()]);
        harness.advance(Duration::from_secs(1)).await;
        // The link of the failed call, and that of `reconnect`, lead to the same.
        let request = session.reconnect(id).await.unwrap();
        assert_eq!(request.account(), id);
        let link = error.connect_url().expect("there is a way to connect it again");
        let link = if status == Status::Expired { link } else { request.redirect_url() };
        assert_eq!(pages(harness).open(token(link)).await.unwrap().reconnects.as_deref(), Some(ALICE));
        assert_eq!(stage.read(id).await, before, "a link changes nothing");
        let connected = consent(harness, link, Some(ALICE)).await;
        assert_eq!((&connected.account, connected.refusal), (id, None));
        let account = request.wait().await.unwrap();
        assert_eq!((&account.id, account.alias.as_deref()), (id, Some("work")));
        assert_eq!((account.created_at, &account.identity), (before.created_at, &before.identity));
        assert!(account.connected_at > before.connected_at);
        session.execute(PROFILE, json!({})).await.unwrap();
    }
}

/// Whoever signs in as somebody else connects nothing, and is told who it should have been. The account stays as it is,
/// and the right person can still do it.
pub async fn a_reconnect_has_to_end_at_the_same_identity(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let first = stage.connect(&session).await;
    let id = first.account();
    harness.set_status(id, Status::Expired).await;
    harness.advance(Duration::from_secs(1)).await;
    let request = session.reconnect(id).await.unwrap();
    let connected = consent(harness, request.redirect_url(), Some(BOB)).await;
    let refusal = format!("{:?}", connected.refusal.expect("another person is refused"));
    assert!(refusal.contains(ALICE) && refusal.contains(BOB), "{refusal}");
    let account = stage.read(id).await;
    assert_eq!(account.status, Status::Expired);
    assert_eq!(account.identity.map(|identity| identity.label).as_deref(), Some(ALICE));
    refused_naming(request.wait().await, ErrorKind::ConnectionRequired, &[BOB]);
    let request = session.reconnect(id).await.unwrap();
    assert_eq!(consent(harness, request.redirect_url(), Some(ALICE)).await.refusal, None);
    assert!(stage.read(id).await.is_active());
}

/// What works, is switched off, or is not finished yet has no need of it.
pub async fn an_account_that_works_needs_no_reconnect(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let id = stage.some_account("A1").await;
    for status in [Status::Active, Status::Inactive] {
        harness.set_status(&id, status).await;
        refused_naming(session.reconnect(&id).await, ErrorKind::Conflict, &[id.as_str(), status.as_str()]);
    }
    let begun = session.authorize(T).await.unwrap();
    refused_naming(session.reconnect(begun.account()).await, ErrorKind::Conflict, &["INITIATED"]);
}

/// An account of another user is not there to be reconnected, nor one that nobody has.
pub async fn an_account_of_somebody_else_is_not_reconnected(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let seed = AccountSeed::new("A1", T, &config).user(OTHER_USER).status(Status::Expired);
    let theirs = stage.account(seed).await;
    let session = stage.session().await;
    refused(session.reconnect(&theirs).await, ErrorKind::NotFound);
    refused(session.reconnect("ca_nowhere").await, ErrorKind::NotFound);
    stage.composio.create(OTHER_USER).await.unwrap().reconnect(&theirs).await.unwrap();
}
