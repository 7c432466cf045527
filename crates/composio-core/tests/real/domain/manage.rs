//! What belongs to the project: auth configs, accounts of all users, the catalogue.

use composio_core::{
    AccessList, AuthConfigUpdate, ConnectionStatus, Result, Sharing, SharingFilter, SharingUpdate, ToolFilter, ToolSlug,
};
use serde_json::json;

use crate::case::cases;
use crate::service::Service;

cases! {
    a_managed_auth_config_is_made
    an_auth_config_of_ones_own_is_made
    an_auth_config_for_keys_is_made
    auth_configs_are_listed
    an_auth_config_is_changed
    an_auth_config_is_disabled
    an_auth_config_is_deleted
    accounts_are_listed_by_every_filter
    an_account_is_made_of_fields
    an_account_is_renamed
    an_account_is_disabled_and_enabled
    an_account_is_revoked
    an_account_is_shared_with_others
    an_account_is_deleted
    toolkits_are_read
    tools_are_read
}

const CREATE: &str = "auth_configs_create";

fn tool(slug: &str) -> ToolSlug {
    ToolSlug::new(slug).unwrap()
}

async fn a_managed_auth_config_is_made(service: &Service) -> Result<()> {
    let tools = ToolFilter::Only(vec![tool("GMAIL_SEND_EMAIL")]);
    let making = service.composio().auth_configs().create("gmail").name("Mail").scopes(["a"]).tools(tools);
    making.enabled_for_sessions(true).await?;
    let expected = json!({
        "type": "use_composio_managed_auth",
        "name": "Mail",
        "credentials": {"scopes": ["a"]},
        "is_enabled_for_tool_router": true,
        "restrict_to_following_tools": ["GMAIL_SEND_EMAIL"],
    });
    service.holds(CREATE, &json!({"toolkit": {"slug": "gmail"}, "auth_config": expected}));
    Ok(())
}

async fn an_auth_config_of_ones_own_is_made(service: &Service) -> Result<()> {
    let making =
        service.composio().auth_configs().create("gmail").oauth_app("id", "a-client-secret").scopes(["a", "b"]);
    making.enabled_for_sessions(false).await?;
    let expected = json!({
        "type": "use_custom_auth",
        "authScheme": "OAUTH2",
        "credentials": {"client_id": "id", "client_secret": "a-client-secret", "scopes": ["a", "b"]},
        "is_enabled_for_tool_router": false,
    });
    service.holds(CREATE, &json!({"auth_config": expected}));
    Ok(())
}

async fn an_auth_config_for_keys_is_made(service: &Service) -> Result<()> {
    service.composio().auth_configs().create("exa").api_key().await?;
    let body = service.last(CREATE).body;
    assert_eq!((&body["auth_config"]["authScheme"], &body["toolkit"]["slug"]), (&json!("API_KEY"), &json!("exa")));
    Ok(())
}

async fn auth_configs_are_listed(service: &Service) -> Result<()> {
    service.composio().auth_configs().list().toolkit("gmail").show_disabled().limit(5).cursor("c").await?;
    let names = ["toolkit_slug=gmail", "show_disabled=true", "limit=5", "cursor=c"];
    service.asked("auth_configs_list", "/auth_configs", &names);
    Ok(())
}

async fn an_auth_config_is_changed(service: &Service) -> Result<()> {
    let tools = ToolFilter::Only(vec![tool("GMAIL_SEND_EMAIL")]);
    let change = AuthConfigUpdate::new().name("Mail").enabled_for_sessions(false).scopes(["a"]).tools(tools);
    service.composio().auth_configs().update("ac_1", change).await?;
    let expected = json!({
        "name": "Mail",
        "is_enabled_for_tool_router": false,
        "tool_access_config": {"tools_available_for_execution": ["GMAIL_SEND_EMAIL"]},
    });
    service.holds("auth_configs_update", &expected);
    Ok(())
}

async fn an_auth_config_is_disabled(service: &Service) -> Result<()> {
    service.composio().auth_configs().update("ac_1", AuthConfigUpdate::new().enabled(false)).await?;
    let exchange = service.last("auth_configs_update_status");
    assert!(exchange.target.ends_with("/auth_configs/ac_1/DISABLED"), "{}", exchange.target);
    Ok(())
}

async fn an_auth_config_is_deleted(service: &Service) -> Result<()> {
    service.composio().auth_configs().delete("ac_1").await?;
    service.last("auth_configs_delete");
    Ok(())
}

async fn accounts_are_listed_by_every_filter(service: &Service) -> Result<()> {
    let list = service.composio().connected_accounts().list().user("user_123").toolkit("gmail");
    let list = list.status(ConnectionStatus::Active).status(ConnectionStatus::Expired).sharing(SharingFilter::All);
    list.limit(5).cursor("c").await?;
    let names = [
        "user_ids=user_123",
        "toolkit_slugs=gmail",
        "statuses=ACTIVE%2CEXPIRED",
        "account_type=ALL",
        "order_by=created_at",
        "order_direction=desc",
        "limit=5",
        "cursor=c",
    ];
    service.asked("connected_accounts_list", "/connected_accounts", &names);
    Ok(())
}

async fn an_account_is_made_of_fields(service: &Service) -> Result<()> {
    let list = AccessList { allow_all: false, allowed: vec!["user_2".into()], denied: Vec::new() };
    service.answer_with("/auth_scheme", "API_KEY");
    let making = service.composio().connected_accounts().create("user_123", "ac_1").field("generic_api_key", "k-1234");
    making.alias("work").sharing(Sharing::Shared(list)).await?;
    let body = service.last("connected_accounts_create").body;
    let connection = &body["connection"];
    assert_eq!(connection["state"]["val"]["generic_api_key"], "k-1234");
    assert_eq!((&connection["alias"], &connection["user_id"]), (&json!("work"), &json!("user_123")));
    assert_eq!(connection["experimental"]["acl_config_for_shared"]["allowed_user_ids"], json!(["user_2"]));
    Ok(())
}

const PATCH: &str = "connected_accounts_patch";

async fn an_account_is_renamed(service: &Service) -> Result<()> {
    let accounts = service.composio().connected_accounts();
    accounts.rename("ca_1", "work").await?;
    service.holds(PATCH, &json!({"alias": "work"}));
    accounts.rename("ca_1", "").await?;
    service.holds(PATCH, &json!({"alias": ""}));
    Ok(())
}

async fn an_account_is_disabled_and_enabled(service: &Service) -> Result<()> {
    let accounts = service.composio().connected_accounts();
    accounts.disable("ca_1").await?;
    service.holds("connected_accounts_update_status", &json!({"enabled": false}));
    accounts.enable("ca_1").await?;
    service.holds("connected_accounts_update_status", &json!({"enabled": true}));
    Ok(())
}

async fn an_account_is_revoked(service: &Service) -> Result<()> {
    service.composio().connected_accounts().revoke("ca_1").await?;
    service.last("connected_accounts_revoke");
    Ok(())
}

async fn an_account_is_shared_with_others(service: &Service) -> Result<()> {
    let accounts = service.composio().connected_accounts();
    let shared = accounts.get("ca_1").await?.sharing.is_shared();
    let mut change = SharingUpdate::new();
    change.shared = Some(shared);
    change.allowed = Some(vec!["user_2".into()]);
    change.denied = Some(vec!["user_3".into()]);
    let changed = accounts.share("ca_1", change).await;
    assert_eq!(changed.is_ok(), shared, "the service shares only what was made to be shared: {changed:?}");
    Ok(())
}

async fn an_account_is_deleted(service: &Service) -> Result<()> {
    service.composio().connected_accounts().delete("ca_1").await?;
    service.last("connected_accounts_delete");
    Ok(())
}

async fn toolkits_are_read(service: &Service) -> Result<()> {
    let toolkits = service.composio().toolkits();
    toolkits.list().search("mail").category("email").limit(5).cursor("c").await?;
    service.asked("toolkits_list", "/toolkits", &["search=mail", "category=email", "limit=5", "cursor=c"]);
    toolkits.get("gmail").await?;
    service.last("toolkits_retrieve");
    Ok(())
}

async fn tools_are_read(service: &Service) -> Result<()> {
    let tools = service.composio().tools();
    tools.list().toolkits(["gmail"]).slugs(["GMAIL_SEND_EMAIL"]).search("mail").limit(5).cursor("c").await?;
    let names = ["toolkit_slug=gmail", "tool_slugs=GMAIL_SEND_EMAIL", "query=mail", "limit=5", "cursor=c"];
    service.asked("tools_list", "/tools", &names);
    tools.get("GMAIL_SEND_EMAIL").await?;
    service.last("tools_retrieve");
    Ok(())
}
