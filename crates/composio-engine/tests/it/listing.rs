//! What a session lists, and why: one policy for listings, single tools, explanations and calls.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use composio_core::{
    AccessList, AuthConfigUpdate, ConnectedAccountId, ConnectionStatus, ErrorKind, Management as _, Modifier,
    ModifierContext, MultiAccount, PolicyRule, Session, SessionBuilder, Sharing, Tag, TagFilter, ToolFilter, ToolQuery,
};
use serde_json::{Map, Value, json};

use crate::stage::{Stage, USER, listed, manifest, slug, tool, tool_slug};

fn except(tool: &str) -> ToolFilter {
    ToolFilter::Except(vec![tool_slug(tool)])
}

/// The rule that refuses a tool, which everybody who asks has to hear.
async fn refused_by(session: &Session, tool: &str) -> PolicyRule {
    let explained = session.explain_tool(tool).await.unwrap();
    assert!(!explained.decision.allowed && !explained.preloaded, "{explained}");
    assert!(!listed(session).await.contains(&tool.to_owned()), "{tool}");
    let rule = explained.decision.by;
    for error in [session.tool(tool).await.unwrap_err(), session.execute(tool, json!({})).await.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
        let (message, text) = (error.to_string(), error.for_model());
        assert!(message.contains(tool) && message.contains(&format!("refused by {rule}; ")), "{message}");
        // The model learns which tool and what to do, and nothing of configurations.
        assert!(text.starts_with(tool) && text.ends_with("Do something else, or tell the user."), "{text}");
        assert!(!text.contains("ac_") && !text.contains('\n'), "{text}");
    }
    rule
}

async fn allowed_by(session: &Session, tool: &str) -> PolicyRule {
    let explained = session.explain_tool(tool).await.unwrap();
    assert!(explained.decision.allowed, "{explained}");
    assert_eq!(session.tool(tool).await.unwrap().definition().slug, *tool);
    assert_eq!(explained.preloaded, listed(session).await.contains(&tool.to_owned()), "{explained}");
    // Nothing is connected, so this is as far as a call comes.
    let run = session.execute(tool, json!({})).await.unwrap_err();
    assert_eq!(run.kind(), ErrorKind::ConnectionRequired, "{run:?}");
    explained.decision.by
}

#[tokio::test]
async fn every_rule_is_one_rule_for_listing_calling_and_explaining() {
    let stage = Stage::new().await;
    let session = stage
        .composio()
        .create(USER)
        .toolkits(["notes", "files"])
        .enable_tools("notes", ["NOTES_READ", "NOTES_DELETE"])
        .disable_tags(["destructiveHint"])
        .direct_tools()
        .await
        .unwrap();
    assert_eq!(refused_by(&session, "WEATHER_READ").await, PolicyRule::Toolkits);
    assert_eq!(refused_by(&session, "NOTES_CREATE").await, PolicyRule::Tools);
    assert_eq!(allowed_by(&session, "NOTES_DELETE").await, PolicyRule::Tools, "a list stands above tags");
    assert_eq!(refused_by(&session, "FILES_DELETE").await, PolicyRule::Tags);
    assert_eq!(allowed_by(&session, "FILES_READ").await, PolicyRule::Tags);
    assert_eq!(listed(&session).await, ["NOTES_READ", "NOTES_DELETE", "FILES_READ", "FILES_CREATE"]);

    session
        .update()
        .tools([("files", composio_core::ToolPolicy::Tags(TagFilter::new().enable([Tag::Destructive])))])
        .await
        .unwrap();
    assert_eq!(refused_by(&session, "FILES_READ").await, PolicyRule::ToolkitTags);
    assert_eq!(allowed_by(&session, "FILES_DELETE").await, PolicyRule::ToolkitTags, "in place of the session's tags");
    assert_eq!(refused_by(&session, "NOTES_DELETE").await, PolicyRule::Tags);

    let plain = stage.composio().create(USER).await.unwrap();
    assert_eq!(allowed_by(&plain, "NOTES_DELETE").await, PolicyRule::Default);
    let unknown = session.explain_tool("NOTES_REED").await.unwrap_err();
    assert!(unknown.kind() == ErrorKind::NotFound && unknown.to_string().contains("NOTES_READ"), "{unknown}");
}

#[tokio::test]
async fn a_refused_tool_is_refused_before_its_arguments_and_accounts_are_looked_at() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).tags(["readOnlyHint"]).await.unwrap();
    let call = session.execute("NOTES_DELETE", json!({"no": "such argument"})).account("nobody").idempotency_key("k");
    let error = call.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("change the session's tags"), "{error}");
    assert!(error.connect_url().is_none());
}

/// The catalogue's toolkits come in its order, and its tools by toolkit and slug, with how many there are.
#[tokio::test]
async fn the_catalogue_is_listed_in_one_order() {
    let stage = Stage::new().await;
    let toolkits = stage.composio().toolkits().list().await.unwrap();
    let counted = toolkits.items.iter().map(|toolkit| (toolkit.slug.as_str(), toolkit.tools));
    assert_eq!(counted.collect::<Vec<_>>(), [("notes", Some(3)), ("files", Some(3)), ("weather", Some(1))]);
    let tools = stage.composio().tools().list().await.unwrap();
    let slugs: Vec<_> = tools.items.iter().map(|tool| tool.slug.as_str()).collect();
    let sorted =
        ["FILES_CREATE", "FILES_DELETE", "FILES_READ", "NOTES_CREATE", "NOTES_DELETE", "NOTES_READ", "WEATHER_READ"];
    assert_eq!((slugs, tools.total), (sorted.to_vec(), Some(7)));
}

#[tokio::test]
async fn direct_tools_come_in_the_order_of_the_toolkits_then_the_catalogue() {
    let stage = Stage::new().await;
    let session = stage.composio().create(USER).toolkits(["weather", "files", "notes"]).direct_tools().await.unwrap();
    let all =
        ["WEATHER_READ", "FILES_READ", "FILES_CREATE", "FILES_DELETE", "NOTES_READ", "NOTES_CREATE", "NOTES_DELETE"];
    assert_eq!(listed(&session).await, all);
    let tagged = stage.composio().create(USER).tags(["readOnlyHint"]).direct_tools().await.unwrap();
    assert_eq!(listed(&tagged).await, ["NOTES_READ", "FILES_READ", "WEATHER_READ"]);
    // Only what is named for is direct: the rest of the toolkits may be used all the same.
    let named = stage.composio().create(USER).enable_tools("files", ["FILES_READ"]).direct_tools().await.unwrap();
    assert_eq!(listed(&named).await, ["FILES_READ"]);
    assert_eq!(allowed_by(&named, "NOTES_READ").await, PolicyRule::Default);
    // A list comes as it was written.
    let list = ["NOTES_DELETE", "FILES_READ", "NOTES_CREATE"];
    let listing = stage.composio().create(USER).preload(list).direct_tools().await.unwrap();
    assert_eq!(listed(&listing).await, list);
}

#[tokio::test]
async fn pages_of_tools_are_the_same_whatever_their_size() {
    let tools = (0..7).map(|number| tool("bulk", &format!("T{number}"), "readOnlyHint"));
    let stage = Stage::with([manifest("bulk", true, tools)]).await;
    stage.config_with("bulk", except("BULK_T3")).await;
    let session = stage.composio().create(USER).toolkits(["bulk"]).direct_tools().await.unwrap();
    let whole = listed(&session).await;
    assert_eq!(whole, ["BULK_T0", "BULK_T1", "BULK_T2", "BULK_T4", "BULK_T5", "BULK_T6"]);
    for limit in [1, 2, 4, 6, 500] {
        let (mut found, mut query) = (Vec::new(), ToolQuery::new());
        query.limit = Some(limit);
        loop {
            let page = composio_core::Backend::list_tools(&stage.backend(), session.id(), &query).await.unwrap();
            assert_eq!(page.total, Some(6));
            found.extend(page.items.into_iter().map(|tool| tool.slug.to_string()));
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, whole, "{limit}");
    }
}

#[tokio::test]
async fn the_auth_config_of_the_account_that_would_run_has_the_last_word() {
    let stage = Stage::new().await;
    let direct = || stage.composio().create(USER).toolkits(["notes"]).direct_tools();
    let (session, all) = (direct().await.unwrap(), ["NOTES_READ", "NOTES_CREATE", "NOTES_DELETE"]);
    assert_eq!(listed(&session).await, all);
    // Nothing is connected: the config that a link would use.
    let c1 = stage.config_with("notes", except("NOTES_DELETE")).await;
    assert_eq!(listed(&session).await, ["NOTES_READ", "NOTES_CREATE"]);
    assert_eq!(refused_by(&session, "NOTES_DELETE").await, PolicyRule::AuthConfig, "connecting would not help");
    let c2 = stage.config_with("notes", except("NOTES_READ")).await;
    assert_eq!(listed(&session).await, ["NOTES_CREATE", "NOTES_DELETE"]);
    // The account that would run now, whatever a link would use.
    let a1 = stage.account(&c1).await.id;
    assert_eq!(listed(&session).await, ["NOTES_READ", "NOTES_CREATE"]);
    assert_eq!(refused_by(&session, "NOTES_DELETE").await, PolicyRule::AuthConfig);
    let explained = session.explain_tool("NOTES_READ").await.unwrap();
    assert_eq!((explained.auth_config.as_ref(), explained.decision.allowed), (Some(&c1), true), "{explained}");
    // A pin, and an account that only has to be connected again.
    let a2 = stage.account(&c2).await.id;
    let pinned = direct().connected_account("notes", &a1).await.unwrap();
    assert_eq!(listed(&session).await, ["NOTES_CREATE", "NOTES_DELETE"]);
    assert_eq!(listed(&pinned).await, ["NOTES_READ", "NOTES_CREATE"]);
    stage.config_with("notes", except("NOTES_CREATE")).await;
    stage.set_status(&a1, ConnectionStatus::Expired).await;
    assert_eq!(listed(&pinned).await, ["NOTES_READ", "NOTES_CREATE"], "it is the only one that can run here");
    assert_eq!(refused_by(&pinned, "NOTES_DELETE").await, PolicyRule::AuthConfig, "nor would reconnecting");
    stage.set_status(&a2, ConnectionStatus::Expired).await;
    assert_eq!(listed(&session).await, ["NOTES_CREATE", "NOTES_DELETE"], "the link connects it again, on its config");
    // The list is the config's, now: nothing of it is kept in sessions.
    stage.backend().update_auth_config(&c2, &AuthConfigUpdate::new().tools(ToolFilter::All)).await.unwrap();
    assert_eq!(listed(&session).await, all);
}

#[tokio::test]
async fn where_a_call_names_its_account_one_that_lets_a_tool_run_is_enough() {
    let stage = Stage::new().await;
    let (c1, c2) = (
        stage.config_with("notes", except("NOTES_DELETE")).await,
        stage.config_with("notes", ToolFilter::Only(vec![tool_slug("NOTES_DELETE")])).await,
    );
    let (a1, a2) = (stage.account(&c1).await.id, stage.account(&c2).await.id);
    let tools = ["NOTES_READ", "NOTES_CREATE", "NOTES_DELETE"];
    let session = stage.composio().create(USER).multi_account(MultiAccount::new()).preload(tools).await.unwrap();
    assert_eq!(listed(&session).await, tools);
    for (account, runs) in [(&a1, false), (&a2, true)] {
        let call = session.execute("NOTES_DELETE", json!({})).account(account.as_str());
        let kind = call.await.unwrap_err().kind();
        assert_eq!(kind == ErrorKind::PermissionDenied, !runs, "{account}: {kind:?}");
    }
}

/// A session in which calls with the older account may do what calls without one may not, and its older account.
async fn narrower_by_default(stage: &Stage) -> ConnectedAccountId {
    let only = |tool| ToolFilter::Only(vec![tool_slug(tool)]);
    let (c1, c2) =
        (stage.config_with("notes", only("NOTES_DELETE")).await, stage.config_with("notes", only("NOTES_READ")).await);
    let older = stage.account(&c1).await.id;
    stage.account(&c2).await;
    older
}

#[tokio::test]
async fn modifiers_change_nothing_of_what_may_be_called() {
    let stage = Stage::new().await;
    let older = narrower_by_default(&stage).await;
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let note = |seen: &Arc<Mutex<Vec<String>>>| {
        let seen = Arc::clone(seen);
        let note = move |call: &ModifierContext<'_>, _: &mut Map<String, Value>| {
            seen.lock().unwrap().push(format!("{} of {}", call.tool, call.toolkit.unwrap()));
            Ok(())
        };
        Modifier::before(note).toolkits(["notes"])
    };
    let plain = stage.composio().create(USER).disable_tools("notes", ["NOTES_CREATE"]).await.unwrap();
    let with = stage.composio().create(USER).disable_tools("notes", ["NOTES_CREATE"]);
    let with = with.modifier(note(&seen)).await.unwrap();
    for (tool, account) in [
        ("NOTES_DELETE", Some(&older)),
        ("NOTES_DELETE", None),
        ("NOTES_READ", Some(&older)),
        ("NOTES_READ", None),
        ("NOTES_CREATE", Some(&older)),
    ] {
        let kind = async |session: &Session| {
            let call = session.execute(tool, json!({}));
            let call = match account {
                Some(account) => call.account(account.as_str()),
                None => call,
            };
            call.await.unwrap_err().kind()
        };
        assert_eq!(kind(&plain).await, kind(&with).await, "{tool} {account:?}");
    }
    // None for a toolkit was passed over, and what the session itself refuses is not shown.
    let of = |tool: &str| format!("{tool} of notes");
    let expected = ["NOTES_DELETE", "NOTES_DELETE", "NOTES_READ", "NOTES_READ"].map(of);
    assert_eq!(*seen.lock().unwrap(), expected);
}

/// What is shown as connected is what a call would run with.
#[tokio::test]
async fn an_account_that_no_call_can_use_does_not_make_a_toolkit_connected() {
    let looks = async |building: SessionBuilder| {
        let session = building.await.unwrap();
        let shown = session.toolkits().slugs(["notes"]).await.unwrap().items.remove(0);
        let run = session.execute("NOTES_READ", json!({})).await.unwrap_err();
        assert_eq!(run.kind(), ErrorKind::ConnectionRequired, "{run:?}");
        assert_eq!((shown.is_active(), shown.account), (false, None));
        let connected = session.toolkits().connected(true).await.unwrap().items;
        assert!(connected.is_empty(), "{connected:?}");
        let ensured = session.ensure_connected("notes", |_| {}).timeout(Duration::ZERO).await;
        assert_eq!(ensured.unwrap_err().kind(), ErrorKind::Timeout, "a link was made, and nobody pressed it");
    };
    let shared = Stage::new().await;
    shared.account_of(USER, &shared.config("notes").await, Sharing::Shared(AccessList::default())).await;
    looks(shared.composio().create(USER)).await;

    let elsewhere = Stage::new().await;
    elsewhere.account(&elsewhere.config("notes").await).await;
    let named = elsewhere.config("notes").await;
    looks(elsewhere.composio().create(USER).auth_config("notes", &named)).await;

    let off = Stage::new().await;
    let config = off.config("notes").await;
    off.account(&config).await;
    off.disable_config(&config).await;
    looks(off.composio().create(USER)).await;
}

#[tokio::test]
async fn what_a_call_needs_is_explained_before_it_is_made() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let session = stage
        .composio()
        .create(USER)
        .toolkits(["notes", "weather"])
        .require_approval_for_destructive()
        .preload(["NOTES_DELETE"])
        .await
        .unwrap();
    let text = session.explain_tool("NOTES_DELETE").await.unwrap().to_string();
    assert_eq!(
        text,
        format!(
            "NOTES_DELETE is allowed by the session's toolkits\n  its tags are destructiveHint\n  the session's toolkits: \
             yes\n  the auth config's tools ({config}): nothing about it\n  each call needs an approval: it is tagged \
             destructiveHint, which needs approvals in this session\n  a model gets it directly"
        )
    );
    let open = session.explain_tool("WEATHER_READ").await.unwrap();
    assert_eq!((open.auth_config, open.approval, open.preloaded), (None, None, false));
    let outside = session.explain_tool("FILES_DELETE").await.unwrap();
    assert_eq!((outside.toolkit, outside.auth_config), (Some(slug("files")), None), "nothing is looked up for it");
}
