//! Auth configs and connected accounts, as their application manages them.

use composio_core::{AuthConfigUpdate, AuthScheme, ConnectionStatus as Status, ErrorKind, ToolkitSlug};
use serde_json::json;

use super::stage::{BY_CONSENT, PROFILE, Stage, T, refused, slug};
use crate::harness::{AccountSeed, Harness, OTHER_USER, USER, ran, refused as refused_naming, whoami};

/// A key that the application has becomes an account without any page, and runs tools.
pub async fn a_key_makes_an_account_at_once(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.auth_configs().create("keyed").api_key().await.unwrap();
    let creating = stage.connected_accounts().create(USER, &config.id).field("api_key", harness.key("A1"));
    let account = creating.alias("work").await.unwrap();
    assert_eq!((account.status, account.alias.as_deref()), (Status::Active, Some("work")));
    assert_eq!((account.user.as_str(), &account.toolkit), (USER, &slug("keyed")));
    assert_eq!(stage.read(&account.id).await, account);
    let session = stage.session().await;
    assert_eq!(ran(whoami(&session, "keyed")).await.unwrap().as_deref(), Some("A1"));
    let listed = stage.connected_accounts().list().user(USER).toolkit("keyed").status(Status::Active).await.unwrap();
    assert_eq!(listed.items, [account]);
}

/// Whatever is missing, unasked, taken or not to be had is named, and nothing is made.
pub async fn what_is_wrong_with_a_key_is_said(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let keyed = stage.config("keyed").await;
    let by_consent = stage.auth_configs().create(BY_CONSENT).await.unwrap().id;
    let accounts = stage.connected_accounts();
    let create = |user: &str, config| accounts.create(user, config).field("api_key", harness.key("A1"));
    create(USER, &keyed).alias("work").await.unwrap();
    let kept = stage.kept().await;
    for (creating, kind, names) in [
        (accounts.create(USER, &keyed), ErrorKind::InvalidInput, "api_key"),
        (accounts.create(USER, &keyed).field("api_key", " "), ErrorKind::InvalidInput, "api_key"),
        (create(USER, &keyed).field("owner", "me"), ErrorKind::InvalidInput, "owner"),
        (create("", &keyed), ErrorKind::InvalidInput, "user"),
        (create(USER, &by_consent), ErrorKind::InvalidInput, by_consent.as_str()),
        (create(USER, &keyed).alias("work"), ErrorKind::Conflict, "work"),
        (create(USER, &keyed).alias("ca_1"), ErrorKind::InvalidInput, "alias"),
        (create(USER, &"ac_nowhere".into()), ErrorKind::NotFound, "ac_nowhere"),
    ] {
        refused_naming(creating.await, kind, &[names]);
    }
    assert_eq!(stage.kept().await, kept);
}

/// An alias is set, moved and cleared; it is unique, and never looks like an id.
pub async fn an_account_is_renamed(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (one, other) = (stage.some_account("A1").await, stage.some_account("A2").await);
    let accounts = stage.connected_accounts();
    assert_eq!(accounts.rename(&one, "work").await.unwrap().alias.as_deref(), Some("work"));
    refused_naming(accounts.rename(&other, "work").await, ErrorKind::Conflict, &["work"]);
    refused_naming(accounts.rename(&other, "ca_1").await, ErrorKind::InvalidInput, &["ca_1"]);
    assert_eq!(accounts.rename(&one, "").await.unwrap().alias, None);
    assert_eq!(accounts.rename(&other, "work").await.unwrap().alias.as_deref(), Some("work"));
    refused(accounts.rename("ca_nowhere", "home").await, ErrorKind::NotFound);
}

/// Switched off, an account runs nothing, says so where it is pinned, and comes back as it was.
pub async fn a_disabled_account_runs_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let pinned = stage.create().connected_account(T, &account).await.unwrap();
    let accounts = stage.connected_accounts();
    let connected_at = stage.read(&account).await.connected_at;
    assert_eq!(accounts.disable(&account).await.unwrap().status, Status::Inactive);
    let names = [account.as_str(), "INACTIVE", "switch it on"];
    refused_naming(ran(whoami(&pinned, T)).await, ErrorKind::ConnectionRequired, &names);
    refused_naming(accounts.disable(&account).await, ErrorKind::Conflict, &[account.as_str(), "INACTIVE"]);
    let enabled = accounts.enable(&account).await.unwrap();
    assert_eq!((enabled.status, enabled.connected_at), (Status::Active, connected_at));
    assert_eq!(ran(whoami(&pinned, T)).await.unwrap().as_deref(), Some("A1"));
    refused(accounts.enable(&account).await, ErrorKind::Conflict);
}

/// An account that was given back to its service runs nothing, and is given back once.
pub async fn a_revoked_account_runs_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    let request = stage.connect(&session).await;
    let id = request.account();
    session.execute(PROFILE, json!({})).await.unwrap();
    let accounts = stage.connected_accounts();
    assert_eq!(accounts.revoke(id).await.unwrap().status, Status::Revoked);
    refused(session.execute(PROFILE, json!({})).await, ErrorKind::ConnectionRequired);
    refused_naming(accounts.revoke(id).await, ErrorKind::Conflict, &[id.as_str(), "REVOKED"]);
    refused(accounts.enable(id).await, ErrorKind::Conflict);
}

/// A service cannot be told about a key; the refusal says what to do instead, and the account stays.
pub async fn a_key_is_not_revoked(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let error = refused(stage.connected_accounts().revoke(&account).await, ErrorKind::Unsupported);
    assert!(error.to_string().contains("delete"), "{error}");
    assert!(stage.read(&account).await.is_active());
}

/// A deleted account is gone for every caller, and its alias is free.
pub async fn a_deleted_account_is_gone(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let account = stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    let session = stage.session().await;
    let pinned = stage.create().connected_account(T, &account).await.unwrap();
    let accounts = stage.connected_accounts();
    accounts.delete(&account).await.unwrap();
    refused(accounts.delete(&account).await, ErrorKind::NotFound);
    refused(accounts.get(&account).await, ErrorKind::NotFound);
    refused(session.connected_account(&account).await, ErrorKind::NotFound);
    refused(ran(whoami(&session, T)).await, ErrorKind::ConnectionRequired);
    refused_naming(ran(whoami(&pinned, T)).await, ErrorKind::NotFound, &[account.as_str()]);
    stage.account(AccountSeed::new("A2", T, &config).alias("work")).await;
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("A2"));
}

/// Whatever id or alias a session tries, an account of another user answers nothing.
pub async fn accounts_of_another_user_are_invisible(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let theirs = stage.account(AccountSeed::new("A1", T, &config).user(OTHER_USER).alias("secret alias")).await;
    let session = stage.session().await;
    refused(session.connected_account(&theirs).await, ErrorKind::NotFound);
    refused(session.reconnect(&theirs).await, ErrorKind::NotFound);
    for (named, other) in [(theirs.as_str(), "secret alias"), ("secret alias", theirs.as_str())] {
        let error = refused(ran(whoami(&session, T).account(named)).await, ErrorKind::InvalidInput);
        assert!(!format!("{error:?} {}", error.for_model()).contains(other), "it is not offered: {error:?}");
    }
    let page = session.toolkits().slugs([T]).await.unwrap();
    assert_eq!(page.items[0].account, None);
    session.authorize(T).alias("secret alias").await.unwrap();
}

/// Auth configs are made on what a toolkit has, changed in part, listed unless disabled, and deleted.
pub async fn configs_are_made_changed_and_deleted(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let configs = stage.auth_configs();
    let managed = configs.create(T).name("ours").scopes(["a", "b"]).await.unwrap();
    assert_eq!((managed.scheme, managed.managed, &*managed.name), (AuthScheme::OAuth2, true, "ours"));
    let own = configs.create("unmanaged").oauth_app("client", "a-secret").enabled_for_sessions(false).await.unwrap();
    assert_eq!((own.managed, own.client_id.as_deref(), own.enabled_for_sessions), (false, Some("client"), false));
    assert!(!format!("{own:?}").contains("a-secret"));
    for (creating, kind, names) in [
        (configs.create("unmanaged"), ErrorKind::NoManagedAuth, "unmanaged"),
        (configs.create("keyed"), ErrorKind::InvalidInput, "API_KEY"),
        (configs.create("open").api_key(), ErrorKind::InvalidInput, "NO_AUTH"),
        (configs.create("nowhere"), ErrorKind::NotFound, "nowhere"),
    ] {
        refused_naming(creating.await, kind, &[names]);
    }
    let mut update = AuthConfigUpdate::new();
    update.enabled = Some(false);
    let disabled = configs.update(&managed.id, update).await.unwrap();
    assert_eq!((disabled.enabled, &*disabled.name, &disabled.scopes), (false, "ours", &managed.scopes));
    let toolkit = ToolkitSlug::new(T).unwrap();
    assert!(configs.list().toolkit(&toolkit).await.unwrap().items.is_empty());
    assert_eq!(configs.list().toolkit(&toolkit).show_disabled().await.unwrap().items, [disabled]);
    configs.delete(&managed.id).await.unwrap();
    refused(configs.get(&managed.id).await, ErrorKind::NotFound);
    refused(configs.delete(&managed.id).await, ErrorKind::NotFound);
    refused(configs.update(&managed.id, AuthConfigUpdate::new()).await, ErrorKind::NotFound);
    assert_eq!(configs.get(&own.id).await.unwrap(), own);
}
