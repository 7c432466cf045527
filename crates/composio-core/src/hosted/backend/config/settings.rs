//! What only the hosted service can be told, ours to the dialect and back.

use indexmap::IndexMap;
use serde_json::Number;

use super::{IntoText, texts};
use crate::hosted::backend::read;
use crate::id::ToolSlug;
use crate::policy::{ToolPolicy, ToolkitPolicy};
use crate::session::{
    Hook, HookCheck, InstantUsage, PermissionDefault, PermissionOverride, Permissions, SandboxSize, Workbench,
};
use crate::wire::{self, OffOr, Open};

pub(crate) fn workbench(workbench: Workbench) -> wire::WorkbenchConfig {
    wire::WorkbenchConfig {
        enable: workbench.enable,
        enable_tool_execution: workbench.tool_execution,
        enable_proxy_execution: workbench.proxy_execution,
        auto_offload_threshold: workbench.offload_from.map(Number::from),
        sandbox_size: workbench.size.map(|size| match size {
            SandboxSize::Standard => wire::SandboxSize::Standard,
            SandboxSize::Medium => wire::SandboxSize::Medium,
            SandboxSize::Large => wire::SandboxSize::Large,
            SandboxSize::XLarge => wire::SandboxSize::Xlarge,
        }),
    }
}

/// Servers say their defaults too, which nobody has set: those are nothing here.
pub(crate) fn stored_workbench(block: &wire::StoredWorkbench) -> Option<Workbench> {
    const DEFAULT_THRESHOLD: u32 = 20_000;
    let off = |switch: Option<bool>| switch.filter(|on| !on);
    let threshold = block.auto_offload_threshold.as_ref().and_then(Number::as_f64);
    let workbench = Workbench {
        enable: off(block.enable),
        tool_execution: off(block.tool_execution_enabled),
        proxy_execution: off(block.proxy_execution_enabled),
        offload_from: threshold.and_then(whole).filter(|from| *from != DEFAULT_THRESHOLD),
        size: block.sandbox_size.as_ref().and_then(Open::known).and_then(|size| match size {
            wire::SandboxSize::Medium => Some(SandboxSize::Medium),
            wire::SandboxSize::Large => Some(SandboxSize::Large),
            wire::SandboxSize::Xlarge => Some(SandboxSize::XLarge),
            wire::SandboxSize::Standard => None,
        }),
    };
    (workbench != Workbench::new()).then_some(workbench)
}

/// A number of characters. The dialect allows fractions, which mean nothing.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within the type")]
fn whole(number: f64) -> Option<u32> {
    (number >= 1.0 && number <= f64::from(u32::MAX)).then_some(number as u32)
}

pub(crate) fn hooks(hooks: &[Hook]) -> Vec<wire::Hook> {
    hooks.iter().map(hook).collect()
}

fn hook(hook: &Hook) -> wire::Hook {
    let (kind, check, condition) = match &hook.check {
        HookCheck::Before(sentence) => {
            (wire::HookKind::BeforeExecute, wire::HookCheck::Condition, Some(sentence.clone()))
        }
        HookCheck::After(sentence) => {
            (wire::HookKind::AfterExecute, wire::HookCheck::Condition, Some(sentence.clone()))
        }
        HookCheck::PromptInjection => (wire::HookKind::AfterExecute, wire::HookCheck::PromptInjection, None),
    };
    wire::Hook {
        kind,
        id: hook.id.clone(),
        name: hook.name.clone(),
        applies_to: match hook.toolkits.is_empty() {
            true => wire::HookScope::All,
            false => wire::HookScope::Toolkits(texts(&hook.toolkits)),
        },
        handler: wire::HookHandler { kind: check, condition, action: wire::HookAction::Block },
    }
}

/// A hook that this version knows how to say; nothing of others, which hold at the service all the same.
pub(crate) fn stored_hook(hook: &wire::StoredHook) -> Option<Hook> {
    let handler = hook.handler.as_ref()?;
    let condition = || handler.condition.clone();
    let check = match (hook.kind.as_ref()?.known()?, handler.kind.as_ref()?.known()?) {
        (wire::HookKind::BeforeExecute, wire::HookCheck::Condition) => HookCheck::Before(condition()?),
        (wire::HookKind::AfterExecute, wire::HookCheck::Condition) => HookCheck::After(condition()?),
        (wire::HookKind::AfterExecute, wire::HookCheck::PromptInjection) => HookCheck::PromptInjection,
        (wire::HookKind::BeforeExecute, wire::HookCheck::PromptInjection) => return None,
    };
    let scope = hook.applies_to.clone().and_then(|scope| serde_json::from_value(scope).ok())?;
    let mut read = Hook::new(&hook.id, check);
    read.name.clone_from(&hook.name);
    if let wire::HookScope::Toolkits(toolkits) = scope {
        read.toolkits = toolkits.iter().filter_map(|slug| read::kept(read::toolkit(slug))).collect();
        // A hook for toolkits that cannot be named here is not one for all of them.
        if read.toolkits.is_empty() {
            return None;
        }
    }
    Some(read)
}

pub(crate) fn instant(instant: &InstantUsage) -> OffOr<wire::InstantConfig> {
    let InstantUsage::On { toolkits, tools, return_charge, return_prices } = instant else { return OffOr::Off };
    let enabled = |toolkits| wire::ListPolicy { enable: Some(texts(toolkits)), disable: None };
    let disabled = |toolkits| wire::ListPolicy { enable: None, disable: Some(texts(toolkits)) };
    let toolkits = match toolkits {
        ToolkitPolicy::All => None,
        ToolkitPolicy::Enable(toolkits) => Some(enabled(toolkits)),
        ToolkitPolicy::Disable(toolkits) => Some(disabled(toolkits)),
    };
    let lists: IndexMap<_, _> =
        tools.iter().filter_map(|(toolkit, policy)| Some((toolkit.into_text(), list(policy)?))).collect();
    let tools = (!lists.is_empty()).then_some(lists);
    let return_instant_charge = return_charge.then_some(true);
    let return_prices_in_search = return_prices.then_some(true);
    OffOr::On(wire::InstantConfig { toolkits, tools, return_instant_charge, return_prices_in_search })
}

/// Only lists can be said of instant accounts.
fn list(policy: &ToolPolicy) -> Option<wire::ListPolicy> {
    match policy {
        ToolPolicy::Enable(tools) => Some(wire::ListPolicy { enable: Some(texts(tools)), disable: None }),
        ToolPolicy::Disable(tools) => Some(wire::ListPolicy { enable: None, disable: Some(texts(tools)) }),
        ToolPolicy::Tags(_) => None,
    }
}

/// On without restriction is what a session gets that says nothing.
pub(crate) fn stored_instant(block: &OffOr<wire::StoredInstant>) -> Option<InstantUsage> {
    let OffOr::On(block) = block else { return Some(InstantUsage::Off) };
    if block == &wire::StoredInstant::default() {
        return None;
    }
    let slugs = |list: &[String]| list.iter().filter_map(|slug| read::kept(read::toolkit(slug))).collect::<Vec<_>>();
    let toolkits = match &block.toolkits {
        Some(wire::StoredList { enabled: Some(enabled), .. }) => ToolkitPolicy::Enable(slugs(enabled)),
        // Nothing that is left out is how a change says all of them.
        Some(wire::StoredList { disabled: Some(disabled), .. }) if !disabled.is_empty() => {
            ToolkitPolicy::Disable(slugs(disabled))
        }
        Some(_) | None => ToolkitPolicy::All,
    };
    let tools = block.tools.iter().flatten();
    let tools = tools.filter_map(|(toolkit, list)| Some((read::kept(read::toolkit(toolkit))?, stored_list(list)?)));
    Some(InstantUsage::On {
        toolkits,
        tools: tools.collect(),
        return_charge: block.return_instant_charge,
        return_prices: block.return_prices_in_search,
    })
}

pub(crate) fn stored_list(list: &wire::StoredList) -> Option<ToolPolicy> {
    match (&list.enabled, &list.disabled) {
        (Some(enabled), _) => Some(ToolPolicy::Enable(tool_slugs(enabled).collect())),
        (None, Some(disabled)) => Some(ToolPolicy::Disable(tool_slugs(disabled).collect())),
        (None, None) => None,
    }
}

pub(crate) fn tool_slugs(slugs: &[String]) -> impl Iterator<Item = ToolSlug> {
    slugs.iter().filter_map(|slug| read::kept(ToolSlug::new(slug)))
}

pub(crate) fn permissions(permissions: &Permissions) -> wire::PermissionsConfig {
    let overrides: IndexMap<_, _> = permissions
        .overrides
        .iter()
        .map(|(key, rule)| {
            let rule = match rule {
                PermissionOverride::AlwaysAllow => wire::PermissionOverride::AlwaysAllow,
                PermissionOverride::AlwaysDeny => wire::PermissionOverride::AlwaysDeny,
                PermissionOverride::AskOnce => wire::PermissionOverride::AskOnce,
                PermissionOverride::AskAlways => wire::PermissionOverride::AskAlways,
            };
            (key.clone(), rule)
        })
        .collect();
    wire::PermissionsConfig {
        default: match permissions.default {
            PermissionDefault::AllowAll => wire::PermissionDefault::AllowAll,
            PermissionDefault::AskEveryCall => wire::PermissionDefault::AskEveryCall,
            PermissionDefault::AskOncePerSession => wire::PermissionDefault::AskOncePerSession,
        },
        overrides: (!overrides.is_empty()).then_some(overrides),
    }
}
