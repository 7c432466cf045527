//! Which toolkits and tools a session may use, and which calls a person has to allow, as requests say it.

use indexmap::{IndexMap, IndexSet};

use super::{IntoText, texts};
use crate::approval::ApprovalPolicy;
use crate::error::{Error, ErrorKind, Result};
use crate::id::{ToolSlug, ToolkitSlug};
use crate::policy::{Tag, TagFilter, ToolPolicy, ToolkitPolicy};
use crate::toolkit_map::ToolkitMap;
use crate::wire;

/// Where each tool of [`ApprovalPolicy::tools`] belongs.
pub(crate) type ToolkitsOf = IndexMap<ToolSlug, ToolkitSlug>;

/// The three blocks. Nothing where there is nothing to say.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Access {
    pub(crate) toolkits: Option<wire::ToolkitsPolicy>,
    pub(crate) tools: Option<IndexMap<String, wire::ToolPolicy>>,
    pub(crate) tags: Option<wire::TagsPolicy>,
}

/// Everything that the blocks are made from.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules<'a> {
    pub(crate) toolkits: &'a ToolkitPolicy,
    pub(crate) tools: &'a ToolkitMap<ToolPolicy>,
    pub(crate) tags: &'a TagFilter,
    pub(crate) approvals: Option<&'a ApprovalPolicy>,
}

impl Access {
    /// Writes the blocks.
    ///
    /// # Errors
    /// `Unsupported` for rules that the dialect cannot say together, naming the toolkit.
    pub(crate) fn of(rules: Rules<'_>, belongs: &ToolkitsOf) -> Result<Self> {
        let Rules { toolkits, tools, tags, approvals } = rules;
        let none = ApprovalPolicy::new();
        let approvals = approvals.unwrap_or(&none);
        let mut listed: IndexMap<&ToolkitSlug, Vec<String>> = IndexMap::new();
        for tool in &approvals.tools {
            let Some(toolkit) = belongs.get(tool) else { return Err(homeless(tool)) };
            listed.entry(toolkit).or_default().push(tool.into_text());
        }
        let named: IndexSet<&ToolkitSlug> =
            tools.keys().chain(approvals.toolkit_tags.keys()).chain(listed.keys().copied()).collect();
        let mut policies = IndexMap::new();
        for toolkit in named {
            let own = tools.get(toolkit);
            let listed = listed.swap_remove(toolkit).unwrap_or_default();
            let asked = approvals.toolkit_tags.get(toolkit);
            if let Some(policy) = policy(toolkit, own, (tags, &approvals.tags), listed, asked)? {
                policies.insert(toolkit.into_text(), policy);
            }
        }
        Ok(Self {
            toolkits: toolkits_block(toolkits, &approvals.toolkits),
            tools: (!policies.is_empty()).then_some(policies),
            tags: tags_block(tags, &approvals.tags),
        })
    }
}

fn toolkits_block(policy: &ToolkitPolicy, asked: &IndexSet<ToolkitSlug>) -> Option<wire::ToolkitsPolicy> {
    let (mut enable, mut disable) = (None, None);
    match policy {
        ToolkitPolicy::All => {}
        ToolkitPolicy::Enable(toolkits) => enable = Some(texts(toolkits)),
        ToolkitPolicy::Disable(toolkits) => disable = Some(texts(toolkits)),
    }
    let require_approval = (!asked.is_empty()).then(|| texts(asked));
    let block = wire::ToolkitsPolicy { enable, disable, require_approval };
    (block != wire::ToolkitsPolicy::default()).then_some(block)
}

fn tags_block(filter: &TagFilter, asked: &IndexSet<Tag>) -> Option<wire::TagsPolicy> {
    let block = wire::TagsPolicy {
        enable: filter.enable.clone(),
        disable: (!filter.disable.is_empty()).then(|| filter.disable.clone()),
        require_approval: (!asked.is_empty()).then(|| asked.iter().copied().collect()),
    };
    (block != wire::TagsPolicy::default()).then_some(block)
}

/// The block of one toolkit, if it needs one.
///
/// Rule: `session-api` 11, ToolPolicy. Its own `require_approval`, and its own `tags`, each replace the session's tags, those
/// that need an approval too: what is to hold of the session's has to be repeated. Lists and tags do not stand together.
fn policy(
    toolkit: &ToolkitSlug,
    own: Option<&ToolPolicy>,
    (filter_of_session, session): (&TagFilter, &IndexSet<Tag>),
    listed: Vec<String>,
    asked: Option<&IndexSet<Tag>>,
) -> Result<Option<wire::ToolPolicy>> {
    let asked_by_tag = asked.unwrap_or(session);
    let as_session = listed.is_empty() && asked_by_tag == session;
    let mut block = wire::ToolPolicy::default();
    let filter = match own {
        Some(ToolPolicy::Enable(tools)) => {
            block.enable = Some(texts(tools));
            None
        }
        Some(ToolPolicy::Disable(tools)) => {
            block.disable = Some(texts(tools));
            None
        }
        Some(ToolPolicy::Tags(filter)) => Some(filter),
        None if as_session => return Ok(None),
        None if asked_by_tag.is_empty() => None,
        None => Some(filter_of_session),
    };
    match filter {
        Some(filter) => {
            block.tags = Some(tags_block(filter, asked_by_tag).unwrap_or_default());
            block.require_approval = (!listed.is_empty()).then_some(listed);
        }
        None if as_session => {}
        None if asked_by_tag.is_empty() => block.require_approval = Some(listed),
        None => return Err(both(toolkit)),
    }
    Ok(Some(block))
}

fn homeless(tool: &ToolSlug) -> Error {
    let rule = "the service keeps approvals by toolkit, and none is known for this tool; native tools are asked about by \
                their tags, as `.require_approval_for_destructive()` does";
    Error::new(ErrorKind::Unsupported, format!("{tool} cannot be listed for approvals: {rule}"))
}

fn both(toolkit: &ToolkitSlug) -> Error {
    let rule = "the service cannot hold a list of its tools together with approvals by tag; list the tools that need an \
                approval, or filter by tags instead";
    Error::new(ErrorKind::Unsupported, format!("the rules for {toolkit} cannot be kept: {rule}"))
}
