//! Refreshes that the service refused: counted under the lease, until there is a new credential.

use composio_core::{ConnectedAccountId, ErrorKind};
use composio_engine::store::{CredentialChange, RefreshLease, Store, Transition};

use super::fixture::*;

async fn claim(store: &dyn Store, id: &ConnectedAccountId, now: i64) -> RefreshLease {
    let lease = store.claim_refresh(&here(), id, at(now), at(now + 30)).await.unwrap();
    lease.expect("nobody else refreshes")
}

async fn refuse(store: &dyn Store, id: &ConnectedAccountId, fence: i64, retry: i64) -> composio_core::Result<u32> {
    store.refuse_refresh(&here(), id, fence, at(retry)).await
}

/// What the next lease knows: how many refusals in a row there were, and the second until which the service is left alone.
async fn known(store: &dyn Store, id: &ConnectedAccountId, now: i64) -> (u32, Option<composio_core::Timestamp>) {
    let lease = claim(store, id, now).await;
    store.end_refresh(&here(), id, lease.fence, None).await.unwrap();
    (lease.refusals, lease.retry_at)
}

/// Each refusal ends its lease and counts one more, and the next lease knows. A lease that ends without a credential
/// counts nothing and forgets nothing.
pub async fn refusals_are_counted_under_their_leases(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let before = read(store, &id).await;
    assert_eq!(known(store, &id, 0).await, (0, None));
    for count in 1..=3 {
        let now = 100 * i64::from(count);
        let lease = claim(store, &id, now).await;
        assert_eq!(refuse(store, &id, lease.fence, now + 30).await.unwrap(), count);
        assert_eq!(known(store, &id, now + 1).await, (count, Some(at(now + 30))), "it is told, and hinders nobody");
        let next = claim(store, &id, now + 2).await;
        assert!(!next.interrupted && next.fence > lease.fence, "{next:?} after {lease:?}");
        store.end_refresh(&here(), &id, next.fence, None).await.unwrap();
        assert_eq!(known(store, &id, now + 3).await, (count, Some(at(now + 30))));
    }
    assert_eq!(credential(store, &id).await, Some(sealed("old")));
    assert_eq!(read(store, &id).await, before, "a refusal is no transition");
}

/// Whoever has lost the lease counts nothing, nor does it end the one that is held; without the account there is nothing.
pub async fn a_refusal_needs_the_latest_lease(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let first = claim(store, &id, 0).await;
    let second = claim(store, &id, 40).await;
    for fence in [first.fence, second.fence + 1, 0, -1] {
        refused(refuse(store, &id, fence, 50).await, ErrorKind::Conflict);
        assert_eq!(store.claim_refresh(&here(), &id, at(41), at(71)).await.unwrap(), None, "the lease was lost");
    }
    assert_eq!(refuse(store, &id, second.fence, 50).await.unwrap(), 1);
    refused(refuse(store, &id, second.fence, 60).await, ErrorKind::Conflict);
    assert_eq!(known(store, &id, 41).await, (1, Some(at(50))), "it was counted once");

    let third = claim(store, &id, 100).await;
    assert!(store.delete_account(&here(), &id).await.unwrap());
    refused(refuse(store, &id, third.fence, 200).await, ErrorKind::NotFound);
}

/// A renewal forgets the refusals, and so do a connection and whatever else changes the credential; other steps do not.
pub async fn a_new_credential_forgets_the_refusals(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    let stay = |change| step(Active, Active, 1, change);
    let connect = Transition { connected: true, ..stay(CredentialChange::Keep) };
    for (number, (step, forgets)) in (1..).zip([
        (None, true),
        (Some(stay(CredentialChange::Keep)), false),
        (Some(stay(CredentialChange::Put(sealed("new")))), true),
        (Some(stay(CredentialChange::Drop)), true),
        (Some(connect), true),
    ]) {
        let now = 1000 * number;
        let lease = claim(store, &id, now).await;
        assert_eq!(refuse(store, &id, lease.fence, now + 30).await.unwrap(), 1, "{step:?}");
        match &step {
            Some(step) => drop(store.transition(&here(), &id, step).await.unwrap()),
            None => {
                let lease = claim(store, &id, now).await;
                store.end_refresh(&here(), &id, lease.fence, Some(&sealed("renewed"))).await.unwrap();
            }
        }
        let expected = if forgets { (0, None) } else { (1, Some(at(now + 30))) };
        assert_eq!(known(store, &id, now).await, expected, "{step:?}");
        let lease = claim(store, &id, now).await;
        store.end_refresh(&here(), &id, lease.fence, Some(&sealed("renewed"))).await.unwrap();
    }
}
