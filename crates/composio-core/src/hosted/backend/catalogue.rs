//! Toolkits of the catalogue.

use super::read;
use crate::auth::AuthScheme;
use crate::backend::ToolkitInfo;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolkitSlug;
use crate::wire::{self, Open};

/// A toolkit, as it is listed.
///
/// # Errors
/// `InvalidInput` for a slug that no toolkit can have here.
pub(super) fn listed(toolkit: wire::Toolkit) -> Result<ToolkitInfo> {
    let mut info = ToolkitInfo::new(read::toolkit(&toolkit.slug)?, toolkit.name);
    info.schemes = schemes(toolkit.auth_schemes.as_deref().unwrap_or_default());
    info.managed_schemes = schemes(toolkit.composio_managed_auth_schemes.as_deref().unwrap_or_default());
    info.no_auth = toolkit.no_auth.unwrap_or_else(|| needs_nothing(&info.schemes));
    meta(&mut info, toolkit.meta);
    Ok(info)
}

/// A toolkit, as it is read alone.
///
/// # Errors
/// `Unexpected` for a slug that no toolkit can have here.
pub(super) fn details(toolkit: wire::ToolkitDetails) -> Result<ToolkitInfo> {
    let slug = read::toolkit(&toolkit.slug).map_err(|error| read::unreadable("a toolkit's slug", error))?;
    let mut info = ToolkitInfo::new(slug, toolkit.name);
    let modes = toolkit.auth_config_details.iter().flatten();
    info.schemes = modes.map(|details| read::scheme(Some(&details.mode))).collect();
    info.managed_schemes = schemes(toolkit.composio_managed_auth_schemes.as_deref().unwrap_or_default());
    // The reply about one toolkit does not say it, and lists no other scheme where nothing is needed.
    info.no_auth = needs_nothing(&info.schemes);
    meta(&mut info, toolkit.meta);
    Ok(info)
}

fn needs_nothing(schemes: &[AuthScheme]) -> bool {
    !schemes.is_empty() && schemes.iter().all(|scheme| *scheme == AuthScheme::NoAuth)
}

fn schemes(schemes: &[Open<AuthScheme>]) -> Vec<AuthScheme> {
    schemes.iter().map(|scheme| read::scheme(Some(scheme))).collect()
}

fn meta(info: &mut ToolkitInfo, meta: wire::ToolkitMeta) {
    info.description = meta.description;
    info.logo = Some(meta.logo).filter(|logo| !logo.is_empty());
    info.categories = meta.categories.into_iter().map(|category| category.name).collect();
    info.tools = usize::try_from(meta.tools_count).ok();
}

/// Some servers answer an unknown toolkit with 400.
pub(super) fn no_toolkit(toolkit: &ToolkitSlug, error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::NotFound => {
            Error::new(ErrorKind::NotFound, format!("there is no toolkit {toolkit}; check the slug")).with_source(error)
        }
        _ => error,
    }
}
