//! The lease under which a credential is refreshed: one caller at a time, with a number that outs those who come late.

use composio_core::{ConnectedAccountId, ConnectionStatus, ErrorKind};
use composio_engine::store::{RefreshLease, Store, Transition};
use futures::future::join_all;

use super::fixture::*;

async fn claim(store: &dyn Store, id: &ConnectedAccountId, now: i64) -> Option<RefreshLease> {
    store.claim_refresh(&here(), id, at(now), at(now + 30)).await.unwrap()
}

/// However many callers want to refresh at once, one may; after it is done the next one may, with a greater number.
pub async fn one_caller_refreshes_at_a_time(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let mut last = None;
    for round in 0..5 {
        let claims = join_all((0..CALLERS).map(|_| claim(store, &id, round))).await;
        let leases: Vec<_> = claims.into_iter().flatten().collect();
        let [lease] = leases[..] else { panic!("round {round}: {leases:?}") };
        assert!(last < Some(lease.fence) && !lease.interrupted, "{lease:?} after {last:?}");
        last = Some(lease.fence);
        store.end_refresh(&here(), &id, lease.fence, None).await.unwrap();
    }
}

/// An account in another status, and one that is not there, cannot be refreshed.
pub async fn only_an_active_account_is_refreshed(store: &dyn Store) {
    for status in ConnectionStatus::ALL {
        let account = account(&format!("ca_{status}"), status, 0);
        store.insert_account(&here(), &account, None).await.unwrap();
        assert_eq!(claim(store, &account.id, 0).await.is_some(), status == Active, "{status}");
    }
    assert_eq!(claim(store, &"ca_other".into(), 0).await, None);
}

/// The end of a lease brings the renewed credential, or leaves the old one.
pub async fn a_refresh_replaces_the_credential_or_keeps_it(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let before = read(store, &id).await;
    for (renewed, expected) in [(None, "old"), (Some(sealed("new")), "new"), (None, "new")] {
        let lease = claim(store, &id, 0).await.expect("nobody else refreshes");
        store.end_refresh(&here(), &id, lease.fence, renewed.as_ref()).await.unwrap();
        assert_eq!(credential(store, &id).await, Some(sealed(expected)));
    }
    assert_eq!(read(store, &id).await, before, "a refresh is no transition");
}

/// From the moment a lease ends by time it can be taken over, which says that the refresh before may have happened.
pub async fn a_lease_that_ran_out_is_taken_over_and_says_so(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let first = claim(store, &id, 0).await.expect("nobody else refreshes");
    assert_eq!(claim(store, &id, 29).await, None, "the lease holds until second 30");
    let second = claim(store, &id, 30).await.expect("the first lease ran out");
    assert!(second.interrupted && second.fence > first.fence, "{second:?} after {first:?}");
    assert_eq!(claim(store, &id, 59).await, None, "the second lease holds until second 60");

    store.end_refresh(&here(), &id, second.fence, None).await.unwrap();
    let third = claim(store, &id, 61).await.expect("the second lease was ended");
    assert!(!third.interrupted && third.fence > second.fence, "{third:?} after {second:?}");
}

/// A renewed token is worth keeping after the lease ran out, as long as nobody has taken over.
pub async fn a_late_refresh_is_kept_unless_somebody_took_over(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let lease = claim(store, &id, 0).await.expect("nobody else refreshes");
    store.end_refresh(&here(), &id, lease.fence, Some(&sealed("late"))).await.unwrap();
    assert_eq!(credential(store, &id).await, Some(sealed("late")));
    assert!(!claim(store, &id, 100).await.expect("the lease was ended").interrupted);
}

/// Whoever comes with the number of a lease that was taken over writes nothing, and the new lease stays.
pub async fn an_older_fence_writes_nothing(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let first = claim(store, &id, 0).await.expect("nobody else refreshes");
    let second = claim(store, &id, 40).await.expect("the first lease ran out");
    for fence in [first.fence, second.fence + 1, 0, -1] {
        let late = store.end_refresh(&here(), &id, fence, Some(&sealed("stray"))).await;
        refused(late, ErrorKind::Conflict);
        assert_eq!(credential(store, &id).await, Some(sealed("old")));
        assert_eq!(claim(store, &id, 41).await, None, "the second lease was lost");
    }
    store.end_refresh(&here(), &id, second.fence, Some(&sealed("new"))).await.unwrap();
    assert_eq!(credential(store, &id).await, Some(sealed("new")));
}

/// A lease that was ended cannot be ended again.
pub async fn a_lease_ends_once(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let lease = claim(store, &id, 0).await.expect("nobody else refreshes");
    store.end_refresh(&here(), &id, lease.fence, Some(&sealed("first"))).await.unwrap();
    refused(store.end_refresh(&here(), &id, lease.fence, Some(&sealed("stray"))).await, ErrorKind::Conflict);
    assert_eq!(credential(store, &id).await, Some(sealed("first")));
}

/// Leaving ACTIVE ends the lease: its holder writes nothing any more, and once back the account can be refreshed at once.
pub async fn leaving_active_ends_the_lease(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let first = claim(store, &id, 0).await.expect("nobody else refreshes");
    let stay = Transition::new(Active, Active, at(1), None);
    store.transition(&here(), &id, &stay).await.unwrap();
    assert_eq!(claim(store, &id, 1).await, None, "the account did not leave ACTIVE");

    store.transition(&here(), &id, &Transition::new(Active, Expired, at(1), None)).await.unwrap();
    let late = store.end_refresh(&here(), &id, first.fence, Some(&sealed("stray"))).await;
    refused(late, ErrorKind::Conflict);
    store.transition(&here(), &id, &Transition::new(Expired, Active, at(2), None)).await.unwrap();
    let late = store.end_refresh(&here(), &id, first.fence, Some(&sealed("stray"))).await;
    refused(late, ErrorKind::Conflict);
    assert_eq!(credential(store, &id).await, Some(sealed("old")));

    let second = claim(store, &id, 3).await.expect("the lease ended");
    assert!(second.fence > first.fence, "{second:?} after {first:?}");
}

/// A step that its lease's holder makes is refused once another has the lease, or nobody, and is made where it holds.
pub async fn a_step_under_a_lease_needs_it(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let first = claim(store, &id, 0).await.expect("nobody else refreshes");
    let second = claim(store, &id, 1000).await.expect("the first ran out");
    let end = |fence| Transition { fence: Some(fence), ..Transition::new(Active, Expired, at(1), None) };
    refused(store.transition(&here(), &id, &end(first.fence)).await, ErrorKind::Conflict);
    store.end_refresh(&here(), &id, second.fence, Some(&sealed("renewed"))).await.unwrap();
    refused(store.transition(&here(), &id, &end(second.fence)).await, ErrorKind::Conflict);
    assert_eq!(credential(store, &id).await, Some(sealed("renewed")));
    let third = claim(store, &id, 2000).await.expect("nobody else refreshes");
    store.transition(&here(), &id, &end(third.fence)).await.unwrap();
}

/// Switching an account off in the middle of a refresh loses nothing: what the service has renewed is kept.
pub async fn switching_off_keeps_the_lease(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let lease = claim(store, &id, 0).await.expect("nobody else refreshes");
    store.transition(&here(), &id, &Transition::new(Active, Inactive, at(1), None)).await.unwrap();
    store.end_refresh(&here(), &id, lease.fence, Some(&sealed("renewed"))).await.unwrap();
    assert_eq!(credential(store, &id).await, Some(sealed("renewed")));
}

/// There is nothing to end for an account that is not there (any more), and no credential is left behind.
pub async fn a_refresh_of_no_account_is_not_found(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let lease = claim(store, &id, 0).await.expect("nobody else refreshes");
    assert!(store.delete_account(&here(), &id).await.unwrap());
    let late = store.end_refresh(&here(), &id, lease.fence, Some(&sealed("stray"))).await;
    refused(late, ErrorKind::NotFound);
    assert_eq!(credential(store, &id).await, None);
}
