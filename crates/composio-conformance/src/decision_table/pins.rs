//! Rows 21 to 31: the session pins an account, or does not.

use composio_core::ErrorKind::InvalidInput;
use composio_core::{ConnectionStatus as Status, Error, PassedOver, SessionConfig, ToolkitSlug};

use super::World;
use super::world::{PINS_OF_T, T, X};
use crate::harness::{AccountSeed, ConfigSeed, OTHER_USER, refused};

/// Pin A1, A2 newer: A1.
pub async fn row_21_a_pin_beats_recency(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    world.account("A2", &c1).await;
    world.runs_with(&world.create().connected_account(T, &a1.id).await.unwrap(), &a1).await;
}

/// Pin A1, EXPIRED later, A2 ACTIVE: connection required, naming A1.
pub async fn row_22_a_pin_that_expired_never_falls_through(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let a2 = world.account("A2", &c1).await;
    let session = world.create().connected_account(T, &a1.id).await.unwrap();
    world.set_status(&a1, Status::Expired).await;
    let error = world.connection_required(&session, &[a1.id.as_str(), "EXPIRED", "reconnect"]).await;
    world.passed_over(&session, &a2, PassedOver::NotPinned).await;
    // The link is for this very account.
    assert_eq!(world.opens(&error, T).await.reconnects.as_deref(), Some("A1"));
}

/// Pin A1, deleted or disabled: not created.
pub async fn row_23_a_pin_has_to_be_usable(world: World<'_>) {
    let c1 = world.config_on().await;
    let (deleted, disabled) = (world.account("A1", &c1).await, world.account("A2", &c1).await);
    world.composio.connected_accounts().delete(&deleted.id).await.unwrap();
    world.composio.connected_accounts().disable(&disabled.id).await.unwrap();
    for (account, names) in [(&deleted, ["no such account"]), (&disabled, ["INACTIVE"])] {
        let names = [account.id.as_str(), names[0]];
        world.not_created(world.create().connected_account(T, &account.id), PINS_OF_T, &names).await;
        let session = world.session().await;
        let error = refused(session.update().connected_accounts([(T, &account.id)]).await, InvalidInput, &names);
        assert_eq!((error.field(), session.version()), (Some(PINS_OF_T), 1));
    }
}

/// Pin A1 of V, private: not created.
pub async fn row_24_a_pin_of_another_user_is_refused(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.seeded(AccountSeed::new("A1", T, &c1).user(OTHER_USER)).await;
    let error = world.not_created(world.create().connected_account(T, &a1.id), PINS_OF_T, &[a1.id.as_str()]).await;
    // It is not told apart from one that does not exist, in whatever toolkit it is, and whatever its status is.
    let unknown = world.not_created(world.create().connected_account(T, "ca_nowhere"), PINS_OF_T, &[]).await;
    let as_unknown =
        |error: &Error, id: &str| assert_eq!(error.to_string(), unknown.to_string().replace("ca_nowhere", id));
    as_unknown(&error, a1.id.as_str());
    let of_x = world.config(X, ConfigSeed::on()).await;
    for seed in [AccountSeed::new("A2", X, &of_x), AccountSeed::new("A3", T, &c1).status(Status::Expired)] {
        let theirs = world.seeded(seed.user(OTHER_USER)).await;
        let error = world.not_created(world.create().connected_account(T, &theirs.id), PINS_OF_T, &[]).await;
        as_unknown(&error, theirs.id.as_str());
    }
}

/// Pin A1 of another toolkit: not created.
pub async fn row_25_a_pin_of_another_toolkit_is_refused(world: World<'_>) {
    let of_x = world.config(X, ConfigSeed::on()).await;
    let a1 = world.seeded(AccountSeed::new("A1", X, &of_x)).await;
    world.not_created(world.create().connected_account(T, &a1.id), PINS_OF_T, &[a1.id.as_str(), X]).await;
}

/// Pin A1(C1) and config C2: A1.
pub async fn row_26_a_pin_beats_the_sessions_config(world: World<'_>) {
    let (c1, c2) = (world.config_on().await, world.config_on().await);
    let a1 = world.account("A1", &c1).await;
    world.account("A2", &c2).await;
    let session = world.create().connected_account(T, &a1.id).auth_config(T, &c2).await.unwrap();
    world.runs_with(&session, &a1).await;
}

/// Pin A1 as text: as a list of A1.
pub async fn row_27_one_pin_is_a_list_of_one(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    world.account("A2", &c1).await;
    let text = world.create().connected_account(T, a1.id.as_str()).await.unwrap();
    let list = world.create().connected_accounts([(T, &a1.id)]).await.unwrap();
    assert_eq!(text.config(), list.config());
    assert_eq!(text.config().pins(&ToolkitSlug::new(T).unwrap()), std::slice::from_ref(&a1.id));
    world.runs_with(&text, &a1).await;
    world.runs_with(&list, &a1).await;
}

/// Pins A1 and A2, multi off: not created.
pub async fn row_28_two_pins_need_multi_account(world: World<'_>) {
    let c1 = world.config_on().await;
    let (a1, a2) = (world.account("A1", &c1).await, world.account("A2", &c1).await);
    let builder = world.create().connected_accounts([(T, &a1.id), (T, &a2.id)]);
    world.not_created(builder, PINS_OF_T, &["multi_account"]).await;
}

/// Pins []: as if not pinned.
pub async fn row_29_no_pins_are_no_pin(world: World<'_>) {
    let c1 = world.config_on().await;
    world.account("A1", &c1).await;
    let a2 = world.account("A2", &c1).await;
    let mut config = SessionConfig::new();
    config.connected_accounts.insert(ToolkitSlug::new(T).unwrap(), Vec::new());
    let session = world.create_from(&config).await.unwrap();
    world.runs_with(&session, &a2).await;
    world.link(&session).await;
}

/// Pin A1, A3 connected later: A1.
pub async fn row_30_a_later_account_moves_no_pin(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let session = world.create().connected_account(T, &a1.id).await.unwrap();
    let a3 = world.connect(&world.session().await, "A3").await;
    world.runs_with(&session, &a1).await;
    world.runs_with(&world.session().await, &a3).await;
}

/// A3 connected after the session was made: A3.
pub async fn row_31_a_later_account_takes_over_without_a_pin(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    let session = world.session().await;
    world.runs_with(&session, &a1).await;
    let a3 = world.connect(&session, "A3").await;
    world.runs_with(&session, &a3).await;
}
