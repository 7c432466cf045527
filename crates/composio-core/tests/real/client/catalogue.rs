//! Toolkits, tools outside sessions, and saved session configs.

use composio_core::Result;
use composio_core::wire::{
    ManagedBy, PageQuery, SavedConfigQuery, ToolQuery, ToolVersionQuery, ToolkitKindFilter, ToolkitOrder, ToolkitQuery,
    ToolkitVersions,
};
use serde_json::{Value, json};

use super::{run, typed};
use crate::case::cases;
use crate::service::Service;

cases! {
    toolkits_are_listed_by_every_filter
    a_toolkit_is_read_at_a_version
    categories_are_listed
    several_toolkits_are_read_at_once
    what_changed_in_toolkits_is_listed
    tools_are_listed_by_every_filter
    a_tool_is_read_at_a_version
    every_slug_is_listed
    a_tool_is_executed_without_a_session
    parameters_replace_an_account
    a_request_is_sent_for_an_account
    arguments_are_made_of_text
    scopes_are_asked_for
    saved_configs_are_listed
    a_saved_config_is_read
}

async fn toolkits_are_listed_by_every_filter(service: &Service) -> Result<()> {
    let mut query = ToolkitQuery::default();
    query.category = Some("email & chat".into());
    query.managed_by = Some(ManagedBy::Composio);
    query.kind = Some(ToolkitKindFilter::Native);
    query.sort_by = Some(ToolkitOrder::Usage);
    query.include_deprecated = Some(true);
    query.search = Some("mail".into());
    query.user_id = Some("user_123".into());
    query.page = PageQuery::new().limit(5).cursor("c");
    service.client().list_toolkits(&query).await?;
    let names = [
        "category=email%20%26%20chat",
        "managed_by=composio",
        "type=native",
        "sort_by=usage",
        "include_deprecated=true",
        "search=mail",
        "user_id=user_123",
        "limit=5",
        "cursor=c",
    ];
    service.asked("toolkits_list", "/toolkits", &names);
    for (managed, kind) in [(ManagedBy::All, ToolkitKindFilter::Custom), (ManagedBy::Project, ToolkitKindFilter::All)] {
        let mut query = ToolkitQuery::default();
        (query.managed_by, query.kind) = (Some(managed), Some(kind));
        query.sort_by = Some(ToolkitOrder::Alphabetically);
        service.client().list_toolkits(&query).await?;
    }
    Ok(())
}

async fn a_toolkit_is_read_at_a_version(service: &Service) -> Result<()> {
    service.client().toolkit("gmail", None).await?;
    service.sent("toolkits_retrieve", "/toolkits/gmail", &Value::Null);
    service.client().toolkit("gmail", Some("20251001_00")).await?;
    service.asked("toolkits_retrieve", "/toolkits/gmail", &["version=20251001_00"]);
    Ok(())
}

async fn categories_are_listed(service: &Service) -> Result<()> {
    service.client().toolkit_categories().await?;
    service.sent("toolkits_retrieve_categories", "/toolkits/categories", &Value::Null);
    Ok(())
}

async fn several_toolkits_are_read_at_once(service: &Service) -> Result<()> {
    for (managed, order) in [("composio", "usage"), ("all", "alphabetically"), ("project", "usage")] {
        let body = json!({
            "toolkits": ["gmail", "github"],
            "category": "email",
            "managed_by": managed,
            "sort_by": order,
            "limit": 5,
            "cursor": "c",
        });
        service.client().toolkits_by_slug(&typed(&body)).await?;
        service.sent("toolkits_retrieve_multi", "/toolkits/multi", &body);
    }
    Ok(())
}

async fn what_changed_in_toolkits_is_listed(service: &Service) -> Result<()> {
    service.client().toolkit_changelog().await?;
    service.sent("toolkits_retrieve_changelog", "/toolkits/changelog", &Value::Null);
    Ok(())
}

fn versions() -> ToolkitVersions {
    ToolkitVersions::Each([("gmail".to_owned(), "20251001_00".to_owned())].into_iter().collect())
}

async fn tools_are_listed_by_every_filter(service: &Service) -> Result<()> {
    let mut query = ToolQuery::default();
    query.toolkit_slugs = vec!["gmail".into(), "github".into()];
    query.tool_slugs = vec!["GMAIL_SEND_EMAIL".into(), "GITHUB_GET_AN_ISSUE".into()];
    query.auth_config_ids = vec!["ac_1".into(), "ac_2".into()];
    query.important = Some(true);
    query.tags = vec!["readOnlyHint".into(), "Mail".into()];
    query.scopes = vec!["a".into()];
    query.query = Some("send an email".into());
    query.search = Some("email".into());
    query.include_deprecated = Some(false);
    query.include_pricing = Some(true);
    query.toolkit_versions = Some(ToolkitVersions::All("latest".into()));
    query.page = PageQuery::new().limit(5).cursor("c");
    service.client().list_tools(&query).await?;
    let names = [
        "toolkit_slug=gmail%2Cgithub",
        "tool_slugs=GMAIL_SEND_EMAIL%2CGITHUB_GET_AN_ISSUE",
        "auth_config_ids=ac_1%2Cac_2",
        "important=true",
        "tags=readOnlyHint%2CMail",
        "scopes=a",
        "query=send%20an%20email",
        "search=email",
        "include_deprecated=false",
        "include_pricing=true",
        "toolkit_versions=latest",
        "limit=5",
        "cursor=c",
    ];
    service.asked("tools_list", "/tools", &names);
    let mut query = ToolQuery::default();
    query.toolkit_versions = Some(versions());
    service.client().list_tools(&query).await?;
    Ok(())
}

async fn a_tool_is_read_at_a_version(service: &Service) -> Result<()> {
    let path = "/tools/GMAIL_SEND_EMAIL";
    service.client().tool("GMAIL_SEND_EMAIL", &ToolVersionQuery::default()).await?;
    service.sent("tools_retrieve", path, &Value::Null);
    let mut query = ToolVersionQuery::default();
    query.include_pricing = Some(true);
    query.version = Some("20251001_00".into());
    query.toolkit_versions = Some(ToolkitVersions::All("latest".into()));
    service.client().tool("GMAIL_SEND_EMAIL", &query).await?;
    service.asked("tools_retrieve", path, &["include_pricing=true", "version=20251001_00", "toolkit_versions=latest"]);
    Ok(())
}

async fn every_slug_is_listed(service: &Service) -> Result<()> {
    service.client().tool_slugs().await?;
    service.sent("tools_retrieve_enum", "/tools/enum", &Value::Null);
    Ok(())
}

async fn execute(service: &Service, body: Value) -> Result<()> {
    service.client().execute_tool("GMAIL_SEND_EMAIL", &typed(&body)).await?;
    service.sent("tools_execute", "/tools/execute/GMAIL_SEND_EMAIL", &body);
    Ok(())
}

async fn a_tool_is_executed_without_a_session(service: &Service) -> Result<()> {
    let body = json!({
        "connected_account_id": "ca_1",
        "user_id": "user_123",
        "entity_id": "user_123",
        "version": "20251001_00",
        "arguments": {"to": "x@example.com"},
        "allow_tracing": false,
    });
    execute(service, body).await?;
    execute(service, json!({"text": "write to x@example.com", "connected_account_id": "instant_account"})).await
}

async fn parameters_replace_an_account(service: &Service) -> Result<()> {
    let parameters = json!([{"name": "X-Key", "in": "header", "value": 1}, {"name": "key", "in": "query", "value": 2}]);
    let custom = json!({"base_url": "https://api.example.com", "parameters": parameters, "body": {"a": ["b"]}});
    execute(service, json!({"custom_auth_params": custom})).await?;
    execute(service, json!({"custom_connection_data": run::connection()})).await
}

async fn a_request_is_sent_for_an_account(service: &Service) -> Result<()> {
    let parameters =
        json!([{"name": "A", "value": "1", "type": "header"}, {"name": "b", "value": "2", "type": "query"}]);
    for (method, more) in [
        ("POST", json!({"body": {"a": 1}, "connected_account_id": "ca_1", "user_id": "user_123"})),
        ("PUT", json!({"binary_body": {"url": "https://files.example.com/a", "content_type": "image/png"}})),
        ("PATCH", json!({"binary_body": {"base64": "AAEC", "content_type": "image/png"}})),
        ("GET", json!({"parameters": parameters})),
        ("DELETE", json!({"custom_connection_data": run::connection()})),
        ("HEAD", json!({})),
    ] {
        let mut body = json!({"endpoint": "/a", "method": method});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        service.client().proxy_tool(&typed(&body)).await?;
        service.sent("tools_proxy", "/tools/execute/proxy", &body);
    }
    Ok(())
}

async fn arguments_are_made_of_text(service: &Service) -> Result<()> {
    let body = json!({
        "text": "write to x@example.com",
        "custom_description": "Writes",
        "system_prompt": "Be brief",
        "version": "latest",
    });
    service.client().generate_tool_input("GMAIL_SEND_EMAIL", &typed(&body)).await?;
    service.sent("tools_get_input", "/tools/execute/GMAIL_SEND_EMAIL/input", &body);
    Ok(())
}

async fn scopes_are_asked_for(service: &Service) -> Result<()> {
    let body = json!({"tools": ["GMAIL_SEND_EMAIL"], "version": "latest"});
    service.client().required_scopes(&typed(&body)).await?;
    service.sent("tools_retrieve_required_scopes", "/tools/scopes/required", &body);
    Ok(())
}

async fn saved_configs_are_listed(service: &Service) -> Result<()> {
    let mut query = SavedConfigQuery::default();
    query.search = Some("mail".into());
    query.archived = Some(true);
    query.page = PageQuery::new().limit(100).cursor("c");
    service.client().list_saved_configs(&query).await?;
    let names = ["search=mail", "archived=true", "limit=100", "cursor=c"];
    service.asked("session_configs_list", "/session_configs", &names);
    Ok(())
}

async fn a_saved_config_is_read(service: &Service) -> Result<()> {
    service.client().saved_config("sc_1").await?;
    service.sent("session_configs_retrieve", "/session_configs/sc_1", &Value::Null);
    Ok(())
}
