//! Flows that wait for the service to send the browser back: taken once, by the browser that began them.

use composio_core::ErrorKind;
use composio_engine::store::Store;
use futures::future::join_all;

use super::fixture::*;

/// A flow is taken with everything that was kept, and with its project.
pub async fn a_flow_comes_back_as_it_was_kept(store: &dyn Store) {
    let account = keep_account(store, Initiated).await;
    for callback in [None, Some(url("https://app.example/done?x=1"))] {
        let mut kept = flow(&account);
        kept.callback_url = callback;
        store.put_pending(&here(), &digest(9), &kept, &sealed("verifier")).await.unwrap();
        let taken = store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().expect("the flow waits");
        assert_eq!((taken.project, taken.verifier), (here(), sealed("verifier")));
        assert_eq!((&taken.pending.account, taken.pending.browser), (&kept.account, kept.browser));
        assert_eq!((&taken.pending.redirect_uri, taken.pending.expires_at), (&kept.redirect_uri, kept.expires_at));
        assert_eq!(taken.pending.callback_url, kept.callback_url);
    }
}

/// However many callbacks arrive at once, one gets the flow.
pub async fn a_flow_is_taken_once(store: &dyn Store) {
    let account = keep_account(store, Initiated).await;
    for round in 0..10 {
        let (state, browser) = (digest(100 + round), digest(1));
        store.put_pending(&here(), &state, &flow(&account), &sealed("verifier")).await.unwrap();
        let taken = join_all((0..CALLERS).map(|_| store.take_pending(&state, &browser, at(1)))).await;
        let taken = taken.into_iter().filter_map(Result::unwrap).count();
        assert_eq!(taken, 1, "round {round}");
        assert!(store.take_pending(&state, &browser, at(1)).await.unwrap().is_none());
    }
}

/// A flow is worth nothing from the moment it expires.
pub async fn a_flow_is_taken_before_it_expires(store: &dyn Store) {
    let account = keep_account(store, Initiated).await;
    for (now, expected) in [(at(599), true), (at(600), false), (at(601), false)] {
        store.put_pending(&here(), &digest(9), &flow(&account), &sealed("verifier")).await.unwrap();
        let taken = store.take_pending(&digest(9), &digest(1), now).await.unwrap();
        assert_eq!(taken.is_some(), expected, "at {now}");
    }
}

/// Another browser gets nothing, and the right one can still take the flow.
pub async fn a_wrong_browser_gets_nothing_and_spoils_nothing(store: &dyn Store) {
    let account = keep_account(store, Initiated).await;
    store.put_pending(&here(), &digest(9), &flow(&account), &sealed("verifier")).await.unwrap();
    assert!(store.take_pending(&digest(9), &digest(2), at(1)).await.unwrap().is_none());
    assert!(store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().is_some());
}

/// A state that nobody began gets nothing, and spoils nothing.
pub async fn an_unknown_state_gets_nothing(store: &dyn Store) {
    assert!(store.take_pending(&digest(8), &digest(1), at(1)).await.unwrap().is_none());
    let account = keep_account(store, Initiated).await;
    store.put_pending(&here(), &digest(9), &flow(&account), &sealed("verifier")).await.unwrap();
    assert!(store.take_pending(&digest(8), &digest(1), at(1)).await.unwrap().is_none());
    assert!(store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().is_some());
}

/// An account has one flow: beginning again voids the state before. Other accounts' flows go on.
pub async fn a_new_flow_voids_the_one_before(store: &dyn Store) {
    let first = keep_account(store, Initiated).await;
    let second = account("ca_2", Initiated, 0);
    store.insert_account(&here(), &second, None).await.unwrap();
    for (state, account) in [(7, &first), (8, &second.id), (9, &first)] {
        store.put_pending(&here(), &digest(state), &flow(account), &sealed("verifier")).await.unwrap();
    }
    assert!(store.take_pending(&digest(7), &digest(1), at(1)).await.unwrap().is_none());
    for (state, account) in [(8, &second.id), (9, &first)] {
        let taken = store.take_pending(&digest(state), &digest(1), at(1)).await.unwrap().expect("the flow waits");
        assert_eq!(&taken.pending.account, account);
    }
}

/// No flow is kept for an account that is not there (any more).
pub async fn a_flow_of_no_account_is_not_found(store: &dyn Store) {
    let flow = flow(&"ca_other".into());
    refused(store.put_pending(&here(), &digest(9), &flow, &sealed("verifier")).await, ErrorKind::NotFound);
    assert!(store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().is_none());
    assert!(!store.has_sealed().await.unwrap());
}
