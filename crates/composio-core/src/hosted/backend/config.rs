//! Configurations of sessions: ours to the dialect, and back.
//!
//! Approvals are the one thing that is cut in another way. Here they are one policy; there they stand beside the toolkits,
//! the tools of each toolkit, and the tags, where a toolkit's own lists replace the session's tags. [`access`] writes all of
//! that together and [`stored`] reads it together, because none of it can be written or read alone.

pub(super) mod access;
pub(super) mod create;
pub(super) mod settings;
pub(super) mod stored;
#[cfg(test)]
mod tests;
mod unread;
pub(super) mod update;

use indexmap::IndexMap;

use crate::id::{AuthConfigId, ConnectedAccountId};
use crate::toolkit_map::ToolkitMap;

pub(super) fn auth_configs(map: &ToolkitMap<AuthConfigId>) -> IndexMap<String, String> {
    map.iter().map(|(toolkit, id)| (toolkit.into_text(), id.into())).collect()
}

pub(super) fn connected_accounts(map: &ToolkitMap<Vec<ConnectedAccountId>>) -> IndexMap<String, Vec<String>> {
    map.iter().map(|(toolkit, ids)| (toolkit.into_text(), ids.iter().map(String::from).collect())).collect()
}

/// Slugs as text.
pub(super) trait IntoText {
    fn into_text(self) -> String;
}

impl<T: AsRef<str>> IntoText for &T {
    fn into_text(self) -> String {
        self.as_ref().to_owned()
    }
}

/// Several slugs as text.
pub(super) fn texts<'a, T: AsRef<str> + 'a>(slugs: impl IntoIterator<Item = &'a T>) -> Vec<String> {
    slugs.into_iter().map(IntoText::into_text).collect()
}
