//! Rows 15 to 20: the session names an auth config.

use composio_core::{ErrorKind, PassedOver, Selection};

use super::World;
use super::world::{T, X};
use crate::harness::{ConfigSeed, refused};

/// Config C2, off: A1(C2) before the newer A2(C1).
pub async fn row_15_the_sessions_config_beats_recency_and_the_switch(world: World<'_>) {
    let (c1, c2) = (world.config_on().await, world.config_off().await);
    let a1 = world.account("A1", &c2).await;
    let a2 = world.account("A2", &c1).await;
    world.runs_with(&world.create().auth_config(T, &c2).await.unwrap(), &a1).await;
    world.runs_with(&world.session().await, &a2).await;
}

/// Config C2, only A1(C1): connection required, the link uses C2.
pub async fn row_16_the_sessions_config_never_falls_back(world: World<'_>) {
    let (c1, c2) = (world.config_on().await, world.config_on().await);
    let a1 = world.account("A1", &c1).await;
    let session = world.create().auth_config(T, &c2).await.unwrap();
    world.connection_required(&session, &[T]).await;
    let (request, used) = world.link(&session).await;
    assert_eq!(used, c2);
    let explained = session.explain(T).await.unwrap();
    assert!(
        matches!(&explained.outcome, Ok(Selection::Connect { auth_config, .. }) if *auth_config == c2),
        "{explained}"
    );
    world.passed_over(&session, &a1, PassedOver::OtherAuthConfig).await;
    let a2 = world.finish(&request, "A2").await;
    world.runs_with(&session, &a2).await;
}

/// Config C2, A1 and A2 on it: A2.
pub async fn row_17_the_newest_on_the_sessions_config_runs(world: World<'_>) {
    let (c1, c2) = (world.config_on().await, world.config_on().await);
    world.account("A1", &c2).await;
    let a2 = world.account("A2", &c2).await;
    world.account("A3", &c1).await;
    world.runs_with(&world.create().auth_config(T, &c2).await.unwrap(), &a2).await;
}

/// Config C2, disabled: neither created nor linked.
pub async fn row_18_a_disabled_config_of_the_session_is_refused(world: World<'_>) {
    let c2 = world.config_on().await;
    world.account("A1", &c2).await;
    let session = world.create().auth_config(T, &c2).await.unwrap();
    world.disable_config(&c2).await;
    let names = [c2.as_str(), "disabled"];
    world.not_created(world.create().auth_config(T, &c2), "auth_configs.managed", &names).await;
    world.not_linked(&session, ErrorKind::Conflict, &names).await;
    world.not_run(&session, ErrorKind::Conflict, &names).await;
}

/// Config of another toolkit, unknown, of another project: not created.
pub async fn row_19_a_config_of_elsewhere_is_refused(world: World<'_>) {
    let of_x = world.config(X, ConfigSeed::on()).await;
    let field = "auth_configs.managed";
    world.not_created(world.create().auth_config(T, &of_x), field, &[of_x.as_str(), "auth config of other"]).await;
    world.not_created(world.create().auth_config(T, "ac_nowhere"), field, &["ac_nowhere"]).await;
    let c1 = world.config_on().await;
    let other_project = composio_core::Composio::with_backend(world.harness.other_project());
    world.not_created(other_project.create("user_u").auth_config(T, &c1), field, &[c1.as_str()]).await;
}

/// Config for a toolkit outside the list: not created.
pub async fn row_20_a_config_outside_the_toolkits_is_refused(world: World<'_>) {
    let c1 = world.config_on().await;
    for builder in [world.create().toolkits([X]), world.create().disable_toolkits([T])] {
        world.not_created(builder.auth_config(T, &c1), "auth_configs.managed", &["does not allow"]).await;
    }
    // Nor can a session that has one be narrowed so.
    let session = world.create().auth_config(T, &c1).await.unwrap();
    let error = refused(session.update().toolkits([X]).await, ErrorKind::InvalidInput, &["does not allow"]);
    assert_eq!(error.field(), Some("auth_configs.managed"));
}
