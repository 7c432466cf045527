//! Transitions: compare and set, with the credential.

use composio_core::{ConnectionStatus, ErrorKind, Identity};
use composio_engine::store::{CredentialChange, Store, Transition};
use futures::future::join;

use super::fixture::*;

/// Status, reason, identity, times and credential change together, and the answer is what was written.
pub async fn a_transition_writes_everything_at_once(store: &dyn Store) {
    let begun = named(account("ca_1", Initiated, 0), "work");
    store.insert_account(&here(), &begun, None).await.unwrap();
    let mut connect = step(Initiated, Active, 5, CredentialChange::Put(sealed("new")));
    connect.reason = Some("connected through a link".to_owned());
    connect.identity = Some(Identity::new("4711", "ada@example.com"));
    connect.connected = true;
    let done = store.transition(&here(), &begun.id, &connect).await.unwrap();

    let mut expected = begun;
    expected.status = Active;
    expected.status_reason = connect.reason;
    expected.identity = connect.identity;
    expected.updated_at = at(5);
    expected.connected_at = Some(at(5));
    assert_eq!(done, expected);
    assert_eq!(read(store, &expected.id).await, expected);
    assert_eq!(credential(store, &expected.id).await, Some(sealed("new")));
}

/// A step that knows no identity keeps the one that is known; a reason lasts for one step.
pub async fn a_transition_without_identity_keeps_the_one_before(store: &dyn Store) {
    let mut account = account("ca_1", Active, 0);
    account.identity = Some(Identity::new("4711", "ada@example.com"));
    account.status_reason = Some("fine".to_owned());
    store.insert_account(&here(), &account, None).await.unwrap();
    let step = Transition::new(Active, Inactive, at(1), None);
    let done = store.transition(&here(), &account.id, &step).await.unwrap();
    assert_eq!(done.identity, account.identity);
    assert_eq!(done.status_reason, None);
    assert_eq!(read(store, &account.id).await, done);
}

/// Switching off and on leaves the clock behind "the most recently connected" alone; an auth flow moves it.
pub async fn only_an_auth_flow_moves_connected_at(store: &dyn Store) {
    let mut account = account("ca_1", Active, 0);
    account.connected_at = Some(at(1));
    store.insert_account(&here(), &account, None).await.unwrap();
    for (from, to, when) in [(Active, Inactive, 2), (Inactive, Active, 3), (Active, Expired, 4)] {
        let done = store.transition(&here(), &account.id, &Transition::new(from, to, at(when), None)).await.unwrap();
        assert_eq!((done.connected_at, done.updated_at), (Some(at(1)), at(when)));
    }
    let mut reconnect = Transition::new(Expired, Active, at(5), None);
    reconnect.connected = true;
    let done = store.transition(&here(), &account.id, &reconnect).await.unwrap();
    assert_eq!(done.connected_at, Some(at(5)));
}

/// Of two callers who saw the same status one moves the account on; the other is told, and leaves no trace.
pub async fn of_two_transitions_from_one_status_one_wins(store: &dyn Store) {
    let project = here();
    for round in 0..40 {
        let account = account(&format!("ca_{round}"), Initiated, 0);
        store.insert_account(&project, &account, None).await.unwrap();
        let connect = step(Initiated, Active, 1, CredentialChange::Put(sealed("won")));
        let mut expire = step(Initiated, Expired, 2, CredentialChange::Put(sealed("lost")));
        expire.reason = Some("too late".to_owned());

        let connect = store.transition(&project, &account.id, &connect);
        let expire = store.transition(&project, &account.id, &expire);
        // Who asks first changes from round to round, so that both get to win.
        let (connected, expired) = if round % 2 == 0 {
            join(connect, expire).await
        } else {
            let (expired, connected) = join(expire, connect).await;
            (connected, expired)
        };
        let found = read(store, &account.id).await;
        let (won, lost, secret) = match (&connected, &expired) {
            (Ok(won), Err(lost)) => (won, lost, "won"),
            (Err(lost), Ok(won)) => (won, lost, "lost"),
            both => panic!("round {round}: {both:?}"),
        };
        assert_eq!(lost.kind(), ErrorKind::Conflict);
        assert_eq!(*won, found);
        assert_eq!(credential(store, &account.id).await, Some(sealed(secret)));
    }
}

/// A step from a status that the account does not have is a conflict, and writes neither row nor credential.
pub async fn a_transition_from_another_status_writes_nothing(store: &dyn Store) {
    for actual in ConnectionStatus::ALL {
        let account = account(&format!("ca_{actual}"), actual, 0);
        store.insert_account(&here(), &account, Some(&sealed("old"))).await.unwrap();
        for from in ConnectionStatus::ALL.into_iter().filter(|from| *from != actual) {
            for change in [CredentialChange::Put(sealed("stray")), CredentialChange::Drop] {
                let mut step = step(from, Active, 9, change);
                step.connected = true;
                step.identity = Some(Identity::new("1", "eve"));
                refused(store.transition(&here(), &account.id, &step).await, ErrorKind::Conflict);
            }
        }
        assert_eq!(read(store, &account.id).await, account);
        assert_eq!(credential(store, &account.id).await, Some(sealed("old")));
    }
}

/// There is no step for an account that is not there, and it leaves no credential.
pub async fn a_transition_of_no_account_is_not_found(store: &dyn Store) {
    let step = step(Initiated, Active, 1, CredentialChange::Put(sealed("stray")));
    refused(store.transition(&here(), &"ca_other".into(), &step).await, ErrorKind::NotFound);
    assert_eq!(credential(store, &"ca_other".into()).await, None);
    assert!(!store.has_sealed().await.unwrap());
}

/// A step puts the first credential, keeps it, replaces it, or drops it for good.
pub async fn a_credential_is_put_kept_and_dropped(store: &dyn Store) {
    let account = account("ca_1", Active, 0);
    store.insert_account(&here(), &account, None).await.unwrap();
    let put = |text| CredentialChange::Put(sealed(text));
    for (change, expected) in [
        (CredentialChange::Keep, None),
        (CredentialChange::Drop, None),
        (put("first"), Some("first")),
        (CredentialChange::Keep, Some("first")),
        (put("second"), Some("second")),
        (CredentialChange::Drop, None),
        (CredentialChange::Keep, None),
    ] {
        store.transition(&here(), &account.id, &step(Active, Active, 1, change)).await.unwrap();
        assert_eq!(credential(store, &account.id).await, expected.map(sealed));
    }
    assert!(!store.has_sealed().await.unwrap());
}

/// Accounts that were begun before a time and never finished expire, and are given back as they are then; later ones, and
/// those that moved on, stay.
pub async fn accounts_begun_before_a_time_expire(store: &dyn Store) {
    let statuses = ConnectionStatus::ALL.map(|status| account(&format!("ca_{status}"), status, 0));
    let (just_in_time, late) = (account("ca_edge", Initiated, 10), account("ca_late", Initiated, 11));
    let other = owned(of(account("ca_other", Initiated, 9), "gmail"), "bob");
    for account in statuses.iter().chain([&just_in_time, &late, &other]) {
        store.insert_account(&here(), account, None).await.unwrap();
    }
    let given = store.expire_begun(&here(), at(10), at(20), "over").await.unwrap();
    assert_eq!(sorted(given.iter().map(|account| account.id.as_str())), ["ca_INITIATED", "ca_other"]);
    for account in &given {
        assert_eq!(read(store, &account.id).await, *account);
    }
    assert_eq!(store.expire_begun(&here(), at(10), at(21), "over").await.unwrap(), []);
    for account in statuses.iter().filter(|account| account.status != Initiated).chain([&just_in_time, &late]) {
        assert_eq!(read(store, &account.id).await, *account);
    }
    let expired = read(store, &"ca_INITIATED".into()).await;
    assert_eq!((expired.status, expired.updated_at, expired.connected_at), (Expired, at(20), None));
    assert_eq!(expired.status_reason.as_deref(), Some("over"));
}
