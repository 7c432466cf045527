//! Changing sessions: each setting set and reset.

use composio_core::{
    ApprovalFallback, ApprovalPolicy, HostedSettings, MetaTools, MultiAccountUpdate, Result, Tag, TagFilter,
    ToolPolicy, UpdateSession, Workbench,
};
use serde_json::{Value, json};

use super::{a_session, create};
use crate::case::cases;
use crate::service::Service;

cases! {
    toolkits_are_set_and_reset
    tools_are_set_and_reset
    tags_are_set_and_reset
    auth_configs_are_set_and_reset
    accounts_are_set_and_reset
    preloaded_tools_are_set_and_reset
    several_accounts_are_set_and_reset
    approvals_are_set_and_reset
    the_callback_is_set_and_reset
    meta_tools_are_set_and_reset
    hosted_settings_are_set_and_reset
    the_expected_version_goes_along
}

const PATCH: &str = "tool_router_session_patch";

async fn update(service: &Service, with: impl FnOnce(UpdateSession) -> UpdateSession, expected: Value) -> Result<()> {
    let session = a_session(service).await?;
    with(session.update()).await?;
    service.holds(PATCH, &expected);
    Ok(())
}

async fn toolkits_are_set_and_reset(service: &Service) -> Result<()> {
    update(service, |change| change.toolkits(["github"]), json!({"toolkits": {"enable": ["github"]}})).await?;
    update(service, |change| change.disable_toolkits(["slack"]), json!({"toolkits": {"disable": ["slack"]}})).await?;
    update(service, UpdateSession::no_toolkits, json!({"toolkits": {"enable": []}})).await?;
    update(service, UpdateSession::reset_toolkits, json!({"toolkits": null})).await?;
    assert!(service.last(PATCH).body.as_object().unwrap().contains_key("toolkits"), "null is said");
    Ok(())
}

async fn tools_are_set_and_reset(service: &Service) -> Result<()> {
    let tools = [
        ("github", ToolPolicy::enable(["GITHUB_GET_AN_ISSUE"])?),
        ("gmail", ToolPolicy::disable(["GMAIL_DELETE_MESSAGE"])?),
        ("slack", ToolPolicy::Tags(TagFilter::new().enable([Tag::ReadOnly]))),
    ];
    let expected = json!({
        "github": {"enable": ["GITHUB_GET_AN_ISSUE"]},
        "gmail": {"disable": ["GMAIL_DELETE_MESSAGE"]},
        "slack": {"tags": {"enable": ["readOnlyHint"]}},
    });
    update(service, |change| change.tools(tools), json!({"tools": expected})).await?;
    update(service, UpdateSession::reset_tools, json!({"tools": null})).await
}

async fn tags_are_set_and_reset(service: &Service) -> Result<()> {
    let tags = TagFilter::new().enable([Tag::ReadOnly]).disable([Tag::Create]);
    let expected = json!({"tags": {"enable": ["readOnlyHint"], "disable": ["createHint"]}});
    update(service, |change| change.tags(tags), expected).await?;
    update(service, UpdateSession::reset_tags, json!({"tags": null})).await
}

async fn auth_configs_are_set_and_reset(service: &Service) -> Result<()> {
    let expected = json!({"auth_configs": {"github": "ac_1"}});
    update(service, |change| change.auth_configs([("github", "ac_1")]), expected).await?;
    update(service, UpdateSession::reset_auth_configs, json!({"auth_configs": null})).await
}

async fn accounts_are_set_and_reset(service: &Service) -> Result<()> {
    let expected = json!({"connected_accounts": {"github": ["ca_1"]}});
    update(service, |change| change.connected_accounts([("github", "ca_1")]), expected).await?;
    update(service, UpdateSession::reset_connected_accounts, json!({"connected_accounts": null})).await
}

async fn preloaded_tools_are_set_and_reset(service: &Service) -> Result<()> {
    let expected = json!({"preload": {"tools": ["GITHUB_GET_AN_ISSUE"]}});
    update(service, |change| change.preload(["GITHUB_GET_AN_ISSUE"]), expected).await?;
    update(service, UpdateSession::direct_tools, json!({"preload": {"tools": "all"}})).await?;
    update(service, UpdateSession::reset_preload, json!({"preload": null})).await
}

async fn several_accounts_are_set_and_reset(service: &Service) -> Result<()> {
    let multi = MultiAccountUpdate::new().enable(true).max_per_toolkit(4).require_explicit_selection(false);
    let expected = json!({"enable": true, "max_accounts_per_toolkit": 4, "require_explicit_selection": false});
    update(service, |change| change.multi_account(multi), json!({"multi_account": expected})).await?;
    update(service, UpdateSession::reset_multi_account, json!({"multi_account": null})).await
}

async fn approvals_are_set_and_reset(service: &Service) -> Result<()> {
    let mut approvals = ApprovalPolicy::destructive();
    approvals.fallback = ApprovalFallback::Allow;
    let session = a_session(service).await?;
    session.update().approvals(approvals).await?;
    let body = service.last(PATCH).body;
    assert_eq!(body["tags"]["require_approval"], json!(["destructiveHint"]), "{body}");
    assert_eq!(body["experimental"]["no_elicitation_support_fallback"], "allow", "{body}");
    update(service, UpdateSession::reset_approvals, json!({"experimental": {"no_elicitation_support_fallback": null}}))
        .await
}

async fn the_callback_is_set_and_reset(service: &Service) -> Result<()> {
    let expected = json!({"manage_connections": {"callback_url": "https://app.example.com/done"}});
    update(service, |change| change.callback_url("https://app.example.com/done"), expected).await?;
    update(service, UpdateSession::reset_callback_url, json!({"manage_connections": {"callback_url": null}})).await
}

async fn meta_tools_are_set_and_reset(service: &Service) -> Result<()> {
    let expected = json!({
        "search": {"enable": true},
        "execute": {"enable_multi_execute": true},
        "proxy_execute": {"enable": false},
        "manage_connections": {
            "enable": true,
            "enable_wait_for_connections": false,
            "enable_connection_removal": true,
        },
        "experimental": {"submit_feedback": {"enable": false}},
    });
    update(service, |change| change.meta_tools(MetaTools::new().proxy_execute(false)), expected).await?;
    let expected = json!({
        "search": null,
        "execute": null,
        "proxy_execute": null,
        "manage_connections": {
            "enable": null,
            "enable_wait_for_connections": null,
            "enable_connection_removal": null,
        },
        "experimental": {"submit_feedback": null},
    });
    update(service, UpdateSession::reset_meta_tools, expected).await
}

async fn hosted_settings_are_set_and_reset(service: &Service) -> Result<()> {
    let (hooks, expected) = create::hooks();
    let settings = hooks.into_iter().fold(HostedSettings::new(), HostedSettings::hook);
    let settings = settings.workbench(Workbench::new().enable(false)).fast_mode(false);
    let settings = settings.link_url_overwrite("https://connect.example.com/");
    let expected = json!({"hooks": expected, "workbench": {"enable": false}});
    update(service, |change| change.hosted(settings), expected).await?;
    let experimental = service.last(PATCH).body["experimental"].clone();
    assert_eq!(
        (&experimental["fast_mode"], &experimental["link_url_overwrite"]),
        (&json!(false), &json!("https://connect.example.com/"))
    );
    update(service, UpdateSession::reset_hosted, json!({"hooks": null, "workbench": null})).await?;
    let saved = HostedSettings::new().saved_config("sc_1");
    a_session(service).await?.update().hosted(saved).await?;
    assert_eq!(service.last(PATCH).body["experimental"]["session_config_id"], "sc_1");
    Ok(())
}

async fn the_expected_version_goes_along(service: &Service) -> Result<()> {
    update(service, |change| change.expected_version(7).toolkits(["github"]), json!({"expected_config_version": 7}))
        .await?;
    update(service, |change| change.if_unchanged().toolkits(["github"]), json!({"toolkits": {"enable": ["github"]}}))
        .await?;
    assert!(service.last(PATCH).body["expected_config_version"].is_u64());
    Ok(())
}
