//! The order of the rules, as a table.

use crate::toolkit_map::ToolkitMap;

use super::*;

fn toolkit(text: &str) -> ToolkitSlug {
    ToolkitSlug::new(text).unwrap()
}

fn tool(text: &str) -> ToolSlug {
    ToolSlug::new(text).unwrap()
}

#[test]
fn lists_of_toolkits_decide() {
    let (github, gmail) = (toolkit("github"), toolkit("gmail"));
    for (policy, allows) in [
        (ToolkitPolicy::All, true),
        (ToolkitPolicy::Enable(vec![github.clone()]), true),
        (ToolkitPolicy::Enable(vec![gmail.clone()]), false),
        (ToolkitPolicy::Enable(vec![]), false),
        (ToolkitPolicy::Disable(vec![github.clone()]), false),
        (ToolkitPolicy::Disable(vec![gmail]), true),
        (ToolkitPolicy::Disable(vec![]), true),
    ] {
        assert_eq!(policy.allows(&github), allows, "{policy:?}");
    }
}

#[test]
fn a_tag_filter_wants_one_and_refuses_any() {
    use Tag::{Create, Destructive, Idempotent, ReadOnly};
    for (filter, tags, allows) in [
        (TagFilter::new(), &[][..], true),
        (TagFilter::new().enable([]), &["readOnlyHint"], false),
        (TagFilter::new().enable([ReadOnly, Create]), &["createHint"], true),
        (TagFilter::new().enable([ReadOnly]), &["createHint"], false),
        (TagFilter::new().enable([ReadOnly]), &[], false),
        (TagFilter::new().disable([Destructive]), &["destructiveHint", "idempotentHint"], false),
        (TagFilter::new().disable([Destructive]), &["idempotentHint"], true),
        (TagFilter::new().disable([Destructive]), &[], true),
        (TagFilter::new().enable([Idempotent]).disable([Destructive]), &["idempotentHint", "destructiveHint"], false),
        (TagFilter::new().enable([Idempotent]).disable([Destructive]), &["idempotentHint"], true),
    ] {
        let hints = ToolHints::from_tags(tags.iter().copied());
        assert_eq!(filter.allows(hints), allows, "{filter:?} of {tags:?}");
    }
}

/// One decision: what the session says, and what comes of it for `GITHUB_DELETE`, which is destructive.
struct Case {
    toolkits: ToolkitPolicy,
    tools: Option<ToolPolicy>,
    tags: TagFilter,
    auth_config: Option<ToolFilter>,
    expected: (bool, PolicyRule),
}

impl Case {
    fn new(allowed: bool, by: PolicyRule) -> Self {
        let (toolkits, tags) = (ToolkitPolicy::All, TagFilter::new());
        Self { toolkits, tools: None, tags, auth_config: None, expected: (allowed, by) }
    }

    fn check(&self) {
        let (github, delete) = (toolkit("github"), tool("GITHUB_DELETE"));
        let tools: ToolkitMap<_> = self.tools.iter().map(|policy| (github.clone(), policy.clone())).collect();
        let input = PolicyInput {
            toolkits: &self.toolkits,
            tools: &tools,
            tags: &self.tags,
            toolkit: &github,
            tool: &delete,
            hints: ToolHints::from_tags(["destructiveHint"]),
            auth_config: self.auth_config.as_ref(),
        };
        let decision = decide_tool(&input);
        assert_eq!((decision.allowed, decision.by), self.expected, "{:?} {:?}", self.toolkits, self.tools);
        let explained = ToolExplanation::of(&input);
        assert_eq!(explained.decision, decision, "an explanation decides alike");
        let spoke = explained.steps.iter().rfind(|step| step.said != Said::Nothing);
        let last = spoke.map(|step| (step.said == Said::Yes, step.rule));
        if !matches!(decision.by, PolicyRule::AuthConfig) && self.auth_config.is_none() {
            assert_eq!(last, Some((decision.allowed, decision.by)), "the last that spoke decided");
        }
    }
}

#[test]
fn the_first_rule_that_speaks_decides() {
    use PolicyRule::{AuthConfig, Default, Tags, ToolkitTags, Toolkits, Tools};
    let only = |slugs: &[&str]| slugs.iter().map(|slug| tool(slug)).collect::<IndexSet<_>>();
    let (destructive, safe) =
        (|| TagFilter::new().enable([Tag::Destructive]), || TagFilter::new().disable([Tag::Destructive]));
    let enabled = || ToolkitPolicy::Enable(vec![toolkit("github")]);
    for case in [
        Case::new(true, Default),
        Case { toolkits: enabled(), ..Case::new(true, Toolkits) },
        Case { toolkits: ToolkitPolicy::Enable(vec![]), ..Case::new(false, Toolkits) },
        // A toolkit that is not allowed stays so, whatever its own list says.
        Case {
            toolkits: ToolkitPolicy::Disable(vec![toolkit("github")]),
            tools: Some(ToolPolicy::Enable(only(&["GITHUB_DELETE"]))),
            ..Case::new(false, Toolkits)
        },
        // A list of tools decides alone.
        Case { tools: Some(ToolPolicy::Enable(only(&["GITHUB_DELETE"]))), tags: safe(), ..Case::new(true, Tools) },
        Case { tools: Some(ToolPolicy::Enable(only(&["GITHUB_GET"]))), tags: destructive(), ..Case::new(false, Tools) },
        Case { tools: Some(ToolPolicy::Enable(only(&[]))), ..Case::new(false, Tools) },
        Case { tools: Some(ToolPolicy::Disable(only(&["GITHUB_DELETE"]))), ..Case::new(false, Tools) },
        Case { tools: Some(ToolPolicy::Disable(only(&["GITHUB_GET"]))), tags: safe(), ..Case::new(true, Tools) },
        // Tags of the toolkit stand in place of the session's.
        Case { tools: Some(ToolPolicy::Tags(destructive())), tags: safe(), ..Case::new(true, ToolkitTags) },
        Case { tools: Some(ToolPolicy::Tags(safe())), tags: destructive(), ..Case::new(false, ToolkitTags) },
        Case { tools: Some(ToolPolicy::Tags(TagFilter::new())), tags: safe(), ..Case::new(true, ToolkitTags) },
        Case { tags: safe(), ..Case::new(false, Tags) },
        Case { tags: destructive(), toolkits: enabled(), ..Case::new(true, Tags) },
        // The auth config may refuse what the session allows, and allows nothing that it refuses.
        Case { auth_config: Some(ToolFilter::All), ..Case::new(true, Default) },
        Case { auth_config: Some(ToolFilter::Except(vec![tool("GITHUB_DELETE")])), ..Case::new(false, AuthConfig) },
        Case {
            auth_config: Some(ToolFilter::Only(vec![tool("GITHUB_DELETE")])),
            tags: safe(),
            ..Case::new(false, Tags)
        },
        Case {
            auth_config: Some(ToolFilter::Only(vec![tool("GITHUB_GET")])),
            tools: Some(ToolPolicy::Enable(only(&["GITHUB_DELETE"]))),
            ..Case::new(false, AuthConfig)
        },
    ] {
        case.check();
    }
}

#[test]
fn names_of_tags_lead_back_to_them() {
    for tag in Tag::ALL {
        assert_eq!(Tag::from_name(tag.as_str()), Some(tag));
        assert_eq!(serde_json::to_string(&tag).unwrap(), format!("\"{tag}\""));
        assert!(ToolHints::from_tags([tag.as_str()]).tags().eq([tag]));
    }
    let refused = Tag::try_from("readonly").unwrap_err().to_string();
    assert!(refused.contains("readOnlyHint"), "{refused}");
}
