//! Changing sessions: each setting kept, reset and set.

use composio_core::Result;
use serde_json::{Value, json};

use super::{create, session, typed};
use crate::case::cases;
use crate::service::Service;

cases! {
    nothing_may_be_changed
    the_expected_version_is_said
    each_setting_is_reset_by_null
    each_setting_is_set
    each_variant_of_toolkits_and_tools_is_set
    instant_use_is_changed
    parts_of_settings_are_reset
    experimental_settings_are_set_and_reset
}

/// Changes a session, and looks at what was sent.
async fn update(service: &Service, body: Value) -> Result<()> {
    let changed = service.client().patch_session(&session(), &typed(&body)).await?;
    service.sent("tool_router_session_patch", "/tool_router/session/trs_1", &body);
    assert!(!changed.session_id.is_empty());
    Ok(())
}

async fn nothing_may_be_changed(service: &Service) -> Result<()> {
    update(service, json!({})).await
}

async fn the_expected_version_is_said(service: &Service) -> Result<()> {
    update(service, json!({"search": {"enable": true}, "expected_config_version": 7})).await
}

async fn each_setting_is_reset_by_null(service: &Service) -> Result<()> {
    for name in [
        "toolkits",
        "auth_configs",
        "connected_accounts",
        "manage_connections",
        "tools",
        "tags",
        "workbench",
        "multi_account",
        "proxy_execute",
        "preload",
        "search",
        "execute",
        "hooks",
        "experimental",
    ] {
        update(service, json!({name: null})).await?;
    }
    Ok(())
}

async fn each_setting_is_set(service: &Service) -> Result<()> {
    let all = json!({
        "toolkits": {"enable": ["github"], "require_approval": ["github"]},
        "auth_configs": {"github": "ac_1"},
        "connected_accounts": {"github": ["ca_1"]},
        "manage_connections": {
            "enable": true,
            "callback_url": "https://app.example.com/done",
            "enable_wait_for_connections": true,
            "enable_connection_removal": false,
        },
        "tools": {"github": {"enable": ["GITHUB_GET_AN_ISSUE"], "require_approval": []}},
        "tags": {"enable": ["readOnlyHint"], "disable": ["destructiveHint"], "require_approval": ["updateHint"]},
        "workbench": {
            "enable": false,
            "enable_tool_execution": true,
            "enable_proxy_execution": false,
            "auto_offload_threshold": 1,
            "sandbox_size": "large",
        },
        "multi_account": {"enable": true, "max_accounts_per_toolkit": 10, "require_explicit_selection": false},
        "proxy_execute": {"enable": true},
        "preload": {"tools": "all"},
        "search": {"enable": true},
        "execute": {"enable_multi_execute": true},
        "hooks": create::hooks(),
    });
    for (name, value) in all.as_object().unwrap() {
        update(service, json!({name.as_str(): value})).await?;
    }
    update(service, all).await
}

async fn each_variant_of_toolkits_and_tools_is_set(service: &Service) -> Result<()> {
    for toolkits in
        [json!({"disable": ["slack"], "require_approval": ["gmail"]}), json!({"require_approval": ["gmail"]})]
    {
        update(service, json!({"toolkits": toolkits})).await?;
    }
    let tags = json!({"enable": ["readOnlyHint"], "disable": ["createHint"], "require_approval": ["openWorldHint"]});
    let tools = json!({
        "gmail": {"disable": ["GMAIL_DELETE_MESSAGE"], "require_approval": ["GMAIL_SEND_EMAIL"]},
        "slack": {"tags": tags, "require_approval": ["SLACK_SEND_MESSAGE"]},
        "notion": {"require_approval": ["NOTION_DELETE_BLOCK"]},
    });
    update(service, json!({"tools": tools})).await
}

async fn instant_use_is_changed(service: &Service) -> Result<()> {
    for instant in create::instants() {
        update(service, json!({"instant": instant})).await?;
    }
    for premium in create::premiums() {
        update(service, json!({"premium_usage": premium})).await?;
    }
    Ok(())
}

async fn parts_of_settings_are_reset(service: &Service) -> Result<()> {
    for name in ["enable", "callback_url", "enable_wait_for_connections", "enable_connection_removal"] {
        update(service, json!({"manage_connections": {name: null}})).await?;
    }
    update(service, json!({"multi_account": {"enable": true, "max_accounts_per_toolkit": null}})).await
}

async fn experimental_settings_are_set_and_reset(service: &Service) -> Result<()> {
    let all = json!({
        "permissions": {"default": "ask_every_call", "overrides": {"GMAIL_SEND_EMAIL": "ask_once"}},
        "link_url_overwrite": "https://connect.example.com/",
        "fast_mode": true,
        "submit_feedback": {"enable": false},
        "no_elicitation_support_fallback": "allow",
    });
    for (name, value) in all.as_object().unwrap() {
        update(service, json!({"experimental": {name.as_str(): value}})).await?;
        update(service, json!({"experimental": {name.as_str(): null}})).await?;
    }
    update(service, json!({"experimental": {"session_config_id": "sc_1"}})).await
}
