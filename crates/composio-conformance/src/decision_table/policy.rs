//! Rows 50 to 60: what comes before the choice, and what ends it.

use composio_core::{ErrorKind, PolicyDecision, PolicyRule, Selection, ToolFilter, ToolSlug};
use serde_json::json;

use super::World;
use super::world::{T, X};
use crate::harness::{AccountSeed, ConfigSeed, OTHER_USER, ran, refused, touch, whoami};

/// Only toolkit X, a tool of T: not permitted.
pub async fn row_50_a_toolkit_outside_the_list_is_refused_first(world: World<'_>) {
    let c1 = world.config_on().await;
    world.account("A1", &c1).await;
    let session = world.create().toolkits([X]).await.unwrap();
    let kind = ErrorKind::PermissionDenied;
    let error = world.call_not_run(whoami(&session, T), kind, &[T]).await;
    assert_eq!(error.connect_url(), None, "connecting would not help");
    // Before the arguments and the named account are looked at.
    let call = session.execute("MANAGED_TOUCH", json!({"nonsense": true})).account("nobody");
    world.call_not_run(call, kind, &[T]).await;
    refused(session.explain(T).await, kind, &[T]);
    world.not_linked(&session, kind, &[T]).await;
}

/// Toolkits []: not permitted.
pub async fn row_51_an_empty_list_refuses_every_toolkit(world: World<'_>) {
    let c1 = world.config_on().await;
    world.account("A1", &c1).await;
    let session = world.create().no_toolkits().await.unwrap();
    for toolkit in [T, X, "keyed", "open", "extra_01"] {
        world.call_not_run(whoami(&session, toolkit), ErrorKind::PermissionDenied, &[toolkit]).await;
    }
    assert!(session.toolkits().await.unwrap().items.is_empty());
}

/// T needs none: runs.
pub async fn row_52_no_auth_runs_without_an_account(world: World<'_>) {
    let session = world.session().await;
    assert_eq!(session.explain("open").await.unwrap().outcome, Ok(Selection::NoAuthNeeded));
    assert_eq!(ran(whoami(&session, "open")).await.unwrap(), None);
}

/// Link of a toolkit that needs none: refused.
pub async fn row_53_no_auth_is_not_linked(world: World<'_>) {
    let session = world.session().await;
    refused(session.authorize("open").await, ErrorKind::InvalidInput, &["needs no account"]);
}

/// A1 of V: connection required.
pub async fn row_54_accounts_of_other_users_do_not_count(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.seeded(AccountSeed::new("A1", T, &c1).user(OTHER_USER).alias("theirs")).await;
    let session = world.session().await;
    let error = world.connection_required(&session, &[T]).await;
    let explained = session.explain(T).await.unwrap().to_string();
    for text in [format!("{error:?}"), explained] {
        assert!(!text.contains(a1.id.as_str()) && !text.contains("theirs"), "{text}");
    }
}

/// A1 INACTIVE, then enabled: A1.
pub async fn row_59_an_account_that_is_enabled_again_runs(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let a2 = world.account("A2", &c1).await;
    let session = world.session().await;
    let accounts = world.composio.connected_accounts();
    accounts.disable(&a2.id).await.unwrap();
    world.runs_with(&session, &a1).await;
    accounts.disable(&a1.id).await.unwrap();
    world.connection_required(&session, &[T]).await;
    accounts.enable(&a1.id).await.unwrap();
    world.runs_with(&session, &a1).await;
    // Switching off and on changes nothing about who is the newest, whichever comes back last.
    accounts.enable(&a2.id).await.unwrap();
    accounts.disable(&a1.id).await.unwrap();
    world.harness.advance(std::time::Duration::from_secs(60)).await;
    accounts.enable(&a1.id).await.unwrap();
    world.runs_with(&session, &a2).await;
}

/// Config with a deny-list: refused.
pub async fn row_60_a_config_denies_tools(world: World<'_>) {
    let slug = |verb: &str| ToolSlug::new(format!("MANAGED_{verb}")).unwrap();
    for filter in [ToolFilter::Except(vec![slug("WHOAMI")]), ToolFilter::Only(vec![slug("TOUCH")])] {
        let c1 = world.config(T, ConfigSeed::on().tools(filter)).await;
        world.account("A1", &c1).await;
        let session = world.session().await;
        let error = world.call_not_run(whoami(&session, T), ErrorKind::PermissionDenied, &["MANAGED_WHOAMI"]).await;
        assert!(format!("{error:?}").contains(c1.as_str()), "the operator learns which config: {error:?}");
        // The session says so before, and lists what is left.
        let explained = session.explain_tool("MANAGED_WHOAMI").await.unwrap();
        assert_eq!(explained.decision, PolicyDecision { allowed: false, by: PolicyRule::AuthConfig }, "{explained}");
        assert_eq!(explained.auth_config.as_ref(), Some(&c1), "{explained}");
        refused(session.tool("MANAGED_WHOAMI").await, ErrorKind::PermissionDenied, &["MANAGED_WHOAMI"]);
        let direct = world.create().toolkits([T]).direct_tools().await.unwrap();
        let listed = direct.tools().await.unwrap();
        assert!(listed.get("MANAGED_WHOAMI").is_none() && listed.get("MANAGED_TOUCH").is_some(), "{listed:?}");
        assert_eq!(ran(touch(&session, T, "fine")).await.unwrap().as_deref(), Some("A1"));
    }
}
