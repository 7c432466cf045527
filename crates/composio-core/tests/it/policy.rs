//! Which tools a session may use: what is written, what it means, and why.

use composio_core::indexmap::IndexSet;
use composio_core::{
    ApprovalFallback, ApprovalPolicy, ApprovalRule, Composio, ErrorKind, PolicyRule, Preload, Result, Said,
    ScriptedBackend, SessionBuilder, SessionConfig, Tag, TagFilter, ToolDefinition, ToolHints, ToolPolicy, ToolSlug,
    ToolkitMap, ToolkitSlug,
};
use serde_json::json;

use crate::native::Shout;
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    let tools: [(&str, &str, &[&str]); 5] = [
        ("GITHUB_GET", "github", &["readOnlyHint", "idempotentHint"]),
        ("GITHUB_STAR", "github", &["updateHint", "idempotentHint"]),
        ("GITHUB_DELETE", "github", &["destructiveHint"]),
        ("GMAIL_LIST", "gmail", &["readOnlyHint"]),
        ("GMAIL_SEND", "gmail", &["createHint", "openWorldHint"]),
    ];
    tools.into_iter().fold(ScriptedBackend::new(), |backend, (slug, toolkit, tags)| {
        backend.tool(slug, toolkit, json!({"type": "object"})).tags(slug, tags)
    })
}

async fn config(build: impl FnOnce(SessionBuilder) -> SessionBuilder) -> Result<SessionConfig> {
    let composio = Composio::with_backend(backend());
    Ok(SessionConfig::clone(&build(composio.create("u")).await?.config()))
}

fn toolkit(text: &str) -> ToolkitSlug {
    ToolkitSlug::new(text).unwrap()
}

fn tools(slugs: &[&str]) -> IndexSet<ToolSlug> {
    slugs.iter().map(|slug| ToolSlug::new(slug).unwrap()).collect()
}

#[tokio::test]
async fn lists_of_tools_and_tags_add_up() -> Result<()> {
    let said = config(|b| {
        b.enable_tools("github", ["A"])
            .enable_tools("github", vec![String::from("B"), "A".into()])
            .disable_tools("gmail", ["C"])
            .disable_tools(toolkit("gmail"), [&ToolSlug::new("D").unwrap()])
            .toolkit_tags("slack", TagFilter::new().enable([Tag::Create]))
            .toolkit_tags("slack", TagFilter::new().disable([Tag::Update]))
            .enable_tools("notes", [""; 0])
    })
    .await?;
    let expected = [
        ("github", ToolPolicy::Enable(tools(&["A", "B"]))),
        ("gmail", ToolPolicy::Disable(tools(&["C", "D"]))),
        ("slack", ToolPolicy::Tags(TagFilter::new().disable([Tag::Update]))),
        ("notes", ToolPolicy::Enable(tools(&[]))),
    ];
    let expected: ToolkitMap<_> = expected.into_iter().map(|(slug, policy)| (toolkit(slug), policy)).collect();
    assert_eq!(said.tools, expected);
    Ok(())
}

#[tokio::test]
async fn tags_are_written_in_any_form() -> Result<()> {
    let expected = TagFilter::new().enable([Tag::ReadOnly]).disable([Tag::Destructive]);
    for said in [
        config(|b| b.tags(["readOnlyHint"]).disable_tags(["destructiveHint"])).await?,
        config(|b| b.tags(&["readOnlyHint"]).disable_tags(&[String::from("destructiveHint")])).await?,
        config(|b| b.tags(vec![String::from("readOnlyHint")]).disable_tags(vec!["destructiveHint"])).await?,
        config(|b| b.tags([Tag::ReadOnly]).disable_tags([Tag::Destructive].iter())).await?,
    ] {
        assert_eq!(said.tags, expected);
    }
    let several = config(|b| b.tags(["readOnlyHint"]).tags([Tag::Create])).await?;
    assert_eq!(several.tags, TagFilter::new().enable([Tag::ReadOnly, Tag::Create]));
    assert_eq!(config(|b| b.tags([""; 0])).await?.tags, TagFilter::new().enable([]), "no tag at all allows nothing");
    assert!(config(|b| b.disable_tags([""; 0])).await?.tags.is_silent());
    Ok(())
}

#[tokio::test]
async fn what_needs_an_approval_adds_up() -> Result<()> {
    let said = config(|b| {
        b.require_approval_for_destructive()
            .require_approval_for_tags(["createHint"])
            .require_approval_for_toolkits(["gmail"])
            .require_approval_for_toolkits([toolkit("github")])
            .require_approval_for_tools(["LOCAL_SHOUT", "GITHUB_STAR"])
            .approval_fallback(ApprovalFallback::Allow)
    })
    .await?;
    let asked = said.approvals.as_ref().unwrap();
    assert_eq!(asked.tags, IndexSet::from([Tag::Destructive, Tag::Create]));
    assert_eq!(asked.toolkits, IndexSet::from([toolkit("gmail"), toolkit("github")]));
    assert_eq!(asked.tools, tools(&["LOCAL_SHOUT", "GITHUB_STAR"]));
    assert_eq!(asked.fallback, ApprovalFallback::Allow);

    let default = config(|b| b).await?.approvals;
    assert!(default.is_none(), "nothing asks by default");
    let whole = config(|b| b.require_approval_for_toolkits(["x"]).approvals(ApprovalPolicy::destructive())).await?;
    assert_eq!(
        whole.approvals,
        Some(ApprovalPolicy::destructive().into()),
        "everything at once stands in place of what was said"
    );
    Ok(())
}

/// What is listed is what runs, and what is preloaded is no more than that.
#[tokio::test]
async fn what_a_session_may_use_is_what_it_lists_and_what_it_runs() -> Result<()> {
    type Build = fn(SessionBuilder) -> SessionBuilder;
    let cases: [(Build, &[&str]); 8] = [
        (|b| b.toolkits(["gmail"]), &["GMAIL_LIST", "GMAIL_SEND"]),
        (|b| b.tags(["readOnlyHint"]), &["GITHUB_GET", "GMAIL_LIST"]),
        (|b| b.tags(["idempotentHint"]).disable_tags(["readOnlyHint"]), &["GITHUB_STAR"]),
        (|b| b.enable_tools("github", ["GITHUB_DELETE"]).tags(["createHint"]), &["GITHUB_DELETE", "GMAIL_SEND"]),
        (|b| b.toolkits(["github"]).disable_tools("github", ["GITHUB_GET"]), &["GITHUB_STAR", "GITHUB_DELETE"]),
        (
            |b| b.tags(["readOnlyHint"]).toolkit_tags("gmail", TagFilter::new().enable([Tag::OpenWorld])),
            &["GITHUB_GET", "GMAIL_SEND"],
        ),
        (
            |b| b.toolkits(["github", "gmail"]).disable_tags(["destructiveHint", "createHint"]),
            &["GITHUB_GET", "GITHUB_STAR", "GMAIL_LIST"],
        ),
        (|b| b.no_toolkits(), &[]),
    ];
    for (build, allowed) in cases {
        let backend = backend();
        let composio = Composio::with_backend(backend.clone());
        let session = build(composio.create("u").direct_tools()).await?;
        let listed = session.tools().await?;
        let names: Vec<_> = listed.iter().map(|tool| tool.name().to_owned()).collect();
        assert_eq!(names, allowed, "{:?}", session.config());
        for slug in ["GITHUB_GET", "GITHUB_STAR", "GITHUB_DELETE", "GMAIL_LIST", "GMAIL_SEND"] {
            let (ran, found) = (session.execute(slug, json!({})).await, session.tool(slug).await);
            assert_eq!((ran.is_ok(), found.is_ok()), (allowed.contains(&slug), allowed.contains(&slug)), "{slug}");
            for error in [ran.err(), found.err()].into_iter().flatten() {
                assert_eq!(error.kind(), ErrorKind::PermissionDenied);
                assert!(error.to_string().contains("refused by the session's"), "{error}");
            }
        }
        assert_eq!(backend.calls().len(), allowed.len(), "what is refused is not sent");
    }
    Ok(())
}

/// Row 4.1: "all" is what the session names, and not what it merely lets be.
#[tokio::test]
async fn everything_means_what_is_named() -> Result<()> {
    let github = toolkit("github");
    let tool = |slug: &str, tags: &[&str]| {
        let definition = ToolDefinition::new(ToolSlug::new(slug).unwrap(), "", json!({}).into());
        definition.toolkit(github.clone()).hints(ToolHints::from_tags(tags.iter().copied()))
    };
    let (get, delete) = (tool("GITHUB_GET", &["readOnlyHint"]), tool("GITHUB_DELETE", &["destructiveHint"]));
    type Build = fn(SessionBuilder) -> SessionBuilder;
    let cases: [(Build, bool, bool); 6] = [
        (|b| b.toolkits(["github"]), true, true),
        (|b| b.tags(["readOnlyHint"]), true, false),
        (|b| b.enable_tools("github", ["GITHUB_DELETE"]), false, true),
        (|b| b.enable_tools("gmail", ["GMAIL_SEND"]), false, false),
        (|b| b.tags(["readOnlyHint"]).disable_tools("github", ["GITHUB_GET"]), false, false),
        (|b| b.toolkit_tags("github", TagFilter::new().enable([Tag::Destructive])).tags(["readOnlyHint"]), false, true),
    ];
    for (build, first, second) in cases {
        let config = config(|b| build(b).direct_tools()).await?;
        assert_eq!(config.preload, Preload::All);
        let preloaded = (config.preloads(&github, &get), config.preloads(&github, &delete));
        assert_eq!(preloaded, (first, second), "{config:?}");
    }
    let listed = config(|b| b.preload(["GITHUB_GET", "GITHUB_DELETE"]).disable_tags(["destructiveHint"])).await?;
    assert_eq!((listed.preloads(&github, &get), listed.preloads(&github, &delete)), (true, false));
    Ok(())
}

#[tokio::test]
async fn one_tool_is_read_whether_it_is_preloaded_or_not() -> Result<()> {
    let session = Composio::with_backend(backend()).create("u").tool(Shout).await?;
    assert_eq!(session.tools().await?.len(), 1, "the native one");
    let star = session.tool("GITHUB_STAR").await?;
    assert_eq!((star.name(), star.definition().hints.idempotent), ("GITHUB_STAR", true));
    assert_eq!(star.answer("{\"n\":1}").await.into_outcome()?.value(), &json!({"n": 1}));
    assert_eq!(session.tool("LOCAL_SHOUT").await?.call_str("{\"text\":\"a\"}").await?.value(), "A");
    for (slug, kind) in [
        ("GITHUB_NOTHING", ErrorKind::NotFound),
        ("LOCAL_NOTHING", ErrorKind::NotFound),
        ("git hub", ErrorKind::InvalidInput),
    ] {
        assert_eq!(session.tool(slug).await.unwrap_err().kind(), kind, "{slug}");
    }
    Ok(())
}

#[tokio::test]
async fn a_native_tool_is_explained_here() -> Result<()> {
    let spy = Spy::new(backend());
    let composio = Composio::with_backend(spy.clone());
    let session = composio.create("u").no_toolkits().tool(Shout).await?;
    let explained = session.explain_tool("LOCAL_SHOUT").await?;
    assert!(explained.decision.allowed && explained.preloaded, "whoever gave it allowed it, whatever the policy is");
    assert_eq!((explained.decision.by, explained.toolkit.as_ref()), (PolicyRule::Native, None));
    let steps: Vec<_> = explained.steps.iter().map(|step| (step.rule, step.said)).collect();
    assert_eq!(steps, [(PolicyRule::Native, Said::Yes)]);
    assert_eq!(explained.approval, None);
    let text = explained.to_string();
    assert!(text.starts_with("LOCAL_SHOUT is allowed by a native tool of this session"), "{text}");

    let asking = composio.create("u").tool(Shout).require_approval_for_tools(["LOCAL_SHOUT"]).await?;
    let explained = asking.explain_tool("LOCAL_SHOUT").await?;
    assert_eq!(explained.approval, Some(ApprovalRule::Tool));
    assert!(explained.to_string().contains("each call needs an approval"), "{explained}");

    let unknown = asking.explain_tool("LOCAL_NOTHING").await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::NotFound);
    assert!(unknown.to_string().contains(".tool(..)"), "{unknown}");
    assert_eq!(spy.count("explain_tool"), 0, "nobody else knows native tools");
    assert_eq!(asking.explain_tool("GITHUB_GET").await.unwrap_err().kind(), ErrorKind::Unsupported);
    assert_eq!(spy.count("explain_tool"), 1);
    Ok(())
}
