//! Rows 1 to 14: sessions without overrides.

use composio_core::{AuthScheme, ConnectionStatus as Status, ErrorKind, PassedOver, UserId};
use futures::future::join;

use super::World;
use super::world::{T, X};
use crate::harness::{AccountSeed, enter_key, ran, refused, whoami};

/// C1 on, A1 ACTIVE: A1.
pub async fn row_01_the_only_account_runs(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    world.runs_with(&world.session().await, &a1).await;
}

/// C1 on, A1 and A2 ACTIVE: A2.
pub async fn row_02_the_newest_of_two_runs(world: World<'_>) {
    let c1 = world.config_on().await;
    world.account("A1", &c1).await;
    let a2 = world.account("A2", &c1).await;
    world.runs_with(&world.session().await, &a2).await;
}

/// C1 on, A1 ACTIVE, A2 EXPIRED: A1.
pub async fn row_03_only_active_accounts_count(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    world.account_in(Status::Expired, "A2", &c1).await;
    world.runs_with(&world.session().await, &a1).await;
}

/// C1 on, only INITIATED, FAILED, EXPIRED, INACTIVE, REVOKED: connection required.
///
/// One user for each status, so that they do not help each other.
pub async fn row_04_no_other_status_runs(world: World<'_>) {
    let c1 = world.config_on().await;
    for status in [Status::Initiated, Status::Failed, Status::Expired, Status::Inactive, Status::Revoked] {
        let user = UserId::new(format!("user_{status}"));
        let seed = AccountSeed::new("A1", T, &c1).user(user.as_str()).status(status);
        let a1 = world.seeded(seed).await;
        let session = world.composio.create(&user).await.unwrap();
        world.connection_required(&session, &[T, user.as_str()]).await;
        world.passed_over(&session, &a1, PassedOver::NotActive(status)).await;
    }
}

/// C1 on, no accounts: connection required, and the link uses C1.
pub async fn row_05_a_link_uses_the_config_that_exists(world: World<'_>) {
    let c1 = world.config_on().await;
    let session = world.session().await;
    world.connection_required(&session, &[T]).await;
    let (_, used) = world.link(&session).await;
    assert_eq!(used, c1);
    assert_eq!(world.configs(T).await.len(), 1, "no new config");
}

/// No configs, managed auth: the link makes a config.
pub async fn row_06_a_link_makes_a_managed_config(world: World<'_>) {
    let session = world.session().await;
    world.connection_required(&session, &[T]).await;
    assert!(world.configs(T).await.is_empty(), "executing makes no config");
    let (_, used) = world.link(&session).await;
    let configs = world.configs(T).await;
    assert_eq!(configs.iter().map(|config| &config.id).collect::<Vec<_>>(), [&used]);
    assert_eq!((configs[0].managed, configs[0].scheme), (true, AuthScheme::OAuth2));
    assert!(configs[0].enabled_for_sessions, "the next link finds it");
    world.connection_required(&session, &[T]).await;
}

/// As 6, twice: the second link reuses the config.
pub async fn row_07_linking_twice_reuses_the_config(world: World<'_>) {
    let session = world.session().await;
    let (first, on_first) = world.link(&session).await;
    let (second, on_second) = world.link(&session).await;
    assert_eq!(on_first, on_second);
    assert_ne!(first.account(), second.account());
    assert_eq!(world.configs(T).await.len(), 1);
    // Another session finds it too: it belongs to the project.
    let (_, on_third) = world.link(&world.composio.create("user_w").await.unwrap()).await;
    assert_eq!(on_third, on_first);
    // Two at once, where there was none before, end with one config.
    join(async { session.authorize(X).await.unwrap() }, async { session.authorize(X).await.unwrap() }).await;
    assert_eq!(world.configs(X).await.len(), 1);
}

/// No configs, no managed auth, needs an app: no managed auth.
pub async fn row_08_without_managed_auth_nothing_connects(world: World<'_>) {
    let session = world.session().await;
    let next_step = "create an auth config";
    let kind = ErrorKind::NoManagedAuth;
    refused(session.authorize("unmanaged").await, kind, &[next_step]);
    let error = world.call_not_run(whoami(&session, "unmanaged"), kind, &[next_step]).await;
    assert_eq!(error.connect_url(), None, "a link would lead nowhere");
    assert!(world.configs("unmanaged").await.is_empty());
}

/// No configs, a key: the link makes a config.
pub async fn row_09_a_key_needs_no_developer(world: World<'_>) {
    let session = world.session().await;
    let error = world.call_not_run(whoami(&session, "keyed"), ErrorKind::ConnectionRequired, &["keyed"]).await;
    let page = world.opens(&error, "keyed").await;
    assert_eq!(page.fields.iter().map(|field| &*field.name).collect::<Vec<_>>(), ["api_key"]);
    let request = session.authorize("keyed").await.unwrap();
    let configs = world.configs("keyed").await;
    assert_eq!(configs.iter().map(|config| config.scheme).collect::<Vec<_>>(), [AuthScheme::ApiKey]);
    enter_key(world.harness, request.redirect_url(), "A1").await;
    assert_eq!(ran(whoami(&session, "keyed")).await.unwrap().as_deref(), Some("A1"));
}

/// C1 off, managed auth: the link makes another config.
pub async fn row_10_a_config_switched_off_is_passed_over(world: World<'_>) {
    let c1 = world.config_off().await;
    let session = world.session().await;
    world.connection_required(&session, &[T]).await;
    let (_, used) = world.link(&session).await;
    assert_ne!(used, c1);
    assert!(world.configs(T).await.iter().any(|config| config.id == used && config.managed));
}

/// C1 off, A1 ACTIVE: connection required.
pub async fn row_11_an_account_on_a_config_switched_off_is_passed_over(world: World<'_>) {
    let c1 = world.config_off().await;
    let a1 = world.account("A1", &c1).await;
    let session = world.session().await;
    world.connection_required(&session, &[T]).await;
    world.passed_over(&session, &a1, PassedOver::ConfigNotForSessions).await;
}

/// C1 and C2 on, A1(C1), A2(C2): A2.
pub async fn row_12_the_newest_across_configs_runs(world: World<'_>) {
    let (c1, c2) = (world.config_on().await, world.config_on().await);
    world.account("A1", &c1).await;
    let a2 = world.account("A2", &c2).await;
    world.runs_with(&world.session().await, &a2).await;
    // It is the accounts' age that counts, not that of their configs.
    let a3 = world.account("A3", &c1).await;
    world.runs_with(&world.session().await, &a3).await;
}

/// C1 and C2 on, no accounts: the link uses C2.
pub async fn row_13_a_link_uses_the_newest_config(world: World<'_>) {
    world.config_on().await;
    let c2 = world.config_on().await;
    let session = world.session().await;
    for _ in 0..3 {
        let (_, used) = world.link(&session).await;
        assert_eq!(used, c2);
    }
    assert_eq!(world.configs(T).await.len(), 2, "no new config");
}

/// C1 disabled, A1(C1) ACTIVE: connection required, a link elsewhere.
pub async fn row_14_a_disabled_config_is_not_eligible(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let session = world.session().await;
    world.runs_with(&session, &a1).await;
    world.disable_config(&c1).await;
    world.connection_required(&session, &[T]).await;
    world.passed_over(&session, &a1, PassedOver::ConfigDisabled).await;
    let (_, used) = world.link(&session).await;
    assert_ne!(used, c1);
}
