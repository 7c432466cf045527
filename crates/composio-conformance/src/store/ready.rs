//! Whether an account was seen to work: noted once for each connection.

use composio_core::{ConnectedAccount, ConnectedAccountId, ConnectionStatus};
use composio_engine::store::{Store, Transition};
use futures::future::join_all;

use super::fixture::*;

async fn mark(store: &dyn Store, id: &ConnectedAccountId, seconds: i64) -> Option<ConnectedAccount> {
    store.mark_ready(&here(), id, at(seconds)).await.unwrap()
}

/// However many callers see an account work, the first one notes it and is given the account; nobody after.
pub async fn an_account_becomes_ready_once(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let mut expected = read(store, &id).await;
    assert_eq!(expected.ready_at, None);
    (expected.ready_at, expected.updated_at) = (Some(at(5)), at(5));
    let marked = join_all((0..CALLERS).map(|_| mark(store, &id, 5))).await;
    let marked: Vec<_> = marked.into_iter().flatten().collect();
    assert_eq!(marked, [expected.clone()]);
    assert_eq!(mark(store, &id, 6).await, None);
    assert_eq!(read(store, &id).await, expected);
}

/// Only an ACTIVE account becomes ready; others, and one that is not there, stay as they are.
pub async fn only_an_active_account_becomes_ready(store: &dyn Store) {
    for status in ConnectionStatus::ALL {
        let account = account(&format!("ca_{status}"), status, 0);
        store.insert_account(&here(), &account, None).await.unwrap();
        assert_eq!(mark(store, &account.id, 1).await.is_some(), status == Active, "{status}");
        assert_eq!(read(store, &account.id).await.ready_at.is_some(), status == Active, "{status}");
    }
    assert_eq!(mark(store, &"ca_other".into(), 1).await, None);
}

/// A connection starts anew: what was seen before it counts no more. Switching off and on is no connection.
pub async fn an_account_becomes_ready_anew_after_a_reconnect(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    mark(store, &id, 1).await.expect("it is ready for the first time");
    for (from, to) in [(Active, Inactive), (Inactive, Active), (Active, Expired)] {
        let done = store.transition(&here(), &id, &Transition::new(from, to, at(2), None)).await.unwrap();
        assert_eq!(done.ready_at, Some(at(1)), "from {from} to {to}");
    }
    let reconnect = Transition { connected: true, ..Transition::new(Expired, Active, at(3), None) };
    assert_eq!(store.transition(&here(), &id, &reconnect).await.unwrap().ready_at, None);
    assert_eq!(read(store, &id).await.ready_at, None);
    assert_eq!(mark(store, &id, 4).await.expect("it is ready anew").ready_at, Some(at(4)));
}

/// A step that connects an account which was seen to work makes it ready at once, and so does a step that only saw it.
pub async fn a_step_may_bring_readiness(store: &dyn Store) {
    let id = keep_account(store, Initiated).await;
    for (from, to, connected, seconds) in
        [(Initiated, Active, true, 1), (Active, Expired, false, 2), (Expired, Active, true, 3)]
    {
        let ready = to == Active;
        let step = Transition { connected, ready, ..Transition::new(from, to, at(seconds), None) };
        let done = store.transition(&here(), &id, &step).await.unwrap();
        let expected = if ready { seconds } else { 1 };
        assert_eq!(done.ready_at, Some(at(expected)), "from {from} to {to}");
        assert_eq!(read(store, &id).await, done);
        assert_eq!(mark(store, &id, 9).await, None);
    }
}
