//! The preset of direct tools, helper tools, and what only the hosted service can be told.

use std::sync::Arc;

use composio_core::{
    ApprovalFallback, Composio, ErrorKind, Hook, HookCheck, HostedSettings, InstantUsage, MetaTools, Preload, Result,
    ScriptedBackend, Session, SessionBuilder, SessionConfig, TagFilter, ToolPolicy, ToolkitPolicy, ToolkitSlug,
    Workbench,
};

use crate::native::Shout;
use crate::spy::Spy;

fn backend() -> ScriptedBackend {
    ScriptedBackend::new().toolkit("gmail")
}

async fn config(build: impl FnOnce(SessionBuilder) -> SessionBuilder) -> Result<Arc<SessionConfig>> {
    Ok(build(Composio::with_backend(backend()).create("u").toolkits(["gmail"])).await?.config())
}

fn workbench(config: &SessionConfig) -> Option<Workbench> {
    config.hosted.as_ref().and_then(|hosted| hosted.workbench)
}

#[tokio::test]
async fn direct_tools_need_no_helpers() -> Result<()> {
    let direct = config(SessionBuilder::direct_tools).await?;
    assert_eq!((&direct.preload, direct.meta_tools), (&Preload::All, MetaTools::none()));
    assert_eq!(workbench(&direct), Some(Workbench::new().enable(false)));
    let plain = config(|b| b).await?;
    assert_eq!((&plain.preload, plain.meta_tools, &plain.hosted), (&Preload::None, MetaTools::new(), &None));
    Ok(())
}

type Build = fn(SessionBuilder) -> SessionBuilder;

/// What the caller says stands, before the preset and after it; searching and batches are off in any case.
#[tokio::test]
async fn what_the_caller_says_stands_above_the_preset() -> Result<()> {
    let search_off = MetaTools::new().search(false).multi_execute(false);
    let sandbox = Workbench::new().offload_from(10);
    let cases: [(Build, Preload, MetaTools, Workbench); 4] = [
        (|b| b.preload([""; 0]), Preload::None, MetaTools::none(), Workbench::new().enable(false)),
        (|b| b.meta_tools(MetaTools::new()), Preload::All, search_off, Workbench::new().enable(false)),
        (
            |b| b.hosted(HostedSettings::new().workbench(Workbench::new().offload_from(10))),
            Preload::All,
            MetaTools::none(),
            sandbox,
        ),
        (
            |b| b.hosted(HostedSettings::new().fast_mode(true)),
            Preload::All,
            MetaTools::none(),
            Workbench::new().enable(false),
        ),
    ];
    for (said, preload, meta_tools, sandbox) in cases {
        for config in [config(|b| said(b.direct_tools())).await?, config(|b| said(b).direct_tools()).await?] {
            assert_eq!((&config.preload, config.meta_tools, workbench(&config)), (&preload, meta_tools, Some(sandbox)));
        }
    }
    Ok(())
}

fn hook(id: &str) -> Hook {
    Hook::new(id, HookCheck::PromptInjection)
}

fn hosted(hosted: HostedSettings) -> impl FnOnce(SessionBuilder) -> SessionBuilder {
    move |builder| builder.hosted(hosted)
}

#[tokio::test]
async fn settings_that_cannot_be_are_refused_by_their_path() -> Result<()> {
    let new = HostedSettings::new;
    let before = |text: &str| Hook::new("h", HookCheck::Before(text.to_owned()));
    let many = (0..21).fold(new(), |hosted, n| hosted.hook(hook(&format!("h{n}"))));
    let by_tag = InstantUsage::On {
        toolkits: ToolkitPolicy::All,
        tools: [(ToolkitSlug::new("gmail")?, ToolPolicy::Tags(TagFilter::new()))].into(),
        return_charge: false,
        return_prices: false,
    };
    for (settings, field) in [
        (new().user_timezone(""), "hosted.user_timezone"),
        (new().user_timezone(" "), "hosted.user_timezone"),
        (new().workbench(Workbench::new().offload_from(0)), "hosted.workbench.offload_from"),
        (new().hook(hook("a")).hook(hook("a")), "hosted.hooks[1].id"),
        (new().hook(hook("")), "hosted.hooks[0].id"),
        (new().hook(hook("No")), "hosted.hooks[0].id"),
        (new().hook(hook(&"a".repeat(65))), "hosted.hooks[0].id"),
        (new().hook(hook("a").name("")), "hosted.hooks[0].name"),
        (new().hook(before("")), "hosted.hooks[0].check"),
        (new().hook(before(&"x".repeat(2_001))), "hosted.hooks[0].check"),
        (many, "hosted.hooks"),
        // Left out, it would let every tool be billed.
        (new().instant(by_tag), "hosted.instant.tools.gmail"),
        (new().saved_config(""), "hosted.saved_config"),
        (new().saved_config("sc_1"), "hosted.saved_config"),
    ] {
        let text = format!("{settings:?}");
        let error = config(hosted(settings.clone())).await.unwrap_err();
        assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some(field)), "{text}: {error}");
        // A change of a session knows no more of it than it says.
        if settings.saved_config.as_deref() != Some("sc_1") {
            let session = Composio::with_backend(backend()).create("u").await?;
            let error = session.update().hosted(settings).await.unwrap_err();
            assert_eq!(error.field(), Some(field), "{error}");
            assert_eq!(session.version(), 1);
        }
    }
    let fine = (0..20).fold(new(), |hosted, n| hosted.hook(hook(&format!("h_-{n}"))));
    assert_eq!(config(hosted(fine.clone())).await?.hosted.as_deref(), Some(&fine));
    Ok(())
}

#[tokio::test]
async fn a_saved_config_stands_alone() -> Result<()> {
    let composio = Composio::with_backend(backend());
    let create = || composio.create("u").hosted(HostedSettings::new().saved_config("sc_1"));
    create().direct_tools().await?;
    create().approval_fallback(ApprovalFallback::Allow).await?;
    for refused in [
        create().toolkits(["gmail"]),
        create().no_toolkits(),
        create().enable_tools("gmail", ["GMAIL_SEND"]),
        create().tags(["readOnlyHint"]),
        // Approvals stand in the same blocks.
        create().require_approval_for_toolkits(["gmail"]),
        create().require_approval_for_destructive(),
        create().tool(Shout),
        composio.create("u").hosted(HostedSettings::new().saved_config("sc_1").hook(hook("h"))),
    ] {
        let error = refused.await.unwrap_err();
        assert_eq!(error.field(), Some("hosted.saved_config"), "{error}");
    }
    Ok(())
}

#[tokio::test]
async fn a_proxy_that_is_off_is_off_in_the_sandbox_too() -> Result<()> {
    let sandbox = |on| HostedSettings::new().workbench(Workbench::new().proxy_execution(on));
    let build = |proxy, inside| {
        move |b: SessionBuilder| b.meta_tools(MetaTools::new().proxy_execute(proxy)).hosted(sandbox(inside))
    };
    let error = config(build(false, true)).await.unwrap_err();
    assert_eq!(error.field(), Some("hosted.workbench.proxy_execution"));
    for (proxy, inside) in [(true, true), (true, false), (false, false)] {
        config(build(proxy, inside)).await?;
    }
    Ok(())
}

#[tokio::test]
async fn native_tools_are_not_preloaded() -> Result<()> {
    let refused = config(|b| b.preload(["LOCAL_SHOUT"]).tool(Shout)).await.unwrap_err();
    assert_eq!(refused.field(), Some("preload.tools"));
    let spy = Spy::new(backend());
    let session = Composio::with_backend(spy.clone()).create("u").await?;
    let refused = session.update().preload(["GMAIL_SEND", "LOCAL_SHOUT"]).await.unwrap_err();
    assert_eq!((refused.field(), spy.count("update_session")), (Some("preload.tools"), 0));
    Ok(())
}

#[tokio::test]
async fn an_update_replaces_and_resets_helpers_and_settings() -> Result<()> {
    let session: Session = Composio::with_backend(backend()).create("u").toolkits(["gmail"]).direct_tools().await?;
    session.update().meta_tools(MetaTools::none().wait_for_connections(true)).await?;
    assert!(session.config().meta_tools.wait_for_connections);
    assert_eq!(workbench(&session.config()), Some(Workbench::new().enable(false)), "what is not named stays");
    session.update().hosted(HostedSettings::new().fast_mode(true)).reset_meta_tools().await?;
    assert_eq!((workbench(&session.config()), session.config().meta_tools), (None, MetaTools::new()), "replaced whole");
    session.update().reset_hosted().await?;
    assert_eq!(session.config().hosted, None);
    Ok(())
}
