//! Nothing of one project shows in another.

use composio_core::{AuthConfigUpdate, Composio, ErrorKind};

use super::stage::{Stage, T, refused};
use crate::harness::{Harness, USER};

/// A session's id is worth nothing in another project.
pub async fn projects_do_not_share_sessions(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let other = Composio::with_backend(harness.other_project());
    refused(other.session(session.id()).await, ErrorKind::NotFound);
    refused(harness.other_project().delete_session(session.id()).await, ErrorKind::NotFound);
    assert_eq!(session.id(), Stage::new(harness).composio.session(session.id()).await.unwrap().id());
}

/// Accounts and auth configs of another project are not there: not to be read, changed, deleted, pinned or named.
pub async fn projects_do_not_share_accounts_and_configs(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let config = stage.read(&account).await.auth_config;
    let other = Composio::with_backend(harness.other_project());
    let (accounts, configs) = (other.connected_accounts(), other.auth_configs());
    assert!(accounts.list().await.unwrap().items.is_empty());
    assert!(configs.list().show_disabled().await.unwrap().items.is_empty());
    let not_found = ErrorKind::NotFound;
    refused(accounts.get(&account).await, not_found);
    refused(accounts.rename(&account, "mine").await, not_found);
    refused(accounts.disable(&account).await, not_found);
    refused(accounts.revoke(&account).await, not_found);
    refused(accounts.delete(&account).await, not_found);
    refused(accounts.create(USER, &config).field("api_key", harness.key("A2")).await, not_found);
    refused(configs.get(&config).await, not_found);
    refused(configs.update(&config, AuthConfigUpdate::new()).await, not_found);
    refused(configs.delete(&config).await, not_found);
    refused(other.create(USER).connected_account(T, &account).await, ErrorKind::InvalidInput);
    refused(other.create(USER).auth_config(T, &config).await, ErrorKind::InvalidInput);
    let session = other.create(USER).await.unwrap();
    refused(session.connected_account(&account).await, not_found);
    let page = session.toolkits().slugs([T]).await.unwrap();
    assert_eq!(page.items[0].account, None);
    assert!(stage.read(&account).await.is_active());
}
