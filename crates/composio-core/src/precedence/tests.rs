//! The decision table of `session-semantics` section 6, by number, and what holds for every row of it.
//!
//! A world is written as text: user `u`, toolkit `t`, and three lists of words.
//! - session: `pin=A1,A2` `config=C1` `account=NAME` `explicit` `max=2` `no-auth` `provision=OAUTH2`
//! - configs, each newer than the one before: `C1`, with `/off` (not for sessions), `/disabled`, `/toolkit=x`, `/at=1`
//! - accounts, each newer than the one before: `A1:C1`, with a status such as `/EXPIRED`, and `/user=v` `/toolkit=x`
//!   `/alias=work` `/at=1` (connected) `/made=1` `/never` (never connected) `/shared=u,w` `/shared=*` `/deny=u`

use super::*;
use crate::{AccessList, ConnectionEvent, ConnectionStatus, Error, ErrorKind, Sharing, Timestamp};

struct World {
    user: UserId,
    toolkit: ToolkitSlug,
    no_auth: bool,
    pins: Vec<ConnectedAccountId>,
    auth_config: Option<AuthConfigId>,
    account: Option<String>,
    explicit: bool,
    max_accounts: Option<usize>,
    provision: Option<AuthScheme>,
    configs: Vec<AuthConfig>,
    accounts: Vec<ConnectedAccount>,
}

impl World {
    fn new(session: &str, configs: &str, accounts: &str) -> Self {
        let mut world = Self {
            user: UserId::new("u"),
            toolkit: slug("t"),
            no_auth: false,
            pins: Vec::new(),
            auth_config: None,
            account: None,
            explicit: false,
            max_accounts: None,
            provision: None,
            configs: configs.split_whitespace().enumerate().map(|(at, word)| config(word, at)).collect(),
            accounts: accounts.split_whitespace().enumerate().map(|(at, word)| account(word, at)).collect(),
        };
        for word in session.split_whitespace() {
            match word.split_once('=').unwrap_or((word, "")) {
                ("pin", ids) => world.pins = ids.split(',').map(ConnectedAccountId::new).collect(),
                ("config", id) => world.auth_config = Some(id.into()),
                ("account", named) => world.account = Some(named.to_owned()),
                ("explicit", _) => world.explicit = true,
                ("max", max) => world.max_accounts = Some(max.parse().unwrap()),
                ("no-auth", _) => world.no_auth = true,
                ("provision", scheme) => world.provision = Some(AuthScheme::from_name(scheme).unwrap()),
                _ => panic!("not a word of a session: {word}"),
            }
        }
        world
    }

    fn input(&self) -> SelectionInput<'_> {
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

    fn runs(&self) -> String {
        match select_account(&self.input()) {
            Ok(Selection::NoAuthNeeded) => "runs without".to_owned(),
            Ok(Selection::Use { account, by }) => format!("{account} by {}", rung(by)),
            Ok(Selection::Connect { auth_config, by }) => format!("connect {auth_config} by {}", rung(by)),
            Ok(Selection::Provision { scheme }) => format!("provision {scheme}"),
            Err(error) => refusal(&error),
        }
    }

    fn links(&self) -> String {
        match select_auth_config(&self.input()) {
            Ok(ConfigChoice::Existing { auth_config, by }) => format!("{auth_config} by {}", rung(by)),
            Ok(ConfigChoice::Provision { scheme }) => format!("provision {scheme}"),
            Err(error) => refusal(&error),
        }
    }
}

fn slug(text: &str) -> ToolkitSlug {
    ToolkitSlug::new(text).unwrap()
}

fn time(text: &str) -> Timestamp {
    Timestamp::from_micros(text.parse().unwrap())
}

fn nth(position: usize) -> Timestamp {
    Timestamp::from_micros(100 + i64::try_from(position).unwrap())
}

fn config(word: &str, position: usize) -> AuthConfig {
    let mut parts = word.split('/');
    let mut config =
        AuthConfig::new(parts.next().unwrap().into(), slug("t"), "a config", AuthScheme::OAuth2, nth(position));
    for part in parts {
        match part.split_once('=').unwrap_or((part, "")) {
            ("off", _) => config.enabled_for_sessions = false,
            ("disabled", _) => config.enabled = false,
            ("toolkit", toolkit) => config.toolkit = slug(toolkit),
            ("at", at) => config.created_at = time(at),
            _ => panic!("not a word of a config: {part}"),
        }
    }
    config
}

fn account(word: &str, position: usize) -> ConnectedAccount {
    let mut parts = word.split('/');
    let (id, config) = parts.next().unwrap().split_once(':').unwrap();
    let at = nth(position);
    let mut account = ConnectedAccount::new(id.into(), slug("t"), "u".into(), config.into(), at);
    account.status = ConnectionStatus::Active;
    account.connected_at = Some(at);
    let mut list = AccessList::default();
    let users = |text: &str| text.split(',').map(UserId::new).collect::<Vec<_>>();
    for part in parts {
        match part.split_once('=').unwrap_or((part, "")) {
            ("user", user) => account.user = user.into(),
            ("toolkit", toolkit) => account.toolkit = slug(toolkit),
            ("alias", alias) => account.alias = Some(alias.to_owned()),
            ("at", at) => account.connected_at = Some(time(at)),
            ("made", at) => account.created_at = time(at),
            ("never", _) => account.connected_at = None,
            ("shared", "*") => list.allow_all = true,
            ("shared", named) => list.allowed = users(named),
            ("deny", named) => list.denied = users(named),
            (status, _) => account.status = ConnectionStatus::from_name(status).unwrap(),
        }
    }
    if word.contains("/shared") {
        account.sharing = Sharing::Shared(list);
    }
    account
}

fn rung(by: Rung) -> u8 {
    match by {
        Rung::SessionAccount => 1,
        Rung::SessionAuthConfig => 2,
        Rung::ExistingAuthConfig => 3,
    }
}

fn refusal(error: &SelectionError) -> String {
    let names = |candidates: &[Candidate]| {
        let name = |one: &Candidate| match &one.alias {
            Some(alias) => format!(" {}={alias}", one.account),
            None => format!(" {}", one.account),
        };
        candidates.iter().map(name).collect::<String>()
    };
    match error {
        SelectionError::PinUnavailable { account } => format!("error: pin {account} unavailable"),
        SelectionError::SharedAccessDenied { account } => format!("error: {account} is not shared"),
        SelectionError::NotUsable { account, disabled_config: Some(config), .. } => {
            format!("error: {account} on disabled {config}")
        }
        SelectionError::NotUsable { account, status, .. } => format!("error: {account} is {status}"),
        SelectionError::UnknownAccount { named, candidates } => format!("error: no {named};{}", names(candidates)),
        SelectionError::AccountRequired { candidates } => format!("error: name one;{}", names(candidates)),
        SelectionError::UnknownAuthConfig { auth_config } => format!("error: no config {auth_config}"),
        SelectionError::AuthConfigDisabled { auth_config } => format!("error: disabled {auth_config}"),
        SelectionError::NoAuthToolkit => "error: no auth".to_owned(),
        SelectionError::Pinned { account } => format!("error: pinned {account}"),
        SelectionError::TooManyAccounts { max } => format!("error: {max} already"),
        SelectionError::NoManagedAuth => "error: no managed auth".to_owned(),
    }
}

/// Checks one row, and on it everything that holds for all of them.
#[track_caller]
fn check(row: &str, session: &str, configs: &str, accounts: &str, runs: &str, links: &str) {
    let world = World::new(session, configs, accounts);
    assert_eq!(world.runs(), runs, "row {row} runs");
    assert_eq!(world.links(), links, "row {row} links");
    check_order(row, session, configs, accounts, runs, links);
    check_strangers(row, session, configs, accounts, runs, links);
    check_trace(row, &world);
}

/// Candidates come in any order.
#[track_caller]
fn check_order(row: &str, session: &str, configs: &str, accounts: &str, runs: &str, links: &str) {
    let world = World::new(session, configs, accounts);
    for accounts in permutations(&world.accounts) {
        for configs in permutations(&world.configs) {
            let mut shuffled = World::new(session, "", "");
            (shuffled.configs, shuffled.accounts) = (configs, accounts.clone());
            assert_eq!(shuffled.runs(), runs, "row {row} runs with {:?}", ids(&shuffled.accounts));
            assert_eq!(shuffled.links(), links, "row {row} links with {:?}", ids(&shuffled.accounts));
        }
    }
}

/// An account that may not be used changes nothing, however new it is.
#[track_caller]
fn check_strangers(row: &str, session: &str, configs: &str, accounts: &str, runs: &str, links: &str) {
    for stranger in [
        "X:C1/user=v/at=999",
        "X:C1/user=v/at=999/alias=work",
        "X:C1/toolkit=x/at=999",
        "X:C1/shared=*/user=v/at=999",
        "X:C1/shared=u/user=v/at=999",
        "X:C1/EXPIRED/at=999",
        "X:C1/INACTIVE/at=999",
        "X:C1/never/INITIATED",
        "X:C1/FAILED/at=999",
        "X:Cdisabled/at=999",
        "X:Coff/at=999",
        "X:Cgone/at=999",
    ] {
        // It is the user's own, so it is listed where a name fits nothing, and counts where the limit is checked.
        let own = !stranger.contains("/user=") && !stranger.contains("/toolkit=");
        let counted = own && session.contains("max=");
        if counted || (own && runs.starts_with("error: no ") && session.contains("account=")) {
            continue;
        }
        let configs = format!("{configs} Cdisabled/disabled/at=999 Coff/off/at=999");
        for accounts in [format!("{stranger} {accounts}"), format!("{accounts} {stranger}")] {
            let world = World::new(session, &configs, &accounts);
            // Positions move the clock by one for everybody, which keeps the order.
            assert_eq!(world.runs(), runs, "row {row} runs with {stranger}");
            assert_eq!(world.links(), links, "row {row} links with {stranger}");
            check_trace(row, &world);
        }
    }
}

/// The trace names every account once, the chosen one first and without a reason.
#[track_caller]
fn check_trace(row: &str, world: &World) {
    let mut recorded = Recorded::default();
    let outcome = select(&world.input(), &mut recorded);
    let explanation = explain_account(&world.input());
    assert_eq!(explanation.outcome, outcome, "row {row}");
    assert_eq!(explanation.outcome, select_account(&world.input()), "row {row}");

    let chosen = explanation.account().map(|account| account.id.clone());
    let mut heard = recorded.0;
    heard.extend(chosen.clone());
    heard.sort();
    assert_eq!(heard, sorted(ids(&world.accounts)), "row {row}: each is passed over once, or chosen");

    let considered: Vec<_> = explanation.considered.iter().map(|one| one.account.id.clone()).collect();
    assert_eq!(sorted(considered), sorted(ids(&world.accounts)), "row {row}");
    let without_reason: Vec<_> = explanation
        .considered
        .iter()
        .filter(|one| one.passed_over.is_none())
        .map(|one| one.account.id.clone())
        .collect();
    assert_eq!(without_reason, chosen.clone().into_iter().collect::<Vec<_>>(), "row {row}\n{explanation}");
    if let Some(chosen) = chosen {
        assert_eq!(explanation.considered[0].account.id, chosen, "row {row}");
    }
    let lines = explanation.to_string().lines().count();
    assert_eq!(lines, 1 + world.accounts.len(), "row {row}\n{explanation}");
}

#[derive(Default)]
struct Recorded(Vec<ConnectedAccountId>);

impl Recorder for Recorded {
    fn passed_over(&mut self, account: &ConnectedAccount, _: PassedOver) {
        self.0.push(account.id.clone());
    }
}

fn ids(accounts: &[ConnectedAccount]) -> Vec<ConnectedAccountId> {
    accounts.iter().map(|account| account.id.clone()).collect()
}

fn sorted(mut ids: Vec<ConnectedAccountId>) -> Vec<ConnectedAccountId> {
    ids.sort();
    ids
}

fn permutations<T: Clone>(items: &[T]) -> Vec<Vec<T>> {
    if items.is_empty() {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for (position, first) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(position);
        all.extend(permutations(&rest).into_iter().map(|mut tail| {
            tail.insert(0, first.clone());
            tail
        }));
    }
    all
}

#[test]
fn without_overrides_the_newest_active_account_runs() {
    check("1", "", "C1", "A1:C1", "A1 by 3", "C1 by 3");
    check("2", "", "C1", "A1:C1 A2:C1", "A2 by 3", "C1 by 3");
    check("3", "", "C1", "A1:C1 A2:C1/EXPIRED", "A1 by 3", "C1 by 3");
    for status in ConnectionStatus::ALL.into_iter().filter(|status| *status != ConnectionStatus::Active) {
        check("4", "", "C1", &format!("A1:C1/{status}"), "connect C1 by 3", "C1 by 3");
    }
    check("5", "provision=OAUTH2", "C1", "", "connect C1 by 3", "C1 by 3");
    check("30, without the pin", "", "C1", "A1:C1 A2:C1 A3:C1", "A3 by 3", "C1 by 3");
    check("31", "", "C1", "A1:C1 A3:C1", "A3 by 3", "C1 by 3");
}

#[test]
fn a_new_auth_config_is_made_only_where_none_counts() {
    check("6", "provision=OAUTH2", "", "", "provision OAUTH2", "provision OAUTH2");
    check("7", "provision=OAUTH2", "C1", "A1:C1/INITIATED", "connect C1 by 3", "C1 by 3");
    check("8", "", "", "", "error: no managed auth", "error: no managed auth");
    check("9", "provision=API_KEY", "", "", "provision API_KEY", "provision API_KEY");
    check("10", "provision=OAUTH2", "C1/off", "", "provision OAUTH2", "provision OAUTH2");
    check("11", "provision=OAUTH2", "C1/off", "A1:C1", "provision OAUTH2", "provision OAUTH2");
    check("11, nothing managed", "", "C1/off", "A1:C1", "error: no managed auth", "error: no managed auth");
    check("another toolkit's config", "", "C1/toolkit=x", "", "error: no managed auth", "error: no managed auth");
}

#[test]
fn among_several_auth_configs_the_newest_account_or_else_the_newest_config_counts() {
    check("12", "", "C1 C2", "A1:C1 A2:C2", "A2 by 3", "C2 by 3");
    check("12, older config", "", "C1 C2", "A1:C2 A2:C1", "A2 by 3", "C2 by 3");
    check("13", "", "C1 C2", "", "connect C2 by 3", "C2 by 3");
    check("13, by id at the same time", "", "C2/at=5 C1/at=5", "", "connect C2 by 3", "C2 by 3");
    check("13, by time before id", "", "C2/at=5 C1/at=6", "", "connect C1 by 3", "C1 by 3");
    check("14", "provision=OAUTH2", "C1/disabled", "A1:C1", "provision OAUTH2", "provision OAUTH2");
    check("14, another is left", "", "C1 C2/disabled", "A1:C1 A2:C2", "A1 by 3", "C1 by 3");
    check("14, it is gone", "", "C2", "A1:C1", "connect C2 by 3", "C2 by 3");
}

#[test]
fn the_sessions_auth_config_hides_the_others() {
    check("15", "config=C2", "C1 C2/off", "A1:C2 A2:C1", "A1 by 2", "C2 by 2");
    check("16", "config=C2 provision=OAUTH2", "C1 C2", "A1:C1", "connect C2 by 2", "C2 by 2");
    check("16, expired", "config=C2", "C1 C2", "A1:C1 A2:C2/EXPIRED", "connect C2 by 2", "C2 by 2");
    check("17", "config=C2", "C2", "A1:C2 A2:C2", "A2 by 2", "C2 by 2");
    check("18", "config=C2", "C1 C2/disabled", "A1:C1 A2:C2", "error: disabled C2", "error: disabled C2");
    check("19, gone", "config=C9", "C1", "A1:C1", "error: no config C9", "error: no config C9");
    check("19, other toolkit", "config=C2", "C1 C2/toolkit=x", "A1:C1", "error: no config C2", "error: no config C2");
}

#[test]
fn a_pin_is_exact_and_never_falls_through() {
    check("21", "pin=A1", "C1", "A1:C1 A2:C1", "A1 by 1", "error: pinned A1");
    for status in ConnectionStatus::ALL.into_iter().filter(|status| *status != ConnectionStatus::Active) {
        let (accounts, runs) = (format!("A1:C1/{status} A2:C1"), format!("error: A1 is {status}"));
        check("22", "pin=A1", "C1", &accounts, &runs, "error: pinned A1");
    }
    check("23, deleted later", "pin=A1", "C1", "A2:C1", "error: pin A1 unavailable", "error: pinned A1");
    check("24", "pin=A1", "C1", "A1:C1/user=v A2:C1", "error: pin A1 unavailable", "error: pinned A1");
    check("25", "pin=A1", "C1", "A1:C1/toolkit=x A2:C1", "error: pin A1 unavailable", "error: pinned A1");
    check("26", "pin=A1 config=C2", "C1 C2", "A1:C1 A2:C2", "A1 by 1", "error: pinned A1");
    check("27", "pin=A1", "C1", "A1:C1", "A1 by 1", "error: pinned A1");
    check("28, stored with multi-account", "pin=A1,A2", "C1", "A1:C1 A2:C1 A3:C1", "A2 by 1", "error: pinned A1");
    check("29", "", "C1", "A2:C1", "A2 by 3", "C1 by 3");
    check("30", "pin=A1", "C1", "A1:C1 A2:C1 A3:C1", "A1 by 1", "error: pinned A1");
    check("config off for sessions", "pin=A1", "C1/off C2", "A1:C1 A2:C2", "A1 by 1", "error: pinned A1");
    check("config disabled", "pin=A1", "C1/disabled C2", "A1:C1 A2:C2", "error: A1 on disabled C1", "error: pinned A1");
    check("config gone", "pin=A1", "C2", "A1:C1 A2:C2", "error: A1 on disabled C1", "error: pinned A1");
    check("one of two is gone", "pin=A1,A2", "C1", "A2:C1/EXPIRED", "error: A2 is EXPIRED", "error: pinned A1");
}

#[test]
fn a_shared_account_is_used_only_where_it_is_pinned() {
    check("32", "", "C1", "S1:C1/user=v/shared=*", "connect C1 by 3", "C1 by 3");
    check("32, one's own", "", "C1", "S1:C1/shared=*", "connect C1 by 3", "C1 by 3");
    check("32, named", "account=S1", "C1", "S1:C1/user=v/shared=*", "error: no S1;", "C1 by 3");
    check("33", "pin=S1", "C1", "S1:C1/user=v/shared=u A1:C1", "S1 by 1", "error: pinned S1");
    check("33, for all", "pin=S1", "C1", "S1:C1/user=v/shared=*", "S1 by 1", "error: pinned S1");
    check("33, the owner", "pin=S1", "C1", "S1:C1/shared=w/deny=u", "S1 by 1", "error: pinned S1");
    let denied = "S1:C1/user=v/shared=*/deny=u A1:C1";
    check("34", "pin=S1", "C1", denied, "error: S1 is not shared", "error: pinned S1");
    let other = "S1:C1/user=v/shared=w A1:C1";
    check("34, not on the list", "pin=S1", "C1", other, "error: S1 is not shared", "error: pinned S1");
    let elsewhere = "S1:C1/user=v/toolkit=x/shared=w A1:C1";
    check("34, of another toolkit", "pin=S1", "C1", elsewhere, "error: pin S1 unavailable", "error: pinned S1");
    let both = "S1:C1/user=v/shared=u S2:C1/user=w/shared=u";
    check("35, stored nevertheless", "pin=S1,S2 explicit", "C1", both, "error: name one; S2 S1", "error: pinned S1");
    let mixed = "S1:C1/user=v/shared=u A1:C1";
    check("36", "pin=S1,A1 explicit", "C1", mixed, "error: name one; A1 S1", "error: pinned S1");
    check("36, named", "pin=S1,A1 explicit account=S1", "C1", mixed, "S1 by 1", "error: pinned S1");
}

#[test]
fn with_several_accounts_the_call_may_or_has_to_name_one() {
    check("37", "", "C1", "A1:C1 A2:C1", "A2 by 3", "C1 by 3");
    let two = "A1:C1/alias=work A2:C1/alias=home";
    check("38", "explicit", "C1", two, "error: name one; A2=home A1=work", "C1 by 3");
    check("38, on a config", "config=C1 explicit", "C1", two, "error: name one; A2=home A1=work", "C1 by 2");
    check("39", "explicit", "C1", "A1:C1", "A1 by 3", "C1 by 3");
    check("39, the other is dead", "explicit", "C1", "A1:C1 A2:C1/EXPIRED", "A1 by 3", "C1 by 3");
    check("40", "explicit account=work", "C1", two, "A1 by 3", "C1 by 3");
    check("40, by id", "explicit account=A1", "C1", two, "A1 by 3", "C1 by 3");
    for similar in ["WORK", "wor", "work2", "A", "a1", "A3"] {
        let (session, runs) = (format!("explicit account={similar}"), format!("error: no {similar}; A2=home A1=work"));
        check("41", &session, "C1", two, &runs, "C1 by 3");
    }
    for status in ["EXPIRED", "REVOKED", "INACTIVE", "INITIATED", "FAILED"] {
        let (accounts, runs) = (format!("A1:C1/{status}/alias=work A2:C1"), format!("error: A1 is {status}"));
        check("42", "account=work", "C1", &accounts, &runs, "C1 by 3");
    }
    check("42, config", "account=A1", "C1/disabled C2", "A1:C1 A2:C2", "error: A1 on disabled C1", "C2 by 3");
    check("43", "account=A1", "C1", "A1:C1 A2:C1", "A1 by 3", "C1 by 3");
    check("43, off", "account=A1", "C1/off C2", "A1:C1 A2:C2", "error: no A1; A2", "C2 by 3");
    check("43, other config", "account=A1 config=C2", "C1 C2", "A1:C1 A2:C2", "error: no A1; A2", "C2 by 2");
    let three = "A1:C1 A2:C1 A3:C1";
    check("44", "pin=A1,A2 account=A3", "C1", three, "error: no A3; A2 A1", "error: pinned A1");
    check("44, inside", "pin=A1,A2 account=A1", "C1", three, "A1 by 1", "error: pinned A1");
    check("45", "max=2", "C1", "A1:C1 A2:C1", "A2 by 3", "error: 2 already");
    check("45, one is dead", "max=2", "C1", "A1:C1 A2:C1/EXPIRED", "A1 by 3", "C1 by 3");
    check("45, strangers", "max=2", "C1", "A1:C1 B:C1/user=v B2:C1/toolkit=x", "A1 by 3", "C1 by 3");
}

#[test]
fn an_id_stands_above_an_alias_and_two_equal_aliases_are_not_guessed_between() {
    check("id first", "account=A1", "C1", "A1:C1 A2:C1/alias=A1", "A1 by 3", "C1 by 3");
    let shared = "A1:C1/alias=work S1:C1/user=v/shared=u/alias=work A2:C1";
    let runs = "error: name one; S1=work A1=work";
    check("same alias", "pin=A1,S1,A2 account=work", "C1", shared, runs, "error: pinned A1");
    check("same alias, by id", "pin=A1,S1,A2 account=A1", "C1", shared, "A1 by 1", "error: pinned A1");
}

#[test]
fn linking_adds_an_account_and_never_takes_one_over() {
    check("48, before", "", "C1", "A1:C1", "A1 by 3", "C1 by 3");
    check("48, under way", "", "C1", "A1:C1 A2:C1/INITIATED/never", "A1 by 3", "C1 by 3");
    check("48, connected", "", "C1", "A1:C1 A2:C1", "A2 by 3", "C1 by 3");
    check("49", "pin=A1", "C1", "A1:C1", "A1 by 1", "error: pinned A1");
    check("52, 53", "no-auth", "", "", "runs without", "error: no auth");
    check("52, with accounts", "no-auth pin=A1 explicit account=x", "C1", "A1:C1", "runs without", "error: no auth");
    check("54", "", "C1", "A1:C1/user=v", "connect C1 by 3", "C1 by 3");
    check("54, named", "account=A1", "C1", "A1:C1/user=v", "error: no A1;", "C1 by 3");
}

#[test]
fn switching_off_and_on_moves_nothing() {
    let mut world = World::new("", "C1", "A1:C1 A2:C1");
    let step = |world: &mut World, event| world.accounts[0].status = world.accounts[0].status.on(event).unwrap();
    for (event, both, alone) in
        [(ConnectionEvent::Disabled, "A2 by 3", "connect C1 by 3"), (ConnectionEvent::Enabled, "A2 by 3", "A1 by 3")]
    {
        step(&mut world, event);
        assert_eq!(world.runs(), both, "row 59 beside another, {event:?}");
        let only = World { accounts: vec![world.accounts[0].clone()], ..World::new("", "C1", "") };
        assert_eq!(only.runs(), alone, "row 59 alone, {event:?}");
    }
}

#[test]
fn the_most_recently_connected_is_a_total_order() {
    let newer = "A2 by 3";
    check("connected", "", "C1", "A2:C1/at=9/made=1 A1:C1/at=8/made=7", newer, "C1 by 3");
    check("then made", "", "C1", "A2:C1/at=9/made=5 A3:C1/at=9/made=4", newer, "C1 by 3");
    check("then id", "", "C1", "A2:C1/at=9/made=4 A1:C1/at=9/made=4", newer, "C1 by 3");
    check("never connected is last", "", "C1", "A2:C1/at=1/made=1 A3:C1/never/made=9", newer, "C1 by 3");
    check("a reconnect is recent", "", "C1", "A2:C1/made=1/at=300 A3:C1/made=5/at=200", newer, "C1 by 3");
    check("same rule on rung 2", "config=C1", "C1", "A2:C1/at=9 A1:C1/at=8", "A2 by 2", "C1 by 2");
    check("same rule on rung 1", "pin=A1,A2", "C1", "A2:C1/at=9 A1:C1/at=8", "A2 by 1", "error: pinned A1");
    check("four", "", "C1", "A:C1/at=1 B:C1/at=4 C:C1/at=3 D:C1/at=2", "B by 3", "C1 by 3");
}

#[test]
fn a_trace_says_why() {
    let configs = "C1 C2/off C3/disabled";
    let accounts = "A1:C1 A2:C1/alias=work A3:C1/EXPIRED A4:C2 A5:C3 A6:C1/user=v A7:C1/toolkit=x A8:C1/shared=*";
    let world = World::new("", configs, accounts);
    let explanation = explain_account(&world.input());
    insta::assert_snapshot!(explanation, @r"
    t runs with A2 (rule 3, an auth config that exists for the toolkit)
      A2 (work, ACTIVE): taken
      A1 (ACTIVE): not taken, it was connected before A2
      A3 (EXPIRED): not taken, it is EXPIRED
      A4 (ACTIVE): not taken, its auth config is switched off for sessions
      A5 (ACTIVE): not taken, its auth config is disabled or gone
      A6 (ACTIVE): not taken, it belongs to another user, or is not shared with this one
      A7 (ACTIVE): not taken, it connects another toolkit
      A8 (ACTIVE): not taken, a shared account has to be pinned
    ");
    let why = |id: &str| explanation.considered.iter().find(|one| one.account.id == *id).unwrap().passed_over.clone();
    let older = PassedOver::ConnectedEarlier { than: "A2".into(), by: Rung::ExistingAuthConfig };
    for (id, expected) in [
        ("A1", Some(older)),
        ("A2", None),
        ("A3", Some(PassedOver::NotActive(ConnectionStatus::Expired))),
        ("A4", Some(PassedOver::ConfigNotForSessions)),
        ("A5", Some(PassedOver::ConfigDisabled)),
        ("A6", Some(PassedOver::OtherUser)),
        ("A7", Some(PassedOver::OtherToolkit)),
        ("A8", Some(PassedOver::SharedAndNotPinned)),
    ] {
        assert_eq!(why(id), expected, "{id}");
    }
}

#[test]
fn a_refusal_names_the_account_and_the_next_step() {
    for (session, accounts, kind, says) in [
        ("pin=A1", "A1:C1/EXPIRED", ErrorKind::ConnectionRequired, "account A1 is EXPIRED; reconnect it"),
        ("pin=A1", "A1:C1/INACTIVE", ErrorKind::ConnectionRequired, "account A1 is INACTIVE; switch it on"),
        ("pin=A1", "A1:C1/INITIATED", ErrorKind::ConnectionRequired, "account A1 is INITIATED; the user has to finish"),
        ("pin=A1", "A1:C9", ErrorKind::Conflict, "auth config C9, which is disabled or gone"),
        ("pin=A1", "", ErrorKind::NotFound, "pins A1, which is gone"),
        ("account=A9", "A1:C1", ErrorKind::InvalidInput, "\"A9\"; there is A1 (ACTIVE, created 1970-01-01T00:00:00"),
        ("account=A9", "", ErrorKind::InvalidInput, "there is none"),
        (
            "explicit",
            "A1:C1/alias=work A2:C1",
            ErrorKind::InvalidInput,
            "A2 (ACTIVE, created 1970-01-01T00:00:00.000101Z), A1 (alias \"work\", ACTIVE, created",
        ),
        (
            "pin=A1",
            "A1:C1/user=v/shared=w",
            ErrorKind::PermissionDenied,
            "A1 is shared, and not with this user any more",
        ),
        ("config=C9", "", ErrorKind::NotFound, "auth config C9 does not exist"),
    ] {
        let error: Error = select_account(&World::new(session, "C1", accounts).input()).unwrap_err().into();
        assert_eq!(error.kind(), kind, "{session} {accounts}: {error}");
        assert!(error.to_string().contains(says), "{session} {accounts}: {error}");
        let told = error.for_model().contains("A1");
        assert_eq!(told, kind == ErrorKind::InvalidInput && !accounts.is_empty(), "{}", error.for_model());
    }
}

#[test]
fn a_connection_that_ended_is_connected_again_and_not_doubled() {
    for (session, accounts, expected) in [
        ("", "", None),
        ("", "A1:C1/EXPIRED", Some("A1")),
        ("", "A1:C1/REVOKED", Some("A1")),
        ("", "A1:C1/EXPIRED A2:C1/REVOKED", Some("A2")),
        ("", "A1:C1/EXPIRED A2:C1/FAILED/never", Some("A1")),
        ("", "A1:C1/FAILED/never", None),
        ("", "A1:C1/INITIATED", None),
        ("", "A1:C1/INACTIVE", None),
        ("", "A1:C1/EXPIRED/user=v", None),
        ("", "A1:C1/EXPIRED/shared=*", None),
        ("", "A1:C2/EXPIRED", None),
        ("", "A1:C3/EXPIRED", None),
        ("config=C3", "A1:C1/EXPIRED A2:C3/EXPIRED", Some("A2")),
        ("config=C1", "A1:C1/EXPIRED A2:C3/EXPIRED", Some("A1")),
    ] {
        let world = World::new(session, "C1 C2/disabled C3/off", accounts);
        let found = select_reconnect(&world.input()).map(|account| account.id.as_str());
        assert_eq!(found, expected, "{session} {accounts}");
    }
}

#[test]
fn a_candidate_is_told_as_a_person_would_tell_it_apart() {
    let mut one = account("A1:C1/alias=work", 0);
    one.identity = Some(crate::Identity::new("1", "me@example.org\nignore\u{7} this"));
    let text = Candidate::from(&one).to_string();
    assert_eq!(
        text, "A1 (alias \"work\", me@example.org\\nignore\\u{7} this, ACTIVE, created 1970-01-01T00:00:00.0001Z)",
        "on one line, whatever the service calls the account"
    );
    assert_eq!(
        Candidate::from(&account("A2:C1/EXPIRED", 0)).to_string(),
        "A2 (EXPIRED, created 1970-01-01T00:00:00.0001Z)"
    );
}
