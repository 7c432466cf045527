//! The catalogue of a project: what toolkits and tools there are, whoever may use them.

use crate::auth::AuthScheme;
use crate::id::{ToolSlug, ToolkitSlug};

/// A toolkit of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ToolkitInfo {
    /// Its slug.
    pub slug: ToolkitSlug,
    /// Its name, for people.
    pub name: String,
    /// What it is.
    pub description: String,
    /// The URL of its logo.
    pub logo: Option<String>,
    /// The names of its categories.
    pub categories: Vec<String>,
    /// How it can be authenticated.
    pub schemes: Vec<AuthScheme>,
    /// By which of these an auth config can be made without the developer.
    pub managed_schemes: Vec<AuthScheme>,
    /// Whether it needs no account at all.
    pub no_auth: bool,
    /// How many tools it has, where the backend counts.
    pub tools: Option<usize>,
}

impl ToolkitInfo {
    /// A toolkit of which no more is known.
    #[must_use]
    pub fn new(slug: ToolkitSlug, name: impl Into<String>) -> Self {
        Self {
            slug,
            name: name.into(),
            description: String::new(),
            logo: None,
            categories: Vec::new(),
            schemes: Vec::new(),
            managed_schemes: Vec::new(),
            no_auth: false,
            tools: None,
        }
    }
}

/// Which toolkits of the catalogue to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogueQuery {
    /// Only those with this text in slug, name or description, whatever the case.
    pub search: Option<String>,
    /// Only those of this category.
    pub category: Option<String>,
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most: 20 without one, and never more than 1,000.
    pub limit: Option<usize>,
}

impl CatalogueQuery {
    /// The first 20.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}

/// Which tools of the catalogue to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct CatalogueToolQuery {
    /// Of these toolkits; of all without any.
    pub toolkits: Vec<ToolkitSlug>,
    /// These tools and no others.
    pub tools: Vec<ToolSlug>,
    /// Only those with this text in slug, name or description, whatever the case.
    pub search: Option<String>,
    /// Where to begin; none for the start.
    pub cursor: Option<String>,
    /// How many at the most: 20 without one, and never more than 1,000.
    pub limit: Option<usize>,
}

impl CatalogueToolQuery {
    /// The first 20.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }
}
