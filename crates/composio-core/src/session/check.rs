//! What a backend would refuse of a session's settings, checked before anything is sent. Rules: `session-api` 2 and 12.3.

use std::collections::HashSet;

use super::settings::{Hook, HookCheck, HostedSettings, InstantUsage};
use super::{Patch, Preload, SessionConfig, SessionUpdate};
use crate::approval::ApprovalPolicy;
use crate::error::{Error, Result};
use crate::policy::{TagFilter, ToolPolicy, ToolkitPolicy};
use crate::tool::{NativeDefinitions, NativeTools};

/// How many hooks a session may have.
const HOOKS_MAX: usize = 20;
/// How long a hook's id may be, its name, and what it checks.
const HOOK_ID_MAX: usize = 64;
const HOOK_NAME_MAX: usize = 120;
const CONDITION_MAX: usize = 2_000;

impl SessionConfig {
    /// Whether what is only for the hosted service fits together.
    pub(super) fn check_settings(&self) -> Result<()> {
        check_preload(&self.preload)?;
        let Some(hosted) = &self.hosted else { return Ok(()) };
        check_hosted(hosted)?;
        let sandbox_calls = hosted.workbench.is_some_and(|workbench| workbench.proxy_execution == Some(true));
        if sandbox_calls && self.meta_tools.proxy_execute == Some(false) {
            let rule = "`meta_tools.proxy_execute` switches it off everywhere; switch both on, or say it of one only";
            return Err(Error::invalid_input("hosted.workbench.proxy_execution", "true", rule));
        }
        Ok(())
    }

    /// Whether a saved session config stands alone: it brings what a session may use.
    pub(super) fn check_saved(&self, native: &NativeDefinitions) -> Result<()> {
        let Some(hosted) = &self.hosted else { return Ok(()) };
        let Some(id) = &hosted.saved_config else { return Ok(()) };
        let said = [
            ("toolkits", self.toolkits != ToolkitPolicy::default()),
            ("tools", !self.tools.is_empty()),
            ("tags", self.tags != TagFilter::default()),
            ("approvals", self.approvals.as_deref().is_some_and(names_calls)),
            ("native tools", !native.is_empty()),
            ("hooks", !hosted.hooks.is_empty()),
        ];
        let said: Vec<_> = said.into_iter().filter_map(|(what, said)| said.then_some(what)).collect();
        if said.is_empty() {
            return Ok(());
        }
        let rule = format!("it brings what the session may use, so leave out {}", said.join(", "));
        Err(Error::invalid_input("hosted.saved_config", id, rule))
    }
}

impl SessionUpdate {
    /// What can be seen of a change without knowing the session.
    pub(super) fn check_settings(&self) -> Result<()> {
        if let Patch::Set(preload) = &self.preload {
            check_preload(preload)?;
        }
        match &self.hosted {
            Patch::Set(Some(hosted)) => check_hosted(hosted),
            Patch::Set(None) | Patch::Keep | Patch::Reset => Ok(()),
        }
    }
}

/// Whether approvals name calls. They stand in the same blocks as toolkits, tools and tags; what becomes of calls whose
/// caller cannot ask does not.
fn names_calls(approvals: &ApprovalPolicy) -> bool {
    let ApprovalPolicy { toolkits, tools, tags, toolkit_tags, fallback: _ } = approvals;
    !(toolkits.is_empty() && tools.is_empty() && tags.is_empty() && toolkit_tags.is_empty())
}

/// A backend has no native tools, so it could not list them.
fn check_preload(preload: &Preload) -> Result<()> {
    let Preload::Tools(tools) = preload else { return Ok(()) };
    match tools.iter().find(|slug| NativeTools::claims(slug)) {
        None => Ok(()),
        Some(slug) => {
            let rule = "native tools are always given to the model, so leave it out";
            Err(Error::invalid_input("preload.tools", slug.as_str(), rule))
        }
    }
}

fn check_hosted(hosted: &HostedSettings) -> Result<()> {
    if hosted.workbench.is_some_and(|workbench| workbench.offload_from == Some(0)) {
        return Err(Error::invalid_input("hosted.workbench.offload_from", "0", "1 character at least"));
    }
    if let Some(zone) = hosted.user_timezone.as_deref().filter(|zone| zone.trim().is_empty()) {
        return Err(Error::invalid_input("hosted.user_timezone", zone, "an IANA name, such as `Europe/London`"));
    }
    if let Some(id) = hosted.saved_config.as_deref().filter(|id| id.trim().is_empty()) {
        return Err(Error::invalid_input("hosted.saved_config", id, "the id of a saved session config"));
    }
    check_instant(hosted.instant.as_ref())?;
    if hosted.hooks.len() > HOOKS_MAX {
        let count = hosted.hooks.len().to_string();
        return Err(Error::invalid_input("hosted.hooks", &count, "20 hooks at the most"));
    }
    let mut ids = HashSet::new();
    for (place, hook) in hosted.hooks.iter().enumerate() {
        check_hook(place, hook)?;
        if !ids.insert(&hook.id) {
            let field = format!("hosted.hooks[{place}].id");
            return Err(Error::invalid_input(&field, &hook.id, "another hook has this id; rename one"));
        }
    }
    Ok(())
}

/// Only lists can be said of it, and what is left out would allow every tool.
fn check_instant(instant: Option<&InstantUsage>) -> Result<()> {
    let Some(InstantUsage::On { tools, .. }) = instant else { return Ok(()) };
    match tools.iter().find(|(_, policy)| matches!(policy, ToolPolicy::Tags(_))) {
        None => Ok(()),
        Some((toolkit, _)) => {
            let field = format!("hosted.instant.tools.{toolkit}");
            Err(Error::invalid_input(&field, toolkit.as_str(), "a list of tools for or against, and no tags"))
        }
    }
}

fn check_hook(place: usize, hook: &Hook) -> Result<()> {
    let refused = |field: &str, value: &str, rule: &str| {
        Err(Error::invalid_input(&format!("hosted.hooks[{place}].{field}"), value, rule))
    };
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    if hook.id.is_empty() || hook.id.len() > HOOK_ID_MAX || !hook.id.chars().all(fits) {
        return refused("id", &hook.id, "1 to 64 of `a-z`, `0-9`, `_` and `-`");
    }
    if let Some(name) = &hook.name
        && !holds(name, HOOK_NAME_MAX)
    {
        return refused("name", name, "1 to 120 characters");
    }
    match &hook.check {
        HookCheck::Before(condition) | HookCheck::After(condition) if !holds(condition, CONDITION_MAX) => {
            refused("check", &format!("{} characters", condition.chars().count()), "1 to 2,000 characters")
        }
        HookCheck::Before(_) | HookCheck::After(_) | HookCheck::PromptInjection => Ok(()),
    }
}

/// Whether there is a text, and not too much of it.
fn holds(text: &str, max: usize) -> bool {
    !text.trim().is_empty() && text.chars().count() <= max
}
