//! Auth configs, ours to the dialect and back.

use super::config::{IntoText, texts};
use super::read;
use crate::auth::{AuthConfig, AuthConfigUpdate, AuthScheme, NewAuthConfig, ToolFilter};
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolSlug;
use crate::wire::{self, Open, SecretFields};
use secrecy::ExposeSecret;

/// An auth config.
///
/// # Errors
/// `Unexpected` for a toolkit that is no slug.
pub(super) fn auth_config(config: wire::AuthConfig) -> Result<AuthConfig> {
    let toolkit =
        read::toolkit(&config.toolkit.slug).map_err(|error| read::unreadable("an auth config's toolkit", error))?;
    let created_at = read::time_or_none(config.created_at.as_deref());
    let scheme = read::scheme(config.auth_scheme.as_ref());
    let mut read = AuthConfig::new(config.id.into(), toolkit, config.name, scheme, created_at);
    let by_kind = matches!(config.kind, Open::Known(wire::AuthConfigKind::Default));
    read.managed = config.is_composio_managed.unwrap_or(by_kind);
    // A status that this version does not know is none to rely on.
    read.enabled = matches!(config.status, Open::Known(wire::AuthConfigStatus::Enabled));
    read.enabled_for_sessions = config.is_enabled_for_tool_router.unwrap_or(true);
    if let Some(credentials) = &config.credentials {
        let scopes = credentials.get("scopes").and_then(|scopes| scopes.deserialize::<wire::Scopes>().ok());
        read.scopes = scopes.iter().flat_map(wire::Scopes::iter).map(str::to_owned).collect();
        let client_id = credentials.get("client_id").and_then(|id| id.text());
        read.client_id = client_id.map(|id| id.expose_secret().to_owned()).filter(|id| !id.is_empty());
    }
    let listed = config.tool_access_config.and_then(|access| access.tools_available_for_execution);
    read.tools = tools(listed.or(config.restrict_to_following_tools));
    read.updated_at = config.last_updated_at.as_deref().and_then(read::time).unwrap_or(created_at);
    Ok(read)
}

/// Servers write an empty list where nobody restricted anything.
fn tools(listed: Option<Vec<String>>) -> ToolFilter {
    match listed {
        Some(tools) if !tools.is_empty() => {
            ToolFilter::Only(tools.iter().filter_map(|tool| read::kept(ToolSlug::new(tool))).collect())
        }
        Some(_) | None => ToolFilter::All,
    }
}

/// The body that makes an auth config.
///
/// # Errors
/// `InvalidInput` for a scheme without a name, and for scopes or an app of a scheme that has none; `Unsupported` for a tool
/// filter that the dialect cannot say.
pub(super) fn create(new: &NewAuthConfig) -> Result<wire::CreateAuthConfig> {
    if new.scheme == AuthScheme::Unknown {
        return Err(Error::invalid_input("scheme", new.scheme.as_str(), "one of the schemes that have a name"));
    }
    let mut credentials = SecretFields::new();
    let mut config = match (&new.app, new.scheme) {
        (None, AuthScheme::OAuth2) => wire::NewAuthConfig::managed(),
        (app, scheme) => {
            if let Some(app) = app {
                credentials = credentials.text("client_id", app.client_id.as_str());
                if !app.client_secret.expose_secret().is_empty() {
                    credentials = credentials.text("client_secret", app.client_secret.clone());
                }
            }
            wire::NewAuthConfig::custom(scheme)
        }
    };
    if !new.scopes.is_empty() {
        credentials = credentials.json("scopes", new.scopes.clone().into());
    }
    config.name.clone_from(&new.name);
    let given = credentials.iter().next().is_some();
    config.credentials = given.then_some(credentials);
    config.is_enabled_for_tool_router = Some(new.enabled_for_sessions);
    // Only a change knows `tool_access_config.tools_available_for_execution`; here it would be passed over.
    config.restrict_to_following_tools = match &new.tools {
        ToolFilter::All => None,
        filter => Some(allowed(filter)?),
    };
    Ok(wire::CreateAuthConfig::new(new.toolkit.into_text(), config))
}

/// The body that changes an auth config of this kind; nothing where only its status changes, which has a way of its own.
///
/// # Errors
/// `Unsupported` for a tool filter that the dialect cannot say.
pub(super) fn update(kind: wire::AuthConfigKind, update: &AuthConfigUpdate) -> Result<Option<wire::UpdateAuthConfig>> {
    let AuthConfigUpdate { name, enabled: _, enabled_for_sessions, scopes, tools } = update;
    if name.is_none() && enabled_for_sessions.is_none() && scopes.is_none() && tools.is_none() {
        return Ok(None);
    }
    let mut body = wire::UpdateAuthConfig::new(kind);
    body.name.clone_from(name);
    body.is_enabled_for_tool_router = *enabled_for_sessions;
    if let Some(scopes) = scopes {
        match kind {
            wire::AuthConfigKind::Custom => {
                body.credentials = Some(SecretFields::new().json("scopes", scopes.clone().into()));
            }
            wire::AuthConfigKind::Default => body.scopes = Some(scopes.iter().cloned().collect()),
        }
    }
    body.tool_access_config = tools.as_ref().map(access).transpose()?;
    Ok(Some(body))
}

fn access(filter: &ToolFilter) -> Result<wire::ToolAccess> {
    Ok(wire::ToolAccess {
        tools_for_connected_account_creation: None,
        tools_available_for_execution: Some(allowed(filter)?),
    })
}

/// The only tools that may run; empty for any.
fn allowed(filter: &ToolFilter) -> Result<Vec<String>> {
    match filter {
        ToolFilter::All => Ok(Vec::new()),
        ToolFilter::Only(tools) if !tools.is_empty() => Ok(texts(tools)),
        ToolFilter::Only(_) => {
            let message =
                "the service takes an empty list of tools for no restriction; disable the auth config instead";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
        ToolFilter::Except(_) => {
            let message = "the service keeps no list of tools that must not run on an auth config; list those that may";
            Err(Error::new(ErrorKind::Unsupported, message))
        }
    }
}
