//! What is allowed without asking, and approvals that were used.

use composio_core::{ErrorKind, SessionConfig, SessionId, SessionRecord, UserId};
use composio_engine::store::{ApprovalGrant, Store};
use futures::future::join_all;

use super::fixture::*;

async fn keep_sessions(store: &dyn Store) {
    for id in ["trs_1", "trs_2"] {
        let session = SessionRecord::new(SessionId::new(id), UserId::new("ada"), SessionConfig::new(), at(0));
        store.insert_session(&here(), &session).await.unwrap();
    }
}

fn grant(slug: &str, account: Option<&str>) -> ApprovalGrant {
    ApprovalGrant { tool: tool(slug), account: account.map(Into::into) }
}

async fn allow(store: &dyn Store, session: &str, grant: &ApprovalGrant) {
    store.grant_approval(&here(), &session.into(), grant, at(1)).await.unwrap();
}

async fn allowed(store: &dyn Store, session: &str, grant: &ApprovalGrant) -> bool {
    store.has_approval(&here(), &session.into(), grant).await.unwrap()
}

/// What is allowed is allowed for one tool, one account and one session; no account is an account of its own.
pub async fn a_grant_holds_for_its_session_tool_and_account_alone(store: &dyn Store) {
    keep_sessions(store).await;
    let all = [
        grant("GITHUB_CREATE_AN_ISSUE", Some("ca_1")),
        grant("GITHUB_CREATE_AN_ISSUE", Some("ca_2")),
        grant("GITHUB_CREATE_AN_ISSUE", Some("")),
        grant("GITHUB_CREATE_AN_ISSUE", None),
        grant("GITHUB_DELETE_AN_ISSUE", Some("ca_1")),
        grant("GITHUB_DELETE_AN_ISSUE", None),
    ];
    for count in 0..all.len() {
        for (number, grant) in all.iter().enumerate() {
            assert_eq!(allowed(store, "trs_1", grant).await, number < count, "{grant:?} after {count}");
            assert!(!allowed(store, "trs_2", grant).await, "{grant:?} in another session");
            assert!(!allowed(store, "trs_other", grant).await, "{grant:?} in no session");
        }
        allow(store, "trs_1", &all[count]).await;
    }
}

/// Whoever allows something again, or at the same moment as another, is not told off, and it stays allowed.
pub async fn a_grant_may_be_given_again(store: &dyn Store) {
    keep_sessions(store).await;
    for grant in [grant("GITHUB_CREATE_AN_ISSUE", Some("ca_1")), grant("GITHUB_CREATE_AN_ISSUE", None)] {
        join_all((0..CALLERS).map(|_| allow(store, "trs_1", &grant))).await;
        allow(store, "trs_1", &grant).await;
        assert!(allowed(store, "trs_1", &grant).await);
    }
}

/// Nothing can be allowed in a session that is not there, and it is not kept for one that comes later.
pub async fn a_grant_in_no_session_is_not_found(store: &dyn Store) {
    for grant in [grant("GITHUB_CREATE_AN_ISSUE", Some("ca_1")), grant("GITHUB_CREATE_AN_ISSUE", None)] {
        refused(store.grant_approval(&here(), &"trs_1".into(), &grant, at(1)).await, ErrorKind::NotFound);
        assert!(!allowed(store, "trs_1", &grant).await);
    }
    keep_sessions(store).await;
    assert!(!allowed(store, "trs_1", &grant("GITHUB_CREATE_AN_ISSUE", None)).await);
}

/// What is allowed outlives changes of the session and goes with it: a session of the same id allows nothing.
pub async fn grants_go_with_their_session(store: &dyn Store) {
    keep_sessions(store).await;
    let grant = grant("GITHUB_CREATE_AN_ISSUE", Some("ca_1"));
    for session in ["trs_1", "trs_2"] {
        allow(store, session, &grant).await;
    }
    let first = store.session(&here(), &"trs_1".into()).await.unwrap().expect("the session is there");
    store.update_session(&here(), &first.next(SessionConfig::new(), at(2))).await.unwrap();
    assert!(allowed(store, "trs_1", &grant).await, "a change of the session takes nothing back");

    assert!(store.delete_session(&here(), &first.id).await.unwrap());
    store.insert_session(&here(), &first).await.unwrap();
    assert!(!allowed(store, "trs_1", &grant).await);
    assert!(allowed(store, "trs_2", &grant).await, "another session keeps its own");
}

/// However many callers bring an approval at once, one may use it, and nobody after; another approval is another one.
pub async fn an_approval_is_spent_once(store: &dyn Store) {
    let project = here();
    for number in 0..5 {
        let digest = digest(number);
        let spent = join_all((0..CALLERS).map(|_| store.spend_approval(&project, &digest, at(0), at(600)))).await;
        let spent: Vec<bool> = spent.into_iter().map(Result::unwrap).collect();
        assert_eq!(spent.iter().filter(|spent| **spent).count(), 1, "approval {number}: {spent:?}");
        assert!(!store.spend_approval(&project, &digest, at(599), at(1200)).await.unwrap());
    }
}

/// What was spent is remembered until the time that was said the first time, and forgotten from then on.
pub async fn a_spent_approval_is_remembered_until_its_time_is_over(store: &dyn Store) {
    let spend =
        async |seed, now, until| store.spend_approval(&here(), &digest(seed), at(now), at(until)).await.unwrap();
    assert!(spend(1, 0, 600).await);
    assert!(!spend(1, 1, 9000).await);
    assert!(!spend(1, 599, 9000).await, "a second try does not move the end, and it is not there yet");
    assert!(spend(2, 600, 1200).await);
    assert!(spend(1, 600, 1200).await, "its time is over");
}
