//! Which account is chosen: whatever order they come in, and whatever else there is.

use std::collections::BTreeMap;

use composio_core::{
    ConnectedAccount, Considered, PassedOver, Selection, SelectionError, explain_account, nameable_accounts,
    select_auth_config, select_reconnect,
};
use proptest::prelude::{Just, Strategy, any};
use proptest::sample::Index;

use super::world::{World, account, name, world};
use super::{Met, for_all_of};

/// More than elsewhere: there are many ways to go.
const CASES: u32 = 2_048;

/// The world and the same one, in another order.
fn shuffled() -> impl Strategy<Value = (World, World)> {
    world().prop_flat_map(|world| {
        let orders = (Just(world.accounts.clone()).prop_shuffle(), Just(world.configs.clone()).prop_shuffle());
        (Just(world), orders).prop_map(|(world, (accounts, configs))| {
            let other = World { accounts, configs, ..world.clone() };
            (world, other)
        })
    })
}

fn reasons(considered: Vec<Considered>) -> BTreeMap<String, Option<PassedOver>> {
    considered.into_iter().map(|one| (one.account.id.to_string(), one.passed_over)).collect()
}

#[test]
fn the_order_in_which_accounts_and_configs_come_decides_nothing() {
    let met = Met::default();
    for_all_of(CASES, shuffled(), |(world, other)| {
        let outcome = world.outcome();
        assert_eq!(outcome, other.outcome());
        assert_eq!(select_auth_config(&world.input()), select_auth_config(&other.input()));
        let again = |world: &World| select_reconnect(&world.input()).map(|account| account.id.clone());
        assert_eq!(again(&world), again(&other));
        assert_eq!(nameable_accounts(&world.input()), nameable_accounts(&other.input()));
        let why = |world: &World| reasons(explain_account(&world.input()).considered);
        assert_eq!(why(&world), why(&other), "nor why each of the others was passed over");
        if world.accounts != other.accounts || world.configs != other.configs {
            met.note(name(&outcome));
        }
    });
    met.at_least(
        8,
        &[
            "Use by SessionAccount",
            "Use by SessionAuthConfig",
            "Use by ExistingAuthConfig",
            "Connect by SessionAuthConfig",
            "Connect by ExistingAuthConfig",
            "Provision",
            "NoAuthNeeded",
            "PinUnavailable",
            "SharedAccessDenied",
            "NotUsable",
            "UnknownAccount",
            "AccountRequired",
            "UnknownAuthConfig",
            "AuthConfigDisabled",
            "NoManagedAuth",
        ],
    );
}

/// Why a new account, which no pin names, does not count, in the words of `session-semantics` 1.1 and 1.2. Written apart
/// from the code that chooses.
fn ineligible(world: &World, account: &ConnectedAccount) -> Option<&'static str> {
    let config = world.configs.iter().find(|one| one.id == account.auth_config && one.toolkit == world.toolkit);
    if !world.pins.is_empty() {
        return Some("not pinned");
    }
    if account.user != world.user {
        return Some("of another user");
    }
    if account.toolkit != world.toolkit {
        return Some("of another toolkit");
    }
    if account.sharing.is_shared() {
        return Some("shared and not pinned");
    }
    match &world.auth_config {
        Some(own) if *own != account.auth_config => return Some("on another config"),
        None if config.is_some_and(|config| config.enabled && !config.enabled_for_sessions) => {
            return Some("on a config that is off");
        }
        _ => {}
    }
    if !account.is_active() {
        return Some("not ACTIVE");
    }
    if !config.is_some_and(|config| config.enabled) {
        return Some("on a config that is disabled or gone");
    }
    None
}

/// Within the session's reach: the caller may be told of it, and may not run with it.
fn in_reach(why: &str) -> bool {
    matches!(why, "not ACTIVE" | "on a config that is disabled or gone")
}

/// The same error, without one candidate.
fn without(outcome: Result<Selection, SelectionError>, gone: &ConnectedAccount) -> Result<Selection, SelectionError> {
    match outcome {
        Err(SelectionError::UnknownAccount { named, mut candidates }) => {
            candidates.retain(|candidate| candidate.account != gone.id);
            Err(SelectionError::UnknownAccount { named, candidates })
        }
        other => other,
    }
}

/// What is out of reach changes nothing at all. What is in reach and cannot run changes nothing either, unless the call
/// names it; it is only one more of the accounts that are listed where the call named none of them.
#[test]
fn an_account_that_does_not_count_changes_nothing() {
    let met = Met::default();
    for_all_of(CASES, (world(), account("A6")), |(world, new)| {
        let Some(why) = ineligible(&world, &new) else { return met.note("eligible") };
        let (before, after) = (world.outcome(), world.with(new.clone()).outcome());
        let named = world.account.is_some() && world.account == new.alias;
        if !in_reach(why) || world.account.is_none() {
            assert_eq!(after, before, "{why}");
            met.note(why);
        } else if !named {
            met.note(if after == before { "named, and not this one" } else { "one more candidate" });
            assert_eq!(without(after, &new), before, "{why}");
        } else {
            met.note("named itself");
        }
        if new.user != world.user || !new.is_active() {
            let links = select_auth_config(&world.input());
            assert_eq!(
                select_auth_config(&world.with(new).input()),
                links,
                "{why}: and a link is made on the same config"
            );
        }
    });
    met.at_least(
        8,
        &[
            "not pinned",
            "of another user",
            "of another toolkit",
            "shared and not pinned",
            "on another config",
            "on a config that is off",
            "not ACTIVE",
            "on a config that is disabled or gone",
            "named, and not this one",
            "one more candidate",
            "named itself",
            "eligible",
        ],
    );
}

/// What is out of the session's reach changes nothing even where a call names it.
#[test]
fn naming_an_account_that_is_out_of_reach_finds_nothing() {
    let met = Met::default();
    for_all_of(CASES, (world(), account("A6")), |(mut world, new)| {
        let Some(why) = ineligible(&world, &new).filter(|why| !in_reach(why)) else { return };
        world.account = Some("A6".to_owned());
        let (before, after) = (world.outcome(), world.with(new).outcome());
        assert_eq!(after, before, "{why}");
        let found = |outcome: &Result<Selection, SelectionError>| matches!(outcome, Ok(Selection::Use { .. }));
        assert!(!found(&after), "{after:?}");
        met.note(name(&after));
    });
    met.at_least(500, &["UnknownAccount"]);
}

#[test]
fn a_config_that_does_not_count_changes_nothing() {
    let met = Met::default();
    for_all_of(CASES, (world(), any::<Index>(), 0..3), |(world, index, kind)| {
        if world.configs.is_empty() {
            return;
        }
        let mut new = index.get(&world.configs).clone();
        new.id = "C4".into();
        (new.enabled, new.enabled_for_sessions) = (kind != 0, kind != 1);
        if kind == 2 {
            new.toolkit = composio_core::ToolkitSlug::new("x").unwrap();
        }
        let mut other = world.clone();
        other.configs.push(new);
        let outcome = world.outcome();
        assert_eq!(other.outcome(), outcome);
        assert_eq!(select_auth_config(&other.input()), select_auth_config(&world.input()));
        met.note(["disabled", "off", "of another toolkit"][usize::try_from(kind).unwrap()]);
        met.note(name(&outcome));
    });
    met.at_least(100, &["disabled", "off", "of another toolkit", "Connect by ExistingAuthConfig"]);
}

#[test]
fn an_explanation_chooses_as_the_choice_does() {
    let met = Met::default();
    for_all_of(CASES, world(), |world| {
        let (outcome, explained) = (world.outcome(), explain_account(&world.input()));
        assert_eq!(explained.outcome, outcome);
        assert_eq!(explained.considered.len(), world.accounts.len(), "each account once");
        let text = explained.to_string();
        let taken = explained.considered.iter().filter(|one| one.passed_over.is_none()).count();
        if let Ok(Selection::Use { account, .. }) = &outcome {
            assert_eq!(explained.account().map(|account| &account.id), Some(account));
            assert_eq!(
                (taken, text.matches(": taken").count()),
                (1, 1),
                "one is taken, each other has its reason: {text}"
            );
        } else {
            assert_eq!((taken, text.matches(": taken").count()), (0, 0), "{text}");
        }
        met.note(name(&outcome));
    });
    met.at_least(10, &["Use by SessionAccount", "Use by ExistingAuthConfig", "NotUsable", "AccountRequired"]);
}
