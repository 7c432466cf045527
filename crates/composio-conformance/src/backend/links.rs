//! Links: made, opened, pressed, and brought to an end.

use std::time::Duration;

use composio_core::{AuthScheme, ConnectionStatus as Status, ErrorKind, FormFields, Refusal};

use super::stage::{BY_CONSENT, PROFILE, Stage, T, refused};
use crate::harness::{
    ALICE, AtService, Harness, LINK_LIFE, OTHER_USER, consent, enter_key, pages, ran, refused as refused_naming, token,
    whoami,
};

/// Chats open links to preview them: however often, nothing is begun, changed or used up.
pub async fn opening_a_link_changes_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let (before, kept) = (stage.read(request.account()).await, stage.kept().await);
    let link = token(request.redirect_url());
    let first = pages(harness).open(link).await.unwrap();
    assert_eq!((first.toolkit.as_str(), first.scheme), (BY_CONSENT, AuthScheme::OAuth2));
    assert_eq!((&*first.user_label, first.reconnects.as_deref()), (session.user().as_str(), None));
    assert_eq!(Some(first.expires_at), request.expires_at());
    for _ in 0..3 {
        assert_eq!(pages(harness).open(link).await.unwrap(), first);
    }
    assert_eq!((stage.read(request.account()).await, stage.kept().await), (before, kept));
    let connected = consent(harness, request.redirect_url(), Some(ALICE)).await;
    assert_eq!(connected.refusal, None);
}

/// Link, press, consent, callback: the account is ACTIVE, and waiting for it is over.
pub async fn a_link_that_is_pressed_and_consented_connects(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = session.authorize(BY_CONSENT).alias("work").await.unwrap();
    let begun = session.connected_account(request.account()).await.unwrap();
    assert_eq!((begun.status, begun.connected_at, begun.alias.as_deref()), (Status::Initiated, None, Some("work")));
    harness.advance(Duration::from_secs(5)).await;
    consent(harness, request.redirect_url(), Some(ALICE)).await;
    let account = request.wait().timeout(Duration::ZERO).await.unwrap();
    assert_eq!((&account.id, account.status), (request.account(), Status::Active));
    assert_eq!(account.alias.as_deref(), Some("work"));
    assert_eq!(account.identity.as_ref().map(|identity| &*identity.label), Some(ALICE));
    assert!(account.connected_at > Some(account.created_at), "connected when the person consented");
    session.execute(PROFILE, serde_json::json!({})).await.unwrap();
}

/// The link of a call that had nothing to run with leads to an account that it runs with.
pub async fn the_link_of_a_failed_call_connects(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let call = async || session.execute(PROFILE, serde_json::json!({})).await;
    let error = refused(call().await, ErrorKind::ConnectionRequired);
    let link = error.connect_url().expect("there is a way to connect");
    pages(harness).open(token(link)).await.unwrap();
    assert_eq!(stage.kept().await, (0, 0), "looking at it makes nothing");
    let connected = consent(harness, link, Some(ALICE)).await;
    let account = session.connected_account(&connected.account).await.unwrap();
    assert_eq!((account.status, &account.user), (Status::Active, session.user()));
    call().await.unwrap();
    assert_eq!(stage.kept().await, (1, 1));
}

/// Whoever presses such a link twice, or in two tabs, connects one account.
pub async fn the_link_of_a_failed_call_makes_one_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let error = refused(session.execute(PROFILE, serde_json::json!({})).await, ErrorKind::ConnectionRequired);
    let link = error.connect_url().expect("there is a way to connect");
    let (one, other) = futures::future::join(AtService::press(harness, link), AtService::press(harness, link)).await;
    assert_ne!(one.consent, other.consent);
    assert_eq!(stage.kept().await, (1, 1));
    consent(harness, link, Some(ALICE)).await;
    assert_eq!(stage.kept().await, (1, 1));
}

/// Where a service takes keys, the page asks for one, and the right fields connect.
pub async fn a_key_is_entered_on_the_page(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = session.authorize("keyed").await.unwrap();
    let link = token(request.redirect_url());
    let page = pages(harness).open(link).await.unwrap();
    assert_eq!((page.scheme, page.fields.len()), (AuthScheme::ApiKey, 1));
    assert!(page.fields[0].secret && page.fields[0].required);
    let missing = pages(harness).start(link, FormFields::new()).await;
    refused_naming(missing, ErrorKind::InvalidInput, &[&*page.fields[0].label]);
    let unasked = FormFields::new().field("api_key", harness.key("A1")).field("owner", "me");
    refused_naming(pages(harness).start(link, unasked).await, ErrorKind::InvalidInput, &["owner"]);
    let connected = enter_key(harness, request.redirect_url(), "A1").await;
    assert_eq!((&connected.account, connected.refusal), (request.account(), None));
    assert!(request.wait().await.unwrap().is_active());
    assert_eq!(ran(whoami(&session, "keyed")).await.unwrap().as_deref(), Some("A1"));
}

/// In the end the browser goes where the application said, with what happened, and with what its URL had before.
pub async fn a_link_ends_at_its_callback(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.create().callback_url("http://localhost:3000/session").await.unwrap();
    let own = "http://localhost:3000/done?tab=1&status=old";
    for (callback, person, path, status) in [
        (Some(own), Some(ALICE), "/done", "success"),
        (Some(own), None, "/done", "failed"),
        (None, Some(ALICE), "/session", "success"),
    ] {
        let link = session.authorize(BY_CONSENT);
        let request = callback.map_or(session.authorize(BY_CONSENT), |url| link.callback_url(url)).await.unwrap();
        let connected = consent(harness, request.redirect_url(), person).await;
        let url = connected.callback.expect("the application named a callback");
        assert_eq!(url.path(), path);
        let last =
            |name: &str| url.query_pairs().filter(|(key, _)| key == name).last().map(|(_, value)| value.into_owned());
        assert_eq!(last("status").as_deref(), Some(status));
        assert_eq!(last("connected_account_id").as_deref(), Some(request.account().as_str()));
        assert_eq!(last("tab").as_deref(), callback.map(|_| "1"));
        assert_eq!(url.query_pairs().filter(|(key, _)| matches!(&**key, "code" | "state")).count(), 0);
    }
}

/// A link does not send people, and what they did, to wherever its maker says: only the operator opens an origin.
pub async fn a_callback_elsewhere_is_refused(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let elsewhere = "https://elsewhere.example/done";
    let kind = ErrorKind::InvalidInput;
    refused_naming(session.authorize(BY_CONSENT).callback_url(elsewhere).await, kind, &["https://elsewhere.example"]);
    refused_naming(stage.create().callback_url(elsewhere).await, kind, &["https://elsewhere.example"]);
    refused(session.authorize(BY_CONSENT).callback_url("javascript:alert(1)").await, kind);
}

/// A person who says no ends it: the account is FAILED, and whoever waits is told why.
pub async fn a_denied_link_fails_and_says_why(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let connected = consent(harness, request.redirect_url(), None).await;
    assert_eq!((&connected.account, connected.refusal), (request.account(), Some(Refusal::Denied)));
    let account = session.connected_account(request.account()).await.unwrap();
    assert_eq!(account.status, Status::Failed);
    let reason = account.status_reason.expect("there is a reason");
    refused_naming(request.wait().await, ErrorKind::ConnectionRequired, &[&reason]);
    refused(pages(harness).open(token(request.redirect_url())).await, ErrorKind::NotFound);
}

/// A link that has connected its account opens nothing any more.
pub async fn a_link_works_once(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = stage.connect(&session).await;
    let link = token(request.redirect_url());
    refused(pages(harness).open(link).await, ErrorKind::NotFound);
    refused(pages(harness).start(link, FormFields::new()).await, ErrorKind::NotFound);
    assert!(session.connected_account(request.account()).await.unwrap().is_active());
}

/// After ten minutes a link is over, and so is the account that was begun with it.
pub async fn a_link_runs_out(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let link = token(request.redirect_url());
    harness.advance(LINK_LIFE - Duration::from_secs(1)).await;
    pages(harness).open(link).await.unwrap();
    harness.advance(Duration::from_secs(2)).await;
    refused(pages(harness).open(link).await, ErrorKind::NotFound);
    refused(pages(harness).start(link, FormFields::new()).await, ErrorKind::NotFound);
    let account = session.connected_account(request.account()).await.unwrap();
    assert_eq!(account.status, Status::Expired);
    let reason = account.status_reason.expect("there is a reason");
    refused_naming(request.wait().await, ErrorKind::ConnectionRequired, &[&reason]);
}

/// A link does not outlive the session in whose name it was made.
pub async fn a_link_of_a_deleted_session_is_dead(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = session.authorize(BY_CONSENT).await.unwrap();
    session.delete().await.unwrap();
    refused(pages(harness).open(token(request.redirect_url())).await, ErrorKind::NotFound);
    refused(pages(harness).start(token(request.redirect_url()), FormFields::new()).await, ErrorKind::NotFound);
}

/// Unknown, altered, used, over: whoever tries links learns nothing from the answer.
pub async fn links_that_do_not_work_are_not_told_apart(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let used = stage.connect(&session).await;
    let over = session.authorize(BY_CONSENT).await.unwrap();
    harness.advance(LINK_LIFE + Duration::from_secs(1)).await;
    let works = session.authorize(BY_CONSENT).await.unwrap();
    let mut altered = token(works.redirect_url()).to_owned();
    altered.insert(altered.len() / 2, 'x');
    let mut texts = Vec::new();
    for link in ["", "nonsense", &altered, token(used.redirect_url()), token(over.redirect_url())] {
        let opened = refused(pages(harness).open(link).await, ErrorKind::NotFound);
        let started = refused(pages(harness).start(link, FormFields::new()).await, ErrorKind::NotFound);
        texts.extend([opened, started].map(|error| format!("{error} {error:?}")));
    }
    assert!(texts.iter().all(|text| *text == texts[0]), "{texts:?}");
}

/// Of two links with one alias the second is refused; another user's is their own.
pub async fn an_alias_is_taken_once(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    session.authorize(T).alias("work").await.unwrap();
    refused_naming(session.authorize(T).alias("work").await, ErrorKind::Conflict, &["work"]);
    session.authorize(T).alias("home").await.unwrap();
    stage.composio.create(OTHER_USER).await.unwrap().authorize(T).alias("work").await.unwrap();
}

/// A session links what it may use.
pub async fn a_link_outside_the_session_is_not_permitted(harness: &dyn Harness) {
    let session = Stage::new(harness).create().toolkits(["open"]).await.unwrap();
    refused_naming(session.authorize(T).await, ErrorKind::PermissionDenied, &[T]);
}

/// A new account would never be used, so none is begun.
pub async fn a_pinned_toolkit_is_not_linked(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let session = stage.create().connected_account(T, &account).await.unwrap();
    let kept = stage.kept().await;
    refused_naming(session.authorize(T).await, ErrorKind::InvalidInput, &[account.as_str()]);
    assert_eq!(stage.kept().await, kept);
}
