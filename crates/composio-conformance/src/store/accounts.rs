//! Connected accounts: kept, renamed, deleted, and read for a choice.

use composio_core::{
    AccessList, ConnectedAccount, ConnectedAccountId, ConnectionStatus, ErrorKind, Identity, Sharing, UserId,
};
use composio_engine::store::Store;
use futures::future::join;

use super::fixture::*;

fn full(id: &str) -> ConnectedAccount {
    let mut account = named(account(id, Active, 1), "work");
    account.status_reason = Some("renewed in time".to_owned());
    account.identity = Some(Identity::new("4711", "ada@example.com"));
    let (allowed, denied) = (vec![UserId::new("bob")], vec![UserId::new("eve")]);
    account.sharing = Sharing::Shared(AccessList { allow_all: true, allowed, denied });
    account.updated_at = at(3);
    account.connected_at = Some(at(2));
    account.ready_at = Some(at(3));
    account
}

async fn insert(store: &dyn Store, account: &ConnectedAccount) -> composio_core::Result<()> {
    store.insert_account(&here(), account, None).await
}

/// An account is read back with everything that was set, in every status, and its credential apart.
pub async fn an_account_comes_back_as_it_was_kept(store: &dyn Store) {
    let mut kept = vec![full("ca_full")];
    kept.extend(ConnectionStatus::ALL.map(|status| account(&format!("ca_{status}"), status, 0)));
    for account in &kept {
        let secret = sealed(account.id.as_str());
        let secret = account.is_active().then_some(&secret);
        store.insert_account(&here(), account, secret).await.unwrap();
        assert_eq!(store.account(&here(), &account.id).await.unwrap().as_ref(), Some(account));
        assert_eq!(store.credential(&here(), &account.id).await.unwrap().as_ref(), secret);
    }
    assert_eq!(store.account(&here(), &"ca_other".into()).await.unwrap(), None);
    assert_eq!(store.credential(&here(), &"ca_other".into()).await.unwrap(), None);
}

/// A second account with an id is a conflict, and the first one stays.
pub async fn an_account_id_is_kept_once(store: &dyn Store) {
    insert(store, &full("ca_1")).await.unwrap();
    refused(insert(store, &owned(account("ca_1", Active, 5), "bob")).await, ErrorKind::Conflict);
    assert_eq!(read(store, &"ca_1".into()).await, full("ca_1"));
}

/// Where an account is refused, its credential is not kept either.
pub async fn an_account_that_is_refused_leaves_no_credential(store: &dyn Store) {
    insert(store, &full("ca_1")).await.unwrap();
    for id in ["ca_1", "ca_2"] {
        refused(store.insert_account(&here(), &full(id), Some(&sealed("stray"))).await, ErrorKind::Conflict);
        assert_eq!(credential(store, &id.into()).await, None);
    }
    assert!(!store.has_sealed().await.unwrap());
}

/// An alias is taken for its user and toolkit alone, and the refusal names it.
pub async fn an_alias_is_unique_per_user_and_toolkit(store: &dyn Store) {
    insert(store, &named(account("ca_1", Initiated, 0), "work")).await.unwrap();
    let second = account("ca_2", Initiated, 0);
    let error = refused(insert(store, &named(second.clone(), "work")).await, ErrorKind::Conflict);
    assert!(error.to_string().contains("work"), "the message names no alias: {error}");
    assert_eq!(store.account(&here(), &second.id).await.unwrap(), None);

    insert(store, &second).await.unwrap();
    let error = refused(store.rename_account(&here(), &second.id, Some("work"), at(1)).await, ErrorKind::Conflict);
    assert!(error.to_string().contains("work"), "the message names no alias: {error}");
    assert_eq!(read(store, &second.id).await, second);

    insert(store, &account("ca_3", Initiated, 0)).await.expect("any number of accounts have no alias");
    insert(store, &owned(named(account("ca_4", Initiated, 0), "work"), "bob")).await.expect("another user may");
    insert(store, &of(named(account("ca_5", Initiated, 0), "work"), "gmail")).await.expect("for another toolkit too");
    insert(store, &named(account("ca_6", Initiated, 0), "Work")).await.expect("another case is another alias");
}

/// An alias that its account gave up, in one way or the other, can be taken.
pub async fn an_alias_is_free_again_after_renaming_and_deleting(store: &dyn Store) {
    let [first, second, third] = ["ca_1", "ca_2", "ca_3"].map(ConnectedAccountId::new);
    insert(store, &named(account("ca_1", Active, 0), "work")).await.unwrap();
    insert(store, &account("ca_2", Active, 0)).await.unwrap();
    store.rename_account(&here(), &first, Some("work"), at(1)).await.expect("it may keep its own alias");
    store.rename_account(&here(), &first, None, at(1)).await.unwrap();
    store.rename_account(&here(), &second, Some("work"), at(1)).await.expect("the alias was cleared");
    assert!(store.delete_account(&here(), &second).await.unwrap());
    insert(store, &named(account("ca_3", Active, 0), "work")).await.expect("its account was deleted");
    assert_eq!(read(store, &third).await.alias.as_deref(), Some("work"));
}

/// Of two who want an alias at once one gets it.
pub async fn an_alias_goes_to_one_of_two_who_want_it(store: &dyn Store) {
    let [first, second] = ["ca_1", "ca_2"].map(ConnectedAccountId::new);
    for id in [&first, &second] {
        insert(store, &account(id.as_str(), Active, 0)).await.unwrap();
    }
    let project = here();
    let rename = |id| store.rename_account(&project, id, Some("work"), at(1));
    let (first, second) = join(rename(&first), rename(&second)).await;
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    assert!(won.unwrap().is_some());
    refused(lost, ErrorKind::Conflict);
}

/// Renaming sets alias and time, gives the account, and none where there is no such account.
pub async fn a_renamed_account_keeps_the_rest(store: &dyn Store) {
    let mut account = full("ca_1");
    store.insert_account(&here(), &account, Some(&sealed("kept"))).await.unwrap();
    for (alias, when) in [(Some("private"), 10), (None, 11)] {
        account.alias = alias.map(str::to_owned);
        account.updated_at = at(when);
        let renamed = store.rename_account(&here(), &account.id, alias, at(when)).await.unwrap();
        assert_eq!(renamed.as_ref(), Some(&account));
        assert_eq!(read(store, &account.id).await, account);
    }
    assert_eq!(credential(store, &account.id).await, Some(sealed("kept")));
    assert_eq!(store.rename_account(&here(), &"ca_other".into(), Some("x"), at(12)).await.unwrap(), None);
}

/// Deleting takes the credential and the waiting flow with it, and a new account of that id begins with nothing.
pub async fn a_deleted_account_is_gone_with_all_that_belongs_to_it(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    store.put_pending(&here(), &digest(9), &flow(&id), &sealed("verifier")).await.unwrap();
    store.claim_refresh(&here(), &id, at(0), at(60)).await.unwrap().expect("nobody else refreshes");

    assert!(store.delete_account(&here(), &id).await.unwrap());
    assert!(!store.delete_account(&here(), &id).await.unwrap());
    assert_eq!(store.account(&here(), &id).await.unwrap(), None);
    assert_eq!(credential(store, &id).await, None);
    assert!(!store.has_sealed().await.unwrap(), "something sealed is left");

    insert(store, &account("ca_1", Active, 0)).await.unwrap();
    assert_eq!(credential(store, &id).await, None, "the credential came back");
    assert!(store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().is_none(), "the flow came back");
    let lease = store.claim_refresh(&here(), &id, at(1), at(60)).await.unwrap().expect("the lease came back");
    assert!(!lease.interrupted);
}

/// A choice sees every config of the toolkit, the user's accounts of it, and those asked for by id: each once.
pub async fn candidates_are_those_of_the_toolkit_and_those_named(store: &dyn Store) {
    let (mut disabled, mut gmail) = (config("ac_2", 2), config("ac_3", 3));
    disabled.enabled = false;
    gmail.toolkit = toolkit("gmail");
    for config in [&config("ac_1", 1), &disabled, &gmail] {
        store.insert_auth_config(&here(), config, None).await.unwrap();
    }
    let bobs = |id: &str| owned(account(id, Active, 0), "bob");
    for account in [
        full("ca_1"),
        account("ca_2", Expired, 1),
        of(account("ca_gmail", Active, 2), "gmail"),
        bobs("ca_bob"),
        bobs("ca_bob_2"),
    ] {
        insert(store, &account).await.unwrap();
    }
    let (ada, github) = (UserId::new("ada"), toolkit("github"));
    let also = ["ca_bob", "ca_1", "ca_bob", "ca_nobody"].map(ConnectedAccountId::new);
    for (also, expected) in [(&also[..], vec!["ca_1", "ca_2", "ca_bob"]), (&[], vec!["ca_1", "ca_2"])] {
        let found = store.candidates(&here(), &ada, &github, also).await.unwrap();
        assert_eq!(sorted(found.accounts.iter().map(|account| account.id.as_str())), expected);
        assert_eq!(sorted(found.configs.iter().map(|config| config.id.as_str())), ["ac_1", "ac_2"]);
        assert!(found.accounts.contains(&full("ca_1")) && found.configs.contains(&disabled));
    }
}
