//! What a user may type, and what is refused before anything is asked of a backend.

use std::sync::Arc;

use composio_core::{
    AuthConfigId, Composio, ConnectedAccountId, ErrorKind, Modifier, MultiAccount, MultiAccountUpdate, Preload, Result,
    ScriptedBackend, SessionBuilder, SessionConfig, TagFilter, ToolSlug, ToolkitPolicy, ToolkitSlug, UserId,
};
use serde_json::json;

use crate::native::Shout;
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let object = || json!({"type": "object"});
    ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", object()).tool("GMAIL_SEND", "gmail", object())
}

async fn config(build: impl FnOnce(SessionBuilder) -> SessionBuilder) -> Result<SessionConfig> {
    let composio = Composio::with_backend(backend());
    Ok(SessionConfig::clone(&build(composio.create("u")).await?.config()))
}

#[track_caller]
fn enabled(config: &SessionConfig, slugs: &[&str]) {
    assert!(matches!(config.toolkits, ToolkitPolicy::Enable(_)), "{:?}", config.toolkits);
    assert_eq!(config.toolkits.named(), slugs.iter().map(|slug| ToolkitSlug::new(slug).unwrap()).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_list_of_toolkits_is_written_in_any_form() -> Result<()> {
    let both = ["github", "gmail"];
    let text = String::from("github");
    let owned: Vec<String> = both.iter().map(ToString::to_string).collect();
    let borrowed: Vec<&str> = both.to_vec();
    let typed: Vec<ToolkitSlug> = both.iter().map(ToolkitSlug::new).collect::<Result<_>>()?;

    enabled(&config(|b| b.toolkits(["github", "gmail"])).await?, &both);
    enabled(&config(|b| b.toolkits(both)).await?, &both);
    enabled(&config(|b| b.toolkits(&both)).await?, &both);
    enabled(&config(|b| b.toolkits(both.iter())).await?, &both);
    enabled(&config(|b| b.toolkits(&borrowed)).await?, &both);
    enabled(&config(|b| b.toolkits(&borrowed[..])).await?, &both);
    enabled(&config(|b| b.toolkits(&owned)).await?, &both);
    enabled(&config(|b| b.toolkits(owned.clone())).await?, &both);
    enabled(&config(|b| b.toolkits(owned.iter().filter(|slug| *slug != "gmail"))).await?, &["github"]);
    enabled(&config(|b| b.toolkits(&typed)).await?, &both);
    enabled(&config(|b| b.toolkits(typed.clone())).await?, &both);
    enabled(&config(|b| b.toolkits([&text])).await?, &["github"]);
    enabled(&config(|b| b.toolkits([text.as_str()])).await?, &["github"]);
    enabled(&config(|b| b.toolkits(Some("github"))).await?, &["github"]);
    enabled(&config(|b| b.toolkits(["github"]).toolkits(["gmail"])).await?, &both);
    enabled(&config(|b| b.toolkits(Vec::<String>::new())).await?, &[]);
    enabled(&config(SessionBuilder::no_toolkits).await?, &[]);
    Ok(())
}

#[tokio::test]
async fn nothing_said_allows_every_toolkit() -> Result<()> {
    assert_eq!(config(|b| b).await?, SessionConfig::new());
    let disabled = config(|b| b.disable_toolkits(["github"]).disable_toolkits(&["gmail".to_owned()])).await?;
    assert_eq!(
        disabled.toolkits,
        ToolkitPolicy::Disable(vec![ToolkitSlug::new("github")?, ToolkitSlug::new("gmail")?])
    );
    Ok(())
}

#[tokio::test]
async fn a_user_is_written_in_any_form() -> Result<()> {
    let (composio, text, id) = (Composio::with_backend(backend()), String::from("u"), UserId::new("u"));
    for builder in [
        composio.create("u"),
        composio.create(text.as_str()),
        composio.create(&text),
        composio.create(text.clone()),
        composio.create(&id),
        composio.create(id.clone()),
    ] {
        assert_eq!(builder.await?.user(), &id);
    }
    Ok(())
}

/// Rows 27 and 28: one account is written plainly, several add up.
#[tokio::test]
async fn overrides_are_written_one_by_one_or_as_lists() -> Result<()> {
    let gmail = ToolkitSlug::new("gmail")?;
    let (text, id) = (String::from("ca_1"), ConnectedAccountId::new("ca_1"));
    for pinned in [
        config(|b| b.connected_account("gmail", "ca_1")).await?,
        config(|b| b.connected_account(&gmail, &id)).await?,
        config(|b| b.connected_account(gmail.clone(), text.clone())).await?,
        config(|b| b.connected_account(String::from("gmail"), &text)).await?,
        config(|b| b.connected_accounts([("gmail", "ca_1")])).await?,
        config(|b| b.connected_accounts(vec![(gmail.clone(), id.clone())])).await?,
    ] {
        assert_eq!(pinned.pins(&gmail), std::slice::from_ref(&id));
        assert!(pinned.pins(&ToolkitSlug::new("github")?).is_empty());
    }
    let several = [("gmail", "ca_1"), ("gmail", "ca_2")];
    let pinned = config(|b| b.connected_accounts(several).multi_account(MultiAccount::new())).await?;
    assert_eq!(pinned.pins(&gmail), ["ca_1", "ca_2"].map(ConnectedAccountId::new));

    for own in [
        config(|b| b.auth_config("gmail", "ac_1")).await?,
        config(|b| b.auth_config("gmail", "ac_0").auth_config("gmail", "ac_1")).await?,
        config(|b| b.auth_configs([("gmail", "ac_1")])).await?,
        config(|b| b.auth_configs(std::collections::HashMap::from([(gmail.clone(), AuthConfigId::new("ac_1"))])))
            .await?,
    ] {
        assert_eq!(own.auth_configs.get(&gmail), Some(&AuthConfigId::new("ac_1")));
    }
    Ok(())
}

#[tokio::test]
async fn a_list_of_tools_stands_above_all_of_them() -> Result<()> {
    let send = ToolSlug::new("GMAIL_SEND")?;
    let listed = Preload::Tools(vec![send.clone()]);
    assert_eq!(config(|b| b.preload(["GMAIL_SEND"])).await?.preload, listed);
    assert_eq!(config(|b| b.preload(vec![&send])).await?.preload, listed);
    assert_eq!(config(|b| b.toolkits(["gmail"]).direct_tools()).await?.preload, Preload::All);
    assert_eq!(config(|b| b.toolkits(["gmail"]).direct_tools().preload(["GMAIL_SEND"])).await?.preload, listed);
    assert_eq!(config(|b| b.toolkits(["gmail"]).preload(["GMAIL_SEND"]).direct_tools()).await?.preload, listed);
    Ok(())
}

/// A builder that has to be refused, the field that the refusal names, and what it has to say.
type Case = (&'static str, fn(&Composio) -> SessionBuilder, &'static str, &'static [&'static str]);

/// Names that are none.
const MALFORMED: &[Case] = &[
    ("empty user", |c| c.create(""), "user", &["user \"\"", "your application"]),
    ("blank user", |c| c.create("  \t"), "user", &["user"]),
    ("toolkit", |c| c.create("u").toolkits(["github", "Git Hub"]), "toolkits", &["\"Git Hub\"", "lower-case"]),
    ("disabled toolkit", |c| c.create("u").disable_toolkits([""]), "toolkits", &["toolkit \"\""]),
    ("pin", |c| c.create("u").connected_account("GMAIL", "ca_1"), "connected_accounts", &["\"GMAIL\""]),
    ("override", |c| c.create("u").auth_config("g mail", "ac_1"), "auth_configs", &["\"g mail\""]),
    ("preloaded", |c| c.create("u").preload(["gmail send"]), "preload.tools", &["\"gmail send\"", "a tool slug is"]),
    ("first of two", |c| c.create("u").toolkits(["A", "B"]).preload(["x y"]), "toolkits", &["\"A\""]),
    ("toolkit of tools", |c| c.create("u").enable_tools("GMAIL", ["A"]), "tools", &["\"GMAIL\""]),
    ("toolkit of no tools", |c| c.create("u").disable_tools("GMAIL", [""; 0]), "tools", &["\"GMAIL\""]),
    ("toolkit of tags", |c| c.create("u").toolkit_tags("GMAIL", TagFilter::new()), "tools", &["\"GMAIL\""]),
    ("enabled tool", |c| c.create("u").enable_tools("gmail", ["a b"]), "tools.gmail", &["\"a b\""]),
    (
        "disabled tool",
        |c| c.create("u").disable_tools("gmail", ["A", ""]),
        "tools.gmail",
        &["tool \"\"", "a tool slug is"],
    ),
    ("tag", |c| c.create("u").tags(["readOnlyHint", "readonly"]), "tags", &["\"readonly\"", "readOnlyHint"]),
    ("disabled tag", |c| c.create("u").disable_tags(["READONLYHINT"]), "tags", &["idempotentHint"]),
    ("asked toolkit", |c| c.create("u").require_approval_for_toolkits(["X"]), "approvals.toolkits", &["\"X\""]),
    ("asked tool", |c| c.create("u").require_approval_for_tools(["a b"]), "approvals.tools", &["\"a b\""]),
    ("asked tag", |c| c.create("u").require_approval_for_tags(["destroys"]), "approvals.tags", &["\"destroys\""]),
    ("no URL", |c| c.create("u").callback_url("/done"), "callback_url", &["callback_url \"/done\"", "absolute"]),
    ("other scheme", |c| c.create("u").callback_url("javascript:alert(1)"), "callback_url", &["http or https"]),
    ("empty URL", |c| c.create("u").callback_url(""), "callback_url", &["callback_url"]),
    (
        "tool of a modifier",
        |c| c.create("u").modifier(Modifier::schema(|_| ()).tools(["a b"])),
        "modifier.tools",
        &["\"a b\""],
    ),
    (
        "toolkit of a modifier",
        |c| c.create("u").modifier(Modifier::before(|_, _| Ok(())).toolkits(["X"])),
        "modifier.toolkits",
        &["\"X\""],
    ),
];

/// Each well-formed, and not to be had together.
const CONTRADICTIONS: &[Case] = &[
    ("enable, disable", |c| c.create("u").toolkits(["a"]).disable_toolkits(["b"]), "toolkits", &["`toolkits`"]),
    ("disable, enable", |c| c.create("u").disable_toolkits(["a"]).toolkits(["b"]), "toolkits", &["`disable_toolkits`"]),
    ("some, none", |c| c.create("u").toolkits(["a"]).no_toolkits(), "toolkits", &["`toolkits`"]),
    ("none, some", |c| c.create("u").no_toolkits().toolkits(["a"]), "toolkits", &["`no_toolkits`"]),
    (
        "tools for and against",
        |c| c.create("u").enable_tools("gmail", ["A"]).disable_tools("gmail", ["B"]),
        "tools.gmail",
        &["only one of them"],
    ),
    (
        "tools against and for",
        |c| c.create("u").disable_tools("gmail", ["A"]).enable_tools("gmail", ["B"]),
        "tools.gmail",
        &["only one of them"],
    ),
    (
        "tools and tags",
        |c| c.create("u").enable_tools("gmail", ["A"]).toolkit_tags("gmail", TagFilter::new()),
        "tools.gmail",
        &["only one of them"],
    ),
    (
        "tags and tools",
        |c| c.create("u").toolkit_tags("gmail", TagFilter::new()).disable_tools("gmail", ["A"]),
        "tools.gmail",
        &["only one of them"],
    ),
    (
        "28: pins twice",
        |c| c.create("u").connected_account("gmail", "ca_1").connected_account("gmail", "ca_2"),
        "connected_accounts.gmail",
        &["multi_account"],
    ),
    (
        "20: auth config outside",
        |c| c.create("u").toolkits(["github"]).auth_config("gmail", "ac_1"),
        "auth_configs.gmail",
        &["does not allow"],
    ),
    (
        "auth config of a disabled one",
        |c| c.create("u").disable_toolkits(["gmail"]).auth_config("gmail", "ac_1"),
        "auth_configs.gmail",
        &["does not allow"],
    ),
    (
        "pin outside",
        |c| c.create("u").connected_account("gmail", "ca_1").toolkits(["github"]),
        "connected_accounts.gmail",
        &["does not allow"],
    ),
    ("all of everything", |c| c.create("u").direct_tools(), "preload.tools", &[".toolkits([..])"]),
    ("all of the rest", |c| c.create("u").disable_toolkits(["a"]).direct_tools(), "preload.tools", &["names them"]),
    ("all but tags", |c| c.create("u").disable_tags(["updateHint"]).direct_tools(), "preload.tools", &["names them"]),
    ("all but tools", |c| c.create("u").disable_tools("a", ["A"]).direct_tools(), "preload.tools", &["names them"]),
    (
        "all, of several accounts",
        |c| c.create("u").toolkits(["gmail"]).direct_tools().multi_account(MultiAccount::new()),
        "preload.tools",
        &["several accounts"],
    ),
    (
        "46: too few",
        |c| c.create("u").multi_account(MultiAccount::new().max_per_toolkit(1)),
        "multi_account.max_per_toolkit",
        &["\"1\"", "2 to 10"],
    ),
    (
        "46: too many",
        |c| c.create("u").multi_account(MultiAccount::new().max_per_toolkit(11)),
        "multi_account.max_per_toolkit",
        &["\"11\""],
    ),
    (
        "46: a limit where it is off",
        |c| c.create("u").multi_account(MultiAccountUpdate::new().max_per_toolkit(3)),
        "multi_account.max_per_toolkit",
        &["\"3\"", "are off"],
    ),
    (
        "46: explicit where it is off",
        |c| c.create("u").multi_account(MultiAccountUpdate::new().enable(false).require_explicit_selection(true)),
        "multi_account.require_explicit_selection",
        &["are off"],
    ),
];

#[tokio::test]
async fn what_is_wrong_surfaces_at_the_await_and_reaches_nobody() {
    for (name, build, field, says) in MALFORMED.iter().chain(CONTRADICTIONS) {
        let spy = Spy::new(backend());
        let error = build(&Composio::with_backend(spy.clone())).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(*field)), "{name}: {error}");
        for part in *says {
            assert!(error.to_string().contains(part), "{name}: {error}");
        }
        assert!(spy.asked().is_empty(), "{name}: {:?}", spy.asked());
    }
}

#[tokio::test]
async fn a_backend_is_handed_over_in_any_form() -> Result<()> {
    let arc: Arc<dyn composio_core::Backend> = Arc::new(backend());
    let boxed: Box<dyn composio_core::Backend> = Box::new(backend());
    for composio in [
        Composio::with_backend(backend()),
        Composio::with_backend(Arc::clone(&arc)),
        Composio::with_backend(boxed),
        Composio::with_backend(Arc::new(backend())),
    ] {
        let session = composio.create("u").toolkits(["github"]).direct_tools().await?;
        assert_eq!(session.tools().await?.len(), 1);
        assert_eq!(session.toolkits().await?.items.len(), 1);
        session.execute("GITHUB_GET_A_USER", json!({})).await?;
        let request = session.authorize("github").await?;
        session.connected_account(request.account()).await?;
        assert_eq!(session.explain("github").await.unwrap_err().kind(), ErrorKind::Unsupported);
        let again = composio.session(session.id()).await?;
        assert_eq!((again.user(), again.config()), (session.user(), session.config()));
        again.delete().await?;
        assert_eq!(session.delete().await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(session.tools().await.unwrap_err().kind(), ErrorKind::NotFound);
        assert_eq!(composio.session(session.id()).await.unwrap_err().kind(), ErrorKind::NotFound);
    }
    Ok(())
}

/// Rows 50 and 51.
#[tokio::test]
async fn a_toolkit_outside_the_session_does_not_run() -> Result<()> {
    let backend = backend();
    let composio = Composio::with_backend(backend.clone());
    for session in [
        composio.create("u").toolkits(["gmail"]).await?,
        composio.create("u").disable_toolkits(["github"]).await?,
        composio.create("u").no_toolkits().await?,
    ] {
        let error = session.execute("GITHUB_GET_A_USER", json!({})).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::PermissionDenied, "{error}");
        assert_eq!(session.authorize("github").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
    assert!(backend.calls().is_empty());
    Ok(())
}

#[tokio::test]
async fn a_malformed_tool_or_toolkit_in_a_call_reaches_nobody() -> Result<()> {
    let spy = Spy::new(backend());
    let session = Composio::with_backend(spy.clone()).create("u").await?;
    let before = spy.asked();
    for error in [
        session.execute("github get", json!({})).await.unwrap_err(),
        session.execute(String::from(""), json!({})).await.unwrap_err(),
        session.authorize("GITHUB").await.unwrap_err(),
        session.authorize("github").callback_url("nowhere").await.unwrap_err(),
        session.explain("git hub").await.unwrap_err(),
        session.toolkits().slugs(["github", "GMAIL"]).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    }
    assert_eq!(spy.asked(), before);
    Ok(())
}

#[tokio::test]
async fn a_session_shows_its_user_and_no_more_than_its_id() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").tool(Shout).await?;
    assert_eq!(format!("{session:?}"), "Session { id: \"trs_1\", user: \"u\", .. }");
    assert!(session.mcp().is_none());
    Ok(())
}
