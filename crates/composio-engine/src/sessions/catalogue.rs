//! The slugs of a configuration: there is such a toolkit, such a tool, and a preloaded tool is one that may be used.

use composio_core::{Error, Preload, Result, ToolSlug, ToolkitSlug};
use indexmap::IndexSet;

use super::Check;
use super::problems::Problems;
use crate::toolkits::PRELOAD_MAX;

/// For so many slugs others are looked for that look like them. The rest are named without.
const HINTED: usize = 20;
/// What the slugs of native tools begin with. They are not in a catalogue.
const NATIVE: &str = "LOCAL_";

impl Check<'_> {
    pub(super) fn slugs(&self) -> Result<()> {
        let config = self.config;
        if self.sets(|update| &update.toolkits) {
            self.toolkits(config.toolkits.named().iter().map(|slug| ("toolkits".to_owned(), slug)))?;
        }
        if self.sets(|update| &update.tools) {
            self.tools()?;
        }
        let rules_move = self.moves(|update| &update.toolkits)
            || self.moves(|update| &update.tools)
            || self.moves(|update| &update.tags);
        if self.sets(|update| &update.preload) || rules_move {
            self.preload()?;
        }
        if self.sets(|update| &update.auth_configs) {
            self.toolkits(config.auth_configs.keys().map(|slug| (format!("auth_configs.{slug}"), slug)))?;
        }
        if self.sets(|update| &update.connected_accounts) {
            self.toolkits(config.connected_accounts.keys().map(|slug| (format!("connected_accounts.{slug}"), slug)))?;
        }
        if self.sets(|update| &update.approvals) { self.approvals() } else { Ok(()) }
    }

    /// Toolkits that are named in places.
    fn toolkits<'s>(&self, named: impl Iterator<Item = (String, &'s ToolkitSlug)>) -> Result<()> {
        let mut problems = Problems::default();
        for (field, slug) in named {
            self.known_toolkit(&mut problems, field, slug);
        }
        problems.refuse()
    }

    fn known_toolkit(&self, problems: &mut Problems, field: String, slug: &ToolkitSlug) -> bool {
        let known = self.engine.catalog().find_toolkit(slug).is_some();
        if !known {
            let near = self.near(problems, |catalog| catalog.toolkits_like(slug));
            problems.add(field, slug.as_str(), format!("there is no such toolkit{near}"));
        }
        known
    }

    /// A tool that is named in a place, and its toolkit.
    fn known_tool(&self, problems: &mut Problems, field: &str, slug: &ToolSlug) -> Option<&ToolkitSlug> {
        match self.engine.catalog().find_tool(slug) {
            Some((toolkit, _)) => Some(&toolkit.slug),
            None => {
                let near = self.near(problems, |catalog| catalog.tools_like(slug));
                problems.add(field, slug.as_str(), format!("there is no such tool{near}"));
                None
            }
        }
    }

    fn near<'s>(
        &'s self,
        problems: &Problems,
        like: impl FnOnce(&'s crate::catalog::Catalog) -> Vec<&'s str>,
    ) -> String {
        let found = if problems.len() < HINTED { like(self.engine.catalog()) } else { Vec::new() };
        if found.is_empty() { String::new() } else { format!(" (did you mean {}?)", found.join(", ")) }
    }

    /// The lists of tools name tools of their own toolkit.
    fn tools(&self) -> Result<()> {
        let mut problems = Problems::default();
        for (toolkit, policy) in &self.config.tools {
            let field = format!("tools.{toolkit}");
            if !self.known_toolkit(&mut problems, field.clone(), toolkit) {
                continue;
            }
            for slug in policy.named() {
                let of = self.known_tool(&mut problems, &field, slug);
                if let Some(other) = of.filter(|of| *of != toolkit) {
                    problems.add(&*field, slug.as_str(), format!("it is a tool of {other}"));
                }
            }
        }
        problems.refuse()
    }

    /// What is preloaded by name is there and may be used. A tool that the catalogue has lost since it was named is passed
    /// over, here as in listings.
    fn preload(&self) -> Result<()> {
        const FIELD: &str = "preload.tools";
        let Preload::Tools(slugs) = &self.config.preload else { return Ok(()) };
        let slugs: IndexSet<_> = slugs.iter().collect();
        let is_new = self.sets(|update| &update.preload);
        if is_new && slugs.len() > PRELOAD_MAX {
            return Err(Error::invalid_input(FIELD, &slugs.len().to_string(), "at most 1,000 tools"));
        }
        let mut problems = Problems::default();
        for slug in slugs {
            match self.engine.catalog().find_tool(slug) {
                Some((toolkit, tool)) => {
                    let decision = self.config.decide(&toolkit.slug, &tool.definition);
                    if !decision.allowed {
                        problems.add(FIELD, slug.as_str(), format!("{decision} (a tool of {})", toolkit.slug));
                    }
                }
                None if is_new => drop(self.known_tool(&mut problems, FIELD, slug)),
                None => {}
            }
        }
        problems.refuse()
    }

    /// Approvals name what there is. Native tools are not known here, so their names are believed.
    fn approvals(&self) -> Result<()> {
        let Some(approvals) = &self.config.approvals else { return Ok(()) };
        let mut problems = Problems::default();
        for slug in &approvals.toolkits {
            self.known_toolkit(&mut problems, "approvals.toolkits".to_owned(), slug);
        }
        for slug in approvals.tools.iter().filter(|slug| !slug.as_str().starts_with(NATIVE)) {
            self.known_tool(&mut problems, "approvals.tools", slug);
        }
        for slug in approvals.toolkit_tags.keys() {
            self.known_toolkit(&mut problems, format!("approvals.toolkit_tags.{slug}"), slug);
        }
        problems.refuse()
    }
}
