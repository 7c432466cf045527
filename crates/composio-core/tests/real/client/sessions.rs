//! What is read of sessions, links, and their end.

use composio_core::wire::{PageQuery, SessionToolkitsQuery};
use composio_core::{Result, SessionId};
use serde_json::{Value, json};

use super::{session, typed};
use crate::case::cases;
use crate::service::Service;

cases! {
    a_session_is_read
    a_session_is_deleted
    an_id_is_one_segment_whatever_it_holds
    earlier_versions_are_listed
    tools_are_listed
    toolkits_are_listed
    a_link_is_made_for_a_toolkit
    a_link_is_made_with_everything
    a_shared_link_says_who_may_use_it
}

const SESSION: &str = "/tool_router/session/trs_1";

async fn a_session_is_read(service: &Service) -> Result<()> {
    let read = service.client().retrieve_session(&session()).await?;
    service.sent("tool_router_session_retrieve", SESSION, &Value::Null);
    assert!(!read.session_id.is_empty());
    Ok(())
}

async fn a_session_is_deleted(service: &Service) -> Result<()> {
    service.client().delete_session(&session()).await?;
    service.sent("tool_router_session_delete", SESSION, &Value::Null);
    Ok(())
}

async fn an_id_is_one_segment_whatever_it_holds(service: &Service) -> Result<()> {
    service.client().retrieve_session(&SessionId::new("a/../b?c#d ü%2f")).await?;
    let path = "/tool_router/session/a%2F..%2Fb%3Fc%23d%20%C3%BC%252f";
    service.sent("tool_router_session_retrieve", path, &Value::Null);
    Ok(())
}

async fn earlier_versions_are_listed(service: &Service) -> Result<()> {
    service.client().session_history(&session(), &PageQuery::new().limit(100).cursor("a b")).await?;
    let target = format!("{SESSION}/config_history?limit=100&cursor=a%20b");
    service.sent("tool_router_session_config_history", &target, &Value::Null);
    Ok(())
}

async fn tools_are_listed(service: &Service) -> Result<()> {
    service.client().session_tools(&session(), &PageQuery::new().limit(500).cursor("c")).await?;
    service.sent("tool_router_session_tools", &format!("{SESSION}/tools?limit=500&cursor=c"), &Value::Null);
    Ok(())
}

async fn toolkits_are_listed(service: &Service) -> Result<()> {
    let mut query = SessionToolkitsQuery::default();
    query.toolkits = vec!["gmail".into(), "github".into()];
    query.is_connected = Some(true);
    query.search = Some("mail & more".into());
    query.page = PageQuery::new().limit(50).cursor("c");
    service.client().session_toolkits(&session(), &query).await?;
    let names = ["toolkits=gmail%2Cgithub", "is_connected=true", "search=mail%20%26%20more", "limit=50", "cursor=c"];
    service.asked("tool_router_session_toolkits", &format!("{SESSION}/toolkits"), &names);
    Ok(())
}

async fn link(service: &Service, body: Value) -> Result<()> {
    service.client().link(&session(), &typed(&body)).await?;
    service.sent("tool_router_session_link", &format!("{SESSION}/link"), &body);
    Ok(())
}

async fn a_link_is_made_for_a_toolkit(service: &Service) -> Result<()> {
    link(service, json!({"toolkit": "gmail"})).await
}

async fn a_link_is_made_with_everything(service: &Service) -> Result<()> {
    let private = json!({"account_type": "PRIVATE"});
    let body =
        json!({"toolkit": "gmail", "alias": "work", "callback_url": "https://a.example/", "experimental": private});
    link(service, body).await
}

async fn a_shared_link_says_who_may_use_it(service: &Service) -> Result<()> {
    let list = json!({"allow_all_users": false, "allowed_user_ids": ["user_2"], "not_allowed_user_ids": ["user_3"]});
    let shared = json!({"account_type": "SHARED", "acl_config_for_shared": list});
    link(service, json!({"toolkit": "gmail", "experimental": shared})).await
}
