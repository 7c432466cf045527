//! Creating sessions.

use composio_core::Result;
use serde_json::{Value, json};

use super::typed;
use crate::case::cases;
use crate::service::Service;

cases! {
    a_user_is_enough
    toolkits_are_enabled_disabled_or_only_approved
    a_toolkits_tools_are_enabled_disabled_tagged_or_only_approved
    tags_are_enabled_disabled_and_approved
    accounts_and_auth_configs_are_pinned
    connections_are_managed
    the_workbench_is_set
    several_accounts_are_allowed
    tools_are_preloaded
    hooks_stand_before_and_after
    instant_use_is_set_or_switched_off
    the_older_word_for_instant_use_is_spoken
    native_tools_go_along
    the_experimental_settings_go_along
    switches_are_switched
}

/// Creates a session with these settings, and looks at what was sent.
async fn create(service: &Service, settings: Value) -> Result<()> {
    let mut body = json!({"user_id": "user_123"});
    body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let session = service.client().create_session(&typed(&body)).await?;
    service.sent("tool_router_session_create", "/tool_router/session", &body);
    assert!(!session.session_id.is_empty());
    Ok(())
}

async fn a_user_is_enough(service: &Service) -> Result<()> {
    create(service, json!({})).await
}

async fn toolkits_are_enabled_disabled_or_only_approved(service: &Service) -> Result<()> {
    for toolkits in [
        json!({"enable": ["github", "gmail"], "require_approval": ["gmail"]}),
        json!({"disable": ["slack"], "require_approval": ["gmail"]}),
        json!({"require_approval": ["gmail"]}),
        json!({"enable": []}),
    ] {
        create(service, json!({"toolkits": toolkits})).await?;
    }
    Ok(())
}

async fn a_toolkits_tools_are_enabled_disabled_tagged_or_only_approved(service: &Service) -> Result<()> {
    let tags = json!({
        "enable": ["readOnlyHint"],
        "disable": ["destructiveHint"],
        "require_approval": ["updateHint"],
    });
    let tools = json!({
        "github": {"enable": ["GITHUB_GET_AN_ISSUE"], "require_approval": ["GITHUB_GET_AN_ISSUE"]},
        "gmail": {"disable": ["GMAIL_DELETE_MESSAGE"], "require_approval": ["GMAIL_SEND_EMAIL"]},
        "slack": {"tags": tags, "require_approval": ["SLACK_SEND_MESSAGE"]},
        "notion": {"require_approval": ["NOTION_DELETE_BLOCK"]},
    });
    create(service, json!({"tools": tools})).await
}

async fn tags_are_enabled_disabled_and_approved(service: &Service) -> Result<()> {
    let all = ["readOnlyHint", "createHint", "updateHint", "destructiveHint", "idempotentHint", "openWorldHint"];
    let tags = json!({"enable": all, "disable": ["destructiveHint"], "require_approval": ["openWorldHint"]});
    create(service, json!({"tags": tags})).await
}

async fn accounts_and_auth_configs_are_pinned(service: &Service) -> Result<()> {
    let settings = json!({
        "auth_configs": {"github": "ac_1", "gmail": "ac_2"},
        "connected_accounts": {"github": ["ca_1", "ca_2"], "gmail": []},
    });
    create(service, settings).await
}

async fn connections_are_managed(service: &Service) -> Result<()> {
    let manage = json!({
        "enable": true,
        "callback_url": "https://app.example.com/done?a=b",
        "enable_wait_for_connections": false,
        "enable_connection_removal": true,
    });
    create(service, json!({"manage_connections": manage})).await
}

async fn the_workbench_is_set(service: &Service) -> Result<()> {
    for size in ["standard", "medium", "large", "xlarge"] {
        let workbench = json!({
            "enable": true,
            "enable_tool_execution": false,
            "enable_proxy_execution": true,
            "auto_offload_threshold": 20000,
            "sandbox_size": size,
        });
        create(service, json!({"workbench": workbench})).await?;
    }
    Ok(())
}

async fn several_accounts_are_allowed(service: &Service) -> Result<()> {
    let multi = json!({"enable": true, "max_accounts_per_toolkit": 3, "require_explicit_selection": true});
    create(service, json!({"multi_account": multi})).await
}

async fn tools_are_preloaded(service: &Service) -> Result<()> {
    create(service, json!({"preload": {"tools": ["GITHUB_GET_AN_ISSUE"]}})).await?;
    create(service, json!({"preload": {"tools": "all"}})).await
}

/// Every kind of hook.
pub(super) fn hooks() -> Value {
    let condition = json!({"type": "condition_check", "condition": "arguments.to == 'x'", "action": "block"});
    let injection = json!({"type": "prompt_injection_check", "action": "block"});
    let some = json!({"toolkits": ["gmail", "slack"]});
    json!([
        {"type": "before_execute", "id": "no-mail", "name": "No mail", "applies_to": some, "handler": condition},
        {"type": "after_execute", "id": "checked", "applies_to": "all", "handler": condition},
        {"type": "after_execute", "id": "clean", "name": "Clean", "applies_to": some, "handler": injection},
    ])
}

async fn hooks_stand_before_and_after(service: &Service) -> Result<()> {
    create(service, json!({"hooks": hooks()})).await
}

/// Every way to say what may be used instantly.
pub(super) fn instants() -> [Value; 3] {
    let tools = json!({"exa": {"enable": ["EXA_SEARCH"]}, "tavily": {"disable": ["TAVILY_CRAWL"]}});
    [
        json!({
            "toolkits": {"enable": ["exa"]},
            "tools": tools,
            "return_instant_charge": true,
            "return_prices_in_search": true,
        }),
        json!({"toolkits": {"disable": ["tavily"]}}),
        json!(false),
    ]
}

async fn instant_use_is_set_or_switched_off(service: &Service) -> Result<()> {
    for instant in instants() {
        create(service, json!({"instant": instant})).await?;
    }
    Ok(())
}

/// The same under its older name.
pub(super) fn premiums() -> [Value; 3] {
    let tools = json!({"exa": {"enable": ["EXA_SEARCH"]}, "tavily": {"disable": ["TAVILY_CRAWL"]}});
    [
        json!({"toolkits": {"enable": ["exa"]}, "tools": tools, "return_premium_charge": true}),
        json!({"toolkits": {"disable": ["tavily"]}}),
        json!(false),
    ]
}

async fn the_older_word_for_instant_use_is_spoken(service: &Service) -> Result<()> {
    for premium in premiums() {
        create(service, json!({"premium_usage": premium})).await?;
    }
    Ok(())
}

/// Native tools and toolkits, with everything that describes them.
pub(super) fn native() -> Value {
    let schema = json!({"type": "object", "properties": {"pattern": {"type": "string"}}, "required": ["pattern"]});
    let tool = json!({
        "slug": "FIND_CUSTOMER",
        "name": "Find a customer",
        "description": "Finds a customer by pattern",
        "input_schema": schema,
        "output_schema": {"type": "object", "properties": {}},
        "preload": true,
    });
    let mut single = tool.clone();
    single["extends_toolkit"] = "gmail".into();
    single["slug"] = "GREP".into();
    let toolkit = json!({"slug": "CRM", "name": "CRM", "description": "Customers", "preload": false, "tools": [tool]});
    json!({"custom_tools": [single], "custom_toolkits": [toolkit]})
}

async fn native_tools_go_along(service: &Service) -> Result<()> {
    create(service, json!({"experimental": native()})).await
}

async fn the_experimental_settings_go_along(service: &Service) -> Result<()> {
    let overrides = json!({
        "GMAIL_SEND_EMAIL": "always_deny",
        "GMAIL_FETCH_EMAILS": "always_allow",
        "SLACK_SEND_MESSAGE": "ask_once",
        "NOTION_DELETE_BLOCK": "ask_always",
    });
    for (default, fallback) in [("allow_all", "deny"), ("ask_every_call", "allow"), ("ask_once_per_session", "deny")] {
        let experimental = json!({
            "assistive_prompt_config": {"user_timezone": "Europe/Berlin"},
            "permissions": {"default": default, "overrides": overrides},
            "link_url_overwrite": "https://connect.example.com/",
            "fast_mode": true,
            "submit_feedback": {"enable": true},
            "restrict_egress_to_composio": true,
            "no_elicitation_support_fallback": fallback,
            "session_config_id": "sc_1",
        });
        create(service, json!({"experimental": experimental})).await?;
    }
    Ok(())
}

async fn switches_are_switched(service: &Service) -> Result<()> {
    let settings = json!({
        "search": {"enable": false},
        "execute": {"enable_multi_execute": false},
        "proxy_execute": {"enable": true},
    });
    create(service, settings).await
}
