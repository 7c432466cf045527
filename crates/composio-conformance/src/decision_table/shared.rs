//! Rows 32 to 36: accounts that others share.

use composio_core::{AccessList, AuthConfigId, ErrorKind, MultiAccount, Sharing};

use super::World;
use super::world::{Account, PINS_OF_T, T, X};
use crate::harness::{AccountSeed, ConfigSeed, OTHER_USER, USER, whoami};

/// An account of V that is shared with these.
async fn shared(world: &World<'_>, label: &str, config: &AuthConfigId, with: AccessList) -> Account {
    let seed = AccountSeed::new(label, T, config).user(OTHER_USER).sharing(Sharing::Shared(with));
    world.seeded(seed).await
}

fn everyone() -> AccessList {
    AccessList { allow_all: true, ..AccessList::default() }
}

/// Only S1 of V, shared with all: connection required.
pub async fn row_32_a_shared_account_is_never_implicit(world: World<'_>) {
    let c1 = world.config_on().await;
    shared(&world, "S1", &c1, everyone()).await;
    world.connection_required(&world.session().await, &[T]).await;
    // Not for its owner either.
    world.connection_required(&world.composio.create(OTHER_USER).await.unwrap(), &[T]).await;
}

/// Pin S1 of V, U in its list: S1.
pub async fn row_33_a_pinned_shared_account_runs(world: World<'_>) {
    let c1 = world.config_on().await;
    let list = AccessList { allowed: vec![USER.into()], ..AccessList::default() };
    let s1 = shared(&world, "S1", &c1, list).await;
    world.runs_with(&world.create().connected_account(T, &s1.id).await.unwrap(), &s1).await;
    let stranger = world.composio.create("user_w").connected_account(T, &s1.id);
    world.not_created(stranger, PINS_OF_T, &[s1.id.as_str(), "user_w"]).await;
}

/// Pin S1, U denied and all allowed: not created.
pub async fn row_34_denied_beats_allowed(world: World<'_>) {
    let c1 = world.config_on().await;
    let list = AccessList { allow_all: true, allowed: vec![USER.into()], denied: vec![USER.into()] };
    let s1 = shared(&world, "S1", &c1, list).await;
    let names = [s1.id.as_str(), "shared", USER];
    world.not_created(world.create().connected_account(T, &s1.id), PINS_OF_T, &names).await;
    // Its owner always runs it, whatever the list says.
    let owner = world.composio.create(OTHER_USER).connected_account(T, &s1.id).await.unwrap();
    world.runs_with(&owner, &s1).await;
}

/// Pins S1 and S2, both shared: not created.
pub async fn row_35_one_shared_account_at_the_most(world: World<'_>) {
    let c1 = world.config_on().await;
    let s1 = shared(&world, "S1", &c1, everyone()).await;
    let s2 = shared(&world, "S2", &c1, everyone()).await;
    let builder = world.create().connected_accounts([(T, &s1.id), (T, &s2.id)]).multi_account(MultiAccount::new());
    world.not_created(builder, PINS_OF_T, &["2 shared accounts"]).await;
    // One of each toolkit is fine.
    let of_x = world.config(X, ConfigSeed::on()).await;
    let seed = AccountSeed::new("S3", X, &of_x).user(OTHER_USER).sharing(Sharing::Shared(everyone()));
    let s3 = world.seeded(seed).await;
    let session = world.create().connected_accounts([(T, &s1.id), (X, &s3.id)]).await.unwrap();
    world.runs_with(&session, &s1).await;
    world.toolkit_runs_with(&session, X, &s3).await;
}

/// Pins S1 and A1: created.
pub async fn row_36_a_shared_account_beside_an_own_one(world: World<'_>) {
    let c1 = world.config_on().await;
    let s1 = shared(&world, "S1", &c1, everyone()).await;
    let a1 = world.account("A1", &c1).await;
    let builder = world.create().connected_accounts([(T, &s1.id), (T, &a1.id)]).multi_account(MultiAccount::new());
    let session = builder.await.unwrap();
    for account in [&s1, &a1] {
        world.call_runs_with(whoami(&session, T).account(account.id.as_str()), account).await;
    }
    // Neither stands before the other: a call has to name one.
    world.not_run(&session, ErrorKind::InvalidInput, &[s1.id.as_str(), a1.id.as_str()]).await;
}
