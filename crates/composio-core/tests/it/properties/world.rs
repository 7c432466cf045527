//! Worlds in which an account is to be chosen: a session's overrides, auth configs, and accounts of all kinds.

use composio_core::{
    AccessList, AuthConfig, AuthConfigId, AuthScheme, ConnectedAccount, ConnectedAccountId, ConnectionStatus,
    Selection, SelectionError, SelectionInput, Sharing, Timestamp, ToolkitSlug, UserId, select_account,
};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{select, subsequence};

/// The user `u` and the toolkit `t` are those of the session; `v`, `w` and `x` are others.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) user: UserId,
    pub(super) toolkit: ToolkitSlug,
    pub(super) no_auth: bool,
    pub(super) pins: Vec<ConnectedAccountId>,
    pub(super) auth_config: Option<AuthConfigId>,
    pub(super) account: Option<String>,
    pub(super) explicit: bool,
    pub(super) max_accounts: Option<usize>,
    pub(super) provision: Option<AuthScheme>,
    pub(super) configs: Vec<AuthConfig>,
    pub(super) accounts: Vec<ConnectedAccount>,
}

impl World {
    pub(super) fn input(&self) -> SelectionInput<'_> {
        SelectionInput {
            user: &self.user,
            toolkit: &self.toolkit,
            no_auth: self.no_auth,
            pins: &self.pins,
            auth_config: self.auth_config.as_ref(),
            account: self.account.as_deref(),
            explicit: self.explicit,
            max_accounts: self.max_accounts,
            configs: &self.configs,
            accounts: &self.accounts,
            provision: self.provision,
        }
    }

    pub(super) fn outcome(&self) -> Result<Selection, SelectionError> {
        select_account(&self.input())
    }

    /// The world with one more account, which is as old and as young as any.
    pub(super) fn with(&self, account: ConnectedAccount) -> Self {
        let mut world = self.clone();
        world.accounts.push(account);
        world
    }
}

/// What came of a choice, in a word, to be counted.
pub(super) fn name(outcome: &Result<Selection, SelectionError>) -> String {
    match outcome {
        Ok(Selection::Use { by, .. }) => format!("Use by {by:?}"),
        Ok(Selection::Connect { by, .. }) => format!("Connect by {by:?}"),
        Ok(Selection::NoAuthNeeded) => "NoAuthNeeded".to_owned(),
        Ok(Selection::Provision { .. }) => "Provision".to_owned(),
        Ok(_) => "another selection".to_owned(),
        Err(error) => format!("{error:?}").split([' ', '{']).next().unwrap_or_default().to_owned(),
    }
}

/// A few moments, so that many are the same.
fn moment() -> impl Strategy<Value = Timestamp> {
    (1_i64..5).prop_map(Timestamp::from_micros)
}

fn config(id: &'static str) -> impl Strategy<Value = AuthConfig> {
    let toolkit = prop_oneof![8 => Just("t"), 1 => Just("x")];
    let drawn = (toolkit, prop_oneof![5 => Just(true), 1 => Just(false)], any::<bool>(), moment());
    drawn.prop_map(move |(toolkit, enabled, open, at)| {
        let toolkit = ToolkitSlug::new(toolkit).unwrap();
        let mut config = AuthConfig::new(id.into(), toolkit, "drawn", AuthScheme::OAuth2, at);
        config.enabled = enabled;
        config.enabled_for_sessions = enabled && (open || id == "C1");
        config
    })
}

fn sharing() -> impl Strategy<Value = Sharing> {
    let users = |ids: &[&str]| ids.iter().copied().map(UserId::new).collect::<Vec<_>>();
    let list = move |allow_all, allowed: &[&str], denied: &[&str]| {
        Sharing::Shared(AccessList { allow_all, allowed: users(allowed), denied: users(denied) })
    };
    prop_oneof![
        6 => Just(Sharing::Private),
        1 => Just(list(true, &[], &[])),
        1 => Just(list(false, &["u"], &[])),
        1 => Just(list(false, &["w"], &[])),
        2 => Just(list(true, &[], &["u"])),
    ]
}

/// An account of any kind. Config `C9` is nowhere.
pub(super) fn account(id: &'static str) -> BoxedStrategy<ConnectedAccount> {
    let whose = prop_oneof![5 => Just("u"), 1 => Just("v")];
    let of = prop_oneof![8 => Just("t"), 1 => Just("x")];
    let config = prop_oneof![5 => Just("C1"), 3 => Just("C2"), 2 => Just("C3"), 1 => Just("C9")];
    let status = prop_oneof![3 => Just(ConnectionStatus::Active), 1 => select(ConnectionStatus::ALL.to_vec())];
    let alias = select(vec![None, Some("work"), Some("home")]);
    let drawn = (whose, of, config, status, sharing(), alias, moment(), option::of(moment()));
    drawn
        .prop_map(move |(user, toolkit, config, status, sharing, alias, created, connected)| {
            let toolkit = ToolkitSlug::new(toolkit).unwrap();
            let mut account = ConnectedAccount::new(id.into(), toolkit, user.into(), config.into(), created);
            account.status = status;
            account.sharing = sharing;
            account.alias = alias.map(str::to_owned);
            account.connected_at = connected.or(account.is_active().then_some(created));
            account
        })
        .boxed()
}

/// Any world. The ids `A6` and `C4` are free in it.
pub(super) fn world() -> BoxedStrategy<World> {
    const ACCOUNTS: [&str; 5] = ["A1", "A2", "A3", "A4", "A5"];
    let configs = (config("C1"), config("C2"), config("C3")).prop_map(|(one, two, three)| vec![one, two, three]);
    let configs = (configs, prop_oneof![1 => Just(0_usize), 4 => 1_usize..=3]).prop_map(|(mut configs, count)| {
        configs.truncate(count);
        configs
    });
    let accounts = ACCOUNTS.map(account).to_vec();
    let accounts = (accounts, subsequence(vec![0, 1, 2, 3, 4], 1..=5))
        .prop_map(|(all, some)| some.into_iter().map(|place: usize| all[place].clone()).collect::<Vec<_>>());
    let pins = prop_oneof![3 => Just(Vec::new()), 2 => vec(select(ACCOUNTS.to_vec()), 1..3)];
    let own = prop_oneof![3 => Just(None), 1 => select(vec!["C1", "C1", "C1", "C2", "C3", "C9"]).prop_map(Some)];
    let named = prop_oneof![3 => Just(None), 1 => select(vec!["A1", "A2", "work", "home", "nobody"]).prop_map(Some)];
    let session = (pins, own, named, any::<bool>(), option::of(1_usize..4));
    let provision = prop_oneof![Just(None), Just(Some(AuthScheme::OAuth2))];
    let no_auth = prop_oneof![20 => Just(false), 1 => Just(true)];
    (session, configs, accounts, provision, no_auth)
        .prop_map(|((pins, own, named, explicit, max_accounts), configs, accounts, provision, no_auth)| World {
            user: UserId::new("u"),
            toolkit: ToolkitSlug::new("t").unwrap(),
            no_auth,
            pins: pins.into_iter().map(ConnectedAccountId::new).collect(),
            auth_config: own.map(AuthConfigId::new),
            account: named.map(str::to_owned),
            explicit,
            max_accounts,
            provision,
            configs,
            accounts,
        })
        .boxed()
}
