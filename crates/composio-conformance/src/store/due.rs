//! What is due by itself: renewals, tries, flows that ran out. Of all projects.

use composio_core::{ConnectedAccount, ConnectedAccountId, ConnectionStatus};
use composio_engine::store::{CredentialChange, DueWork, ProjectId, Store, Transition};
use futures::future::join_all;

use super::fixture::*;

/// More than any scenario has.
const ALL: usize = 100;

/// What is due at a second, with flows that were begun before the beginning.
async fn due(store: &dyn Store, now: i64) -> Vec<DueWork> {
    store.due_work(at(now), at(0), ALL).await.unwrap()
}

fn refresh(id: &ConnectedAccountId) -> DueWork {
    DueWork::Refresh(here(), id.clone())
}

fn probe(id: &ConnectedAccountId) -> DueWork {
    DueWork::Probe(here(), id.clone())
}

/// An account that was connected at a second and works, so that nobody tries it.
fn ready(id: &str, status: ConnectionStatus) -> ConnectedAccount {
    let mut account = account(id, status, 0);
    account.connected_at = Some(at(0));
    account.ready_at = Some(at(0));
    account
}

async fn keep_in(store: &dyn Store, project: &ProjectId, account: &ConnectedAccount) {
    store.insert_account(project, account, Some(&sealed("old"))).await.unwrap();
}

async fn schedule(store: &dyn Store, id: &ConnectedAccountId, seconds: Option<i64>) {
    store.schedule_refresh(&here(), id, seconds.map(at)).await.unwrap();
}

/// A credential is due from the time that was said, again and again, until another time is said, or none.
pub async fn a_credential_is_due_from_its_time_on(store: &dyn Store) {
    let account = ready("ca_1", Active);
    keep_in(store, &here(), &account).await;
    assert_eq!(due(store, 1_000_000).await, [], "nobody said a time");
    schedule(store, &account.id, Some(100)).await;
    assert_eq!(read(store, &account.id).await, account, "it shows nowhere else");
    for (now, is_due) in [(0, false), (99, false), (100, true), (100, true), (1_000_000, true)] {
        assert_eq!(due(store, now).await, if is_due { vec![refresh(&account.id)] } else { vec![] }, "at second {now}");
    }
    schedule(store, &account.id, Some(200)).await;
    assert_eq!(due(store, 199).await, []);
    assert_eq!(due(store, 200).await, [refresh(&account.id)]);
    schedule(store, &account.id, None).await;
    assert_eq!(due(store, 1_000_000).await, []);
    schedule(store, &"ca_other".into(), Some(0)).await;
    assert_eq!(due(store, 1_000_000).await, []);
}

/// Nothing is due for an account that is not ACTIVE, ready or not; once it is switched on again it is due as before.
pub async fn nothing_is_due_for_accounts_that_are_not_active(store: &dyn Store) {
    for status in ConnectionStatus::ALL {
        for account in [ready(&format!("ca_{status}"), status), account(&format!("ca_not_{status}"), status, 0)] {
            keep_in(store, &here(), &account).await;
            schedule(store, &account.id, Some(0)).await;
        }
    }
    let found = store.due_work(at(100), at(-1), ALL).await.unwrap();
    let (working, new) = ("ca_ACTIVE".into(), "ca_not_ACTIVE".into());
    assert_eq!(found.len(), 3, "{found:?}");
    for expected in [refresh(&working), refresh(&new), probe(&new)] {
        assert!(found.contains(&expected), "{found:?}");
    }
    for (from, to, is_due) in [(Active, Inactive, false), (Inactive, Active, true)] {
        store.transition(&here(), &working, &Transition::new(from, to, at(1), None)).await.unwrap();
        assert_eq!(due(store, 100).await.contains(&refresh(&working)), is_due, "from {from} to {to}");
    }
}

/// While somebody renews, nobody else is to; a lease that ran out, or ended without a credential, leaves it due.
pub async fn a_credential_is_not_due_while_its_lease_is_held(store: &dyn Store) {
    let account = ready("ca_1", Active);
    keep_in(store, &here(), &account).await;
    schedule(store, &account.id, Some(0)).await;
    let lease = store.claim_refresh(&here(), &account.id, at(10), at(40)).await.unwrap().expect("it is free");
    assert_eq!(due(store, 39).await, []);
    assert_eq!(due(store, 40).await, [refresh(&account.id)], "the lease ran out");
    store.end_refresh(&here(), &account.id, lease.fence, None).await.unwrap();
    assert_eq!(due(store, 20).await, [refresh(&account.id)], "the lease has ended");
}

/// A service that refused is left alone for as long as was said, and asked again then; a renewal ends the wait.
pub async fn a_refused_credential_is_not_due_before_its_retry(store: &dyn Store) {
    let account = ready("ca_1", Active);
    keep_in(store, &here(), &account).await;
    schedule(store, &account.id, Some(0)).await;
    for renewed in [false, true] {
        let lease = store.claim_refresh(&here(), &account.id, at(10), at(40)).await.unwrap().expect("it is free");
        store.refuse_refresh(&here(), &account.id, lease.fence, at(100)).await.unwrap();
        assert_eq!(due(store, 99).await, []);
        if renewed {
            let lease = store.claim_refresh(&here(), &account.id, at(10), at(40)).await.unwrap().expect("it is free");
            store.end_refresh(&here(), &account.id, lease.fence, Some(&sealed("new"))).await.unwrap();
            assert_eq!(due(store, 10).await, [refresh(&account.id)], "its time has not been moved on");
        } else {
            assert_eq!(due(store, 100).await, [refresh(&account.id)]);
        }
    }
}

/// A credential that is dropped is never due; one that is put keeps the time until somebody says a better one.
pub async fn a_credential_that_is_dropped_is_not_due(store: &dyn Store) {
    let account = ready("ca_1", Active);
    keep_in(store, &here(), &account).await;
    schedule(store, &account.id, Some(50)).await;
    for (change, is_due) in [
        (CredentialChange::Keep, true),
        (CredentialChange::Put(sealed("new")), true),
        (CredentialChange::Drop, false),
        (CredentialChange::Put(sealed("newer")), false),
    ] {
        store.transition(&here(), &account.id, &step(Active, Active, 1, change.clone())).await.unwrap();
        assert_eq!(due(store, 50).await.contains(&refresh(&account.id)), is_due, "{change:?}");
    }
}

/// An account that was not seen to work is tried half a minute after it was connected, and then after pauses that double,
/// up to an hour, until it works. A connection starts anew.
pub async fn an_account_is_tried_after_growing_pauses_until_it_is_ready(store: &dyn Store) {
    let mut account = account("ca_1", Active, -9000);
    account.connected_at = Some(at(0));
    keep_in(store, &here(), &account).await;
    expect_tries(store, &account.id, &[30, 60, 120, 240, 480, 960, 1920, 3840, 7440, 11_040]).await;

    store.mark_ready(&here(), &account.id, at(11_041)).await.unwrap().expect("it is ready for the first time");
    assert_eq!(due(store, 1_000_000).await, []);
    let reconnect = Transition { connected: true, ..Transition::new(Active, Active, at(20_000), None) };
    store.transition(&here(), &account.id, &reconnect).await.unwrap();
    expect_tries(store, &account.id, &[20_030, 20_060, 20_120]).await;
    let works = Transition { ready: true, ..reconnect };
    store.transition(&here(), &account.id, &works).await.unwrap();
    assert_eq!(due(store, 1_000_000).await, []);
}

/// Expects that an account is tried at these seconds, once, and not a second sooner.
async fn expect_tries(store: &dyn Store, id: &ConnectedAccountId, seconds: &[i64]) {
    for second in seconds {
        assert_eq!(due(store, second - 1).await, [], "before second {second}");
        assert_eq!(due(store, *second).await, [probe(id)], "at second {second}");
        assert_eq!(due(store, *second).await, [], "handed out twice at second {second}");
    }
}

/// An account that is late is tried once, and not once for every time that was missed.
pub async fn tries_that_were_missed_are_not_made_up_for(store: &dyn Store) {
    let account = account("ca_1", Active, 0);
    keep_in(store, &here(), &account).await;
    assert_eq!(due(store, 1000).await, [probe(&account.id)]);
    assert_eq!(due(store, 1000).await, []);
    expect_tries(store, &account.id, &[2000, 4000]).await;
}

/// However many look at once, each try is given to one of them.
pub async fn a_try_goes_to_one_who_looks(store: &dyn Store) {
    for number in 0..5 {
        keep_in(store, &here(), &account(&format!("ca_{number}"), Active, 0)).await;
    }
    let found: Vec<_> = join_all((0..CALLERS).map(|_| due(store, 30))).await.into_iter().flatten().collect();
    let mut ids: Vec<_> = found.iter().map(|work| format!("{work:?}")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((found.len(), ids.len()), (5, 5), "{found:?}");
}

/// A project is named once, however many of its flows were begun before the time, and no more once they are expired.
pub async fn projects_with_flows_that_ran_out_are_due(store: &dyn Store) {
    for (project, id, begun) in [(here(), "ca_1", 5), (here(), "ca_2", 6), (there(), "ca_1", 4), (there(), "ca_2", 10)]
    {
        keep_in(store, &project, &account(id, Initiated, begun)).await;
    }
    let (ours, theirs) = (DueWork::Expire(here()), DueWork::Expire(there()));
    for (begun_before, expected) in [
        (4, vec![]),
        (5, vec![theirs.clone()]),
        (6, vec![theirs.clone(), ours.clone()]),
        (99, vec![theirs, ours.clone()]),
    ] {
        assert_eq!(store.due_work(at(100), at(begun_before), ALL).await.unwrap(), expected, "before {begun_before}");
    }
    store.expire_begun(&there(), at(99), at(100), "over").await.unwrap();
    assert_eq!(store.due_work(at(100), at(99), ALL).await.unwrap(), [ours]);
}

/// Renewals come first, then flows, then tries; of each the longest due. What is too much is left for the next look.
pub async fn the_most_urgent_comes_first_and_no_more_than_asked(store: &dyn Store) {
    for (project, id, seconds) in [(here(), "ca_1", 20), (there(), "ca_1", 10), (here(), "ca_2", 30)] {
        keep_in(store, &project, &ready(id, Active)).await;
        store.schedule_refresh(&project, &id.into(), Some(at(seconds))).await.unwrap();
    }
    keep_in(store, &here(), &account("ca_3", Initiated, 0)).await;
    for (project, id, connected) in
        [(here(), "ca_4", 3), (there(), "ca_5", 2), (here(), "ca_6", 1), (here(), "ca_7", 5), (there(), "ca_8", 4)]
    {
        keep_in(store, &project, &account(id, Active, connected)).await;
    }
    let renewals = [
        DueWork::Refresh(there(), "ca_1".into()),
        DueWork::Refresh(here(), "ca_1".into()),
        DueWork::Refresh(here(), "ca_2".into()),
        DueWork::Expire(here()),
    ];
    let look = async |limit| store.due_work(at(50), at(50), limit).await.unwrap();
    for limit in [0, 1, 3, 4] {
        assert_eq!(look(limit).await, renewals[..limit], "at most {limit}");
    }
    let tries = [(here(), "ca_6"), (there(), "ca_5"), (here(), "ca_4"), (there(), "ca_8"), (here(), "ca_7")];
    let tries = tries.map(|(project, id)| DueWork::Probe(project, id.into()));
    assert_eq!(look(7).await, [&renewals[..], &tries[..3]].concat());
    assert_eq!(look(usize::MAX).await, [&renewals[..], &tries[3..]].concat(), "what was handed out is not due again");
}
