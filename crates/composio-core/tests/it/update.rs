//! Changing a session: what stays, what is replaced, what merges, and who sees it.

use composio_core::{
    ApprovalPolicy, AuthConfigId, Changes, Composio, ConnectedAccountId, ErrorKind, MultiAccount, MultiAccountUpdate,
    Patch, Preload, Result, ScriptedBackend, Session, SessionBuilder, SessionConfig, SessionUpdate, Tag, TagFilter,
    ToolPolicy, ToolSlug, ToolkitMap, ToolkitPolicy, ToolkitSlug, UpdateSession, Url,
};
use serde_json::json;

use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let object = || json!({"type": "object"});
    let backend = ScriptedBackend::new().tool("GITHUB_GET", "github", object()).tool("GMAIL_SEND", "gmail", object());
    backend.tags("GITHUB_GET", &["readOnlyHint"]).tags("GMAIL_SEND", &["createHint"])
}

fn toolkit(text: &str) -> ToolkitSlug {
    ToolkitSlug::new(text).unwrap()
}

fn tool(text: &str) -> ToolSlug {
    ToolSlug::new(text).unwrap()
}

/// Everything that can be said, said.
fn full(building: SessionBuilder) -> SessionBuilder {
    building
        .toolkits(["github", "gmail"])
        .enable_tools("github", ["GITHUB_GET"])
        .disable_tags(["destructiveHint"])
        .auth_config("github", "ac_1")
        .connected_account("gmail", "ca_1")
        .preload(["GITHUB_GET"])
        .multi_account(MultiAccount::new().max_per_toolkit(3).require_explicit_selection(false))
        .require_approval_for_destructive()
        .callback_url("https://app.example/done")
}

async fn full_session() -> Result<Session> {
    full(Composio::with_backend(backend()).create("u")).await
}

/// A way to change one field, and to bring it back to where it was never said.
struct Field {
    name: &'static str,
    set: fn(UpdateSession) -> UpdateSession,
    reset: fn(UpdateSession) -> UpdateSession,
    /// What the field is in a configuration that is made of another.
    becomes: fn(&mut SessionConfig),
    is_reset: fn(&mut SessionConfig),
}

fn replaced() -> Vec<Field> {
    vec![
        Field {
            name: "toolkits",
            set: |u| u.disable_toolkits(["x"]),
            reset: UpdateSession::reset_toolkits,
            becomes: |c| c.toolkits = ToolkitPolicy::Disable(vec![toolkit("x")]),
            is_reset: |c| c.toolkits = ToolkitPolicy::All,
        },
        Field {
            name: "tools",
            set: |u| u.tools([("gmail", ToolPolicy::Tags(TagFilter::new().enable([Tag::Create])))]),
            reset: UpdateSession::reset_tools,
            becomes: |c| {
                let tags = TagFilter::new().enable([Tag::Create]);
                c.tools = ToolkitMap::from([(toolkit("gmail"), ToolPolicy::Tags(tags))]);
            },
            is_reset: |c| c.tools = ToolkitMap::new(),
        },
        Field {
            name: "tags",
            set: |u| u.tags(TagFilter::new().enable([Tag::ReadOnly])),
            reset: UpdateSession::reset_tags,
            becomes: |c| c.tags = TagFilter::new().enable([Tag::ReadOnly]),
            is_reset: |c| c.tags = TagFilter::new(),
        },
        Field {
            name: "auth_configs",
            set: |u| u.auth_configs([("gmail", "ac_2")]),
            reset: UpdateSession::reset_auth_configs,
            becomes: |c| c.auth_configs = ToolkitMap::from([(toolkit("gmail"), AuthConfigId::new("ac_2"))]),
            is_reset: |c| c.auth_configs = ToolkitMap::new(),
        },
        // Row 55: the pin of the toolkit that is not named is gone. Row 56: none at all.
        Field {
            name: "connected_accounts",
            set: |u| u.connected_accounts([("github", "ca_2"), ("github", "ca_3")]),
            reset: UpdateSession::reset_connected_accounts,
            becomes: |c| {
                let pins = ["ca_2", "ca_3"].map(ConnectedAccountId::new).to_vec();
                c.connected_accounts = ToolkitMap::from([(toolkit("github"), pins)]);
            },
            is_reset: |c| c.connected_accounts = ToolkitMap::new(),
        },
        Field {
            name: "preload",
            set: |u| u.preload(["GMAIL_SEND"]),
            reset: UpdateSession::reset_preload,
            becomes: |c| c.preload = Preload::Tools(vec![tool("GMAIL_SEND")]),
            is_reset: |c| c.preload = Preload::None,
        },
        Field {
            name: "approvals",
            set: |u| {
                let mut approvals = ApprovalPolicy::new();
                approvals.toolkits.insert(toolkit("gmail"));
                u.approvals(approvals)
            },
            reset: UpdateSession::reset_approvals,
            becomes: |c| {
                let mut approvals = ApprovalPolicy::new();
                approvals.toolkits.insert(toolkit("gmail"));
                c.approvals = Some(approvals.into());
            },
            is_reset: |c| c.approvals = None,
        },
        Field {
            name: "callback_url",
            set: |u| u.callback_url("http://localhost:1/"),
            reset: UpdateSession::reset_callback_url,
            becomes: |c| c.callback_url = Some(Url::parse("http://localhost:1/").unwrap().into()),
            is_reset: |c| c.callback_url = None,
        },
        Field {
            name: "multi_account",
            set: |u| u.multi_account(MultiAccount::new().max_per_toolkit(7)),
            reset: |u| u.reset_connected_accounts().reset_multi_account(),
            becomes: |c| c.multi_account = Some(MultiAccount::new().max_per_toolkit(7)),
            is_reset: |c| {
                c.connected_accounts = ToolkitMap::new();
                c.multi_account = None;
            },
        },
    ]
}

#[tokio::test]
async fn a_field_is_replaced_whole_and_the_others_stay() -> Result<()> {
    for Field { name, set, reset, becomes, is_reset } in replaced() {
        let session = full_session().await?;
        let mut expected = SessionConfig::clone(&session.config());
        set(session.update()).await?;
        becomes(&mut expected);
        assert_eq!(*session.config(), expected, "{name} was set");
        set(session.update()).await?;
        assert_eq!(*session.config(), expected, "{name} was set again");
        reset(session.update()).await?;
        is_reset(&mut expected);
        assert_eq!(*session.config(), expected, "{name} was reset");
        assert_eq!(session.version(), 4, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn a_session_that_is_reset_in_every_field_is_as_if_nothing_had_been_said() -> Result<()> {
    let session = full_session().await?;
    replaced().iter().fold(session.update(), |update, field| (field.reset)(update)).await?;
    assert_eq!(*session.config(), SessionConfig::new());
    Ok(())
}

#[tokio::test]
async fn a_change_of_nothing_is_a_version_too() -> Result<()> {
    let session = full_session().await?;
    let before = session.config();
    session.update().await?;
    assert_eq!((session.version(), session.config()), (2, before));
    Ok(())
}

/// What is there, what is said, and what comes of it; none where it is refused.
type Merged = (Option<MultiAccount>, MultiAccountUpdate, Result<Option<MultiAccount>, &'static str>);

#[test]
fn settings_for_several_accounts_merge() {
    const MAX: &str = "multi_account.max_per_toolkit";
    const EXPLICIT: &str = "multi_account.require_explicit_selection";
    let (new, five) = (MultiAccountUpdate::new, MultiAccount::new());
    let loose = five.max_per_toolkit(3).require_explicit_selection(false);
    let cases: Vec<Merged> = vec![
        (None, new(), Ok(None)),
        (None, new().enable(true), Ok(Some(five))),
        (None, new().enable(false), Ok(None)),
        (None, new().enable(true).max_per_toolkit(3), Ok(Some(five.max_per_toolkit(3)))),
        (None, five.into(), Ok(Some(five))),
        (Some(loose), new(), Ok(Some(loose))),
        (Some(loose), new().enable(true), Ok(Some(loose))),
        (Some(loose), new().max_per_toolkit(4), Ok(Some(loose.max_per_toolkit(4)))),
        (Some(loose), new().require_explicit_selection(true), Ok(Some(loose.require_explicit_selection(true)))),
        (Some(loose), new().enable(false), Ok(None)),
        // Row 46, where it is off and where it is switched off.
        (None, new().max_per_toolkit(3), Err(MAX)),
        (None, new().require_explicit_selection(true), Err(EXPLICIT)),
        (None, new().require_explicit_selection(false), Ok(None)),
        (Some(loose), new().enable(false).max_per_toolkit(3), Err(MAX)),
        (Some(loose), new().enable(false).require_explicit_selection(true), Err(EXPLICIT)),
        (Some(loose), new().enable(false).require_explicit_selection(false), Ok(None)),
    ];
    for (before, update, expected) in cases {
        let merged = update.apply(before);
        let merged = merged.as_ref().map_err(|error| error.field().unwrap_or_default()).copied();
        assert_eq!(merged, expected, "{before:?} {update:?}");
    }
}

#[tokio::test]
async fn switching_several_accounts_off_forgets_its_settings() -> Result<()> {
    let session = full_session().await?;
    session.update().multi_account(MultiAccountUpdate::new().enable(false)).await?;
    assert_eq!(session.config().multi_account, None);
    session.update().multi_account(MultiAccountUpdate::new().enable(true)).await?;
    assert_eq!(session.config().multi_account, Some(MultiAccount::new()), "and not three");
    Ok(())
}

#[tokio::test]
async fn no_toolkit_and_every_toolkit_are_two_things() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").toolkits(["github"]).await?;
    session.update().no_toolkits().await?;
    assert_eq!(session.config().toolkits, ToolkitPolicy::Enable(Vec::new()));
    session.update().reset_toolkits().await?;
    assert_eq!(session.config().toolkits, ToolkitPolicy::All);
    Ok(())
}

/// A change that has to be refused, and the field that the refusal names.
type Refused = (&'static str, fn(UpdateSession) -> UpdateSession, &'static str);

#[tokio::test]
async fn a_change_that_is_refused_names_its_field_and_writes_nothing() -> Result<()> {
    let cases: &[Refused] = &[
        ("a slug", |u| u.toolkits(["Git Hub"]), "toolkits"),
        ("the first of two", |u| u.disable_toolkits(["X"]).preload(["a b"]), "toolkits"),
        ("a toolkit of tools", |u| u.tools([("X", ToolPolicy::Enable(["A".try_into().unwrap()].into()))]), "tools"),
        ("a toolkit of a config", |u| u.auth_configs([("X", "ac_1")]), "auth_configs"),
        ("a toolkit of a pin", |u| u.connected_accounts([("X", "ca_1")]), "connected_accounts"),
        ("a tool", |u| u.preload(["gmail send"]), "preload.tools"),
        ("a URL", |u| u.callback_url("/done"), "callback_url"),
        ("one that pins would contradict", |u| u.toolkits(["github"]), "connected_accounts.gmail"),
        ("one that configs would contradict", |u| u.reset_connected_accounts().toolkits(["x"]), "auth_configs.github"),
        ("two pins", |u| u.reset_multi_account().connected_accounts([("gmail", "a"), ("gmail", "b")]), {
            "connected_accounts.gmail"
        }),
        ("too many", |u| u.multi_account(MultiAccountUpdate::new().max_per_toolkit(11)), {
            "multi_account.max_per_toolkit"
        }),
        ("all of several", UpdateSession::direct_tools, "preload.tools"),
        (
            "all of everything",
            |u| u.reset_multi_account().reset_toolkits().reset_tools().direct_tools(),
            "preload.tools",
        ),
    ];
    for (name, change, field) in cases {
        let session = full_session().await?;
        let before = session.config();
        let error = change(session.update()).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(*field)), "{name}: {error}");
        session.refresh().await?;
        assert_eq!((session.version(), session.config()), (1, before), "{name}");
        assert_eq!(session.history().await?.items.len(), 1, "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn what_is_malformed_is_asked_of_nobody() -> Result<()> {
    let spy = Spy::new(backend());
    let session = Composio::with_backend(spy.clone()).create("u").await?;
    session.update().toolkits(["Git Hub"]).await.unwrap_err();
    assert_eq!(spy.count("update_session"), 0);
    Ok(())
}

/// Row 57.
#[tokio::test]
async fn a_change_of_another_version_than_expected_writes_nothing() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").await?;
    for _ in 0..2 {
        session.update().toolkits(["github"]).expected_version(1).await.ok();
    }
    assert_eq!(session.version(), 2, "of two that expect the same one is made");
    let stale = session.update().toolkits(["gmail"]).expected_version(1).await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Conflict);
    assert!(stale.to_string().contains("version 2"), "{stale}");
    session.update().expected_version(7).await.unwrap_err();
    session.refresh().await?;
    assert_eq!((session.version(), session.history().await?.items.len()), (2, 2));
    assert_eq!(session.config().toolkits.named(), [toolkit("github")]);
    session.update().toolkits(["gmail"]).expected_version(2).await?;
    Ok(())
}

#[tokio::test]
async fn if_unchanged_expects_what_this_process_read() -> Result<()> {
    let backend = backend();
    let (here, there) = (Composio::with_backend(backend.clone()), Composio::with_backend(backend));
    let session = here.create("u").await?;
    let elsewhere = there.session(session.id()).await?;
    elsewhere.update().toolkits(["github"]).if_unchanged().await?;
    assert_eq!((session.version(), elsewhere.version()), (1, 2), "another process is not heard of");

    let stale = session.update().toolkits(["gmail"]).if_unchanged().await.unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Conflict);
    session.refresh().await?;
    assert_eq!((session.version(), session.config()), (2, elsewhere.config()));
    session.update().toolkits(["gmail"]).if_unchanged().await?;
    elsewhere.update().reset_toolkits().await?;
    assert_eq!(elsewhere.version(), 4, "without an expected version the last writer wins");
    Ok(())
}

#[tokio::test]
async fn a_change_as_data_stands_in_place_of_what_was_named() -> Result<()> {
    let session = full_session().await?;
    let mut update = SessionUpdate::new();
    update.tags = Patch::Reset;
    session.update().toolkits(["x"]).with(update).callback_url("http://localhost:1/").await?;
    let config = session.config();
    assert_eq!(config.toolkits.named(), [toolkit("github"), toolkit("gmail")], "the list before was let go");
    assert_eq!(
        (config.tags.is_silent(), config.callback_url.as_deref().map(Url::as_str)),
        (true, Some("http://localhost:1/"))
    );
    Ok(())
}

/// The next change. Time is paused, so that one that never comes is noticed at once.
async fn heard(changes: &mut Changes) -> Option<u64> {
    let next = tokio::time::timeout(std::time::Duration::from_secs(60), changes.next());
    next.await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_value_of_a_session_sees_a_change_and_hears_of_it() -> Result<()> {
    let composio = Composio::with_backend(backend());
    let session = composio.create("u").await?;
    let (clone, again) = (session.clone(), composio.session(session.id()).await?);
    let (mut changes, mut late) = (again.changes(), again.changes());

    session.update().toolkits(["github"]).await?;
    assert_eq!(heard(&mut changes).await, Some(2));
    for value in [&clone, &again] {
        assert_eq!((value.version(), value.config()), (2, session.config()));
        assert_eq!(value.execute("GMAIL_SEND", json!({})).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
    again.update().reset_toolkits().await?;
    assert_eq!((session.version(), clone.config().toolkits.is_positive()), (3, false));
    assert_eq!((heard(&mut changes).await, heard(&mut late).await), (Some(3), Some(3)), "changes in between are one");

    drop((session, clone, again));
    assert_eq!((heard(&mut changes).await, heard(&mut late).await), (None, None), "with the last value it ends");
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn a_change_that_another_process_made_is_heard_of_where_it_is_read() -> Result<()> {
    let backend = backend();
    let (here, there) = (Composio::with_backend(backend.clone()), Composio::with_backend(backend));
    let session = here.create("u").await?;
    let mut changes = session.changes();
    there.session(session.id()).await?.update().toolkits(["github"]).await?;
    let again = here.session(session.id()).await?;
    assert_eq!((heard(&mut changes).await, session.config()), (Some(2), again.config()), "opening it again reads it");
    session.refresh().await?;
    assert_eq!(format!("{changes:?}"), "Changes { version: 2 }");
    let nothing_new = tokio::time::timeout(std::time::Duration::ZERO, changes.next()).await;
    assert!(nothing_new.is_err(), "the same version read again is no change");
    Ok(())
}

#[tokio::test]
async fn the_history_has_every_version_newest_first() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").await?;
    for slug in ["github", "gmail"] {
        session.update().toolkits([slug]).await?;
    }
    let page = session.history().await?;
    let read: Vec<_> = page.items.iter().map(|item| (item.version, item.is_current)).collect();
    assert_eq!(read, [(3, true), (2, false), (1, false)]);
    let named: Vec<_> = page.items.iter().map(|item| item.config.toolkits.named().to_vec()).collect();
    assert_eq!(named, [vec![toolkit("gmail")], vec![toolkit("github")], vec![]]);
    assert_eq!((page.total, page.next_cursor), (Some(3), None));
    Ok(())
}

#[tokio::test]
async fn the_history_is_read_in_pages() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").await?;
    for _ in 0..119 {
        session.update().await?;
    }
    assert_eq!(session.history().await?.items.len(), 20, "unless said otherwise");
    let whole = session.history().limit(1000).await?;
    assert_eq!((whole.items.len(), whole.total), (100, Some(120)), "and never more than 100");

    let (mut versions, mut cursor) = (Vec::new(), None);
    loop {
        let list = session.history().limit(50);
        let page = match &cursor {
            Some(cursor) => list.cursor(cursor).await?,
            None => list.await?,
        };
        versions.extend(page.items.iter().map(|item| item.version));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(versions, (1..=120).rev().collect::<Vec<u64>>());
    let error = session.history().cursor("elsewhere").await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("cursor")));
    Ok(())
}

#[tokio::test]
async fn a_session_that_was_deleted_changes_no_more() -> Result<()> {
    let session = full_session().await?;
    session.delete().await?;
    assert_eq!(session.update().reset_tags().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(session.history().await.unwrap_err().kind(), ErrorKind::NotFound);
    assert_eq!(session.refresh().await.unwrap_err().kind(), ErrorKind::NotFound);
    Ok(())
}

#[tokio::test]
async fn tools_listed_after_a_change_are_those_of_the_change() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").toolkits(["github", "gmail"]).direct_tools().await?;
    assert_eq!(session.tools().await?.len(), 2);
    session.update().tags(TagFilter::new().enable([Tag::ReadOnly])).await?;
    let listed = session.tools().await?;
    assert_eq!(listed.iter().map(|tool| tool.name()).collect::<Vec<_>>(), ["GITHUB_GET"]);
    assert_eq!(session.tool("GMAIL_SEND").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    Ok(())
}
