//! What the catalogue lists, whoever may use it.

use composio_core::{
    AuthScheme, CatalogueQuery, CatalogueToolQuery, Page, Result, ToolDefinition, ToolkitInfo, ToolkitSlug,
};

use super::{Catalog, CatalogTool, Toolkit};
use crate::toolkits::page;

/// Pages, unless asked otherwise, and at the most.
const PAGE: (usize, usize) = (20, 1_000);

impl Catalog {
    /// A page of toolkits, in the catalogue's order.
    pub(crate) fn toolkit_page(&self, query: &CatalogueQuery) -> Result<Page<ToolkitInfo>> {
        let text = query.search.as_deref().unwrap_or_default().to_lowercase();
        let wanted = self.toolkits().filter(|toolkit| {
            let manifest = &toolkit.manifest;
            let filed = |category: &String| manifest.categories.iter().any(|own| own.eq_ignore_ascii_case(category));
            query.category.as_ref().is_none_or(filed)
                && holds(&[&manifest.slug, &manifest.name, &manifest.description], &text)
        });
        let page = page(wanted.collect(), query.cursor.as_deref(), limit(query.limit))?;
        Ok(Page::new(page.items.into_iter().map(Toolkit::info).collect(), page.next_cursor, page.total))
    }

    /// A page of tools, by toolkit and slug.
    pub(crate) fn tool_page(&self, query: &CatalogueToolQuery) -> Result<Page<ToolDefinition>> {
        let text = query.search.as_deref().unwrap_or_default().to_lowercase();
        let tools = self.toolkits().flat_map(|toolkit| toolkit.tools.iter().map(move |tool| (&toolkit.slug, tool)));
        let mut wanted: Vec<(&ToolkitSlug, &CatalogTool)> = tools
            .filter(|(toolkit, _)| query.toolkits.is_empty() || query.toolkits.contains(toolkit))
            .filter(|(_, tool)| query.tools.is_empty() || query.tools.contains(&tool.definition.slug))
            .filter(|(_, tool)| {
                holds(&[tool.definition.slug.as_str(), &tool.name, &tool.definition.description], &text)
            })
            .collect();
        wanted.sort_unstable_by_key(|(toolkit, tool)| (*toolkit, &tool.definition.slug));
        let page = page(wanted, query.cursor.as_deref(), limit(query.limit))?;
        let definitions = page.items.into_iter().map(|(_, tool)| tool.definition.clone());
        Ok(Page::new(definitions.collect(), page.next_cursor, page.total))
    }
}

impl Toolkit {
    /// What the catalogue says of it.
    pub(crate) fn info(&self) -> ToolkitInfo {
        let manifest = &self.manifest;
        let mut info = ToolkitInfo::new(self.slug.clone(), &manifest.name);
        info.description.clone_from(&manifest.description);
        info.logo = manifest.logo.as_ref().map(ToString::to_string);
        info.categories.clone_from(&manifest.categories);
        info.schemes = self.schemes().collect();
        let has_app = self.managed_app.is_some();
        let managed = |scheme: &AuthScheme| *scheme != AuthScheme::NoAuth && (has_app || !scheme.needs_app());
        info.managed_schemes = self.schemes().filter(managed).collect();
        info.no_auth = self.is_no_auth();
        info.tools = Some(self.tools.len());
        info
    }
}

fn limit(asked: Option<usize>) -> usize {
    let (default, max) = PAGE;
    asked.unwrap_or(default).clamp(1, max)
}

/// Whether a text, in lower case, stands in one of these places.
fn holds(places: &[&str], text: &str) -> bool {
    text.is_empty() || places.iter().any(|place| place.to_lowercase().contains(text))
}
