//! What a person adds to a published description.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use url::Url;

use super::document::Operation;
use super::error::ImportError;
use crate::manifest::{AuthSchemeSpec, Identity, Probe};

/// What a description does not say about a toolkit, and corrections to what it says.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct Overlay {
    /// The toolkit's slug.
    pub slug: String,
    /// What people call the service.
    pub name: String,
    /// What the service is for, in a sentence.
    pub description: String,
    /// An image to show beside the name.
    #[serde(default)]
    pub logo: Option<Url>,
    /// Groups for browsing.
    #[serde(default)]
    pub categories: Vec<String>,
    /// Where the API lives. The first server of the description, unless given.
    #[serde(default)]
    pub base_url: Option<Url>,
    /// Headers sent with every request.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// The ways to authenticate, the preferred one first.
    pub auth_schemes: Vec<AuthSchemeSpec>,
    /// How to read whose account a credential belongs to.
    #[serde(default)]
    pub identity: Option<Identity>,
    /// A cheap request that succeeds if and only if a credential works.
    #[serde(default)]
    pub probe: Option<Probe>,
    /// Where the description comes from. Absent where it is one's own.
    #[serde(default)]
    pub source: Option<OverlaySource>,
    /// Corrections to single tools, by the slug that the rule gives them or by `METHOD /path`.
    #[serde(default)]
    pub tools: IndexMap<String, OverlayTool>,
}

/// Where a description comes from, and under which licence.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[non_exhaustive]
pub struct OverlaySource {
    /// Its title. The description's own, unless given.
    #[serde(default)]
    pub title: Option<String>,
    /// Where it was published.
    pub origin: String,
    /// Its version. The description's own, unless given.
    #[serde(default)]
    pub version: Option<String>,
    /// Its licence, as an SPDX expression.
    pub licence: String,
    /// The SHA-256 that the document must have, in hexadecimal.
    #[serde(default)]
    pub sha256: Option<String>,
}

/// Corrections to one tool. What is absent stays as the description has it.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[non_exhaustive]
pub struct OverlayTool {
    /// The slug to use in the place of the rule's.
    pub slug: Option<String>,
    /// The description to use.
    pub description: Option<String>,
    /// The tags to use, all of them.
    pub tags: Option<Vec<String>>,
    /// Whether to leave the operation out.
    pub skip: bool,
}

impl Overlay {
    /// Reads an overlay.
    ///
    /// # Errors
    ///
    /// If the text is no JSON or has a key that nothing reads; the error names line and column.
    pub fn from_json(text: &str) -> Result<Self, ImportError> {
        serde_json::from_str(text).map_err(ImportError::Overlay)
    }

    /// The slugs that the overlay fixes before the rule gives out the others, by operation.
    pub(super) fn pins(&self, operations: &[Operation<'_>]) -> Vec<Option<&str>> {
        operations.iter().map(|operation| self.tools.get(&operation.key)?.slug.as_deref()).collect()
    }

    /// The entry for each operation, in their order.
    pub(super) fn matched(
        &self,
        operations: &[Operation<'_>],
        slugs: &[String],
    ) -> Result<Vec<Matched<'_>>, ImportError> {
        let mut places: HashMap<&str, usize> = HashMap::new();
        for (index, (operation, slug)) in operations.iter().zip(slugs).enumerate() {
            places.insert(&operation.key, index);
            places.insert(slug, index);
        }
        let mut matched = vec![Matched(None); operations.len()];
        for (key, entry) in &self.tools {
            let index = *places.get(key.as_str()).ok_or_else(|| ImportError::Unmatched(key.clone()))?;
            if matched[index].0.replace(entry).is_some() {
                return Err(ImportError::MatchedTwice(operations[index].key.clone()));
            }
        }
        Ok(matched)
    }
}

/// The overlay's entry for an operation, if it has one.
#[derive(Debug, Clone)]
pub(super) struct Matched<'o>(Option<&'o OverlayTool>);

impl<'o> Matched<'o> {
    pub(super) fn skip(&self) -> bool {
        self.0.is_some_and(|entry| entry.skip)
    }

    pub(super) fn slug(&self) -> Option<&'o str> {
        self.0?.slug.as_deref()
    }

    pub(super) fn description(&self) -> Option<&'o str> {
        self.0?.description.as_deref()
    }

    pub(super) fn tags(&self) -> Option<&'o [String]> {
        self.0?.tags.as_deref()
    }
}
