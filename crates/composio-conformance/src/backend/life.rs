//! The life of accounts, and who hears of it.

use std::time::Duration;

use composio_core::{
    AccountEventKind as Kind, ConnectedAccountId, ConnectionStatus as Status, ErrorKind, Event, Events,
};
use futures::{FutureExt as _, StreamExt as _};

use super::stage::{BY_CONSENT, Stage, T, refused};
use crate::harness::{
    ALICE, AccountSeed, Harness, LINK_LIFE, OTHER_USER, consent, enter_key, refused as refused_naming,
};

/// How long a listener waits for what has happened already.
const SOON: Duration = Duration::from_secs(10);

/// Hears this much of one account, in this order, and nothing else.
async fn heard(events: &mut Events, account: &ConnectedAccountId, expected: &[(Kind, Status)]) {
    for (kind, status) in expected {
        let event = tokio::time::timeout(SOON, events.next()).await;
        let Ok(Some(Event::Account(event))) = event else { panic!("expected {kind:?}, heard {event:?}") };
        assert_eq!((event.kind, &event.account.id, event.account.status), (*kind, account, *status));
        assert!(event.at >= event.account.created_at, "{event:?}");
    }
    silent(events);
}

/// Hears nothing more for now.
fn silent(events: &mut Events) {
    let next = events.next().now_or_never();
    assert!(next.is_none(), "nothing else has happened, and yet: {next:?}");
}

/// Connected, ready, disabled, enabled, revoked, connected again, deleted: each is told once and in order, with the account
/// as it is since then. A new name, and who may use it, are no events.
pub async fn what_happens_to_an_account_is_told_in_order(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let (mut events, mut second) = (stage.events().unwrap(), stage.events().unwrap());
    let request = session.authorize(BY_CONSENT).await.unwrap();
    let id = request.account();
    silent(&mut events);
    consent(harness, request.redirect_url(), Some(ALICE)).await;
    request.wait().await.unwrap();
    let connected = [(Kind::Connected, Status::Active), (Kind::Ready, Status::Active)];
    heard(&mut events, id, &connected).await;
    let accounts = stage.connected_accounts();
    accounts.rename(id, "work").await.unwrap();
    accounts.probe(id).await.unwrap();
    silent(&mut events);
    accounts.disable(id).await.unwrap();
    heard(&mut events, id, &[(Kind::Disabled, Status::Inactive)]).await;
    refused(accounts.disable(id).await, ErrorKind::Conflict);
    silent(&mut events);
    accounts.enable(id).await.unwrap();
    heard(&mut events, id, &[(Kind::Enabled, Status::Active)]).await;
    accounts.revoke(id).await.unwrap();
    heard(&mut events, id, &[(Kind::Revoked, Status::Revoked)]).await;
    harness.advance(Duration::from_secs(1)).await;
    let again = session.reconnect(id).await.unwrap();
    consent(harness, again.redirect_url(), Some(ALICE)).await;
    again.wait().await.unwrap();
    heard(&mut events, id, &connected).await;
    accounts.delete(id).await.unwrap();
    heard(&mut events, id, &[(Kind::Deleted, Status::Active)]).await;
    // Every listener hears everything, from when it began to listen.
    silent(&mut stage.events().unwrap());
    let active = |kind| (kind, Status::Active);
    let whole = [
        active(Kind::Connected),
        active(Kind::Ready),
        (Kind::Disabled, Status::Inactive),
        active(Kind::Enabled),
        (Kind::Revoked, Status::Revoked),
        active(Kind::Connected),
        active(Kind::Ready),
        active(Kind::Deleted),
    ];
    heard(&mut second, id, &whole).await;
}

/// A user who says no, a flow that runs out, a key that an application gives: each is told as what it is.
pub async fn each_end_of_a_flow_is_told_as_what_it_is(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let config = stage.config(T).await;
    let mut events = stage.events().unwrap();
    let denied = session.authorize(BY_CONSENT).await.unwrap();
    consent(harness, denied.redirect_url(), None).await;
    heard(&mut events, denied.account(), &[(Kind::Failed, Status::Failed)]).await;
    let begun = session.authorize(BY_CONSENT).await.unwrap();
    harness.advance(LINK_LIFE + Duration::from_secs(1)).await;
    stage.connected_accounts().list().await.unwrap();
    heard(&mut events, begun.account(), &[(Kind::Expired, Status::Expired)]).await;
    let connected = [(Kind::Connected, Status::Active), (Kind::Ready, Status::Active)];
    let creating = stage.connected_accounts().create("user_w", &config).field("api_key", harness.key("A1"));
    let by_key = creating.await.unwrap();
    heard(&mut events, &by_key.id, &connected).await;
    let on_the_page = session.authorize(T).await.unwrap();
    enter_key(harness, on_the_page.redirect_url(), "A2").await;
    heard(&mut events, on_the_page.account(), &connected).await;
}

/// What happens in one project is not told in another.
pub async fn projects_do_not_hear_of_each_other(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let mut elsewhere = harness.other_project().events().unwrap();
    let mut here = stage.events().unwrap();
    let account = stage.some_account("A1").await;
    heard(&mut here, &account, &[(Kind::Connected, Status::Active), (Kind::Ready, Status::Active)]).await;
    silent(&mut elsewhere);
}

/// Of each status: what may be done to it is done, and everything else is refused by name and changes nothing.
pub async fn each_status_allows_its_own_steps(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let accounts = stage.connected_accounts();
    for status in Status::ALL {
        let user = format!("user_{status}");
        let id = stage.account(AccountSeed::new("A1", T, &config).user(&user).status(status)).await;
        let names = [id.as_str(), status.as_str()];
        let before = stage.read(&id).await;
        assert_eq!(before.status, status);
        assert_eq!(
            before.status_reason.is_some(),
            matches!(status, Status::Expired | Status::Inactive | Status::Revoked)
        );
        if status != Status::Active {
            refused_naming(accounts.disable(&id).await, ErrorKind::Conflict, &names);
            refused_naming(accounts.revoke(&id).await, ErrorKind::Conflict, &names);
            refused_naming(accounts.probe(&id).await, ErrorKind::Conflict, &names);
        }
        if status != Status::Inactive {
            refused_naming(accounts.enable(&id).await, ErrorKind::Conflict, &names);
        }
        let session = stage.composio.create(&*user).await.unwrap();
        if !status.can_reconnect() {
            refused_naming(session.reconnect(&id).await, ErrorKind::Conflict, &names);
        }
        assert_eq!(stage.read(&id).await, before, "{status}");
        match status {
            Status::Active => assert_eq!(accounts.disable(&id).await.unwrap().status, Status::Inactive),
            Status::Inactive => assert_eq!(accounts.enable(&id).await.unwrap().status, Status::Active),
            status if status.can_reconnect() => drop(session.reconnect(&id).await.unwrap()),
            _ => {}
        }
        accounts.delete(&id).await.unwrap();
        refused(accounts.get(&id).await, ErrorKind::NotFound);
    }
}

/// A flow that was begun ends after ten minutes, whoever looks: it says why, and its alias is not lost on it. An account that
/// works is not concerned, however old it is.
pub async fn a_begun_account_ends_after_ten_minutes(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let works = stage.some_account("A1").await;
    let begun = session.authorize(BY_CONSENT).alias("work").await.unwrap();
    let theirs = stage.composio.create(OTHER_USER).await.unwrap().authorize(T).await.unwrap();
    harness.advance(LINK_LIFE - Duration::from_secs(2)).await;
    assert_eq!(stage.read(begun.account()).await.status, Status::Initiated);
    harness.advance(Duration::from_secs(4)).await;
    let expired = stage.connected_accounts().list().status(Status::Expired).await.unwrap().items;
    let mut ids: Vec<_> = expired.iter().map(|account| &account.id).collect();
    let mut expected = [begun.account(), theirs.account()];
    ids.sort_unstable();
    expected.sort_unstable();
    assert_eq!(ids, expected);
    assert!(expired.iter().all(|account| account.status_reason.is_some() && account.connected_at.is_none()));
    assert!(stage.read(&works).await.is_active());
}
