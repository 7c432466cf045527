//! Toolkits.

use crate::error::Result;
use crate::hosted::HostedClient;
use crate::hosted::request::{Operation, Request, Target, Verb};
use crate::wire::{Page, Toolkit, ToolkitCategory, ToolkitChangelog, ToolkitDetails, ToolkitQuery, ToolkitsBySlug};

pub(super) const LIST: Operation = Operation::get("toolkits_list");
pub(super) const RETRIEVE: Operation = Operation::get("toolkits_retrieve");
pub(super) const CATEGORIES: Operation = Operation::get("toolkits_retrieve_categories");
pub(super) const MULTI: Operation = Operation::once(Verb::Post, "toolkits_retrieve_multi");
pub(super) const CHANGELOG: Operation = Operation::get("toolkits_retrieve_changelog");

const PATH: &str = "toolkits";

pub(super) fn list(query: &ToolkitQuery) -> Result<Request> {
    let target = Target::new(&[PATH])
        .text("category", query.category.as_deref())
        .text("managed_by", query.managed_by.map(|managed| managed.as_str()))
        .text("type", query.kind.map(|kind| kind.as_str()))
        .text("sort_by", query.sort_by.map(|order| order.as_str()))
        .flag("include_deprecated", query.include_deprecated)
        .text("search", query.search.as_deref())
        .text("user_id", query.user_id.as_deref())
        .page(&query.page);
    Ok(LIST.request(target.finish()?))
}

pub(super) fn retrieve(slug: &str, version: Option<&str>) -> Result<Request> {
    Ok(RETRIEVE.request(Target::new(&[PATH, slug]).text("version", version).finish()?))
}

pub(super) fn categories() -> Result<Request> {
    Ok(CATEGORIES.request(Target::new(&[PATH, "categories"]).finish()?))
}

pub(super) fn multi(body: &ToolkitsBySlug) -> Result<Request> {
    MULTI.with_body(Target::new(&[PATH, "multi"]).finish()?, body)
}

pub(super) fn changelog() -> Result<Request> {
    Ok(CHANGELOG.request(Target::new(&[PATH, "changelog"]).finish()?))
}

/// Toolkits: the services of the catalogue.
impl HostedClient {
    /// Lists toolkits, a page at a time.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn list_toolkits(&self, query: &ToolkitQuery) -> Result<Page<Toolkit>> {
        self.json(list(query)?).await
    }

    /// Reads a toolkit, in its newest version unless another is named.
    ///
    /// # Errors
    /// `NotFound` where there is none of this slug; some servers say `InvalidInput`.
    pub async fn toolkit(&self, slug: &str, version: Option<&str>) -> Result<ToolkitDetails> {
        self.json(retrieve(slug, version)?).await
    }

    /// Lists the categories of toolkits.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn toolkit_categories(&self) -> Result<Page<ToolkitCategory>> {
        self.json(categories()?).await
    }

    /// Reads several toolkits by their slugs.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn toolkits_by_slug(&self, body: &ToolkitsBySlug) -> Result<Page<Toolkit>> {
        self.json(multi(body)?).await
    }

    /// Reads what changed in each version of each toolkit.
    ///
    /// # Errors
    /// What every operation may fail with.
    pub async fn toolkit_changelog(&self) -> Result<ToolkitChangelog> {
        self.json(changelog()?).await
    }
}
