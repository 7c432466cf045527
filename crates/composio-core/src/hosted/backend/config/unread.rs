//! Rules of a session that this version cannot read. They hold at the service all the same, and a block that has one must not
//! be written anew without it.

use crate::hosted::backend::read;
use crate::id::ToolSlug;
use crate::wire::{self, Open};

pub(super) fn toolkits(block: &wire::StoredToolkits) -> Option<String> {
    let slugs = [&block.enabled, &block.disabled, &block.require_approval];
    slugs.into_iter().flatten().flatten().find(|slug| read::toolkit(slug).is_err()).cloned()
}

pub(super) fn tools(toolkit: &str, block: &wire::StoredTools) -> Option<String> {
    if read::toolkit(toolkit).is_err() {
        return Some(toolkit.to_owned());
    }
    let slugs = [&block.enabled, &block.disabled, &block.require_approval];
    let slug = slugs.into_iter().flatten().flatten().find(|slug| ToolSlug::new(slug.as_str()).is_err());
    slug.cloned().or_else(|| block.tags.as_ref().and_then(tags))
}

pub(super) fn tags(block: &wire::StoredTags) -> Option<String> {
    let tags = [&block.enabled, &block.disabled, &block.require_approval];
    tags.into_iter().flatten().flatten().find_map(|tag| match tag {
        Open::Unknown(name) => Some(String::from(&**name)),
        Open::Known(_) => None,
    })
}
