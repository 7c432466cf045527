//! What to list, and a page of it.

use crate::account::ConnectionStatus;
use crate::id::{ToolkitSlug, UserId};

/// One page of a list.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next one begins; none at the end. Opaque.
    pub next_cursor: Option<String>,
    /// How many there are on all pages, where the backend counts.
    pub total: Option<usize>,
}

impl<T> Page<T> {
    /// A page.
    #[must_use]
    pub fn new(items: Vec<T>, next_cursor: Option<String>, total: Option<usize>) -> Self {
        Self { items, next_cursor, total }
    }

    /// The only page.
    #[must_use]
    pub fn whole(items: Vec<T>) -> Self {
        let total = Some(items.len());
        Self { items, next_cursor: None, total }
    }
}

/// Which of a session's tools to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolQuery {
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most; the backend's own number without one, and never more than 500.
    pub limit: Option<usize>,
}

impl ToolQuery {
    /// The first page.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which of a session's toolkits to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolkitQuery {
    /// These and no others; all that the session allows without any.
    pub toolkits: Vec<ToolkitSlug>,
    /// Only those that are connected, or only those that are not.
    pub connected: Option<bool>,
    /// Only those with this text in slug, name or description, whatever the case.
    pub search: Option<String>,
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most: 20 without one, and never more than 50.
    pub limit: Option<usize>,
}

impl ToolkitQuery {
    /// The first 20.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which auth configs to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AuthConfigQuery {
    /// Of these toolkits; of all without any.
    pub toolkits: Vec<ToolkitSlug>,
    /// The disabled ones too.
    pub show_disabled: bool,
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most: 20 without one, and never more than 200.
    pub limit: Option<usize>,
}

impl AuthConfigQuery {
    /// The first page of the enabled ones.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which connected accounts to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountQuery {
    /// Of these users; of all without any.
    pub users: Vec<UserId>,
    /// Of these toolkits; of all without any.
    pub toolkits: Vec<ToolkitSlug>,
    /// In these statuses; in all without any.
    pub statuses: Vec<ConnectionStatus>,
    /// Private ones, shared ones, or both.
    pub sharing: SharingFilter,
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most: 20 without one, and never more than 200.
    pub limit: Option<usize>,
}

impl AccountQuery {
    /// The first page of all.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which accounts to list by who may use them. Rule: `session-semantics` 1.8: shared ones only where they are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SharingFilter {
    /// Private ones.
    #[default]
    Private,
    /// Shared ones.
    Shared,
    /// Both.
    All,
}

/// Which versions of a session's configuration to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HistoryQuery {
    /// Where to begin; none for the newest.
    pub cursor: Option<String>,
    /// How many at the most: 20 without one, and never more than 100.
    pub limit: Option<usize>,
}

impl HistoryQuery {
    /// The first 20.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
