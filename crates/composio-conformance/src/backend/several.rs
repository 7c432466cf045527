//! Several accounts of one toolkit, side by side.

use std::future::IntoFuture;

use composio_core::{ConnectionStatus as Status, ErrorKind, MultiAccount, Session, ToolCall, ToolSlug, ToolkitState};
use futures::future::join_all;
use serde_json::{Map, Value, json};

use super::stage::{Stage, T, everyone, refused};
use crate::harness::{AccountSeed, Harness, OTHER_USER, USER, ran, refused as refused_naming, whoami};

async fn state(session: &Session, toolkit: &str) -> ToolkitState {
    session.toolkits().slugs([toolkit]).await.unwrap().items.into_iter().next().expect("the toolkit is listed")
}

fn ids(state: &ToolkitState) -> Vec<&str> {
    state.accounts.iter().map(|account| account.id.as_str()).collect()
}

/// A toolkit shows every account that a call could name, the most recently connected first, each with its alias, who it is
/// and where it stands. One of another user, and one that is shared and not pinned, is not among them.
pub async fn a_toolkit_shows_every_account_that_a_call_could_name(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let a1 = stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    let a2 = stage.account(AccountSeed::new("A2", T, &config).status(Status::Expired)).await;
    let a3 = stage.account(AccountSeed::new("A3", T, &config).alias("home")).await;
    stage.account(AccountSeed::new("A4", T, &config).user(OTHER_USER)).await;
    let shared = stage.shared("S1", &config, everyone()).await;
    let session = stage.create().multi_account(MultiAccount::new()).await.unwrap();
    let shown = state(&session, T).await;
    assert_eq!(ids(&shown), [a3.as_str(), a2.as_str(), a1.as_str()]);
    let told: Vec<_> = shown
        .accounts
        .iter()
        .map(|account| {
            let identity = account.identity.as_ref().map(|identity| identity.label.as_str());
            (account.alias.as_deref(), identity, account.status)
        })
        .collect();
    let (active, expired) = (Status::Active, Status::Expired);
    let expected =
        [(Some("home"), Some("A3"), active), (None, Some("A2"), expired), (Some("work"), Some("A1"), active)];
    assert_eq!(told, expected);

    // With pins, the pinned ones are all there is.
    let pins = [(T, &a1), (T, &shared)];
    let pinned = stage.create().connected_accounts(pins).multi_account(MultiAccount::new()).await.unwrap();
    let shown = state(&pinned, T).await;
    let mut found = ids(&shown);
    found.sort_unstable();
    let mut expected = [a1.as_str(), shared.as_str()];
    expected.sort_unstable();
    assert_eq!(found, expected);
    assert!(state(&session, "open").await.accounts.is_empty());
}

/// Calls at the same time each run with the account that they name, by id or by alias.
pub async fn each_call_of_a_batch_may_name_its_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let a1 = stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    stage.account(AccountSeed::new("A2", T, &config).alias("home")).await;
    let session = stage.create().multi_account(MultiAccount::new()).await.unwrap();
    let before = harness.requests();
    let call = || ToolCall::new(ToolSlug::new("MANAGED_WHOAMI").unwrap(), Map::new());
    let calls =
        [call().account("home"), call().account(a1.as_str()), call(), call().account("Home"), call().account("work")];
    let results = session.execute_many(calls).await.unwrap();
    let labels: Vec<_> =
        results.iter().map(|result| result.as_ref().ok().map(|output| &output.value()["account"])).collect();
    let (work, home) = (json!("A1"), json!("A2"));
    assert_eq!(labels, [Some(&home), Some(&work), None, None, Some(&work)]);
    for error in results.into_iter().filter_map(Result::err) {
        refused_naming::<()>(Err(error), ErrorKind::InvalidInput, &["work", "home"]);
    }
    assert_eq!(harness.requests() - before, 3);
}

/// A model chooses by an argument, which never reaches the service; what it may not choose it is told.
pub async fn a_model_names_the_account_by_an_argument(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    stage.account(AccountSeed::new("A2", T, &config).alias("home")).await;
    let multi = stage.create().preload(["MANAGED_TOUCH"]).multi_account(MultiAccount::new()).await.unwrap();
    let tools = multi.tools().await.unwrap();
    let touch = tools.get("MANAGED_TOUCH").expect("it is preloaded");
    assert!(touch.schema()["properties"]["account"].is_object(), "{:?}", touch.schema());
    let call = async |arguments: Value| touch.call_str(&arguments.to_string()).await;
    let output = call(json!({"note": "hello", "account": "work"})).await.unwrap();
    assert_eq!((&output.value()["account"], &output.value()["note"]), (&json!("A1"), &json!("hello")));
    assert_eq!(call(json!({"note": "hello", "account": "home"})).await.unwrap().value()["account"], "A2");
    let before = harness.requests();
    for arguments in [json!({"note": "hello"}), json!({"note": "hello", "account": "nobody"})] {
        let error = refused(call(arguments).await, ErrorKind::InvalidInput);
        assert!(["work", "home"].iter().all(|name| error.for_model().contains(name)), "{}", error.for_model());
    }
    assert_eq!(harness.requests(), before);
    // Elsewhere a model has no say in it.
    let single = stage.create().preload(["MANAGED_TOUCH"]).await.unwrap();
    let tools = single.tools().await.unwrap();
    assert!(tools.get("MANAGED_TOUCH").expect("it is preloaded").schema()["properties"].get("account").is_none());
}

/// Whoever gives an alias, by link, by key or later, gives it once for a user and a toolkit, and the refusal names it. At
/// the same time, one gets it.
pub async fn an_alias_belongs_to_one_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (config, other) = (stage.config(T).await, stage.config("other").await);
    let a1 = stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    let a2 = stage.account(AccountSeed::new("A2", T, &config)).await;
    let (session, accounts) = (stage.session().await, stage.connected_accounts());
    let by_key = |user: &str, config| accounts.create(user, config).field("api_key", harness.key("A3")).alias("work");
    let kept = stage.kept().await;
    refused_naming(by_key(USER, &config).await, ErrorKind::Conflict, &["work"]);
    refused_naming(accounts.rename(&a2, "work").await, ErrorKind::Conflict, &["work"]);
    refused_naming(session.authorize(T).alias("work").await, ErrorKind::Conflict, &["work"]);
    refused_naming(session.authorize(T).alias("ca_work").await, ErrorKind::InvalidInput, &["ca_work"]);
    assert_eq!(stage.kept().await, kept);
    by_key(USER, &other).await.unwrap();
    by_key(OTHER_USER, &config).await.unwrap();
    // What it had before, it may have again; and case is another name.
    accounts.rename(&a1, "work").await.unwrap();
    accounts.rename(&a2, "Work").await.unwrap();
    let links = (0..4).map(|_| session.authorize(T).alias("home").into_future());
    let links = join_all(links).await;
    assert_eq!(links.iter().filter(|link| link.is_ok()).count(), 1);
    for lost in links.into_iter().filter_map(Result::err) {
        refused_naming::<()>(Err(lost), ErrorKind::Conflict, &["home"]);
    }
    assert_eq!(ran(whoami(&session, T).account("work")).await.unwrap().as_deref(), Some("A1"));
    assert_eq!(ran(whoami(&session, T).account("Work")).await.unwrap().as_deref(), Some("A2"));
}
