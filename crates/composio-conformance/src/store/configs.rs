//! Auth configs.

use composio_core::{AuthConfig, AuthConfigId, AuthConfigUpdate, AuthScheme, ErrorKind, ToolFilter};
use composio_engine::store::Store;
use futures::future::{join, join_all};

use super::fixture::*;

fn full(id: &str) -> AuthConfig {
    let mut config = config(id, 3);
    config.name = "Ours, with a \"quote\"".to_owned();
    config.enabled_for_sessions = false;
    config.scopes = vec!["repo".to_owned(), "user:email".to_owned()];
    config.client_id = Some("client".to_owned());
    config.tools = ToolFilter::Only(vec![tool("GITHUB_GET_A_USER")]);
    config.updated_at = at(4);
    config
}

/// An auth config is read back with everything that was set, of every scheme, and its secret apart.
pub async fn an_auth_config_comes_back_as_it_was_kept(store: &dyn Store) {
    let mut kept = vec![full("ac_full"), managed("ac_managed", 1)];
    for scheme in [AuthScheme::OAuth2, AuthScheme::ApiKey, AuthScheme::NoAuth] {
        let mut config = config(&format!("ac_{scheme}"), 2);
        config.scheme = scheme;
        config.enabled = false;
        config.tools = ToolFilter::Except(Vec::new());
        kept.push(config);
    }
    for config in &kept {
        let secret = sealed(config.id.as_str());
        let secret = config.client_id.as_ref().map(|_| &secret);
        store.insert_auth_config(&here(), config, secret).await.unwrap();
        assert_eq!(store.auth_config(&here(), &config.id).await.unwrap().as_ref(), Some(config));
        assert_eq!(store.auth_config_secret(&here(), &config.id).await.unwrap().as_ref(), secret);
    }
    assert_eq!(store.auth_config(&here(), &"ac_other".into()).await.unwrap(), None);
    assert_eq!(store.auth_config_secret(&here(), &"ac_other".into()).await.unwrap(), None);
}

/// A second config with an id is a conflict, and neither the first one nor its secret changes.
pub async fn an_auth_config_id_is_kept_once(store: &dyn Store) {
    store.insert_auth_config(&here(), &full("ac_1"), Some(&sealed("first"))).await.unwrap();
    let second = store.insert_auth_config(&here(), &config("ac_1", 9), Some(&sealed("second"))).await;
    refused(second, ErrorKind::Conflict);
    assert_eq!(store.auth_config(&here(), &"ac_1".into()).await.unwrap(), Some(full("ac_1")));
    assert_eq!(store.auth_config_secret(&here(), &"ac_1".into()).await.unwrap(), Some(sealed("first")));
}

/// An update changes what it names, keeps the rest and the secret, and gives the config where it is there.
pub async fn an_update_changes_what_it_names(store: &dyn Store) {
    store.insert_auth_config(&here(), &full("ac_1"), Some(&sealed("secret"))).await.unwrap();
    let update = AuthConfigUpdate::new().enabled(false).name("renamed");
    let mut expected = full("ac_1");
    (expected.enabled, expected.name, expected.updated_at) = (false, "renamed".to_owned(), at(9));
    let updated = store.update_auth_config(&here(), &expected.id, &update, at(9)).await.unwrap();
    assert_eq!(updated.as_ref(), Some(&expected));
    assert_eq!(store.auth_config(&here(), &expected.id).await.unwrap(), Some(expected.clone()));
    assert_eq!(store.auth_config_secret(&here(), &expected.id).await.unwrap(), Some(sealed("secret")));

    assert_eq!(store.update_auth_config(&here(), &"ac_other".into(), &update, at(9)).await.unwrap(), None);
    assert_eq!(store.auth_config(&here(), &"ac_other".into()).await.unwrap(), None);
}

/// Two updates at once both hold: a rename does not switch on again what was switched off beside it.
pub async fn updates_at_once_both_hold(store: &dyn Store) {
    for round in 0..20 {
        let id = AuthConfigId::from(format!("ac_{round}"));
        store.insert_auth_config(&here(), &config(id.as_str(), 0), None).await.unwrap();
        let (off, rename) = (AuthConfigUpdate::new().enabled(false), AuthConfigUpdate::new().name("renamed"));
        let (first, second) = join(
            store.update_auth_config(&here(), &id, &off, at(1)),
            store.update_auth_config(&here(), &id, &rename, at(2)),
        )
        .await;
        assert!(first.unwrap().is_some() && second.unwrap().is_some());
        let kept = store.auth_config(&here(), &id).await.unwrap().unwrap();
        assert_eq!((kept.enabled, kept.name.as_str()), (false, "renamed"), "round {round}");
    }
}

/// Deleting says whether the config was there. Its secret is gone; accounts made from it stay.
pub async fn a_deleted_auth_config_is_gone_with_its_secret(store: &dyn Store) {
    let config = full("ac_1");
    store.insert_auth_config(&here(), &config, Some(&sealed("secret"))).await.unwrap();
    let account = keep_account(store, Active).await;

    assert!(store.delete_auth_config(&here(), &config.id).await.unwrap());
    assert!(!store.delete_auth_config(&here(), &config.id).await.unwrap());
    assert_eq!(store.auth_config(&here(), &config.id).await.unwrap(), None);
    assert_eq!(read(store, &account).await.auth_config, config.id);

    store.insert_auth_config(&here(), &config, None).await.unwrap();
    assert_eq!(store.auth_config_secret(&here(), &config.id).await.unwrap(), None, "the secret came back");
}

/// Callers who find nothing at the same time end with one config.
pub async fn a_managed_config_is_made_once(store: &dyn Store) {
    let (project, ids) = (here(), (0..CALLERS).map(|caller| format!("ac_{caller}")));
    let wanted: Vec<_> = ids.map(|id| managed(&id, 0)).collect();
    let found = join_all(wanted.iter().map(|config| store.find_or_insert_managed(&project, config))).await;

    let found: Vec<_> = found.into_iter().map(Result::unwrap).collect();
    assert!(found.iter().all(|config| *config == found[0]), "{found:?}");
    let kept = store.auth_configs(&project, &Default::default()).await.unwrap();
    assert_eq!(kept.items, [found[0].clone()]);
}

/// Of several configs on managed auth the newest is taken; those of other toolkits and schemes are no match.
pub async fn the_newest_managed_config_is_found(store: &dyn Store) {
    let mut gmail = managed("ac_gmail", 9);
    gmail.toolkit = toolkit("gmail");
    let mut keys = managed("ac_keys", 9);
    keys.scheme = AuthScheme::ApiKey;
    for config in [&managed("ac_old", 1), &managed("ac_new", 2), &config("ac_own", 9), &gmail, &keys] {
        store.insert_auth_config(&here(), config, None).await.unwrap();
    }
    let found = store.find_or_insert_managed(&here(), &managed("ac_wanted", 10)).await.unwrap();
    assert_eq!(found, managed("ac_new", 2));
    assert_eq!(store.auth_config(&here(), &"ac_wanted".into()).await.unwrap(), None);
}

/// A config that is disabled, or switched off for sessions, is passed over: an account made from it would run nothing.
pub async fn a_managed_config_that_sessions_may_not_choose_is_not_found(store: &dyn Store) {
    let (mut disabled, mut off) = (managed("ac_disabled", 1), managed("ac_off", 2));
    disabled.enabled = false;
    off.enabled_for_sessions = false;
    for config in [&disabled, &off] {
        store.insert_auth_config(&here(), config, None).await.unwrap();
    }
    let wanted = managed("ac_wanted", 3);
    assert_eq!(store.find_or_insert_managed(&here(), &wanted).await.unwrap(), wanted);
    assert_eq!(store.auth_config(&here(), &wanted.id).await.unwrap(), Some(wanted));
}

/// A toolkit is found while any of its configs has a list of tools, for or against, empty or not, switched off or not.
pub async fn toolkits_with_a_list_of_tools_are_found_and_forgotten(store: &dyn Store) {
    let expect = async |expected: &[&str]| {
        let found = store.toolkits_with_filters(&here()).await.unwrap();
        assert_eq!(sorted(found.iter().map(|slug| slug.as_str())), expected);
    };
    let change = async |id: &str, update: AuthConfigUpdate| {
        store.update_auth_config(&here(), &id.into(), &update, at(1)).await.unwrap().expect("the config is there");
    };
    for id in ["ac_1", "ac_2"] {
        store.insert_auth_config(&here(), &config(id, 0), None).await.unwrap();
    }
    expect(&[]).await;
    let mut gmail = managed("ac_3", 0);
    gmail.toolkit = toolkit("gmail");
    gmail.tools = ToolFilter::Only(Vec::new());
    store.find_or_insert_managed(&here(), &gmail).await.unwrap();
    expect(&["gmail"]).await;

    change("ac_1", AuthConfigUpdate::new().tools(ToolFilter::Except(vec![tool("GITHUB_GET_A_USER")]))).await;
    change("ac_2", AuthConfigUpdate::new().tools(ToolFilter::Only(vec![tool("GITHUB_GET_A_USER")]))).await;
    expect(&["github", "gmail"]).await;
    change("ac_1", AuthConfigUpdate::new().enabled(false)).await;
    change("ac_2", AuthConfigUpdate::new().tools(ToolFilter::All)).await;
    expect(&["github", "gmail"]).await;
    change("ac_1", AuthConfigUpdate::new().tools(ToolFilter::All)).await;
    expect(&["gmail"]).await;
    store.delete_auth_config(&here(), &gmail.id).await.unwrap();
    expect(&[]).await;
    store.insert_auth_config(&here(), &full("ac_4"), None).await.unwrap();
    expect(&["github"]).await;
}
