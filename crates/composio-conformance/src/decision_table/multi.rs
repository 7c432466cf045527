//! Rows 37 to 46: several accounts side by side, and calls that name theirs.

use composio_core::{AuthConfigId, ConnectionStatus as Status, ErrorKind, MultiAccount, MultiAccountUpdate, Session};

use super::World;
use super::world::{Account, T};
use crate::harness::{AccountSeed, OTHER_USER, refused, whoami};

/// A1, called "work", and the newer A2, called "home".
async fn work_and_home(world: &World<'_>) -> (AuthConfigId, Account, Account) {
    let c1 = world.config_on().await;
    let a1 = world.seeded(AccountSeed::new("A1", T, &c1).alias("work")).await;
    let a2 = world.seeded(AccountSeed::new("A2", T, &c1).alias("home")).await;
    (c1, a1, a2)
}

async fn multi(world: &World<'_>) -> Session {
    world.create().multi_account(MultiAccount::new()).await.unwrap()
}

/// Multi, explicit off, no account named: A2.
pub async fn row_37_without_explicit_selection_the_newest_runs(world: World<'_>) {
    let (_, _, a2) = work_and_home(&world).await;
    let multi = MultiAccount::new().require_explicit_selection(false);
    world.runs_with(&world.create().multi_account(multi).await.unwrap(), &a2).await;
}

/// Multi, explicit, no account named: refused, listing both.
pub async fn row_38_with_explicit_selection_two_need_a_name(world: World<'_>) {
    let (_, a1, a2) = work_and_home(&world).await;
    let created = [world.created_at(&a1).await, world.created_at(&a2).await];
    // Each with its alias, who it is, where it stands, and when it was made.
    let names =
        [a1.id.as_str(), "\"work\", A1, ACTIVE", &created[0], a2.id.as_str(), "\"home\", A2, ACTIVE", &created[1]];
    let error = world.not_run(&multi(&world).await, ErrorKind::InvalidInput, &names).await;
    // The model is told too: naming one is what it can do about it.
    assert!(names.iter().all(|name| error.for_model().contains(name)), "{}", error.for_model());
}

/// Multi, explicit, only A1: A1.
pub async fn row_39_with_explicit_selection_one_needs_none(world: World<'_>) {
    let c1 = world.config_on().await;
    let a1 = world.account("A1", &c1).await;
    world.account_in(Status::Expired, "A2", &c1).await;
    world.runs_with(&multi(&world).await, &a1).await;
}

/// Multi, the alias of A1: A1.
pub async fn row_40_an_alias_names_its_account(world: World<'_>) {
    let (_, a1, _) = work_and_home(&world).await;
    let session = multi(&world).await;
    world.call_runs_with(whoami(&session, T).account("work"), &a1).await;
    world.call_runs_with(whoami(&session, T).account(a1.id.as_str()), &a1).await;
}

/// Multi, unknown or similar: refused, listing both.
pub async fn row_41_an_unknown_name_is_refused(world: World<'_>) {
    let (_, a1, a2) = work_and_home(&world).await;
    let session = multi(&world).await;
    let part_of_an_id = &a1.id.as_str()[..a1.id.as_str().len() - 1];
    for named in ["nobody", "Work", "wor", "work ", part_of_an_id, ""] {
        let names =
            [&*format!("{named:?}"), a1.id.as_str(), "\"work\", A1, ACTIVE", a2.id.as_str(), "\"home\", A2, ACTIVE"];
        let call = whoami(&session, T).account(named);
        let error = world.call_not_run(call, ErrorKind::InvalidInput, &names).await;
        assert!(names.iter().all(|name| error.for_model().contains(name)), "{}", error.for_model());
    }
}

/// Multi, A1 EXPIRED named: connection required, naming A1.
pub async fn row_42_a_named_account_that_expired_is_refused(world: World<'_>) {
    let (_, a1, _) = work_and_home(&world).await;
    let session = multi(&world).await;
    world.set_status(&a1, Status::Expired).await;
    for named in ["work", a1.id.as_str()] {
        let call = whoami(&session, T).account(named);
        let names = [a1.id.as_str(), "EXPIRED"];
        let error = world.call_not_run(call, ErrorKind::ConnectionRequired, &names).await;
        // The link is for this very account.
        assert_eq!(world.opens(&error, T).await.reconnects.as_deref(), Some("A1"));
    }
}

/// Multi off, A1 named: A1, if it is the session's and ACTIVE.
pub async fn row_43_an_account_may_be_named_without_multi_account(world: World<'_>) {
    let (c1, a1, _) = work_and_home(&world).await;
    let expired = world.account_in(Status::Expired, "A3", &c1).await;
    let of_v = world.seeded(AccountSeed::new("A4", T, &c1).user(OTHER_USER)).await;
    let session = world.session().await;
    let naming = |account: &Account| whoami(&session, T).account(account.id.as_str());
    world.call_runs_with(naming(&a1), &a1).await;
    let names = [expired.id.as_str(), "EXPIRED"];
    world.call_not_run(naming(&expired), ErrorKind::ConnectionRequired, &names).await;
    world.call_not_run(naming(&of_v), ErrorKind::InvalidInput, &["work", "home"]).await;
}

/// Pins A1 and A2, A3 named: refused.
pub async fn row_44_a_name_outside_the_pins_is_refused(world: World<'_>) {
    let (c1, a1, a2) = work_and_home(&world).await;
    let a3 = world.account("A3", &c1).await;
    let builder = world.create().connected_accounts([(T, &a1.id), (T, &a2.id)]).multi_account(MultiAccount::new());
    let session = builder.await.unwrap();
    world.rename(&a3, "third").await;
    for named in [a3.id.as_str(), "third"] {
        let call = whoami(&session, T).account(named);
        let error = world.call_not_run(call, ErrorKind::InvalidInput, &[named, a1.id.as_str(), a2.id.as_str()]).await;
        let offered = error.for_model().split("there is").nth(1).unwrap_or_default().to_owned();
        assert!(!offered.contains(a3.id.as_str()) && !offered.contains("third"), "it is not offered: {offered}");
    }
    world.not_run(&session, ErrorKind::InvalidInput, &[a1.id.as_str(), a2.id.as_str()]).await;
    world.call_runs_with(whoami(&session, T).account("work"), &a1).await;
}

/// Multi, max 2, A1 and A2 ACTIVE: no third link.
pub async fn row_45_the_limit_refuses_one_more_link(world: World<'_>) {
    let (c1, a1, _) = work_and_home(&world).await;
    let session = world.create().multi_account(MultiAccount::new().max_per_toolkit(2)).await.unwrap();
    let kept = world.accounts_of_t().await;
    world.not_linked(&session, ErrorKind::Conflict, &["2 accounts", "limit"]).await;
    assert_eq!(world.accounts_of_t().await, kept, "no account is begun");
    // Only ACTIVE ones count.
    world.set_status(&a1, Status::Expired).await;
    assert_eq!(world.link(&session).await.1, c1);
}

/// Multi off, max or explicit sent: refused.
pub async fn row_46_settings_of_several_accounts_need_the_mode(world: World<'_>) {
    let (max, explicit) = ("multi_account.max_per_toolkit", "multi_account.require_explicit_selection");
    let settings = MultiAccountUpdate::new;
    let session = world.session().await;
    for (update, field) in [
        (settings().enable(false).max_per_toolkit(3), max),
        (settings().max_per_toolkit(3), max),
        (settings().enable(false).require_explicit_selection(true), explicit),
        (settings().require_explicit_selection(true), explicit),
        (settings().enable(false).max_per_toolkit(3).require_explicit_selection(true), max),
        // On, the limit has its bounds.
        (settings().enable(true).max_per_toolkit(1), max),
        (settings().enable(true).max_per_toolkit(11), max),
    ] {
        world.not_created(world.create().multi_account(update), field, &[]).await;
        let error = refused(session.update().multi_account(update).await, ErrorKind::InvalidInput, &[]);
        assert_eq!((error.field(), session.version()), (Some(field), 1), "{error}");
    }
    // Where it is on they are its settings, one by one; off forgets them.
    let session = world.create().multi_account(settings().enable(true).max_per_toolkit(3)).await.unwrap();
    let expected = MultiAccount::new().max_per_toolkit(3).require_explicit_selection(false);
    session.update().multi_account(settings().require_explicit_selection(false)).await.unwrap();
    assert_eq!(session.config().multi_account, Some(expected));
    let both = settings().enable(false).max_per_toolkit(3);
    refused(session.update().multi_account(both).await, ErrorKind::InvalidInput, &[max]);
    session.update().multi_account(settings().enable(false)).await.unwrap();
    assert_eq!(session.config().multi_account, None);
    session.update().multi_account(settings().enable(true)).await.unwrap();
    assert_eq!(session.config().multi_account, Some(MultiAccount::new()));
}
