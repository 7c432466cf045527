//! A session's configuration, as replies say it.

use indexmap::{IndexMap, IndexSet};
use url::Url;

use super::settings::{self, tool_slugs};
use crate::approval::{ApprovalFallback, ApprovalPolicy};
use crate::hosted::backend::read::{self, kept};
use crate::id::{ConnectedAccountId, ToolkitSlug};
use crate::policy::{Tag, TagFilter, ToolPolicy, ToolkitPolicy};
use crate::session::{HostedSettings, MetaTools, MultiAccount, Preload, SessionConfig};
use crate::toolkit_map::ToolkitMap;
use crate::wire::{self, Open};

/// The configuration that a session has at the service.
///
/// What a server says of its own accord, such as its defaults, is nothing that anybody has set. What it does not say at all
/// (permissions, the link address, quick searches, egress, the time zone) is not here.
pub(crate) fn config(stored: &wire::SessionConfig, fallback: Option<&Open<wire::NoElicitation>>) -> SessionConfig {
    let mut config = SessionConfig::new();
    let mut approvals = ApprovalPolicy::new();
    config.toolkits = toolkits(stored.toolkits.as_ref(), &mut approvals);
    config.tags = tags(stored.tags.as_ref());
    approvals.tags = asked(stored.tags.as_ref());
    for (toolkit, block) in stored.tools.iter().flatten() {
        let Some(toolkit) = kept(read::toolkit(toolkit)) else { continue };
        tools(toolkit, block, &mut config, &mut approvals);
    }
    if let Some(Open::Known(wire::NoElicitation::Allow)) = fallback {
        approvals.fallback = ApprovalFallback::Allow;
    }
    config.approvals = (approvals != ApprovalPolicy::new()).then(|| Box::new(approvals));
    config.auth_configs = by_toolkit(stored.auth_configs.as_ref(), |id| id.into());
    config.connected_accounts =
        by_toolkit(stored.connected_accounts.as_ref(), |ids| ids.iter().map(ConnectedAccountId::from).collect());
    config.preload = preload(stored.preload.as_ref());
    config.multi_account = multi_account(stored.multi_account.as_ref());
    config.callback_url = stored
        .manage_connections
        .as_ref()
        .and_then(|block| Url::parse(block.callback_url.as_deref()?).ok().map(Box::new));
    config.meta_tools = meta_tools(stored);
    config.hosted = hosted(stored);
    config
}

fn by_toolkit<W, T>(map: Option<&IndexMap<String, W>>, read: impl Fn(&W) -> T) -> ToolkitMap<T> {
    let entries = map.into_iter().flatten();
    entries.filter_map(|(toolkit, value)| Some((kept(read::toolkit(toolkit))?, read(value)))).collect()
}

fn slugs(slugs: &[String]) -> impl Iterator<Item = ToolkitSlug> {
    slugs.iter().filter_map(|slug| kept(read::toolkit(slug)))
}

fn toolkits(block: Option<&wire::StoredToolkits>, approvals: &mut ApprovalPolicy) -> ToolkitPolicy {
    let Some(block) = block else { return ToolkitPolicy::All };
    approvals.toolkits = slugs(block.require_approval.as_deref().unwrap_or_default()).collect();
    match (&block.enabled, &block.disabled) {
        (Some(enabled), _) => ToolkitPolicy::Enable(slugs(enabled).collect()),
        (None, Some(disabled)) => ToolkitPolicy::Disable(slugs(disabled).collect()),
        (None, None) => ToolkitPolicy::All,
    }
}

fn tags(block: Option<&wire::StoredTags>) -> TagFilter {
    let Some(block) = block else { return TagFilter::new() };
    TagFilter {
        // A list for with nothing in it that is known here allows nothing here, as an empty one does.
        enable: block.enabled.as_deref().map(read::tags),
        disable: read::tags(block.disabled.as_deref().unwrap_or_default()),
    }
}

fn asked(block: Option<&wire::StoredTags>) -> IndexSet<Tag> {
    let listed = block.and_then(|block| block.require_approval.as_deref()).unwrap_or_default();
    read::tags(listed).into_iter().collect()
}

/// What one toolkit has of its own. Its tags, and its list of tools to ask about, each stand in place of the session's tags.
fn tools(toolkit: ToolkitSlug, block: &wire::StoredTools, config: &mut SessionConfig, approvals: &mut ApprovalPolicy) {
    let listed: Vec<_> = tool_slugs(block.require_approval.as_deref().unwrap_or_default()).collect();
    let own_list = block.require_approval.is_some();
    let by_tag = asked(block.tags.as_ref());
    let other_tags = (own_list || block.tags.is_some()) && by_tag != approvals.tags;
    let policy = match (&block.enabled, &block.disabled, &block.tags) {
        (Some(enabled), _, _) => Some(ToolPolicy::Enable(tool_slugs(enabled).collect())),
        (None, Some(disabled), _) => Some(ToolPolicy::Disable(tool_slugs(disabled).collect())),
        (None, None, Some(block)) => {
            let filter = tags(Some(block));
            // The session's own filter is repeated where only approvals differ.
            let repeated = filter == config.tags && (own_list || other_tags || filter.is_silent());
            (!repeated).then_some(ToolPolicy::Tags(filter))
        }
        (None, None, None) => None,
    };
    approvals.tools.extend(listed);
    if let Some(policy) = policy {
        config.tools.insert(toolkit.clone(), policy);
    }
    if other_tags {
        approvals.toolkit_tags.insert(toolkit, by_tag);
    }
}

fn preload(block: Option<&wire::StoredPreload>) -> Preload {
    match block.and_then(|block| block.tools.as_ref()) {
        Some(wire::PreloadTools::Slugs(slugs)) if !slugs.is_empty() => Preload::Tools(tool_slugs(slugs).collect()),
        Some(wire::PreloadTools::Named(Open::Known(wire::PreloadSet::All))) => Preload::All,
        Some(_) | None => Preload::None,
    }
}

fn multi_account(block: Option<&wire::StoredMultiAccount>) -> Option<MultiAccount> {
    let block = block.filter(|block| block.enable == Some(true))?;
    let mut multi = MultiAccount::new().require_explicit_selection(block.require_explicit_selection.unwrap_or(false));
    if let Some(max) = block.max_accounts_per_toolkit.and_then(|max| usize::try_from(max).ok()) {
        multi.max_per_toolkit = max;
    }
    Some(multi)
}

fn meta_tools(stored: &wire::SessionConfig) -> MetaTools {
    let connections = stored.manage_connections.clone().unwrap_or_default();
    let mut meta = MetaTools::new();
    meta.search = stored.search.and_then(|block| block.enable).unwrap_or(true);
    meta.multi_execute = stored.execute.and_then(|block| block.enable_multi_execute).unwrap_or(true);
    meta.manage_connections = connections.enabled.unwrap_or(true);
    meta.wait_for_connections = connections.enable_wait_for_connections.unwrap_or(false);
    meta.connection_removal = connections.enable_connection_removal.unwrap_or(true);
    meta.proxy_execute = stored.proxy_execute.and_then(|block| block.enable);
    meta
}

fn hosted(stored: &wire::SessionConfig) -> Option<Box<HostedSettings>> {
    let mut hosted = HostedSettings::new();
    hosted.workbench = stored.workbench.as_ref().and_then(settings::stored_workbench);
    hosted.hooks = stored.hooks.iter().flatten().filter_map(settings::stored_hook).collect();
    hosted.instant = stored.instant.as_ref().and_then(settings::stored_instant);
    (hosted != HostedSettings::default()).then(|| Box::new(hosted))
}
