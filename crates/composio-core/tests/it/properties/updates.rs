//! What a change makes of a session's configuration.

use composio_core::{
    ApprovalFallback, ApprovalPolicy, AuthConfigId, ConnectedAccountId, MultiAccount, MultiAccountUpdate, Patch,
    Preload, SessionConfig, SessionUpdate, ToolSlug, ToolkitMap, ToolkitSlug, Url,
};
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};

use super::policies::{approvals, tags, toolkits, tools};
use super::{Met, for_all_of};

/// More than elsewhere: there are nine fields.
const CASES: u32 = 2_048;

const FIELDS: [&str; 9] = [
    "toolkits",
    "tools",
    "tags",
    "auth_configs",
    "connected_accounts",
    "preload",
    "multi_account",
    "approvals",
    "callback_url",
];

fn multi() -> impl Strategy<Value = MultiAccount> {
    (2_usize..=10, any::<bool>())
        .prop_map(|(max, explicit)| MultiAccount::new().max_per_toolkit(max).require_explicit_selection(explicit))
}

fn preload() -> impl Strategy<Value = Preload> {
    let listed = subsequence(vec!["T_1", "T_2", "T_3"], 0..=3);
    let listed = listed.prop_map(|all| Preload::Tools(all.into_iter().map(|it| ToolSlug::new(it).unwrap()).collect()));
    prop_oneof![Just(Preload::None), Just(Preload::All), listed]
}

/// Any configuration that a session may have.
fn config() -> BoxedStrategy<SessionConfig> {
    let overrides = (option::of(0..3), option::of(0..3), any::<bool>(), select(vec!["a", "b"]));
    let policy = (toolkits(), tools(), tags(), approvals(), any::<bool>());
    let drawn = (policy, overrides, preload(), option::of(multi()), any::<bool>());
    drawn
        .prop_map(
            |((toolkits, tools, tags, approvals, allow), (own, pin, two, of), preload, multi_account, callback)| {
                let (mut config, of) = (SessionConfig::new(), ToolkitSlug::new(of).unwrap());
                (config.toolkits, config.tools, config.tags) = (toolkits, tools, tags);
                config.approvals = (approvals != ApprovalPolicy::new()).then(|| approvals.into());
                if allow {
                    config.approvals.get_or_insert_default().fallback = ApprovalFallback::Allow;
                }
                config.multi_account = multi_account;
                config.callback_url = callback.then(|| Url::parse("https://app.example/done").unwrap().into());
                if config.toolkits.allows(&of) {
                    let id = |number: i32| ConnectedAccountId::new(format!("ca_{number}"));
                    let second = pin.filter(|_| two && multi_account.is_some()).map(|pin| id(pin + 10));
                    let pins: Vec<_> = pin.map(id).into_iter().chain(second).collect();
                    config.connected_accounts.extend(Some((of.clone(), pins)).filter(|(_, pins)| !pins.is_empty()));
                    config.auth_configs.extend(own.map(|own| (of, AuthConfigId::new(format!("ac_{own}")))));
                }
                config.preload = preload;
                if config.validate().is_err() {
                    config.preload = Preload::None;
                }
                config.validate().unwrap();
                config
            },
        )
        .boxed()
}

/// A change of one field: to what it is in this configuration.
fn set(field: &str, from: &SessionConfig) -> SessionUpdate {
    let mut update = SessionUpdate::new();
    match field {
        "toolkits" => update.toolkits = Patch::Set(from.toolkits.clone()),
        "tools" => update.tools = Patch::Set(from.tools.clone()),
        "tags" => update.tags = Patch::Set(from.tags.clone()),
        "auth_configs" => update.auth_configs = Patch::Set(from.auth_configs.clone()),
        "connected_accounts" => update.connected_accounts = Patch::Set(from.connected_accounts.clone()),
        "preload" => update.preload = Patch::Set(from.preload.clone()),
        "multi_account" => {
            update.multi_account = match from.multi_account {
                Some(multi) => Patch::Set(multi.into()),
                None => Patch::Set(MultiAccountUpdate::new().enable(false)),
            }
        }
        "approvals" => update.approvals = Patch::Set(from.approvals.as_deref().cloned().unwrap_or_default()),
        _ => update.callback_url = Patch::Set(from.callback_url.clone()),
    }
    update
}

/// A change of one field: to what it is where nothing was ever said.
fn reset(field: &str) -> SessionUpdate {
    let mut update = SessionUpdate::new();
    match field {
        "toolkits" => update.toolkits = Patch::Reset,
        "tools" => update.tools = Patch::Reset,
        "tags" => update.tags = Patch::Reset,
        "auth_configs" => update.auth_configs = Patch::Reset,
        "connected_accounts" => update.connected_accounts = Patch::Reset,
        "preload" => update.preload = Patch::Reset,
        "multi_account" => update.multi_account = Patch::Reset,
        "approvals" => update.approvals = Patch::Reset,
        _ => update.callback_url = Patch::Reset,
    }
    update
}

/// The configuration as if this field had never been said. Written apart from the code that changes.
fn never_said(field: &str, config: &SessionConfig) -> SessionConfig {
    let mut text = serde_json::to_value(config).unwrap();
    text.as_object_mut().unwrap().remove(field).unwrap();
    serde_json::from_value(text).unwrap()
}

#[test]
fn set_and_then_reset_is_never_set() {
    let met = Met::default();
    for_all_of(CASES, (config(), config(), select(FIELDS.to_vec())), |(base, other, field)| {
        let never = never_said(field, &base);
        if never.validate().is_err() {
            // Such as pins of two accounts, which several accounts were there for.
            assert_eq!(base.updated(&reset(field)).unwrap_err().field(), never.validate().unwrap_err().field());
            return met.note("refused");
        }
        assert_eq!(base.updated(&reset(field)).unwrap(), never, "{field} of what was created with it");
        let Ok(changed) = never.updated(&set(field, &other)) else { return met.note("no such change") };
        assert_eq!(changed.updated(&reset(field)).unwrap(), never, "{field} of what was changed to it");
        if changed != never {
            met.note(field);
        }
    });
    met.at_least(30, &FIELDS);
}

#[test]
fn a_change_of_nothing_changes_nothing() {
    let met = Met::default();
    for_all_of(CASES, config(), |config| {
        assert_eq!(config.updated(&SessionUpdate::new()).unwrap(), config);
        let mut expecting = SessionUpdate::new();
        expecting.expected_version = Some(7);
        expecting.multi_account = Patch::Set(MultiAccountUpdate::new());
        assert_eq!(config.updated(&expecting).unwrap(), config);
        met.note(if config == SessionConfig::new() { "default" } else { "something said" });
    });
    met.at_least(1_000, &["something said"]);
}

/// Every field that is named is what was said, every other what it was; and saying it twice is saying it once.
#[test]
fn a_change_touches_what_it_names_and_nothing_else() {
    let met = Met::default();
    for_all_of(CASES, (config(), config(), select(FIELDS.to_vec())), |(base, other, field)| {
        let Ok(changed) = base.updated(&set(field, &other)) else { return met.note("refused") };
        let (before, after, said) = (
            serde_json::to_value(&base).unwrap(),
            serde_json::to_value(&changed).unwrap(),
            serde_json::to_value(&other).unwrap(),
        );
        for name in FIELDS {
            assert_eq!(after[name], if name == field { &said } else { &before }[name], "{name} after {field}");
        }
        assert_eq!(changed.updated(&set(field, &other)).unwrap(), changed);
        if changed != base {
            met.note(field);
        }
    });
    met.at_least(30, &FIELDS);
}

/// Settings for several accounts, each named or not.
fn multi_update() -> impl Strategy<Value = MultiAccountUpdate> {
    (option::of(any::<bool>()), option::of(2_usize..=10), option::of(any::<bool>())).prop_map(
        |(enable, max, explicit)| {
            let mut update = MultiAccountUpdate::new();
            (update.enable, update.max_per_toolkit, update.require_explicit_selection) = (enable, max, explicit);
            update
        },
    )
}

#[test]
fn settings_for_several_accounts_merge_one_by_one() {
    let met = Met::default();
    for_all_of(CASES, (option::of(multi()), multi_update()), |(before, update)| {
        let on = update.enable.unwrap_or(before.is_some());
        match update.apply(before) {
            Ok(Some(after)) => {
                assert!(on);
                let kept = before.unwrap_or_default();
                assert_eq!(after.max_per_toolkit, update.max_per_toolkit.unwrap_or(kept.max_per_toolkit));
                let explicit = update.require_explicit_selection.unwrap_or(kept.require_explicit_selection);
                assert_eq!(after.require_explicit_selection, explicit);
                assert_eq!(MultiAccountUpdate::from(after).apply(before).unwrap(), Some(after));
                met.note(if before.is_some() { "merged" } else { "switched on" });
            }
            Ok(None) => {
                assert!(!on && update.max_per_toolkit.is_none() && update.require_explicit_selection != Some(true));
                met.note("off");
            }
            Err(_) => {
                assert!(!on && (update.max_per_toolkit.is_some() || update.require_explicit_selection == Some(true)));
                met.note("refused");
            }
        }
    });
    met.at_least(100, &["merged", "switched on", "off", "refused"]);
}

#[test]
fn a_configuration_comes_back_from_the_store_as_it_went() {
    let met = Met::default();
    for_all_of(CASES, config(), |config| {
        let text = serde_json::to_string(&config).unwrap();
        let read: SessionConfig = serde_json::from_str(&text).unwrap();
        assert_eq!(read, config);
        assert_eq!(serde_json::to_string(&read).unwrap(), text, "in the same order");
        let order = |tools: &ToolkitMap<_>| tools.keys().cloned().collect::<Vec<_>>();
        assert_eq!(order(&read.tools), order(&config.tools));
        met.note(format!("{} lists of tools", config.tools.len()));
    });
    met.at_least(100, &["0 lists of tools", "1 lists of tools", "2 lists of tools"]);
}
