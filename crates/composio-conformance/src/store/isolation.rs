//! Nothing of one project shows in another: every method, with the other project's very ids.

use composio_core::{
    AccountQuery, AuthConfigQuery, AuthConfigUpdate, ConnectedAccount, ErrorKind, HistoryQuery, SessionConfig,
    SessionRecord, SharingUpdate, ToolFilter, UserId,
};
use composio_engine::store::{ApprovalGrant, Begun, CredentialChange, DueWork, Store, Transition};

use super::fixture::*;

fn session(user: &str) -> SessionRecord {
    SessionRecord::new("trs_1".into(), UserId::new(user), SessionConfig::new(), at(0))
}

fn ours() -> ConnectedAccount {
    named(account("ca_1", Active, 0), "work")
}

/// Keeps one of each in the project that is here.
async fn keep_here(store: &dyn Store) {
    store.insert_session(&here(), &session("ada")).await.unwrap();
    store.insert_auth_config(&here(), &managed("ac_1", 0), Some(&sealed("secret"))).await.unwrap();
    store.insert_account(&here(), &ours(), Some(&sealed("old"))).await.unwrap();
}

/// Expects that everything that is here is as it was kept.
async fn expect_untouched(store: &dyn Store) {
    assert_eq!(
        store.session(&here(), &"trs_1".into()).await.unwrap().map(|found| found.user),
        Some(UserId::new("ada"))
    );
    assert_eq!(store.auth_config(&here(), &"ac_1".into()).await.unwrap(), Some(managed("ac_1", 0)));
    assert_eq!(store.auth_config_secret(&here(), &"ac_1".into()).await.unwrap(), Some(sealed("secret")));
    assert_eq!(read(store, &"ca_1".into()).await, ours());
    assert_eq!(credential(store, &"ca_1".into()).await, Some(sealed("old")));
}

/// An id or an alias that is taken in one project is free in another, and each project reads its own.
pub async fn projects_may_use_the_same_ids(store: &dyn Store) {
    keep_here(store).await;
    let (mut config, account) = (managed("ac_1", 5), ours());
    config.name = "theirs".to_owned();
    store.insert_session(&there(), &session("bob")).await.unwrap();
    store.insert_auth_config(&there(), &config, Some(&sealed("their secret"))).await.unwrap();
    store.insert_account(&there(), &account, Some(&sealed("their credential"))).await.unwrap();

    expect_untouched(store).await;
    let theirs = store.session(&there(), &"trs_1".into()).await.unwrap().expect("the session is there");
    assert_eq!(theirs.user, UserId::new("bob"));
    assert_eq!(store.auth_config(&there(), &config.id).await.unwrap(), Some(config.clone()));
    assert_eq!(store.auth_config_secret(&there(), &config.id).await.unwrap(), Some(sealed("their secret")));
    assert_eq!(store.credential(&there(), &account.id).await.unwrap(), Some(sealed("their credential")));
}

/// What is here cannot be read from there.
pub async fn projects_do_not_read_each_other(store: &dyn Store) {
    keep_here(store).await;
    assert!(store.session(&there(), &"trs_1".into()).await.unwrap().is_none());
    assert_eq!(store.auth_config(&there(), &"ac_1".into()).await.unwrap(), None);
    assert_eq!(store.auth_config_secret(&there(), &"ac_1".into()).await.unwrap(), None);
    assert_eq!(store.account(&there(), &"ca_1".into()).await.unwrap(), None);
    assert_eq!(store.credential(&there(), &"ca_1".into()).await.unwrap(), None);
    let wanted = managed("ac_2", 1);
    assert_eq!(store.find_or_insert_managed(&there(), &wanted).await.unwrap(), wanted, "it found the one that is here");
}

/// What is here is in no list and in no choice made there, not even when it is asked for by id; cursors open nothing.
pub async fn projects_do_not_list_each_other(store: &dyn Store) {
    keep_here(store).await;
    store.insert_account(&here(), &account("ca_2", Active, 1), None).await.unwrap();
    let mut query = AccountQuery::new();
    query.limit = Some(1);
    query.cursor = store.accounts(&here(), &query).await.unwrap().next_cursor;
    assert!(query.cursor.is_some());
    for query in [AccountQuery::new(), query] {
        let page = store.accounts(&there(), &query).await.unwrap();
        assert_eq!((page.items.len(), page.next_cursor, page.total), (0, None, Some(0)));
    }
    let page = store.auth_configs(&there(), &AuthConfigQuery::new()).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor, page.total), (0, None, Some(0)));

    let (ada, github) = (UserId::new("ada"), toolkit("github"));
    let found = store.candidates(&there(), &ada, &github, &["ca_1".into()]).await.unwrap();
    assert!(found.accounts.is_empty() && found.configs.is_empty(), "{found:?}");
}

/// What is here cannot be changed from there.
pub async fn projects_do_not_write_each_other(store: &dyn Store) {
    keep_here(store).await;
    let id = ours().id;
    let (config, off) = ("ac_1".into(), AuthConfigUpdate::new().enabled(false));
    assert_eq!(store.update_auth_config(&there(), &config, &off, at(1)).await.unwrap(), None);
    assert_eq!(store.rename_account(&there(), &id, Some("theirs"), at(1)).await.unwrap(), None);
    let step = step(Active, Expired, 1, CredentialChange::Drop);
    refused(store.transition(&there(), &id, &step).await, ErrorKind::NotFound);
    refused(store.put_pending(&there(), &digest(9), &flow(&id), &sealed("verifier")).await, ErrorKind::NotFound);
    expect_untouched(store).await;

    // With the same ids on both sides, what is written there stays there.
    let step = Transition { credential: CredentialChange::Put(sealed("theirs")), ..step };
    store.insert_auth_config(&there(), &managed("ac_1", 0), None).await.unwrap();
    store.insert_account(&there(), &ours(), None).await.unwrap();
    assert!(store.update_auth_config(&there(), &config, &off, at(1)).await.unwrap().is_some());
    assert!(store.rename_account(&there(), &id, Some("theirs"), at(1)).await.unwrap().is_some());
    store.transition(&there(), &id, &step).await.unwrap();
    expect_untouched(store).await;

    let begun = account("ca_2", Initiated, 0);
    store.insert_account(&here(), &begun, None).await.unwrap();
    store.expire_begun(&there(), at(100), at(100), "over").await.unwrap();
    assert_eq!(read(store, &begun.id).await, begun);
}

/// What is here cannot be deleted from there, and deleting there leaves what waits here alone.
pub async fn projects_do_not_delete_each_other(store: &dyn Store) {
    keep_here(store).await;
    let id = ours().id;
    store.put_pending(&here(), &digest(8), &flow(&id), &sealed("verifier")).await.unwrap();
    assert!(!store.delete_session(&there(), &"trs_1".into()).await.unwrap());
    assert!(!store.delete_auth_config(&there(), &"ac_1".into()).await.unwrap());
    assert!(!store.delete_account(&there(), &id).await.unwrap());

    // With accounts of the same id, a flow that begins there voids none that waits here.
    store.insert_account(&there(), &ours(), None).await.unwrap();
    store.put_pending(&there(), &digest(9), &flow(&id), &sealed("verifier")).await.unwrap();
    assert!(store.delete_account(&there(), &id).await.unwrap());
    expect_untouched(store).await;
    let taken = store.take_pending(&digest(8), &digest(1), at(1)).await.unwrap().expect("the flow waits");
    assert_eq!(taken.project, here());
    assert!(store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().is_none());
}

/// A lease that is held here can be neither taken nor ended from there.
pub async fn projects_do_not_refresh_each_other(store: &dyn Store) {
    keep_here(store).await;
    let id = ours().id;
    assert_eq!(store.claim_refresh(&there(), &id, at(0), at(30)).await.unwrap(), None);
    let lease = store.claim_refresh(&here(), &id, at(0), at(30)).await.unwrap().expect("nobody else refreshes");
    let foreign = store.end_refresh(&there(), &id, lease.fence, Some(&sealed("stray"))).await;
    refused(foreign, ErrorKind::NotFound);

    store.insert_account(&there(), &ours(), None).await.unwrap();
    let theirs = store.claim_refresh(&there(), &id, at(1), at(31)).await.unwrap().expect("theirs is another account");
    store.end_refresh(&there(), &id, theirs.fence, Some(&sealed("their credential"))).await.unwrap();
    store.transition(&there(), &id, &Transition::new(Active, Expired, at(2), None)).await.unwrap();

    expect_untouched(store).await;
    store.end_refresh(&here(), &id, lease.fence, None).await.expect("the lease is held");
}

/// A key that was used here is new there, and its outcome stays here.
pub async fn projects_do_not_share_executions(store: &dyn Store) {
    let key = key("k");
    let (project, other, first, second) = (here(), there(), digest(1), digest(2));
    let begun = store.begin_execution(&project, &key, &first, at(0), at(60)).await.unwrap();
    assert_eq!(begun, Begun::New);
    refused(store.finish_execution(&other, &key, &sealed("stray"), at(100)).await, ErrorKind::NotFound);
    store.forget_execution(&other, &key).await.unwrap();

    let begun = store.begin_execution(&other, &key, &second, at(0), at(90)).await.unwrap();
    assert_eq!(begun, Begun::New);
    store.finish_execution(&other, &key, &sealed("theirs"), at(100)).await.unwrap();
    let begun = store.begin_execution(&project, &key, &first, at(1), at(61)).await.unwrap();
    assert_eq!(begun, Begun::Running { deadline: at(60) });
}

/// A session that is here is neither changed nor told of from there, and each project has its own history.
pub async fn projects_do_not_change_each_others_sessions(store: &dyn Store) {
    keep_here(store).await;
    let mut config = SessionConfig::new();
    config.callback_url = Some(url("https://app.example/theirs").into());
    let next = session("ada").next(config, at(1));
    refused(store.update_session(&there(), &next).await, ErrorKind::NotFound);
    let history =
        async |project| store.session_history(&project, &"trs_1".into(), &HistoryQuery::new()).await.unwrap().total;
    assert_eq!((history(here()).await, history(there()).await), (Some(1), Some(0)));

    store.insert_session(&there(), &session("bob")).await.unwrap();
    store.update_session(&there(), &next).await.unwrap();
    assert_eq!((history(here()).await, history(there()).await), (Some(1), Some(2)));
    let ours = store.session(&here(), &"trs_1".into()).await.unwrap().expect("the session is there");
    assert_eq!((ours.version, &*ours.config), (1, &SessionConfig::new()));

    store.update_session(&here(), &session("ada").next(SessionConfig::new(), at(2))).await.unwrap();
    assert!(store.delete_session(&there(), &"trs_1".into()).await.unwrap());
    assert_eq!((history(here()).await, history(there()).await), (Some(2), Some(0)));
}

/// What is allowed here is not allowed there, and an approval that is spent here is another one there.
pub async fn projects_do_not_share_approvals(store: &dyn Store) {
    keep_here(store).await;
    let (here, there, trs) = (here(), there(), "trs_1".into());
    let grant = ApprovalGrant { tool: tool("GITHUB_CREATE_AN_ISSUE"), account: Some("ca_1".into()) };
    store.grant_approval(&here, &trs, &grant, at(0)).await.unwrap();
    refused(store.grant_approval(&there, &trs, &grant, at(0)).await, ErrorKind::NotFound);
    store.insert_session(&there, &session("bob")).await.unwrap();
    assert!(!store.has_approval(&there, &trs, &grant).await.unwrap());
    assert!(store.delete_session(&there, &trs).await.unwrap());
    assert!(store.has_approval(&here, &trs, &grant).await.unwrap());

    for project in [&here, &there] {
        assert!(store.spend_approval(project, &digest(1), at(0), at(600)).await.unwrap(), "{project}");
        assert!(!store.spend_approval(project, &digest(1), at(0), at(600)).await.unwrap(), "{project}");
    }
}

/// A list of tools in a config that is here is no reason to look there.
pub async fn projects_do_not_share_lists_of_tools(store: &dyn Store) {
    let mut config = config("ac_1", 0);
    config.tools = ToolFilter::Only(Vec::new());
    store.insert_auth_config(&here(), &config, None).await.unwrap();
    assert!(store.toolkits_with_filters(&there()).await.unwrap().is_empty());
    assert_eq!(store.toolkits_with_filters(&here()).await.unwrap(), [toolkit("github")]);
}

/// Sharing, readiness, schedules and refusals of accounts that are here cannot be moved from there.
pub async fn projects_do_not_move_each_others_accounts(store: &dyn Store) {
    keep_here(store).await;
    let (project, other, id) = (here(), there(), ours().id);
    let lease = store.claim_refresh(&project, &id, at(0), at(30)).await.unwrap().expect("nobody else refreshes");
    let open = SharingUpdate::new().shared(true).allow_all(true);
    assert_eq!(store.share_account(&other, &id, &open, at(1)).await.unwrap(), None);
    assert_eq!(store.mark_ready(&other, &id, at(1)).await.unwrap(), None);
    refused(store.refuse_refresh(&other, &id, lease.fence, at(9)).await, ErrorKind::NotFound);
    store.schedule_refresh(&other, &id, Some(at(0))).await.unwrap();
    expect_untouched(store).await;

    // With the same id on both sides, what is done there stays there.
    store.insert_account(&other, &ours(), None).await.unwrap();
    let theirs = store.claim_refresh(&other, &id, at(0), at(30)).await.unwrap().expect("theirs is another account");
    assert_eq!(store.refuse_refresh(&other, &id, theirs.fence, at(9)).await.unwrap(), 1);
    assert!(store.share_account(&other, &id, &open, at(1)).await.unwrap().is_some());
    assert!(store.mark_ready(&other, &id, at(1)).await.unwrap().is_some());
    store.schedule_refresh(&other, &id, Some(at(0))).await.unwrap();
    expect_untouched(store).await;
    store.end_refresh(&project, &id, lease.fence, None).await.expect("the lease is held");
    let lease = store.claim_refresh(&project, &id, at(1), at(2)).await.unwrap().expect("nobody else refreshes");
    assert_eq!((lease.refusals, lease.retry_at), (0, None));
    let due = store.due_work(at(100), at(0), 100).await.unwrap();
    assert_eq!(due, [DueWork::Refresh(other, id.clone()), DueWork::Probe(project, id)]);
}
