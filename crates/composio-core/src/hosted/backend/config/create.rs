//! A new session.

use super::access::{Access, Rules, ToolkitsOf};
use super::{auth_configs, connected_accounts, settings, texts};
use crate::approval::ApprovalFallback;
use crate::error::Result;
use crate::hosted::backend::native;
use crate::id::UserId;
use crate::session::{MetaTools, MultiAccount, Preload, SessionConfig};
use crate::tool::NativeDefinitions;
use crate::wire;

/// The body that makes a session of this configuration. What is at its default is left out, except `manage_connections`,
/// which the official clients always send (`session-api` 2, create).
///
/// # Errors
/// `Unsupported` for rules that the dialect cannot say together.
pub(crate) fn body(
    user: &UserId,
    config: &SessionConfig,
    native: &NativeDefinitions,
    belongs: &ToolkitsOf,
) -> Result<wire::CreateSession> {
    let SessionConfig { toolkits, tools, tags, approvals, .. } = config;
    let access = Access::of(Rules { toolkits, tools, tags, approvals: approvals.as_deref() }, belongs)?;
    let mut body = wire::CreateSession::new(user);
    body.toolkits = access.toolkits;
    body.tools = access.tools;
    body.tags = access.tags;
    body.auth_configs = (!config.auth_configs.is_empty()).then(|| auth_configs(&config.auth_configs));
    body.connected_accounts =
        (!config.connected_accounts.is_empty()).then(|| connected_accounts(&config.connected_accounts));
    body.manage_connections = Some(connections(config));
    body.multi_account = config.multi_account.map(multi_account);
    body.preload = (config.preload != Preload::None).then(|| preload(&config.preload));
    let meta = config.meta_tools;
    body.search = (!meta.search).then_some(wire::DefaultSwitch { enable: Some(false) });
    body.execute = (!meta.multi_execute).then_some(wire::ExecuteConfig { enable_multi_execute: Some(false) });
    body.proxy_execute = meta.proxy_execute.map(|enable| wire::Switch { enable });
    if let Some(hosted) = &config.hosted {
        body.workbench = hosted.workbench.map(settings::workbench);
        body.hooks = (!hosted.hooks.is_empty()).then(|| settings::hooks(&hosted.hooks));
        body.instant = hosted.instant.as_ref().map(settings::instant);
    }
    body.experimental = experimental(config, native);
    Ok(body)
}

fn connections(config: &SessionConfig) -> wire::ManageConnections {
    let MetaTools { manage_connections, wait_for_connections, connection_removal, .. } = config.meta_tools;
    wire::ManageConnections {
        enable: Some(manage_connections),
        callback_url: config.callback_url.as_ref().map(ToString::to_string),
        enable_wait_for_connections: wait_for_connections.then_some(true),
        enable_connection_removal: (!connection_removal).then_some(false),
    }
}

fn multi_account(multi: MultiAccount) -> wire::MultiAccountConfig {
    wire::MultiAccountConfig {
        enable: Some(true),
        max_accounts_per_toolkit: u64::try_from(multi.max_per_toolkit).ok(),
        require_explicit_selection: Some(multi.require_explicit_selection),
    }
}

/// What is preloaded, as a block that says so even where it is nothing.
pub(super) fn preload(preload: &Preload) -> wire::PreloadConfig {
    let tools = match preload {
        Preload::None => wire::PreloadTools::Slugs(Vec::new()),
        Preload::Tools(tools) => wire::PreloadTools::Slugs(texts(tools)),
        Preload::All => wire::PreloadTools::ALL,
    };
    wire::PreloadConfig { tools: Some(tools) }
}

fn experimental(config: &SessionConfig, native: &NativeDefinitions) -> Option<wire::CreateExperimental> {
    let fallback = config.approvals.as_ref().map(|approvals| approvals.fallback);
    let allows = fallback == Some(ApprovalFallback::Allow);
    let mut block = wire::CreateExperimental {
        custom_tools: native::tools(native),
        submit_feedback: config.meta_tools.submit_feedback.then_some(wire::DefaultSwitch { enable: Some(true) }),
        no_elicitation_support_fallback: allows.then_some(wire::NoElicitation::Allow),
        ..wire::CreateExperimental::default()
    };
    if let Some(hosted) = &config.hosted {
        block.permissions = hosted.permissions.as_ref().map(settings::permissions);
        block.link_url_overwrite.clone_from(&hosted.link_url_overwrite);
        block.fast_mode = hosted.fast_mode;
        block.restrict_egress_to_composio = hosted.restrict_egress.then_some(true);
        block.session_config_id.clone_from(&hosted.saved_config);
        block.assistive_prompt_config =
            hosted.user_timezone.as_ref().map(|zone| wire::AssistivePromptConfig { user_timezone: Some(zone.clone()) });
    }
    (block != wire::CreateExperimental::default()).then_some(block)
}
