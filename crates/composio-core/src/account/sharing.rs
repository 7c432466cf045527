//! Who may use an account besides its owner.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::id::UserId;

/// Who may use an account besides its owner.
///
/// Rule: `session-semantics` 1.8. A shared account is never chosen unless the session pins it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Sharing {
    /// The owner alone.
    #[default]
    Private,
    /// Those whom the list lets in.
    Shared(AccessList),
}

/// The most entries of one list of users, and the longest id in it. Rule: `session-semantics` 1.8.
const LISTED_MAX: usize = 1000;
const LISTED_ID_MAX: usize = 256;

impl Sharing {
    /// This sharing after a change of it. Rule: `session-semantics` 1.8: what is not named stays, an empty list clears.
    ///
    /// # Errors
    /// `InvalidInput` where a list is given for an account that is private, or a list is too long or holds a malformed id.
    pub fn updated(&self, update: &SharingUpdate) -> Result<Self> {
        let shared = update.shared.unwrap_or(matches!(self, Self::Shared(_)));
        if !shared {
            if update.names_users() {
                let rule = "acl_config_for_shared is only valid on SHARED accounts; share the account in the same call";
                return Err(Error::invalid_input("acl_config_for_shared", "PRIVATE", rule));
            }
            return Ok(Self::Private);
        }
        let mut list = match self {
            Self::Private => AccessList::default(),
            Self::Shared(list) => list.clone(),
        };
        list.allow_all = update.allow_all.unwrap_or(list.allow_all);
        list.allowed = update.allowed.clone().unwrap_or(list.allowed);
        list.denied = update.denied.clone().unwrap_or(list.denied);
        let sharing = Self::Shared(list);
        sharing.validate()?;
        Ok(sharing)
    }

    /// Checks the lists. Backends call it before they store.
    ///
    /// # Errors
    /// `InvalidInput` naming the list.
    pub fn validate(&self) -> Result<()> {
        let Self::Shared(list) = self else { return Ok(()) };
        for (name, users) in [("allowed_user_ids", &list.allowed), ("not_allowed_user_ids", &list.denied)] {
            let field = format!("acl_config_for_shared.{name}");
            if users.len() > LISTED_MAX {
                return Err(Error::invalid_input(&field, &users.len().to_string(), "at most 1,000 users"));
            }
            let misfit = users.iter().find(|user| !(1..=LISTED_ID_MAX).contains(&user.as_str().chars().count()));
            if let Some(user) = misfit {
                let shown: String = user.as_str().chars().take(40).collect();
                return Err(Error::invalid_input(&field, &shown, "ids of 1 to 256 characters"));
            }
        }
        Ok(())
    }

    /// Whether anybody but the owner may be let in.
    pub fn is_shared(&self) -> bool {
        matches!(self, Self::Shared(_))
    }
}

/// A change of who may use an account. What is not set stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct SharingUpdate {
    /// Makes it shared, or private again, which forgets the lists.
    pub shared: Option<bool>,
    /// Lets everybody in the project in.
    pub allow_all: Option<bool>,
    /// Replaces the users that are let in; an empty list clears it.
    pub allowed: Option<Vec<UserId>>,
    /// Replaces the users that are kept out; an empty list clears it.
    pub denied: Option<Vec<UserId>>,
}

impl SharingUpdate {
    /// Changes nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes it shared, or private again.
    #[must_use]
    pub fn shared(mut self, shared: bool) -> Self {
        self.shared = Some(shared);
        self
    }

    /// Lets everybody in the project in, or only those who are listed.
    #[must_use]
    pub fn allow_all(mut self, all: bool) -> Self {
        self.allow_all = Some(all);
        self
    }

    /// Replaces the users that are let in.
    #[must_use]
    pub fn allowed<U: Into<UserId>>(mut self, users: impl IntoIterator<Item = U>) -> Self {
        self.allowed = Some(users.into_iter().map(Into::into).collect());
        self
    }

    /// Replaces the users that are kept out, whatever the rest says.
    #[must_use]
    pub fn denied<U: Into<UserId>>(mut self, users: impl IntoIterator<Item = U>) -> Self {
        self.denied = Some(users.into_iter().map(Into::into).collect());
        self
    }

    fn names_users(&self) -> bool {
        self.allow_all.is_some() || self.allowed.is_some() || self.denied.is_some()
    }
}

/// Whom a shared account lets in. The owner always is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccessList {
    /// Everybody in the project.
    pub allow_all: bool,
    /// These users.
    pub allowed: Vec<UserId>,
    /// Not these, whatever the other two say.
    pub denied: Vec<UserId>,
}

impl AccessList {
    /// Whether it lets this user in: denied beats everyone, everyone beats the list.
    pub fn admits(&self, user: &UserId) -> bool {
        !self.denied.contains(user) && (self.allow_all || self.allowed.contains(user))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(allow_all: bool, allowed: &[&str], denied: &[&str]) -> AccessList {
        let users = |ids: &[&str]| ids.iter().copied().map(UserId::new).collect();
        AccessList { allow_all, allowed: users(allowed), denied: users(denied) }
    }

    fn shared(allow_all: bool, allowed: &[&str], denied: &[&str]) -> Sharing {
        Sharing::Shared(list(allow_all, allowed, denied))
    }

    #[test]
    fn an_access_list_denies_before_it_allows() {
        for (list, admits) in [
            (list(false, &[], &[]), false),
            (list(true, &[], &[]), true),
            (list(false, &["u"], &[]), true),
            (list(false, &["v"], &[]), false),
            (list(true, &["u"], &["u"]), false),
        ] {
            assert_eq!(list.admits(&UserId::new("u")), admits, "{list:?}");
        }
    }

    #[test]
    fn what_a_change_does_not_name_stays() {
        let new = SharingUpdate::new;
        let none: [&str; 0] = [];
        let full = || shared(true, &["a"], &["b"]);
        for (before, update, after) in [
            (Sharing::Private, new(), Sharing::Private),
            (Sharing::Private, new().shared(false), Sharing::Private),
            (Sharing::Private, new().shared(true), shared(false, &[], &[])),
            (Sharing::Private, new().shared(true).allowed(["a"]).denied(["b"]), shared(false, &["a"], &["b"])),
            (full(), new(), full()),
            (full(), new().shared(true), full()),
            (full(), new().allow_all(false), shared(false, &["a"], &["b"])),
            (full(), new().allowed(["c"]), shared(true, &["c"], &["b"])),
            (full(), new().denied(["c", "d"]), shared(true, &["a"], &["c", "d"])),
            // An empty list clears.
            (full(), new().allowed(none), shared(true, &[], &["b"])),
            (full(), new().denied(none), shared(true, &["a"], &[])),
            // Private again forgets the lists.
            (full(), new().shared(false), Sharing::Private),
        ] {
            assert_eq!(before.updated(&update).unwrap(), after, "{before:?} {update:?}");
        }
    }

    #[test]
    fn only_a_shared_account_has_a_list() {
        let new = SharingUpdate::new;
        let none: [&str; 0] = [];
        for (before, update) in [
            (Sharing::Private, new().allow_all(true)),
            (Sharing::Private, new().allow_all(false)),
            (Sharing::Private, new().allowed(["a"])),
            (Sharing::Private, new().denied(none)),
            (Sharing::Private, new().shared(false).allowed(["a"])),
            (shared(true, &[], &[]), new().shared(false).denied(["a"])),
        ] {
            let refused = before.updated(&update).unwrap_err();
            assert_eq!(refused.field(), Some("acl_config_for_shared"), "{update:?}: {refused}");
        }
    }

    #[test]
    fn lists_have_limits() {
        let users = |count: usize| (0..count).map(|number| UserId::new(format!("u{number}"))).collect::<Vec<_>>();
        let new = || SharingUpdate::new().shared(true);
        let long = |characters: usize| "é".repeat(characters);
        for (update, refused) in [
            (new().allowed(users(1000)).denied(users(1000)), None),
            (new().allowed(users(1001)), Some("acl_config_for_shared.allowed_user_ids")),
            (new().denied(users(1001)), Some("acl_config_for_shared.not_allowed_user_ids")),
            (new().allowed([long(256)]).denied(["x"]), None),
            (new().allowed([long(257)]), Some("acl_config_for_shared.allowed_user_ids")),
            (new().denied([""]), Some("acl_config_for_shared.not_allowed_user_ids")),
        ] {
            let outcome = Sharing::Private.updated(&update);
            let field = outcome.as_ref().err().map(Error::field);
            assert_eq!(field.flatten(), refused, "{outcome:?}");
            assert_eq!(outcome.is_err(), refused.is_some());
        }
        let made = Sharing::Shared(AccessList { allowed: users(1001), ..AccessList::default() });
        assert!(made.validate().is_err(), "one that was made in another way too");
    }
}
