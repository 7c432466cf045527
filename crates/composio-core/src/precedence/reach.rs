//! Which accounts a session can choose from, and which of them can run.

use super::{PassedOver, SelectionError, SelectionInput};
use crate::account::{ConnectedAccount, Sharing};
use crate::id::ConnectedAccountId;

/// Rung 1: pinned, of this toolkit, and this user's to use.
pub(super) fn pin_reach(input: &SelectionInput<'_>, account: &ConnectedAccount) -> Result<(), PassedOver> {
    if !input.pins.contains(&account.id) {
        return Err(PassedOver::NotPinned);
    }
    if &account.toolkit != input.toolkit {
        return Err(PassedOver::OtherToolkit);
    }
    account.admits(input.user).then_some(()).ok_or(PassedOver::OtherUser)
}

/// Rungs 2 and 3: the user's own private accounts, on the configs that count.
pub(super) fn reach(input: &SelectionInput<'_>, account: &ConnectedAccount) -> Result<(), PassedOver> {
    if &account.user != input.user {
        return Err(PassedOver::OtherUser);
    }
    if &account.toolkit != input.toolkit {
        return Err(PassedOver::OtherToolkit);
    }
    if account.sharing != Sharing::Private {
        return Err(PassedOver::SharedAndNotPinned);
    }
    match (input.auth_config, input.config(&account.auth_config)) {
        (Some(id), _) if id != &account.auth_config => Err(PassedOver::OtherAuthConfig),
        (Some(_), _) => Ok(()),
        (None, Some(config)) if config.enabled && !config.enabled_for_sessions => Err(PassedOver::ConfigNotForSessions),
        (None, _) => Ok(()),
    }
}

/// Whether an account can run tools now.
pub(super) fn usable(input: &SelectionInput<'_>, account: &ConnectedAccount) -> Result<(), PassedOver> {
    if !account.is_active() {
        return Err(PassedOver::NotActive(account.status));
    }
    let enabled = input.config(&account.auth_config).is_some_and(|config| config.enabled);
    enabled.then_some(()).ok_or(PassedOver::ConfigDisabled)
}

pub(super) fn not_usable(input: &SelectionInput<'_>, account: &ConnectedAccount) -> SelectionError {
    let config_enabled = input.config(&account.auth_config).is_some_and(|config| config.enabled);
    SelectionError::NotUsable {
        account: account.id.clone(),
        status: account.status,
        disabled_config: (!config_enabled).then(|| account.auth_config.clone()),
    }
}

/// Why a pinned account is out of reach. That a shared account exists is no secret from a user who was let in before.
pub(super) fn pin_refused(input: &SelectionInput<'_>, pin: &ConnectedAccountId) -> SelectionError {
    let account = pin.clone();
    let shared = |one: &&ConnectedAccount| &one.id == pin && &one.toolkit == input.toolkit && one.sharing.is_shared();
    match input.accounts.iter().any(|one| shared(&one)) {
        true => SelectionError::SharedAccessDenied { account },
        false => SelectionError::PinUnavailable { account },
    }
}
