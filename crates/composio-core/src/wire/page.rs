//! Lists that come in pages.

use serde::{Deserialize, Serialize};

/// One page of a list.
///
/// Rule: `session-api` 1.6. The last page has no cursor, or null. The totals may be missing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Page<T> {
    /// What is on it.
    pub items: Vec<T>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// How many pages there are.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_pages: Option<u64>,
    /// The number of this page, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub current_page: Option<u64>,
    /// How many items there are on all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_items: Option<u64>,
}

impl<T> Page<T> {
    /// A page without totals; a cursor means that there is another one.
    #[must_use]
    pub fn new(items: Vec<T>, next_cursor: Option<String>) -> Self {
        Self { items, next_cursor, total_pages: None, current_page: None, total_items: None }
    }

    /// Where the next page begins. An empty cursor is none: some servers end with it.
    pub fn next(&self) -> Option<&str> {
        self.next_cursor.as_deref().filter(|cursor| !cursor.is_empty())
    }
}

/// Which page of a list is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct PageQuery {
    /// How many items at the most. The server's own limit where absent; a server clamps what is above its highest.
    pub limit: Option<u32>,
    /// The cursor of the page before. The first page where absent.
    pub cursor: Option<String>,
}

impl PageQuery {
    /// The first page, as long as the server likes.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets how many items at the most.
    #[must_use]
    pub fn limit(mut self, limit: u32) -> Self {
        self.limit = Some(limit);
        self
    }

    /// Sets where the page begins.
    #[must_use]
    pub fn cursor(mut self, cursor: impl Into<String>) -> Self {
        self.cursor = Some(cursor.into());
        self
    }
}
