//! Auth configs, in each variant.

use composio_core::Result;
use composio_core::wire::{AuthConfigQuery, PageQuery};
use serde_json::{Value, json};

use super::typed;
use crate::case::cases;
use crate::service::Service;

cases! {
    they_are_listed_by_every_filter
    one_is_read
    a_managed_one_is_made
    a_toolkit_alone_makes_one
    one_of_the_projects_own_is_made
    each_scheme_makes_one
    a_managed_one_is_changed
    one_of_the_projects_own_is_changed
    a_proxy_is_taken_away
    scopes_are_a_list_or_a_text
    one_is_enabled_and_disabled
    one_is_deleted
}

async fn they_are_listed_by_every_filter(service: &Service) -> Result<()> {
    let mut query = AuthConfigQuery::default();
    query.is_composio_managed = Some(true);
    query.toolkit_slugs = vec!["gmail".into(), "github".into()];
    query.show_disabled = Some(true);
    query.search = Some("a&b".into());
    query.page = PageQuery::new().limit(5).cursor("c=");
    query.deprecated_app_id = Some("app_1".into());
    query.deprecated_status = Some("ENABLED".into());
    service.client().list_auth_configs(&query).await?;
    let names = [
        "is_composio_managed=true",
        "toolkit_slug=gmail%2Cgithub",
        "deprecated_app_id=app_1",
        "deprecated_status=ENABLED",
        "show_disabled=true",
        "search=a%26b",
        "limit=5",
        "cursor=c%3D",
    ];
    service.asked("auth_configs_list", "/auth_configs", &names);
    service.client().list_auth_configs(&AuthConfigQuery::default()).await?;
    service.asked("auth_configs_list", "/auth_configs", &[]);
    Ok(())
}

async fn one_is_read(service: &Service) -> Result<()> {
    service.client().auth_config("ac_1").await?;
    service.sent("auth_configs_retrieve", "/auth_configs/ac_1", &Value::Null);
    Ok(())
}

async fn create(service: &Service, auth_config: Value) -> Result<()> {
    let body = json!({"toolkit": {"slug": "gmail"}, "auth_config": auth_config});
    service.client().create_auth_config(&typed(&body)).await?;
    service.sent("auth_configs_create", "/auth_configs", &body);
    Ok(())
}

/// What both kinds may have.
fn common(kind: &str) -> Value {
    json!({
        "type": kind,
        "name": "Mail",
        "credentials": {"scopes": ["a", "b"], "user_scopes": "a,b"},
        "restrict_to_following_tools": ["GMAIL_SEND_EMAIL"],
        "tool_access_config": {"tools_for_connected_account_creation": ["GMAIL_SEND_EMAIL"]},
        "shared_credentials": {"subdomain": "acme"},
        "shared_connection_fields": {"region": "eu", "retries": 3},
        "is_enabled_for_tool_router": true,
    })
}

fn with(mut one: Value, more: &Value) -> Value {
    one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    one
}

async fn a_managed_one_is_made(service: &Service) -> Result<()> {
    create(service, json!({"type": "use_composio_managed_auth"})).await?;
    create(service, common("use_composio_managed_auth")).await
}

async fn a_toolkit_alone_makes_one(service: &Service) -> Result<()> {
    let body = json!({"toolkit": {"slug": "gmail"}});
    service.client().create_auth_config(&typed(&body)).await?;
    service.sent("auth_configs_create", "/auth_configs", &body);
    Ok(())
}

async fn one_of_the_projects_own_is_made(service: &Service) -> Result<()> {
    let more = json!({
        "authScheme": "OAUTH2",
        "credentials": {"client_id": "id", "client_secret": "secret", "scopes": "a b"},
        "sealed_credentials": {"client_secret": "sealed"},
        "proxy_config": {"proxy_url": "https://proxy.example.com", "proxy_auth_key": "key"},
    });
    create(service, with(common("use_custom_auth"), &more)).await
}

async fn each_scheme_makes_one(service: &Service) -> Result<()> {
    for scheme in [
        "OAUTH2",
        "OAUTH1",
        "API_KEY",
        "BASIC",
        "BILLCOM_AUTH",
        "BEARER_TOKEN",
        "GOOGLE_SERVICE_ACCOUNT",
        "NO_AUTH",
        "BASIC_WITH_JWT",
        "CALCOM_AUTH",
        "SERVICE_ACCOUNT",
        "SAML",
        "DCR_OAUTH",
        "CIMD_OAUTH",
        "S2S_OAUTH2",
    ] {
        create(service, json!({"type": "use_custom_auth", "authScheme": scheme})).await?;
    }
    Ok(())
}

async fn update(service: &Service, body: Value) -> Result<()> {
    service.client().update_auth_config("ac_1", &typed(&body)).await?;
    service.sent("auth_configs_update", "/auth_configs/ac_1", &body);
    Ok(())
}

/// What may change of both kinds.
fn changes(kind: &str) -> Value {
    let access = json!({
        "tools_for_connected_account_creation": ["GMAIL_SEND_EMAIL"],
        "tools_available_for_execution": ["GMAIL_SEND_EMAIL"],
    });
    json!({
        "type": kind,
        "name": "Mail",
        "restrict_to_following_tools": [],
        "tool_access_config": access,
        "shared_credentials": {"subdomain": "acme"},
        "shared_connection_fields": {"region": "eu"},
        "is_enabled_for_tool_router": false,
    })
}

async fn a_managed_one_is_changed(service: &Service) -> Result<()> {
    update(service, with(changes("default"), &json!({"scopes": ["a"], "user_scopes": "a,b"}))).await
}

async fn one_of_the_projects_own_is_changed(service: &Service) -> Result<()> {
    let more = json!({
        "credentials": {"scopes": ["a"], "user_scopes": ["b"]},
        "sealed_credentials": {"client_secret": "sealed"},
        "proxy_config": {"proxy_url": "https://proxy.example.com", "proxy_auth_key": "key"},
    });
    update(service, with(changes("custom"), &more)).await
}

async fn a_proxy_is_taken_away(service: &Service) -> Result<()> {
    update(service, json!({"type": "custom", "proxy_config": null})).await
}

async fn scopes_are_a_list_or_a_text(service: &Service) -> Result<()> {
    for scopes in [json!("a,b"), json!(["a", "b"])] {
        update(service, json!({"type": "default", "scopes": scopes, "user_scopes": scopes})).await?;
        update(service, json!({"type": "custom", "credentials": {"scopes": scopes, "user_scopes": scopes}})).await?;
    }
    Ok(())
}

async fn one_is_enabled_and_disabled(service: &Service) -> Result<()> {
    for (enabled, status) in [(true, "ENABLED"), (false, "DISABLED")] {
        service.client().set_auth_config_enabled("ac_1", enabled).await?;
        service.sent("auth_configs_update_status", &format!("/auth_configs/ac_1/{status}"), &Value::Null);
    }
    Ok(())
}

async fn one_is_deleted(service: &Service) -> Result<()> {
    service.client().delete_auth_config("ac_1", None).await?;
    service.sent("auth_configs_delete", "/auth_configs/ac_1", &Value::Null);
    service.client().delete_auth_config("ac_1", Some(true)).await?;
    service.asked("auth_configs_delete", "/auth_configs/ac_1", &["revoke_on_delete=true"]);
    Ok(())
}
