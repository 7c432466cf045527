//! Changing sessions: what is looked at again, what a conflict leaves, and what a change ends.

use composio_core::{
    Backend as _, ConnectFlow as _, ConnectionStatus, ErrorKind, HistoryQuery, MultiAccount, MultiAccountUpdate,
    Preload, Session, SessionConfig, SessionUpdate, Tag, TagFilter, ToolPolicy, ToolkitPolicy,
};
use futures::future::join_all;
use serde_json::json;

use crate::stage::{Stage, USER, listed, manifest, slug, tool, tool_slug};
use crate::world::token;

fn only(tool: &str) -> ToolPolicy {
    ToolPolicy::Enable([tool_slug(tool)].into_iter().collect())
}

/// The versions that are kept, newest first, with whether they hold.
async fn versions(session: &Session) -> Vec<(u64, bool)> {
    let page = session.history().await.unwrap();
    page.items.iter().map(|version| (version.version, version.is_current)).collect()
}

#[tokio::test]
async fn a_change_keeps_what_it_does_not_name() {
    let stage = Stage::new().await;
    let account = stage.account(&stage.config("notes").await).await.id;
    let session = stage
        .composio()
        .create(USER)
        .toolkits(["notes", "files"])
        .connected_account("notes", &account)
        .multi_account(MultiAccount::new().max_per_toolkit(3).require_explicit_selection(false))
        .preload(["NOTES_READ"])
        .await
        .unwrap();
    let before = session.config();
    stage.tick();
    session.update().tags(TagFilter::new().disable([Tag::Destructive])).await.unwrap();
    let after = session.config();
    let mut expected = SessionConfig::clone(&before);
    expected.tags = after.tags.clone();
    assert_eq!((&*after, session.version()), (&expected, 2));

    // Lists and maps are replaced whole; `multi_account` merges; a reset is the default again.
    let update = session.update().toolkits(["files"]).preload(["FILES_READ"]).reset_connected_accounts().reset_tags();
    update.multi_account(MultiAccountUpdate::new().max_per_toolkit(4)).await.unwrap();
    let config = session.config();
    assert_eq!(config.toolkits, ToolkitPolicy::Enable(vec![slug("files")]));
    assert!(config.connected_accounts.is_empty() && config.tags.is_silent());
    assert_eq!(config.multi_account, before.multi_account.map(|multi| multi.max_per_toolkit(4)));

    assert_eq!(versions(&session).await, [(3, true), (2, false), (1, false)]);
    let oldest = session.history().await.unwrap().items.pop().unwrap();
    assert_eq!(oldest.config, before);
    // Another process reads the same.
    let read = stage.composio().session(session.id().as_str()).await.unwrap();
    assert_eq!((read.config(), read.version(), read.user()), (session.config(), 3, session.user()));
}

#[tokio::test]
async fn a_change_without_content_is_a_version_too() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).toolkits(["notes"]).await.unwrap();
    let before = session.config();
    session.update().await.unwrap();
    assert_eq!((session.version(), session.config()), (2, before));
}

#[tokio::test]
async fn a_stale_change_names_both_versions_and_writes_nothing() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).toolkits(["notes"]).await.unwrap();
    session.update().toolkits(["notes", "files"]).if_unchanged().await.unwrap();
    let before = session.config();
    for expected in [1, 3, 0] {
        let error = session.update().reset_toolkits().expected_version(expected).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let message = error.to_string();
        assert!(message.contains("has version 2") && message.contains(&format!("version {expected}")), "{message}");
    }
    session.refresh().await.unwrap();
    assert_eq!((session.version(), session.config()), (2, before));
    assert_eq!(versions(&session).await, [(2, true), (1, false)]);
}

#[tokio::test]
async fn of_two_changes_that_expect_the_same_version_one_is_made() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).await.unwrap();
    let toolkits = ["notes", "files", "weather"];
    let changes = toolkits.map(|toolkit| session.update().toolkits([toolkit]).expected_version(1).into_future());
    let outcomes = join_all(changes).await;
    let made: Vec<_> = outcomes.iter().zip(toolkits).filter(|(outcome, _)| outcome.is_ok()).collect();
    let [(_, toolkit)] = made[..] else { panic!("{outcomes:?}") };
    assert_eq!((session.version(), session.config().toolkits.named()), (2, &[slug(toolkit)][..]));
    for refused in outcomes.iter().filter_map(|outcome| outcome.as_ref().err()) {
        assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused:?}");
        assert!(refused.to_string().contains("has version 2"), "{refused}");
    }
}

#[tokio::test]
async fn changes_that_expect_nothing_are_all_made() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).await.unwrap();
    let tags = Tag::ALL.map(|tag| session.update().tags(TagFilter::new().disable([tag])).into_future());
    let outcomes = join_all(tags).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!((session.version(), versions(&session).await.len()), (7, 7));
}

#[tokio::test]
async fn narrowing_past_a_preloaded_tool_is_refused_and_nothing_changes() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).preload(["NOTES_DELETE", "FILES_READ"]).await.unwrap();
    for (update, names) in [
        (session.update().toolkits(["notes"]), "\"FILES_READ\": "),
        (session.update().disable_toolkits(["notes"]), "NOTES_DELETE"),
        (session.update().tools([("notes", only("NOTES_READ"))]), "refused by the session's tools of this toolkit"),
        (session.update().tags(TagFilter::new().disable([Tag::Destructive])), "refused by the session's tags"),
    ] {
        let error = update.await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("preload.tools")), "{error:?}");
        assert!(error.to_string().contains(names.trim_end_matches(": ")), "{error}");
    }
    session.refresh().await.unwrap();
    assert_eq!((session.version(), session.config().toolkits.is_positive()), (1, false));
    // With another list in the same change it goes through.
    session.update().toolkits(["notes"]).preload(["NOTES_DELETE"]).await.unwrap();
    assert_eq!(listed(&session).await, ["NOTES_DELETE"]);
}

#[tokio::test]
async fn a_pin_that_has_ended_does_not_stand_in_the_way() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let (a1, a2) = (stage.account(&config).await.id, stage.account(&config).await.id);
    let session = stage.composio().create(USER).connected_account("notes", &a1).await.unwrap();
    stage.set_status(&a1, ConnectionStatus::Expired).await;

    session.update().preload(["NOTES_READ"]).await.unwrap();
    session.update().toolkits(["notes", "files"]).await.unwrap();
    assert_eq!(session.config().pins(&slug("notes")), std::slice::from_ref(&a1), "it is still pinned");
    // Where the change pins, it is looked at.
    let again = session.update().connected_accounts([("notes", &a1)]).await.unwrap_err();
    assert_eq!(again.field(), Some("connected_accounts.notes"));
    // Where the change makes it illegal, it is refused, whatever its status.
    let outside = session.update().toolkits(["files"]).reset_preload().await.unwrap_err();
    assert_eq!(outside.field(), Some("connected_accounts.notes"), "{outside:?}");
    session.update().connected_accounts([("notes", &a2)]).await.unwrap();
    session.update().reset_connected_accounts().await.unwrap();
    assert_eq!(session.version(), 5);
}

#[tokio::test]
async fn several_pins_need_several_accounts() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(stage.account(&config).await.id);
    }
    let builder = stage.composio().create(USER).multi_account(MultiAccount::new());
    let session = builder.connected_accounts(ids.iter().map(|id| ("notes", id))).await.unwrap();
    let fewer = session.update().multi_account(MultiAccountUpdate::new().max_per_toolkit(2)).await.unwrap_err();
    let off = session.update().reset_multi_account().await.unwrap_err();
    for error in [fewer, off] {
        assert_eq!(error.field(), Some("connected_accounts.notes"), "{error:?}");
    }
    let nothing = session.update().multi_account(MultiAccountUpdate::new().enable(false).max_per_toolkit(3)).await;
    assert_eq!(nothing.unwrap_err().field(), Some("multi_account.max_per_toolkit"));
    assert_eq!(session.version(), 1);
}

#[tokio::test]
async fn what_the_catalogue_has_lost_does_not_stand_in_the_way() {
    let stage = Stage::new().await;
    let session = stage
        .composio()
        .create(USER)
        .toolkits(["weather", "files"])
        .enable_tools("files", ["FILES_READ", "FILES_DELETE"])
        .preload(["WEATHER_READ", "FILES_DELETE"])
        .require_approval_for_tools(["FILES_DELETE"])
        .await
        .unwrap();
    let files = manifest("files", true, [tool("files", "READ", "readOnlyHint")]);
    let later = stage.redeployed([files]).await;
    let session = later.composio().session(session.id().as_str()).await.unwrap();
    assert_eq!(listed(&session).await, [""; 0], "what is gone is not listed");
    session.update().tags(TagFilter::new().disable([Tag::OpenWorld])).await.unwrap();
    let named = session.update().toolkits(["weather", "files"]).await.unwrap_err();
    assert_eq!(named.field(), Some("toolkits"), "who names it learns that it is gone: {named:?}");
}

#[tokio::test]
async fn changing_a_session_that_is_gone_is_not_found() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).await.unwrap();
    session.delete().await.unwrap();
    let (backend, id) = (stage.backend(), session.id());
    let error = backend.update_session(id, &SessionUpdate::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
    assert!(error.for_model().contains("ended"), "{}", error.for_model());
    let error = backend.session_history(id, &HistoryQuery::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn tools_are_listed_and_run_by_the_newest_version() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).toolkits(["notes", "files"]).direct_tools().await.unwrap();
    assert_eq!(listed(&session).await.len(), 6);
    session.update().toolkits(["files", "weather"]).tags(TagFilter::new().enable([Tag::ReadOnly])).await.unwrap();
    assert_eq!(listed(&session).await, ["FILES_READ", "WEATHER_READ"]);
    let refused = session.execute("NOTES_READ", json!({})).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
    session.update().reset_preload().await.unwrap();
    assert_eq!((session.config().preload.clone(), listed(&session).await.len()), (Preload::None, 0));
}

#[tokio::test]
async fn a_link_does_not_outlive_what_its_session_allows() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).toolkits(["notes", "files"]).await.unwrap();
    let request = session.authorize("notes").await.unwrap();
    stage.engine.open(token(request.redirect_url())).await.unwrap();
    session.update().toolkits(["files"]).await.unwrap();
    let opened = stage.engine.open(token(request.redirect_url())).await.unwrap_err();
    let pressed =
        stage.engine.start(token(request.redirect_url()), composio_core::FormFields::new()).await.unwrap_err();
    assert_eq!((opened.kind(), pressed.kind()), (ErrorKind::NotFound, ErrorKind::NotFound));
    // Allowed again, it works again: nothing about it was stored.
    session.update().reset_toolkits().await.unwrap();
    stage.engine.open(token(request.redirect_url())).await.unwrap();
}
