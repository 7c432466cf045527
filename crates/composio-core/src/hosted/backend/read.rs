//! Small things of the dialect, as the crate's own vocabulary has them.

use tracing::debug;

use crate::account::{AccessList, ConnectedAccount, ConnectionStatus, Sharing};
use crate::auth::AuthScheme;
use crate::backend::Page;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{Timestamp, ToolkitSlug, UserId};
use crate::policy::Tag;
use crate::wire::{self, Open};

/// When something happened, where it is said in RFC 3339.
pub(super) fn time(text: &str) -> Option<Timestamp> {
    let time: jiff::Timestamp = text.parse().ok()?;
    Some(Timestamp::from_micros(time.as_microsecond()))
}

/// The same of a time that has to be there. A server that says none says the beginning of time.
pub(super) fn time_or_none(text: Option<&str>) -> Timestamp {
    text.and_then(time).unwrap_or(Timestamp::from_micros(0))
}

/// A toolkit's slug. Case does not matter in it.
///
/// # Errors
/// `InvalidInput` for what is no slug.
pub(super) fn toolkit(slug: &str) -> Result<ToolkitSlug> {
    match slug.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => ToolkitSlug::new(slug.to_ascii_lowercase()),
        false => ToolkitSlug::new(slug),
    }
}

pub(super) fn scheme(scheme: Option<&Open<AuthScheme>>) -> AuthScheme {
    scheme.and_then(Open::known).copied().unwrap_or(AuthScheme::Unknown)
}

pub(super) fn status(status: &Open<ConnectionStatus>) -> ConnectionStatus {
    status.known().copied().unwrap_or(ConnectionStatus::Unknown)
}

/// Tags that this version knows.
pub(super) fn tags(tags: &[Open<Tag>]) -> Vec<Tag> {
    tags.iter().filter_map(Open::known).copied().collect()
}

/// A page whose items are read one by one. What cannot be read is left out, so that one odd item hides no other.
pub(super) fn page<W, T>(page: wire::Page<W>, mut read: impl FnMut(W) -> Result<T>) -> Page<T> {
    let next = page.next().map(str::to_owned);
    let total = page.total_items.and_then(|total| usize::try_from(total).ok());
    Page::new(page.items.into_iter().filter_map(|item| kept(read(item))).collect(), next, total)
}

/// What was read, or nothing and a line in the trace.
pub(super) fn kept<T>(read: Result<T>) -> Option<T> {
    read.map_err(|error| debug!(%error, "left out of a list")).ok()
}

/// Which page to ask for.
pub(super) fn page_query(cursor: Option<&String>, limit: Option<usize>, max: u32) -> wire::PageQuery {
    let mut query = wire::PageQuery::new();
    query.cursor = cursor.cloned();
    query.limit = limit.map(|limit| u32::try_from(limit).unwrap_or(max).clamp(1, max));
    query
}

/// An account. `user` is whose it is, where the reply does not say so.
///
/// The API knows neither when an account was connected nor whether it was seen to work. Accounts that are or were ACTIVE
/// count as connected when they were made, and an ACTIVE one as seen to work when it last changed.
///
/// # Errors
/// `Unexpected` for a toolkit that is no slug, or an account that is nobody's.
pub(super) fn account(account: wire::ConnectedAccount, user: Option<&UserId>) -> Result<ConnectedAccount> {
    let user = account.user_id.map(UserId::from).or_else(|| user.cloned()).ok_or_else(|| {
        Error::new(ErrorKind::Unexpected, format!("the service does not say whose account {} is", account.id))
    })?;
    let toolkit = toolkit(&account.toolkit.slug).map_err(|error| unreadable("an account's toolkit", error))?;
    let created_at = time_or_none(Some(&account.created_at));
    let mut read = ConnectedAccount::new(account.id.into(), toolkit, user, account.auth_config.id.into(), created_at);
    read.status = match status(&account.status) {
        ConnectionStatus::Active if account.is_disabled => ConnectionStatus::Inactive,
        status => status,
    };
    read.status_reason = account.status_reason;
    read.alias = account.alias.filter(|alias| !alias.is_empty());
    read.sharing = sharing(account.experimental.as_ref());
    read.updated_at = time(&account.updated_at).unwrap_or(created_at);
    lived(&mut read);
    Ok(read)
}

/// Stands in for what the API does not say of an account's life.
pub(super) fn lived(account: &mut ConnectedAccount) {
    use ConnectionStatus::{Active, Inactive, Revoked};
    let was_connected = matches!(account.status, Active | Inactive | Revoked);
    account.connected_at = was_connected.then_some(account.created_at);
    account.ready_at = account.is_active().then_some(account.updated_at);
}

fn sharing(sharing: Option<&wire::AccountSharing>) -> Sharing {
    let Some(sharing) = sharing else { return Sharing::Private };
    match &sharing.account_type {
        Open::Known(wire::AccountType::Private) => Sharing::Private,
        // A sharing that this version does not know is no private account: it is used only where a session pins it.
        Open::Known(wire::AccountType::Shared) | Open::Unknown(_) => {
            let acl = sharing.acl_config_for_shared.clone().unwrap_or_default();
            let users = |ids: Vec<String>| ids.into_iter().map(UserId::from).collect();
            Sharing::Shared(AccessList {
                allow_all: acl.allow_all_users,
                allowed: users(acl.allowed_user_ids),
                denied: users(acl.not_allowed_user_ids),
            })
        }
    }
}

/// Who may use a new account, as requests say it: nothing for a private one.
pub(super) fn sharing_input(sharing: &Sharing) -> Option<wire::AccountSharingInput> {
    let Sharing::Shared(list) = sharing else { return None };
    let users = |users: &[UserId]| (!users.is_empty()).then(|| users.iter().map(String::from).collect());
    let acl = wire::AccountAclInput {
        allow_all_users: list.allow_all.then_some(true),
        allowed_user_ids: users(&list.allowed),
        not_allowed_user_ids: users(&list.denied),
    };
    let acl = (acl != wire::AccountAclInput::default()).then_some(acl);
    Some(wire::AccountSharingInput { account_type: Some(wire::AccountType::Shared), acl_config_for_shared: acl })
}

/// A broken promise of the service, in words that say what it was about.
pub(super) fn unreadable(what: &str, error: Error) -> Error {
    Error::new(ErrorKind::Unexpected, format!("{what} is not what the API describes")).with_source(error)
}

#[cfg(test)]
mod tests;
