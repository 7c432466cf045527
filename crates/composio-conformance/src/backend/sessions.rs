//! Sessions: made, read, taken up again, deleted.

use std::time::Duration;

use composio_core::{
    ApprovalRule, AuthConfigId, ConnectedAccountId, ErrorKind, HistoryQuery, LinkRequest, LinkTarget, MultiAccount,
    NativeDefinitions, SessionConfig, SessionId, SessionUpdate, ToolCall, ToolQuery, ToolSlug, ToolkitQuery, UserId,
};

use super::Claim;
use super::stage::{Stage, T, refused, slug};
use crate::harness::{AccountSeed, Harness, USER, ran, refused as refused_naming, whoami};

/// A session is read as it was created, with its user, its configuration and its time.
pub async fn a_session_comes_back_as_it_was_created(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage
        .create()
        .toolkits(["open", "managed"])
        .preload(["OPEN_WHOAMI"])
        .multi_account(MultiAccount::new().max_per_toolkit(3))
        .callback_url("http://localhost:3000/done?tab=1")
        .await
        .unwrap();
    let created = harness.backend().session(session.id()).await.unwrap();
    let read = harness.backend().session(session.id()).await.unwrap();
    for record in [&created, &read] {
        assert_eq!((&record.id, record.user.as_str()), (session.id(), USER));
        assert_eq!(record.config, session.config());
    }
    assert_eq!(created.created_at, read.created_at);
    assert_eq!(session.config().toolkits.named(), [slug("open"), slug("managed")]);
}

/// Two sessions with one configuration are two sessions.
pub async fn each_session_has_an_id_of_its_own(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (one, other) = (stage.session().await, stage.session().await);
    assert_ne!(one.id(), other.id());
    one.delete().await.unwrap();
    stage.composio.session(other.id()).await.unwrap();
}

/// A session that is taken up again by its id is the same one, and runs tools.
pub async fn a_session_is_taken_up_again_by_its_id(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let before = stage.create().toolkits(["open"]).await.unwrap();
    let after = stage.composio.session(before.id().as_str()).await.unwrap();
    assert_eq!((after.id(), after.user(), after.config()), (before.id(), before.user(), before.config()));
    assert_eq!(ran(whoami(&after, "open")).await.unwrap(), None);
    refused(ran(whoami(&after, T)).await, ErrorKind::PermissionDenied);
}

/// An id that nobody gave out is not found.
pub async fn an_unknown_session_is_not_found(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    refused(stage.composio.session("trs_nowhere").await, ErrorKind::NotFound);
    every_method_is_refused(harness, &SessionId::new("trs_nowhere")).await;
}

/// After deleting, every method of the backend says so.
pub async fn nothing_works_on_a_deleted_session(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    session.delete().await.unwrap();
    refused(stage.composio.session(session.id()).await, ErrorKind::NotFound);
    every_method_is_refused(harness, session.id()).await;
}

async fn every_method_is_refused(harness: &dyn Harness, session: &SessionId) {
    let backend = harness.backend();
    let not_found = ErrorKind::NotFound;
    let call = ToolCall::new(ToolSlug::new("OPEN_WHOAMI").unwrap(), serde_json::Map::new());
    let link = LinkRequest::new(LinkTarget::Toolkit(slug("managed")));
    refused(backend.session(session).await, not_found);
    refused(backend.delete_session(session).await, not_found);
    refused(backend.list_tools(session, &ToolQuery::new()).await, not_found);
    refused(backend.list_toolkits(session, &ToolkitQuery::new()).await, not_found);
    refused(backend.get_tool(session, &call.tool).await, not_found);
    refused(backend.connected_account(session, &ConnectedAccountId::new("ca_nowhere")).await, not_found);
    refused(backend.probe(session, &ConnectedAccountId::new("ca_nowhere")).await, not_found);
    for (claim, error) in [
        (Claim::Updates, backend.update_session(session, &SessionUpdate::new()).await.err()),
        (Claim::Updates, backend.session_history(session, &HistoryQuery::new()).await.err()),
        (Claim::Explain, backend.explain_tool(session, &call.tool).await.err()),
        (Claim::Approvals, backend.confirm(session, &call, ApprovalRule::Tool).await.err()),
        (Claim::Execution, backend.execute(session, call).await.err()),
        (Claim::Links, backend.link(session, &link).await.err()),
        (Claim::Explain, backend.explain(session, &slug("open")).await.err()),
        (Claim::McpTokens, backend.create_mcp_token(session, Duration::from_secs(60)).await.err()),
        (Claim::McpTokens, backend.revoke_mcp_tokens(session, None).await.err()),
    ] {
        let expected = if claim.is_made(harness) { not_found } else { ErrorKind::Unsupported };
        assert_eq!(error.map(|error| error.kind()), Some(expected), "{claim}");
    }
}

/// Accounts and auth configs belong to the user and the project: they outlive the session.
pub async fn deleting_a_session_leaves_what_belongs_to_the_user(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let pinned = stage.create().connected_account(T, &account).await.unwrap();
    let kept = stage.kept().await;
    pinned.delete().await.unwrap();
    assert_eq!(stage.kept().await, kept);
    assert_eq!(ran(whoami(&stage.session().await, T)).await.unwrap().as_deref(), Some("A1"));
}

/// A session is somebody's.
pub async fn a_session_needs_a_user(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    for nobody in ["", "  "] {
        refused_naming(stage.composio.create(nobody).await, ErrorKind::InvalidInput, &["user"]);
    }
}

/// Not every caller comes by way of the builder: the backend itself refuses what cannot be.
pub async fn a_backend_checks_what_a_builder_checks(harness: &dyn Harness) {
    let backend = harness.backend();
    let plain = SessionConfig::new();
    let mut two_pins = SessionConfig::new();
    two_pins.connected_accounts.insert(slug(T), vec!["ca_1".into(), "ca_2".into()]);
    let mut too_many = SessionConfig::new();
    too_many.multi_account = Some(MultiAccount::new().max_per_toolkit(11));
    for (user, config, names) in [("", &plain, "user"), (USER, &two_pins, "multi_account"), (USER, &too_many, "11")] {
        let created = backend.create_session(&UserId::new(user), config, &NativeDefinitions::none()).await;
        refused_naming(created, ErrorKind::InvalidInput, &[names]);
    }
}

/// A slug that nobody knows is refused, and one that looks like it is named.
pub async fn an_unknown_toolkit_is_refused_with_a_near_one(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let kind = ErrorKind::InvalidInput;
    refused_naming(stage.create().toolkits(["open", "manged"]).await, kind, &["manged", "managed"]);
    refused_naming(stage.create().disable_toolkits(["manged"]).await, kind, &["manged", "managed"]);
    refused_naming(stage.create().connected_account("manged", "ca_1").await, kind, &["manged", "managed"]);
    refused_naming(stage.create().toolkits(["Managed"]).await, kind, &["Managed", "lower-case"]);
}

/// A refused session leaves nothing behind: no config, no account.
pub async fn what_a_user_cannot_use_is_refused_before_anything_is_stored(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config("other").await;
    let account = stage.account(AccountSeed::new("A1", "other", &config)).await;
    let kept = stage.kept().await;
    let (nobody, nothing) = (ConnectedAccountId::new("ca_nowhere"), AuthConfigId::new("ac_nowhere"));
    for (builder, names) in [
        (stage.create().connected_account(T, &nobody), "ca_nowhere"),
        (stage.create().connected_account(T, &account), account.as_str()),
        (stage.create().auth_config(T, &nothing), "ac_nowhere"),
        (stage.create().auth_config(T, &config), config.as_str()),
        (stage.create().toolkits(["open"]).connected_account("other", &account), "other"),
        (stage.create().direct_tools(), "preload"),
    ] {
        refused_naming(builder.await, ErrorKind::InvalidInput, &[names]);
    }
    assert_eq!(stage.kept().await, kept);
}
