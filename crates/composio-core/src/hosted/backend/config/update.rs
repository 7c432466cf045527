//! A change of a session.

use super::access::{Access, Rules, ToolkitsOf};
use super::create::preload;
use super::{auth_configs, connected_accounts, settings, unread};
use crate::approval::ApprovalFallback;
use crate::error::{Error, Result};
use crate::session::{
    HostedSettings, MetaTools, MultiAccount, MultiAccountUpdate, Patch, SessionConfig, SessionUpdate,
};
use crate::wire;

/// Whether the change cannot be written without knowing the session: it is of something that stands in several blocks, or
/// it means one thing where several accounts are used already and another where they are not.
pub(crate) fn needs_before(update: &SessionUpdate) -> bool {
    let touched =
        [!update.toolkits.is_keep(), !update.tools.is_keep(), !update.tags.is_keep(), !update.approvals.is_keep()];
    touched.contains(&true) && touched.contains(&false) || switches_on(update)
}

/// Whether several accounts are switched on, and nothing is said of how one is chosen.
fn switches_on(update: &SessionUpdate) -> bool {
    matches!(&update.multi_account, Patch::Set(multi)
        if multi.enable == Some(true) && multi.require_explicit_selection.is_none())
}

/// Says what [`MultiAccountUpdate::apply`] says of several accounts that were off: the service would let a call take the
/// newest. Rule: `session-semantics` 1.3.
pub(crate) fn settle(before: &SessionConfig, update: &mut SessionUpdate) {
    let was_off = before.multi_account.is_none();
    if was_off
        && switches_on(update)
        && let Patch::Set(multi) = &mut update.multi_account
    {
        multi.require_explicit_selection = Some(MultiAccount::new().require_explicit_selection);
    }
}

/// What the change would drop because this version cannot read it: a rule of the session in a block that is written anew.
pub(crate) fn dropped(stored: &wire::SessionConfig, body: &wire::PatchSession) -> Option<String> {
    let toolkits = || stored.toolkits.as_ref().and_then(unread::toolkits);
    let tools = || stored.tools.iter().flatten().find_map(|(toolkit, block)| unread::tools(toolkit, block));
    let tags = || stored.tags.as_ref().and_then(unread::tags);
    None.or_else(|| toolkits().filter(|_| !body.toolkits.is_keep()))
        .or_else(|| tools().filter(|_| !body.tools.is_keep()))
        .or_else(|| tags().filter(|_| !body.tags.is_keep()))
}

/// The configuration of which the blocks about toolkits, tools, tags and approvals are made.
///
/// # Errors
/// `InvalidInput` as [`SessionConfig::updated`].
pub(crate) fn access_after(before: &SessionConfig, update: &SessionUpdate) -> Result<SessionConfig> {
    let mut rules = SessionUpdate::new();
    rules.toolkits = update.toolkits.clone();
    rules.tools = update.tools.clone();
    rules.tags = update.tags.clone();
    rules.approvals = update.approvals.clone();
    // The rest is the service's to check: it knows what this change leaves as it is.
    let mut bare = SessionConfig::new();
    bare.toolkits = before.toolkits.clone();
    bare.tools = before.tools.clone();
    bare.tags = before.tags.clone();
    bare.approvals = before.approvals.clone();
    bare.updated(&rules)
}

/// The body that makes the change. `before` and `after` are the rules about access, as they are and as they become.
///
/// # Errors
/// `Unsupported` for rules that the dialect cannot say together; `InvalidInput` for what can be set only when a session is
/// created.
pub(crate) fn body(
    before: &SessionConfig,
    after: &SessionConfig,
    update: &SessionUpdate,
    belongs: &ToolkitsOf,
) -> Result<wire::PatchSession> {
    let mut body = wire::PatchSession::default();
    access(before, after, update, belongs, &mut body)?;
    body.auth_configs = mapped(&update.auth_configs, auth_configs);
    body.connected_accounts = mapped(&update.connected_accounts, connected_accounts);
    body.preload = mapped(&update.preload, preload);
    body.multi_account = mapped(&update.multi_account, |multi| multi_account(*multi));
    body.expected_config_version = update.expected_version;
    let mut connections = wire::ManageConnectionsPatch::default();
    let mut experimental = wire::PatchExperimental::default();
    connections.callback_url = match &update.callback_url {
        Patch::Keep => Patch::Keep,
        Patch::Set(Some(url)) => Patch::Set(url.to_string()),
        Patch::Set(None) | Patch::Reset => Patch::Reset,
    };
    experimental.no_elicitation_support_fallback = match &update.approvals {
        Patch::Keep => Patch::Keep,
        Patch::Reset => Patch::Reset,
        Patch::Set(approvals) => Patch::Set(match approvals.fallback {
            ApprovalFallback::Deny => wire::NoElicitation::Deny,
            ApprovalFallback::Allow => wire::NoElicitation::Allow,
        }),
    };
    match &update.meta_tools {
        Patch::Keep => {}
        Patch::Set(meta) => set_meta_tools(*meta, &mut body, &mut connections, &mut experimental),
        Patch::Reset => reset_meta_tools(&mut body, &mut connections, &mut experimental),
    }
    match &update.hosted {
        Patch::Keep => {}
        Patch::Set(Some(hosted)) => set_hosted(hosted, &mut body, &mut experimental)?,
        Patch::Set(None) | Patch::Reset => set_hosted(&HostedSettings::default(), &mut body, &mut experimental)?,
    }
    body.manage_connections = unless_default(connections);
    body.experimental = unless_default(experimental);
    Ok(body)
}

/// What was named is written, and what else has to change with it.
fn access(
    before: &SessionConfig,
    after: &SessionConfig,
    update: &SessionUpdate,
    belongs: &ToolkitsOf,
    body: &mut wire::PatchSession,
) -> Result<()> {
    let touched = [&update.toolkits.is_keep(), &update.tools.is_keep(), &update.tags.is_keep()];
    if touched.iter().all(|keep| **keep) && update.approvals.is_keep() {
        return Ok(());
    }
    let new = Access::of(rules(after), belongs)?;
    // What the session has cannot always be said by us: what is not known to be as it was is written.
    let old = Access::of(rules(before), belongs).ok();
    let same = |block: fn(&Access, &Access) -> bool| old.as_ref().is_some_and(|old| block(old, &new));
    let (toolkits, tools, tags) =
        (same(|a, b| a.toolkits == b.toolkits), same(|a, b| a.tools == b.tools), same(|a, b| a.tags == b.tags));
    body.toolkits = block(new.toolkits, update.toolkits.is_keep() && toolkits);
    body.tools = match (&update.tools, new.tools) {
        // An explicit empty map stays one.
        (Patch::Set(_), None) => Patch::Set(indexmap::IndexMap::new()),
        (given, blocks) => block(blocks, given.is_keep() && tools),
    };
    body.tags = block(new.tags, update.tags.is_keep() && tags);
    Ok(())
}

fn rules(config: &SessionConfig) -> Rules<'_> {
    Rules {
        toolkits: &config.toolkits,
        tools: &config.tools,
        tags: &config.tags,
        approvals: config.approvals.as_deref(),
    }
}

fn block<T>(new: Option<T>, keep: bool) -> Patch<T> {
    match new {
        _ if keep => Patch::Keep,
        Some(new) => Patch::Set(new),
        None => Patch::Reset,
    }
}

fn mapped<T, W>(patch: &Patch<T>, write: impl FnOnce(&T) -> W) -> Patch<W> {
    match patch {
        Patch::Keep => Patch::Keep,
        Patch::Reset => Patch::Reset,
        Patch::Set(value) => Patch::Set(write(value)),
    }
}

fn unless_default<T: Default + PartialEq>(block: T) -> Patch<T> {
    match block == T::default() {
        true => Patch::Keep,
        false => Patch::Set(block),
    }
}

/// A value, or back to the default.
fn or_reset<T>(value: Option<T>) -> Patch<T> {
    value.map_or(Patch::Reset, Patch::Set)
}

fn multi_account(multi: MultiAccountUpdate) -> wire::MultiAccountPatch {
    wire::MultiAccountPatch {
        enable: multi.enable,
        max_accounts_per_toolkit: match multi.max_per_toolkit.and_then(|max| u64::try_from(max).ok()) {
            Some(max) => Patch::Set(max),
            None => Patch::Keep,
        },
        require_explicit_selection: multi.require_explicit_selection,
    }
}

fn set_meta_tools(
    meta: MetaTools,
    body: &mut wire::PatchSession,
    connections: &mut wire::ManageConnectionsPatch,
    experimental: &mut wire::PatchExperimental,
) {
    body.search = Patch::Set(wire::DefaultSwitch { enable: Some(meta.search) });
    body.execute = Patch::Set(wire::ExecuteConfig { enable_multi_execute: Some(meta.multi_execute) });
    body.proxy_execute = or_reset(meta.proxy_execute.map(|enable| wire::Switch { enable }));
    connections.enable = Patch::Set(meta.manage_connections);
    connections.enable_wait_for_connections = Patch::Set(meta.wait_for_connections);
    connections.enable_connection_removal = Patch::Set(meta.connection_removal);
    experimental.submit_feedback = Patch::Set(wire::Switch { enable: meta.submit_feedback });
}

fn reset_meta_tools(
    body: &mut wire::PatchSession,
    connections: &mut wire::ManageConnectionsPatch,
    experimental: &mut wire::PatchExperimental,
) {
    body.search = Patch::Reset;
    body.execute = Patch::Reset;
    body.proxy_execute = Patch::Reset;
    connections.enable = Patch::Reset;
    connections.enable_wait_for_connections = Patch::Reset;
    connections.enable_connection_removal = Patch::Reset;
    experimental.submit_feedback = Patch::Reset;
}

/// Everything that the service can be told again. Its sandbox merges field by field, so that what is not said of it stays,
/// and instant usage of which nothing is said stays too: it cannot be reset.
fn set_hosted(
    hosted: &HostedSettings,
    body: &mut wire::PatchSession,
    experimental: &mut wire::PatchExperimental,
) -> Result<()> {
    let only_new = "it can be set only when a session is created";
    if hosted.restrict_egress {
        return Err(Error::invalid_input("hosted.restrict_egress", "true", only_new));
    }
    if let Some(zone) = &hosted.user_timezone {
        return Err(Error::invalid_input("hosted.user_timezone", zone, only_new));
    }
    body.workbench = or_reset(hosted.workbench.map(settings::workbench));
    body.instant = hosted.instant.as_ref().map(settings::instant).map(|instant| match instant {
        wire::OffOr::Off => wire::OffOr::Off,
        wire::OffOr::On(mut block) => {
            // In a change, what is left out stays, and all of it is said here: that nothing is left out too.
            block.toolkits.get_or_insert(wire::ListPolicy { enable: None, disable: Some(Vec::new()) });
            block.tools.get_or_insert_default();
            block.return_instant_charge.get_or_insert(false);
            block.return_prices_in_search.get_or_insert(false);
            wire::OffOr::On(block)
        }
    });
    body.hooks = match (hosted.hooks.as_slice(), &hosted.saved_config) {
        // Beside a saved config nothing may be said of hooks, not even null.
        ([], Some(_)) => Patch::Keep,
        ([], None) => Patch::Reset,
        (hooks, _) => Patch::Set(settings::hooks(hooks)),
    };
    experimental.permissions = or_reset(hosted.permissions.as_ref().map(settings::permissions));
    experimental.link_url_overwrite = or_reset(hosted.link_url_overwrite.clone());
    experimental.fast_mode = or_reset(hosted.fast_mode);
    experimental.session_config_id.clone_from(&hosted.saved_config);
    Ok(())
}
