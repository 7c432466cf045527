//! Creating sessions: each setting of the builder, and what it becomes in the dialect.

use composio_core::{
    ApprovalFallback, Hook, HookCheck, HostedSettings, InstantUsage, MetaTools, MultiAccount, PermissionDefault,
    PermissionOverride, Permissions, Result, SandboxSize, SessionBuilder, Tag, TagFilter, ToolPolicy, ToolkitMap,
    ToolkitPolicy, ToolkitSlug, Workbench,
};
use serde_json::{Value, json};

use super::CREATE;
use super::native::Grep;
use crate::case::cases;
use crate::service::Service;

cases! {
    a_user_is_enough
    toolkits_are_enabled
    toolkits_are_disabled
    no_toolkit_is_an_empty_list
    tools_of_a_toolkit_are_enabled
    tools_of_a_toolkit_are_disabled
    a_toolkit_has_tags_of_its_own
    tags_are_enabled_and_disabled
    accounts_and_auth_configs_are_pinned
    several_accounts_are_allowed
    tools_are_preloaded
    everything_is_preloaded
    links_end_where_the_application_says
    toolkits_need_an_approval
    tools_need_an_approval
    tags_need_an_approval
    nobody_to_ask_may_mean_yes
    meta_tools_are_switched
    the_sandbox_is_set
    hooks_stand_before_and_after
    instant_use_is_switched_off_or_limited
    permissions_have_a_default_and_exceptions
    the_other_hosted_settings_go_along
    native_tools_go_along
}

async fn create(service: &Service, with: impl FnOnce(SessionBuilder) -> SessionBuilder, expected: Value) -> Result<()> {
    with(service.composio().create("user_123")).await?;
    service.holds(CREATE, &json!({"user_id": "user_123"}));
    service.holds(CREATE, &expected);
    Ok(())
}

async fn a_user_is_enough(service: &Service) -> Result<()> {
    create(service, |session| session, json!({"toolkits": null, "tools": null, "tags": null, "experimental": null}))
        .await
}

async fn toolkits_are_enabled(service: &Service) -> Result<()> {
    create(
        service,
        |session| session.toolkits(["github", "gmail"]),
        json!({"toolkits": {"enable": ["github", "gmail"]}}),
    )
    .await
}

async fn toolkits_are_disabled(service: &Service) -> Result<()> {
    create(service, |session| session.disable_toolkits(["slack"]), json!({"toolkits": {"disable": ["slack"]}})).await
}

async fn no_toolkit_is_an_empty_list(service: &Service) -> Result<()> {
    create(service, SessionBuilder::no_toolkits, json!({"toolkits": {"enable": []}})).await
}

async fn tools_of_a_toolkit_are_enabled(service: &Service) -> Result<()> {
    let expected = json!({"tools": {"github": {"enable": ["GITHUB_GET_AN_ISSUE"]}}});
    create(service, |session| session.enable_tools("github", ["GITHUB_GET_AN_ISSUE"]), expected).await
}

async fn tools_of_a_toolkit_are_disabled(service: &Service) -> Result<()> {
    let expected = json!({"tools": {"gmail": {"disable": ["GMAIL_DELETE_MESSAGE"]}}});
    create(service, |session| session.disable_tools("gmail", ["GMAIL_DELETE_MESSAGE"]), expected).await
}

async fn a_toolkit_has_tags_of_its_own(service: &Service) -> Result<()> {
    let tags = TagFilter::new().enable([Tag::ReadOnly]).disable([Tag::Destructive]);
    let expected = json!({"tools": {"gmail": {"tags": {"enable": ["readOnlyHint"], "disable": ["destructiveHint"]}}}});
    create(service, |session| session.toolkit_tags("gmail", tags), expected).await
}

async fn tags_are_enabled_and_disabled(service: &Service) -> Result<()> {
    let expected = json!({"tags": {"enable": ["readOnlyHint"], "disable": ["openWorldHint"]}});
    create(service, |session| session.tags([Tag::ReadOnly]).disable_tags([Tag::OpenWorld]), expected).await
}

async fn accounts_and_auth_configs_are_pinned(service: &Service) -> Result<()> {
    let expected = json!({"auth_configs": {"github": "ac_1"}, "connected_accounts": {"gmail": ["ca_1"]}});
    create(service, |session| session.auth_config("github", "ac_1").connected_account("gmail", "ca_1"), expected).await
}

async fn several_accounts_are_allowed(service: &Service) -> Result<()> {
    let multi = MultiAccount::new().max_per_toolkit(3).require_explicit_selection(true);
    let expected = json!({"enable": true, "max_accounts_per_toolkit": 3, "require_explicit_selection": true});
    create(service, |session| session.multi_account(multi), json!({"multi_account": expected})).await
}

async fn tools_are_preloaded(service: &Service) -> Result<()> {
    let expected = json!({"preload": {"tools": ["GITHUB_GET_AN_ISSUE"]}});
    create(service, |session| session.toolkits(["github"]).preload(["GITHUB_GET_AN_ISSUE"]), expected).await
}

async fn everything_is_preloaded(service: &Service) -> Result<()> {
    let expected = json!({"preload": {"tools": "all"}});
    create(service, |session| session.toolkits(["github"]).direct_tools(), expected).await
}

async fn links_end_where_the_application_says(service: &Service) -> Result<()> {
    service.composio().create("user_123").callback_url("https://app.example.com/done").await?;
    let body = service.last(CREATE).body;
    assert_eq!(body["manage_connections"]["callback_url"], "https://app.example.com/done");
    Ok(())
}

async fn toolkits_need_an_approval(service: &Service) -> Result<()> {
    let expected = json!({"toolkits": {"enable": ["gmail"], "require_approval": ["gmail"]}});
    create(service, |session| session.toolkits(["gmail"]).require_approval_for_toolkits(["gmail"]), expected).await
}

/// The service keeps them by toolkit, which has to be asked for first.
async fn tools_need_an_approval(service: &Service) -> Result<()> {
    service.composio().create("user_123").require_approval_for_tools(["GMAIL_SEND_EMAIL"]).await?;
    let body = service.last(CREATE).body;
    let tools = body["tools"].as_object().unwrap();
    assert!(tools.values().any(|policy| policy["require_approval"] == json!(["GMAIL_SEND_EMAIL"])), "{body}");
    Ok(())
}

async fn tags_need_an_approval(service: &Service) -> Result<()> {
    let expected = json!({"tags": {"require_approval": ["destructiveHint"]}});
    create(service, SessionBuilder::require_approval_for_destructive, expected).await?;
    let expected = json!({"tags": {"require_approval": ["updateHint"]}});
    create(service, |session| session.require_approval_for_tags([Tag::Update]), expected).await
}

async fn nobody_to_ask_may_mean_yes(service: &Service) -> Result<()> {
    let expected = json!({"experimental": {"no_elicitation_support_fallback": "allow"}});
    let allow =
        |session: SessionBuilder| session.require_approval_for_destructive().approval_fallback(ApprovalFallback::Allow);
    create(service, allow, expected).await
}

async fn meta_tools_are_switched(service: &Service) -> Result<()> {
    let meta = MetaTools::none().wait_for_connections(true).connection_removal(false).proxy_execute(true);
    let expected = json!({
        "search": {"enable": false},
        "execute": {"enable_multi_execute": false},
        "proxy_execute": {"enable": true},
        "manage_connections": {
            "enable": false,
            "enable_wait_for_connections": true,
            "enable_connection_removal": false,
        },
        "experimental": {"submit_feedback": {"enable": true}},
    });
    create(service, |session| session.meta_tools(meta.submit_feedback(true)), expected).await
}

async fn hosted(service: &Service, settings: HostedSettings, expected: Value) -> Result<()> {
    create(service, |session| session.hosted(settings), expected).await
}

async fn the_sandbox_is_set(service: &Service) -> Result<()> {
    let workbench = Workbench::new().enable(true).tool_execution(false).proxy_execution(true).offload_from(9000);
    for (size, name) in [
        (SandboxSize::Standard, "standard"),
        (SandboxSize::Medium, "medium"),
        (SandboxSize::Large, "large"),
        (SandboxSize::XLarge, "xlarge"),
    ] {
        let expected = json!({
            "enable": true,
            "enable_tool_execution": false,
            "enable_proxy_execution": true,
            "auto_offload_threshold": 9000,
            "sandbox_size": name,
        });
        hosted(service, HostedSettings::new().workbench(workbench.size(size)), json!({"workbench": expected})).await?;
    }
    Ok(())
}

fn slug(text: &str) -> ToolkitSlug {
    ToolkitSlug::new(text).unwrap()
}

/// Every kind of hook, and what it is in the dialect.
pub(super) fn hooks() -> ([Hook; 3], Value) {
    let hooks = [
        Hook::new("no-mail", HookCheck::Before("It goes out".to_owned())).name("No mail").toolkits([slug("gmail")]),
        Hook::new("checked", HookCheck::After("It has a secret".to_owned())),
        Hook::new("clean", HookCheck::PromptInjection),
    ];
    let condition = |text| json!({"type": "condition_check", "condition": text, "action": "block"});
    let expected = json!([
        {
            "type": "before_execute",
            "id": "no-mail",
            "name": "No mail",
            "applies_to": {"toolkits": ["gmail"]},
            "handler": condition("It goes out"),
        },
        {"type": "after_execute", "id": "checked", "applies_to": "all", "handler": condition("It has a secret")},
        {
            "type": "after_execute",
            "id": "clean",
            "applies_to": "all",
            "handler": {"type": "prompt_injection_check", "action": "block"},
        },
    ]);
    (hooks, expected)
}

async fn hooks_stand_before_and_after(service: &Service) -> Result<()> {
    let (hooks, expected) = hooks();
    let settings = hooks.into_iter().fold(HostedSettings::new(), HostedSettings::hook);
    hosted(service, settings, json!({"hooks": expected})).await
}

async fn instant_use_is_switched_off_or_limited(service: &Service) -> Result<()> {
    hosted(service, HostedSettings::new().instant(InstantUsage::Off), json!({"instant": false})).await?;
    let on = InstantUsage::On {
        toolkits: ToolkitPolicy::Enable([slug("exa")].into_iter().collect()),
        tools: ToolkitMap::from([(slug("exa"), ToolPolicy::disable(["EXA_CRAWL"])?)]),
        return_charge: true,
        return_prices: true,
    };
    let expected = json!({
        "toolkits": {"enable": ["exa"]},
        "tools": {"exa": {"disable": ["EXA_CRAWL"]}},
        "return_instant_charge": true,
        "return_prices_in_search": true,
    });
    hosted(service, HostedSettings::new().instant(on), json!({"instant": expected})).await
}

async fn permissions_have_a_default_and_exceptions(service: &Service) -> Result<()> {
    for (default, name) in [
        (PermissionDefault::AllowAll, "allow_all"),
        (PermissionDefault::AskEveryCall, "ask_every_call"),
        (PermissionDefault::AskOncePerSession, "ask_once_per_session"),
    ] {
        let mut permissions = Permissions::new(default);
        let each = [
            ("GMAIL_SEND_EMAIL:ca_1", PermissionOverride::AlwaysAllow, "always_allow"),
            ("*:ca_2", PermissionOverride::AlwaysDeny, "always_deny"),
            ("A:ca_3", PermissionOverride::AskOnce, "ask_once"),
            ("B:ca_4", PermissionOverride::AskAlways, "ask_always"),
        ];
        permissions.overrides = each.iter().map(|(key, rule, _)| ((*key).to_owned(), *rule)).collect();
        let overrides: Value = each.iter().map(|(key, _, name)| ((*key).to_owned(), json!(name))).collect();
        let expected = json!({"experimental": {"permissions": {"default": name, "overrides": overrides}}});
        hosted(service, HostedSettings::new().permissions(permissions), expected).await?;
    }
    Ok(())
}

async fn the_other_hosted_settings_go_along(service: &Service) -> Result<()> {
    let settings = HostedSettings::new()
        .link_url_overwrite("https://connect.example.com/")
        .fast_mode(true)
        .restrict_egress()
        .saved_config("sc_1")
        .user_timezone("Europe/Berlin");
    let expected = json!({
        "assistive_prompt_config": {"user_timezone": "Europe/Berlin"},
        "link_url_overwrite": "https://connect.example.com/",
        "fast_mode": true,
        "restrict_egress_to_composio": true,
        "session_config_id": "sc_1",
    });
    hosted(service, settings, json!({"experimental": expected})).await
}

async fn native_tools_go_along(service: &Service) -> Result<()> {
    service.composio().create("user_123").tool(Grep).await?;
    let tools = &service.last(CREATE).body["experimental"]["custom_tools"];
    assert_eq!((&tools[0]["slug"], &tools[0]["description"]), (&json!("GREP"), &json!("Searches text.")));
    assert_eq!(tools[0]["input_schema"]["properties"]["pattern"]["type"], "string");
    Ok(())
}
