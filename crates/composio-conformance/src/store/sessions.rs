//! Sessions.

use composio_core::{
    ApprovalPolicy, ErrorKind, MultiAccount, Preload, SessionConfig, SessionId, SessionRecord, Tag, TagFilter,
    ToolPolicy, ToolkitPolicy, UserId,
};
use composio_engine::store::Store;

use super::fixture::*;

fn session(id: &str, config: SessionConfig) -> SessionRecord {
    SessionRecord::new(SessionId::new(id), UserId::new("ada"), config, at(7))
}

fn full() -> SessionConfig {
    let mut config = SessionConfig::new();
    config.toolkits = ToolkitPolicy::Enable(vec![toolkit("gmail"), toolkit("github")]);
    let reads = TagFilter::new().enable([Tag::ReadOnly]).disable([Tag::OpenWorld]);
    config.tools.insert(toolkit("gmail"), ToolPolicy::Tags(reads.clone()));
    config.tools.insert(toolkit("github"), ToolPolicy::Enable([tool("GITHUB_GET_A_USER")].into_iter().collect()));
    config.tags = reads;
    config.approvals = Some(ApprovalPolicy::destructive().into());
    config.auth_configs.insert(toolkit("gmail"), "ac_2".into());
    config.auth_configs.insert(toolkit("github"), "ac_1".into());
    config.connected_accounts.insert(toolkit("github"), vec!["ca_2".into(), "ca_1".into()]);
    config.preload = Preload::Tools(vec![tool("GITHUB_GET_A_USER")]);
    config.multi_account = Some(MultiAccount::new().max_per_toolkit(3));
    config.callback_url = Some(url("https://app.example/done?x=%20y").into());
    config
}

/// A session is read back with everything that was set, and in the order it was set.
pub async fn a_session_comes_back_as_it_was_kept(store: &dyn Store) {
    let mut denied = SessionConfig::new();
    denied.toolkits = ToolkitPolicy::Disable(vec![toolkit("slack")]);
    denied.preload = Preload::All;
    for (id, config) in [("trs_default", SessionConfig::new()), ("trs_full", full()), ("trs_denied", denied)] {
        let kept = session(id, config);
        store.insert_session(&here(), &kept).await.unwrap();
        let found = store.session(&here(), &kept.id).await.unwrap().expect("the session is there");
        assert_eq!((&found.id, &found.user, &found.config), (&kept.id, &kept.user, &kept.config));
        assert_eq!((found.created_at, found.updated_at, found.version), (kept.created_at, kept.updated_at, 1));
        let order = |config: &SessionConfig| config.auth_configs.keys().cloned().collect::<Vec<_>>();
        assert_eq!(order(&found.config), order(&kept.config));
    }
    assert!(store.session(&here(), &"trs_other".into()).await.unwrap().is_none());
}

/// A second session with an id is a conflict, and the first one stays.
pub async fn a_session_id_is_kept_once(store: &dyn Store) {
    store.insert_session(&here(), &session("trs_1", full())).await.unwrap();
    refused(store.insert_session(&here(), &session("trs_1", SessionConfig::new())).await, ErrorKind::Conflict);
    let found = store.session(&here(), &"trs_1".into()).await.unwrap().expect("the session is there");
    assert_eq!(*found.config, full());
}

/// Deleting says whether the session was there, and another one stays.
pub async fn a_deleted_session_is_gone(store: &dyn Store) {
    for id in ["trs_1", "trs_2"] {
        store.insert_session(&here(), &session(id, full())).await.unwrap();
    }
    assert!(store.delete_session(&here(), &"trs_1".into()).await.unwrap());
    assert!(!store.delete_session(&here(), &"trs_1".into()).await.unwrap());
    assert!(store.session(&here(), &"trs_1".into()).await.unwrap().is_none());
    assert!(store.session(&here(), &"trs_2".into()).await.unwrap().is_some());
}
