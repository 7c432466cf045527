//! Which account runs a tool, and on which auth config a new connection is made. The only place that ranks.
//!
//! Pure: no IO, no clock. The rungs are those of the session documentation, in its order (`session-semantics` 1.1):
//!
//! 1. the session's connected account, exact: it never falls through;
//! 2. the session's auth config, on which a connection is found or made;
//! 3. an auth config that exists for the toolkit, is enabled, and is open to sessions;
//! 4. a new auth config on managed auth, or on a scheme that needs nothing from the developer;
//! 5. an error.
//!
//! Within a rung the most recently connected account wins: the latest [`connected_at`], then the latest `created_at`,
//! then the greater id. Where the published rules are silent the choices are ours; each has a row in the decision table
//! that the conformance suite runs.
//!
//! [`connected_at`]: crate::ConnectedAccount::connected_at

mod error;
mod explain;
mod reach;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;

pub use self::error::{Candidate, SelectionError};
pub use self::explain::{Considered, Explanation, PassedOver};
use self::reach::{not_usable, pin_reach, pin_refused, reach, usable};
use crate::account::ConnectedAccount;
use crate::auth::{AuthConfig, AuthScheme};
use crate::id::{AuthConfigId, ConnectedAccountId, ToolkitSlug, UserId};

/// Everything a choice depends on.
#[derive(Clone, Copy, Debug)]
pub struct SelectionInput<'a> {
    /// Whose session it is.
    pub user: &'a UserId,
    /// The toolkit in question.
    pub toolkit: &'a ToolkitSlug,
    /// Whether the toolkit needs no account at all.
    pub no_auth: bool,
    /// The session's connected accounts for the toolkit; empty as if none had been set.
    pub pins: &'a [ConnectedAccountId],
    /// The session's auth config for the toolkit.
    pub auth_config: Option<&'a AuthConfigId>,
    /// The account that this call names, by id or alias.
    pub account: Option<&'a str>,
    /// Whether several accounts mean that the call has to name one.
    pub explicit: bool,
    /// How many active accounts the user may have; none for no limit.
    pub max_accounts: Option<usize>,
    /// The toolkit's auth configs in this project, in any order.
    pub configs: &'a [AuthConfig],
    /// The user's accounts of the toolkit and the pinned ones, each once, in any order.
    pub accounts: &'a [ConnectedAccount],
    /// The scheme on which a new auth config can be made without the developer, if there is one.
    pub provision: Option<AuthScheme>,
}

/// The rule that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rung {
    /// 1: the session's connected account.
    SessionAccount,
    /// 2: the session's auth config.
    SessionAuthConfig,
    /// 3: an auth config that exists for the toolkit.
    ExistingAuthConfig,
}

/// What to do about an execution.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Selection {
    /// Run without an account.
    NoAuthNeeded,
    /// Run with this one.
    Use {
        /// The account.
        account: ConnectedAccountId,
        /// The rule that chose it.
        by: Rung,
    },
    /// Nothing to run with; a connection is to be made on this auth config.
    Connect {
        /// The auth config.
        auth_config: AuthConfigId,
        /// The rule that chose it.
        by: Rung,
    },
    /// Nothing to run with and no auth config; one of this scheme is to be made first.
    Provision {
        /// The scheme.
        scheme: AuthScheme,
    },
}

/// On which auth config a new connection is made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ConfigChoice {
    /// On one that exists.
    Existing {
        /// The auth config.
        auth_config: AuthConfigId,
        /// The rule that chose it.
        by: Rung,
    },
    /// On a new one of this scheme.
    Provision {
        /// The scheme.
        scheme: AuthScheme,
    },
}

/// Chooses what a tool of this toolkit runs with.
///
/// # Errors
/// [`SelectionError`], which never means "take another account".
///
/// # Example
/// ```
/// use composio_core::{Selection, SelectionInput, ToolkitSlug, UserId, select_account};
///
/// let (user, toolkit) = (UserId::new("user_123"), ToolkitSlug::new("hackernews")?);
/// let input = SelectionInput { no_auth: true, ..SelectionInput::new(&user, &toolkit) };
/// assert_eq!(select_account(&input), Ok(Selection::NoAuthNeeded));
/// # Ok::<(), composio_core::Error>(())
/// ```
pub fn select_account(input: &SelectionInput<'_>) -> Result<Selection, SelectionError> {
    select(input, &mut ())
}

/// Chooses as [`select_account`] does, and says of every account why it was not taken.
#[must_use]
pub fn explain_account(input: &SelectionInput<'_>) -> Explanation {
    let mut trace = explain::Trace::default();
    let outcome = select(input, &mut trace);
    trace.explanation(input, outcome)
}

/// Chooses the auth config on which a link makes a new connection. Accounts that exist are never reused.
///
/// # Errors
/// [`SelectionError`]: linking is refused where the session pins an account, where the toolkit needs none, and where
/// the session's limit is reached.
pub fn select_auth_config(input: &SelectionInput<'_>) -> Result<ConfigChoice, SelectionError> {
    if input.no_auth {
        return Err(SelectionError::NoAuthToolkit);
    }
    if let Some(account) = input.pins.first() {
        return Err(SelectionError::Pinned { account: account.clone() });
    }
    if let Some(max) = input.max_accounts.filter(|max| own_active(input) >= *max) {
        return Err(SelectionError::TooManyAccounts { max });
    }
    choose_config(input)
}

/// The account to connect again where a call has nothing to run with: of those that the session could choose, the one
/// that ran most recently and has EXPIRED or been REVOKED since. A person whose connection ended wants it back, and not a
/// second one beside it.
///
/// Asked after [`select_account`] has found nothing; where an account can run, this one is not needed.
#[must_use]
pub fn select_reconnect<'a>(input: &SelectionInput<'a>) -> Option<&'a ConnectedAccount> {
    let ended = |account: &&ConnectedAccount| {
        let config = input.config(&account.auth_config);
        let had_a_life = account.connected_at.is_some() && account.status.can_reconnect();
        had_a_life && config.is_some_and(|config| config.enabled) && reach(input, account).is_ok()
    };
    input.accounts.iter().filter(ended).max_by_key(|account| recency(account))
}

/// Every account that a call could name, usable or not, the most recently connected first: the pinned ones where the session
/// pins some, else the user's own on the configs that count.
#[must_use]
pub fn nameable_accounts<'a>(input: &SelectionInput<'a>) -> Vec<&'a ConnectedAccount> {
    match input.pins.is_empty() {
        true => in_order(input, &|account| reach(input, account)),
        false => in_order(input, &|account| pin_reach(input, account)),
    }
}

impl<'a> SelectionInput<'a> {
    /// A session without overrides, and a toolkit without configs and accounts.
    #[must_use]
    pub fn new(user: &'a UserId, toolkit: &'a ToolkitSlug) -> Self {
        Self {
            user,
            toolkit,
            no_auth: false,
            pins: &[],
            auth_config: None,
            account: None,
            explicit: false,
            max_accounts: None,
            configs: &[],
            accounts: &[],
            provision: None,
        }
    }

    fn config(&self, id: &AuthConfigId) -> Option<&'a AuthConfig> {
        self.configs.iter().find(|config| &config.id == id && &config.toolkit == self.toolkit)
    }
}

/// Hears of every account that is not taken. `()` listens to nothing and costs nothing.
trait Recorder {
    fn passed_over(&mut self, account: &ConnectedAccount, why: PassedOver);
}

impl Recorder for () {
    fn passed_over(&mut self, _: &ConnectedAccount, _: PassedOver) {}
}

fn select<R: Recorder>(input: &SelectionInput<'_>, recorder: &mut R) -> Result<Selection, SelectionError> {
    if input.no_auth {
        input.accounts.iter().for_each(|account| recorder.passed_over(account, PassedOver::NoAuthNeeded));
        return Ok(Selection::NoAuthNeeded);
    }
    if !input.pins.is_empty() {
        return select_pinned(input, recorder);
    }
    let in_reach = |account: &ConnectedAccount| reach(input, account);
    let by = session_rung(input).inspect_err(|_| {
        for account in input.accounts {
            // Without its auth config no account of the session is usable.
            let why = in_reach(account).and_then(|()| usable(input, account)).err();
            recorder.passed_over(account, why.unwrap_or(PassedOver::ConfigDisabled));
        }
    })?;
    if let Some(account) = pick(input, by, &in_reach, recorder)? {
        return Ok(Selection::Use { account: account.id.clone(), by });
    }
    match choose_config(input)? {
        ConfigChoice::Existing { auth_config, by } => Ok(Selection::Connect { auth_config, by }),
        ConfigChoice::Provision { scheme } => Ok(Selection::Provision { scheme }),
    }
}

/// Rung 1. The pinned accounts are all there is, usable or not.
fn select_pinned<R: Recorder>(input: &SelectionInput<'_>, recorder: &mut R) -> Result<Selection, SelectionError> {
    let in_reach = |account: &ConnectedAccount| pin_reach(input, account);
    let by = Rung::SessionAccount;
    if let Some(account) = pick(input, by, &in_reach, recorder)? {
        return Ok(Selection::Use { account: account.id.clone(), by });
    }
    let there = |pin: &ConnectedAccountId| {
        input.accounts.iter().find(|account| &account.id == pin && in_reach(account).is_ok())
    };
    match input.pins.iter().find_map(there) {
        Some(account) => Err(not_usable(input, account)),
        None => Err(pin_refused(input, &input.pins[0])),
    }
}

/// Rung 2 where the session names an auth config, else rung 3.
fn session_rung(input: &SelectionInput<'_>) -> Result<Rung, SelectionError> {
    let Some(id) = input.auth_config else { return Ok(Rung::ExistingAuthConfig) };
    match input.config(id) {
        None => Err(SelectionError::UnknownAuthConfig { auth_config: id.clone() }),
        Some(config) if !config.enabled => Err(SelectionError::AuthConfigDisabled { auth_config: id.clone() }),
        Some(_) => Ok(Rung::SessionAuthConfig),
    }
}

/// Rungs 2 to 5, for a new connection.
fn choose_config(input: &SelectionInput<'_>) -> Result<ConfigChoice, SelectionError> {
    let by = session_rung(input)?;
    if let Some(id) = input.auth_config {
        return Ok(ConfigChoice::Existing { auth_config: id.clone(), by });
    }
    let newest = input
        .configs
        .iter()
        .filter(|config| is_eligible(input, config))
        .max_by_key(|config| (config.created_at, &config.id));
    match (newest, input.provision) {
        (Some(config), _) => Ok(ConfigChoice::Existing { auth_config: config.id.clone(), by }),
        (None, Some(scheme)) => Ok(ConfigChoice::Provision { scheme }),
        (None, None) => Err(SelectionError::NoManagedAuth),
    }
}

/// Rung 3: which configs count although the session does not name them.
fn is_eligible(input: &SelectionInput<'_>, config: &AuthConfig) -> bool {
    config.enabled && config.enabled_for_sessions && &config.toolkit == input.toolkit
}

/// Takes the one account that a rung leaves: the named one, else the most recently connected.
fn pick<'a, R: Recorder>(
    input: &SelectionInput<'a>,
    by: Rung,
    in_reach: &impl Fn(&ConnectedAccount) -> Result<(), PassedOver>,
    recorder: &mut R,
) -> Result<Option<&'a ConnectedAccount>, SelectionError> {
    if let Some(named) = input.account {
        return pick_named(input, named, in_reach, recorder).map(Some);
    }
    let mut ranked: Vec<&ConnectedAccount> = Vec::with_capacity(input.accounts.len());
    for account in input.accounts {
        match in_reach(account).and_then(|()| usable(input, account)) {
            Ok(()) => ranked.push(account),
            Err(why) => recorder.passed_over(account, why),
        }
    }
    ranked.sort_unstable_by_key(|account| Reverse(recency(account)));
    if input.explicit && ranked.len() > 1 {
        ranked.iter().for_each(|account| recorder.passed_over(account, PassedOver::NotNamed));
        return Err(SelectionError::AccountRequired { candidates: candidates(ranked) });
    }
    let chosen = ranked.first().copied();
    if let Some(chosen) = chosen {
        let older = PassedOver::ConnectedEarlier { than: chosen.id.clone(), by };
        ranked.iter().skip(1).for_each(|account| recorder.passed_over(account, older.clone()));
    }
    Ok(chosen)
}

/// The account that the call names, exactly: by id, else by alias.
fn pick_named<'a, R: Recorder>(
    input: &SelectionInput<'a>,
    named: &str,
    in_reach: &impl Fn(&ConnectedAccount) -> Result<(), PassedOver>,
    recorder: &mut R,
) -> Result<&'a ConnectedAccount, SelectionError> {
    let known = in_order(input, in_reach);
    let mut fitting: Vec<_> = known.iter().copied().filter(|account| account.id == *named).collect();
    if fitting.is_empty() {
        fitting.extend(known.iter().filter(|account| account.alias.as_deref() == Some(named)));
    }
    // Aliases are unique per user only: a shared account may carry the same one.
    let chosen = Some(&fitting).filter(|fitting| fitting.len() == 1).and_then(|fitting| fitting.first().copied());
    for account in input.accounts.iter().filter(|account| chosen.is_none_or(|chosen| chosen.id != account.id)) {
        recorder.passed_over(account, in_reach(account).err().unwrap_or(PassedOver::NotNamed));
    }
    let Some(account) = chosen else {
        return Err(match fitting.is_empty() {
            true => SelectionError::UnknownAccount { named: named.to_owned(), candidates: candidates(known) },
            false => SelectionError::AccountRequired { candidates: candidates(fitting) },
        });
    };
    usable(input, account).map(|()| account).map_err(|why| {
        recorder.passed_over(account, why);
        not_usable(input, account)
    })
}

/// The accounts in reach, the most recently connected first.
fn in_order<'a>(
    input: &SelectionInput<'a>,
    in_reach: &impl Fn(&ConnectedAccount) -> Result<(), PassedOver>,
) -> Vec<&'a ConnectedAccount> {
    let mut known: Vec<_> = input.accounts.iter().filter(|account| in_reach(account).is_ok()).collect();
    known.sort_unstable_by_key(|account| Reverse(recency(account)));
    known
}

/// Greater is more recent. Accounts that never became ACTIVE come last.
fn recency(account: &ConnectedAccount) -> impl Ord + '_ {
    (account.connected_at, account.created_at, &account.id)
}

fn own_active(input: &SelectionInput<'_>) -> usize {
    let own = |account: &&ConnectedAccount| &account.user == input.user && &account.toolkit == input.toolkit;
    input.accounts.iter().filter(own).filter(|account| account.is_active()).count()
}

fn candidates(accounts: Vec<&ConnectedAccount>) -> Vec<Candidate> {
    accounts.into_iter().map(Candidate::from).collect()
}
