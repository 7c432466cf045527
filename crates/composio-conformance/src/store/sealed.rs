//! What the engine asks before it makes a key.

use composio_core::Timestamp;
use composio_engine::store::Store;
use futures::future::join_all;

use super::fixture::*;

/// The value that a wrong key is recognised by is kept once, whoever comes first, and is no sealed row by itself.
pub async fn the_key_check_is_kept_once(store: &dyn Store) {
    assert_eq!(store.key_check().await.unwrap(), None);
    let checks: Vec<_> = (0..CALLERS).map(|caller| sealed(&format!("check {caller}"))).collect();
    let kept = join_all(checks.iter().map(|check| store.put_key_check(check))).await;
    assert!(kept.iter().all(Result::is_ok), "{kept:?}");

    let first = store.key_check().await.unwrap().expect("one of them was kept");
    assert!(checks.contains(&first));
    store.put_key_check(&sealed("another")).await.unwrap();
    assert_eq!(store.key_check().await.unwrap(), Some(first));
    assert!(!store.has_sealed().await.unwrap());
}

/// A credential, an app's secret, a flow's verifier, an outcome: each one alone is a reason to keep the key.
pub async fn whatever_is_sealed_is_noticed(store: &dyn Store) {
    let project = here();
    store.insert_auth_config(&project, &config("ac_0", 0), None).await.unwrap();
    store.insert_account(&project, &account("ca_0", Active, 0), None).await.unwrap();
    store.begin_execution(&project, &key("k"), &digest(1), at(0), at(60)).await.unwrap();
    assert!(!store.has_sealed().await.unwrap(), "nothing is sealed yet");

    store.insert_auth_config(&project, &config("ac_1", 0), Some(&sealed("secret"))).await.unwrap();
    assert!(store.has_sealed().await.unwrap(), "an app's secret");
    store.delete_auth_config(&project, &"ac_1".into()).await.unwrap();
    assert!(!store.has_sealed().await.unwrap());

    let id = keep_account(store, Active).await;
    assert!(store.has_sealed().await.unwrap(), "a credential");
    store.delete_account(&project, &id).await.unwrap();
    assert!(!store.has_sealed().await.unwrap());

    store.put_pending(&project, &digest(9), &flow(&"ca_0".into()), &sealed("verifier")).await.unwrap();
    assert!(store.has_sealed().await.unwrap(), "a flow's verifier");
    store.take_pending(&digest(9), &digest(1), at(1)).await.unwrap().expect("the flow waits");
    assert!(!store.has_sealed().await.unwrap());

    let forever = Timestamp::from_micros(i64::MAX);
    store.finish_execution(&project, &key("k"), &sealed("outcome"), forever).await.unwrap();
    assert!(store.has_sealed().await.unwrap(), "an outcome");
}
