//! Connected accounts, in each variant.

use composio_core::wire::{AccountOrder, AccountTypeFilter, ConnectedAccountQuery, OrderDirection, PageQuery};
use composio_core::{ConnectionStatus, Result};
use serde_json::{Value, json};

use super::typed;
use crate::case::cases;
use crate::service::Service;

cases! {
    they_are_listed_by_every_filter
    one_is_read
    one_is_made_with_an_auth_config_alone
    one_is_made_with_everything
    each_scheme_makes_one
    each_status_makes_one
    a_link_is_made
    a_link_is_made_with_everything
    one_gets_another_alias
    one_gets_another_credential
    a_shared_one_gets_another_list
    one_is_enabled_and_disabled
    one_is_refreshed
    one_is_revoked
    a_connection_is_completed
    one_is_deleted
}

async fn they_are_listed_by_every_filter(service: &Service) -> Result<()> {
    let mut query = ConnectedAccountQuery::default();
    query.toolkit_slugs = vec!["gmail".into(), "github".into()];
    query.statuses = [
        ConnectionStatus::Initializing,
        ConnectionStatus::Initiated,
        ConnectionStatus::Active,
        ConnectionStatus::Failed,
        ConnectionStatus::Expired,
        ConnectionStatus::Inactive,
        ConnectionStatus::Revoked,
    ]
    .map(Into::into)
    .into();
    query.user_ids = vec!["user_123".into(), "ü".into()];
    query.auth_config_ids = vec!["ac_1".into()];
    query.connected_account_ids = vec!["ca_1".into(), "ca_2".into()];
    query.order_by = Some(AccountOrder::CreatedAt);
    query.order_direction = Some(OrderDirection::Ascending);
    query.account_type = Some(AccountTypeFilter::Private);
    query.page = PageQuery::new().limit(5).cursor("c");
    service.client().list_connected_accounts(&query).await?;
    let names = [
        "toolkit_slugs=gmail%2Cgithub",
        "statuses=INITIALIZING%2CINITIATED%2CACTIVE%2CFAILED%2CEXPIRED%2CINACTIVE%2CREVOKED",
        "user_ids=user_123%2C%C3%BC",
        "auth_config_ids=ac_1",
        "connected_account_ids=ca_1%2Cca_2",
        "order_by=created_at",
        "order_direction=asc",
        "account_type=PRIVATE",
        "limit=5",
        "cursor=c",
    ];
    service.asked("connected_accounts_list", "/connected_accounts", &names);
    for (order, direction, kind) in [
        (AccountOrder::UpdatedAt, OrderDirection::Descending, AccountTypeFilter::Shared),
        (AccountOrder::UpdatedAt, OrderDirection::Descending, AccountTypeFilter::All),
    ] {
        let mut query = ConnectedAccountQuery::default();
        (query.order_by, query.order_direction, query.account_type) = (Some(order), Some(direction), Some(kind));
        service.client().list_connected_accounts(&query).await?;
    }
    Ok(())
}

async fn one_is_read(service: &Service) -> Result<()> {
    service.client().connected_account("ca_1").await?;
    service.sent("connected_accounts_retrieve", "/connected_accounts/ca_1", &Value::Null);
    Ok(())
}

async fn create(service: &Service, connection: Value) -> Result<()> {
    let body = json!({"auth_config": {"id": "ac_1"}, "connection": connection});
    service.client().create_connected_account(&typed(&body)).await?;
    service.sent("connected_accounts_create", "/connected_accounts", &body);
    Ok(())
}

async fn one_is_made_with_an_auth_config_alone(service: &Service) -> Result<()> {
    create(service, json!({})).await
}

/// Who may use a shared account.
fn sharing() -> Value {
    let list = json!({"allow_all_users": true, "allowed_user_ids": ["user_2"], "not_allowed_user_ids": ["user_3"]});
    json!({"account_type": "SHARED", "acl_config_for_shared": list})
}

async fn one_is_made_with_everything(service: &Service) -> Result<()> {
    let connection = json!({
        "state": {"authScheme": "API_KEY", "val": {"status": "ACTIVE", "generic_api_key": "key", "your-domain": "acme"}},
        "data": {"anything": {"at": ["all"]}},
        "user_id": "user_123",
        "alias": "work",
        "callback_url": "https://app.example.com/done",
        "redirect_uri": "https://app.example.com/done",
        "deprecated_is_v1_rerouted": true,
        "experimental": sharing(),
    });
    create(service, connection).await
}

async fn each_scheme_makes_one(service: &Service) -> Result<()> {
    for scheme in [
        "OAUTH1",
        "OAUTH2",
        "API_KEY",
        "BASIC",
        "BEARER_TOKEN",
        "GOOGLE_SERVICE_ACCOUNT",
        "NO_AUTH",
        "CALCOM_AUTH",
        "BILLCOM_AUTH",
        "BASIC_WITH_JWT",
        "SERVICE_ACCOUNT",
        "SAML",
        "DCR_OAUTH",
        "CIMD_OAUTH",
        "S2S_OAUTH2",
    ] {
        create(service, json!({"state": {"authScheme": scheme, "val": {}}})).await?;
    }
    Ok(())
}

async fn each_status_makes_one(service: &Service) -> Result<()> {
    for status in ["INITIALIZING", "INITIATED", "ACTIVE", "FAILED", "EXPIRED", "INACTIVE", "REVOKED"] {
        create(service, json!({"state": {"authScheme": "API_KEY", "val": {"status": status}}})).await?;
    }
    Ok(())
}

async fn link(service: &Service, more: Value) -> Result<()> {
    let mut body = json!({"auth_config_id": "ac_1", "user_id": "user_123"});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    service.client().link_connected_account(&typed(&body)).await?;
    service.sent("link_create", "/connected_accounts/link", &body);
    Ok(())
}

async fn a_link_is_made(service: &Service) -> Result<()> {
    link(service, json!({})).await
}

async fn a_link_is_made_with_everything(service: &Service) -> Result<()> {
    let more = json!({
        "alias": "work",
        "callback_url": "https://app.example.com/done",
        "connection_data": {"subdomain": "acme", "expires_in": 60},
        "experimental": sharing(),
    });
    link(service, more).await?;
    link(service, json!({"experimental": {"account_type": "PRIVATE"}})).await
}

async fn patch(service: &Service, body: Value) -> Result<()> {
    service.client().update_connected_account("ca_1", &typed(&body)).await?;
    service.sent("connected_accounts_patch", "/connected_accounts/ca_1", &body);
    Ok(())
}

async fn one_gets_another_alias(service: &Service) -> Result<()> {
    patch(service, json!({"alias": "work"})).await?;
    patch(service, json!({"alias": ""})).await
}

async fn one_gets_another_credential(service: &Service) -> Result<()> {
    for scheme in ["BEARER_TOKEN", "API_KEY", "BASIC", "BASIC_WITH_JWT", "GOOGLE_SERVICE_ACCOUNT", "SERVICE_ACCOUNT"] {
        let val = json!({"generic_api_key": "key", "user_agent": null});
        patch(service, json!({"connection": {"state": {"authScheme": scheme, "val": val}}})).await?;
    }
    Ok(())
}

async fn a_shared_one_gets_another_list(service: &Service) -> Result<()> {
    patch(service, json!({"experimental": {"acl_config_for_shared": sharing()["acl_config_for_shared"]}})).await?;
    patch(service, json!({"experimental": {"acl_config_for_shared": {"allowed_user_ids": []}}})).await
}

async fn one_is_enabled_and_disabled(service: &Service) -> Result<()> {
    for enabled in [true, false] {
        service.client().set_connected_account_enabled("ca_1", enabled).await?;
        let body = json!({"enabled": enabled});
        service.sent("connected_accounts_update_status", "/connected_accounts/ca_1/status", &body);
    }
    Ok(())
}

async fn one_is_refreshed(service: &Service) -> Result<()> {
    let target = "/connected_accounts/ca_1/refresh";
    let to = format!("{target}?redirect_url=https%3A%2F%2Fapp.example.com%2Fdone");
    for (body, target) in [(json!({}), target), (json!({"redirect_url": "https://app.example.com/done"}), &*to)] {
        service.client().refresh_connected_account("ca_1", &typed(&body)).await?;
        service.sent("connected_accounts_refresh", target, &body);
    }
    Ok(())
}

async fn one_is_revoked(service: &Service) -> Result<()> {
    service.client().revoke_connected_account("ca_1").await?;
    service.sent("connected_accounts_revoke", "/connected_accounts/ca_1/revoke", &Value::Null);
    Ok(())
}

async fn a_connection_is_completed(service: &Service) -> Result<()> {
    let body = json!({"session_uri": "urn:session:1", "user_id": "user_123"});
    service.client().complete_auth(&typed(&body)).await?;
    service.sent("connected_accounts_complete_auth", "/connected_accounts/complete_auth", &body);
    Ok(())
}

async fn one_is_deleted(service: &Service) -> Result<()> {
    service.client().delete_connected_account("ca_1", None).await?;
    service.sent("connected_accounts_delete", "/connected_accounts/ca_1", &Value::Null);
    service.client().delete_connected_account("ca_1", Some(false)).await?;
    service.asked("connected_accounts_delete", "/connected_accounts/ca_1", &["revoke_on_delete=false"]);
    Ok(())
}
