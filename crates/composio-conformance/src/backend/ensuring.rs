//! Making sure that a toolkit is connected, and that its connection works.

use std::future::IntoFuture;
use std::time::Duration;

use composio_core::{
    AccountEventKind as Kind, ConnectionStatus as Status, EnsureConnected, Ensured, ErrorKind, Event, Result, Url,
};
use futures::future::join;
use futures::{FutureExt as _, StreamExt as _};
use serde_json::json;
use tokio::sync::oneshot;

use super::stage::{BY_CONSENT, PROFILE, Stage, T, refused};
use crate::harness::{
    ALICE, AccountSeed, Harness, Trouble, consent, enter_key, ran, refused as refused_naming, whoami,
};

/// What hands a link on, and where it arrives.
fn hand() -> (impl FnOnce(&Url) + Send + 'static, oneshot::Receiver<Url>) {
    let (sender, receiver) = oneshot::channel();
    // Nobody has to listen.
    (move |link: &Url| drop(sender.send(link.clone())), receiver)
}

/// Lets the user act on the link as soon as it is shown. What is waited between two looks at the account is skipped.
async fn while_the_user(
    ensure: EnsureConnected,
    shown: oneshot::Receiver<Url>,
    act: impl AsyncFnOnce(Url),
) -> Result<Ensured> {
    let user = async {
        let Ok(link) = shown.await else { return };
        act(link).await;
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(1)).await;
        tokio::time::resume();
    };
    join(ensure.into_future(), user).await.0
}

/// Nothing is asked of a user whose account works, nor where none is needed.
pub async fn ensuring_what_is_connected_does_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let session = stage.session().await;
    let kept = stage.kept().await;
    for (toolkit, expected) in [(T, Some(&account)), ("open", None)] {
        let (show, mut shown) = hand();
        let ensured = session.ensure_connected(toolkit, show).await.unwrap();
        assert_eq!((ensured.account.as_ref().map(|account| &account.id), ensured.was_connected), (expected, true));
        assert!(shown.try_recv().is_err(), "no link was made");
    }
    assert_eq!(stage.kept().await, kept);
    let few = stage.create().toolkits(["open"]).await.unwrap();
    refused_naming(few.ensure_connected(T, |_| {}).await, ErrorKind::PermissionDenied, &[T]);
    refused(session.ensure_connected("No Slug", |_| {}).await, ErrorKind::InvalidInput);
}

/// Where nothing is connected the user gets a link, and the call ends with the account that they connected.
pub async fn ensuring_connects_what_is_not(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let (show, shown) = hand();
    let ensure = session.ensure_connected(BY_CONSENT, show).alias("work");
    let act = async |link: Url| drop(consent(harness, &link, Some(ALICE)).await);
    let ensured = while_the_user(ensure, shown, act).await.unwrap();
    let account = ensured.account.expect("an account was connected");
    assert!(account.is_ready() && !ensured.was_connected);
    assert_eq!(account.alias.as_deref(), Some("work"));
    session.execute(PROFILE, json!({})).await.unwrap();
    let again = session.ensure_connected(BY_CONSENT, |_| {}).await.unwrap();
    assert_eq!((again.account.map(|again| again.id), again.was_connected), (Some(account.id), true));
    assert_eq!(stage.kept().await, (1, 1));
}

/// An account that has ended is connected again, under its own id.
pub async fn ensuring_connects_an_ended_account_again(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let first = stage.connect(&session).await;
    for status in [Status::Expired, Status::Revoked] {
        harness.set_status(first.account(), status).await;
        harness.advance(Duration::from_secs(1)).await;
        let (show, shown) = hand();
        let act = async |link: Url| drop(consent(harness, &link, Some(ALICE)).await);
        let ensured = while_the_user(session.ensure_connected(BY_CONSENT, show), shown, act).await.unwrap();
        let account = ensured.account.expect("it was connected again");
        assert_eq!((&account.id, account.status), (first.account(), Status::Active));
        assert!(!ensured.was_connected);
    }
    assert_eq!(stage.kept().await, (1, 1));
}

/// A user who says no ends it with the reason; one who does nothing is waited for no longer than was said; an account that
/// the application switched off is not the user's to mend.
pub async fn ensuring_says_why_it_did_not_come_to_be(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let (show, shown) = hand();
    let act = async |link: Url| drop(consent(harness, &link, None).await);
    let denied = while_the_user(session.ensure_connected(BY_CONSENT, show), shown, act).await;
    refused_naming(denied, ErrorKind::ConnectionRequired, &[BY_CONSENT]);
    let (show, mut shown) = hand();
    let late = session.ensure_connected(BY_CONSENT, show).timeout(Duration::ZERO).await;
    refused(late, ErrorKind::Timeout);
    // The link that was shown works on.
    consent(harness, &shown.try_recv().expect("it was shown"), Some(ALICE)).await;
    assert!(session.ensure_connected(BY_CONSENT, |_| {}).await.unwrap().was_connected);
    let account = stage.some_account("A1").await;
    stage.connected_accounts().disable(&account).await.unwrap();
    let (show, mut shown) = hand();
    let off = session.ensure_connected(T, show).await;
    refused_naming(off, ErrorKind::Conflict, &[account.as_str(), "switched off"]);
    assert!(shown.try_recv().is_err(), "no link was made");
}

/// A connection is ready when it was seen to work: until the cheap call of its toolkit has worked it is ACTIVE and not
/// reported ready, and whoever waits is told so.
pub async fn an_account_is_ready_once_it_was_seen_to_work(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    stage.config(T).await;
    let mut events = stage.events().unwrap();
    let mut next = || match events.next().now_or_never() {
        Some(Some(Event::Account(event))) => Some(event.kind),
        other => panic!("expected an event of an account: {other:?}"),
    };
    harness.trouble(Trouble::Probe, 1000).await;
    let request = session.authorize(T).await.unwrap();
    let before = harness.requests();
    enter_key(harness, request.redirect_url(), "A1").await;
    let account = stage.read(request.account()).await;
    assert_eq!((account.status, account.ready_at, account.is_ready()), (Status::Active, None, false));
    let toolkit = session.toolkits().slugs([T]).await.unwrap().items.remove(0);
    assert!(toolkit.is_active() && !toolkit.is_ready());
    refused(request.wait().timeout(Duration::ZERO).await, ErrorKind::Timeout);
    let unready = session.ensure_connected(T, |_| panic!("there is nothing for the user to do")).await;
    refused_naming(unready, ErrorKind::Unavailable, &[account.id.as_str()]);
    assert!(!stage.connected_accounts().probe(&account.id).await.unwrap().is_ready());
    assert_eq!(next(), Some(Kind::Connected));

    harness.trouble(Trouble::Probe, 0).await;
    harness.advance(Duration::from_secs(5)).await;
    let ready = request.wait().timeout(Duration::ZERO).await.unwrap();
    assert!(ready.is_ready() && ready.ready_at > ready.connected_at, "{ready:?}");
    assert_eq!(next(), Some(Kind::Ready));
    let ensured = session.ensure_connected(T, |_| panic!("it is connected")).await.unwrap();
    assert_eq!((ensured.account, ensured.was_connected), (Some(ready.clone()), true));
    // It stays what it was the first time, whatever a later try says.
    harness.trouble(Trouble::Probe, 1).await;
    let later = stage.connected_accounts().probe(&ready.id).await.unwrap();
    assert_eq!((later.ready_at, later.is_ready()), (ready.ready_at, true));
    assert_eq!(harness.requests(), before, "none of this was a call of a tool");
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("A1"));
}

/// Where a toolkit names no such call, being connected is being ready. Connecting again begins anew.
pub async fn without_a_probe_connected_is_ready(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config("keyed").await;
    let account = stage.account(AccountSeed::new("A1", "keyed", &config)).await;
    let read = stage.read(&account).await;
    assert!(read.is_ready() && read.ready_at == read.connected_at, "{read:?}");
    assert_eq!(stage.connected_accounts().probe(&account).await.unwrap(), read);
    let theirs = stage.composio.create("user_w").await.unwrap();
    refused(harness.backend().probe(theirs.id(), &account).await, ErrorKind::NotFound);
    harness.set_status(&account, Status::Expired).await;
    assert!(!stage.read(&account).await.is_ready());
    let session = stage.session().await;
    harness.advance(Duration::from_secs(1)).await;
    let request = session.reconnect(&account).await.unwrap();
    enter_key(harness, request.redirect_url(), "A1").await;
    let again = request.wait().timeout(Duration::ZERO).await.unwrap();
    assert!(again.ready_at > read.ready_at && again.ready_at == again.connected_at, "{again:?}");
}
