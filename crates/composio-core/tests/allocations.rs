//! What a policy decision allocates: nothing, whatever rule it is that decides. A test binary of its own, because the
//! allocator that counts is the whole program's; it counts by thread.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::hint::black_box;

use allocation_counter::measure;
use composio_core::indexmap::IndexSet;
use composio_core::{
    ApprovalPolicy, PolicyRule, Preload, SessionConfig, Tag, TagFilter, ToolDefinition, ToolExplanation, ToolFilter,
    ToolHints, ToolPolicy, ToolSlug, ToolkitPolicy, ToolkitSlug, decide_tool,
};
use serde_json::json;

const TOOLKITS: usize = 50;
/// Of each toolkit. Together 2,000.
const TOOLS: usize = 40;

/// A catalogue: toolkits with their tools. Every fourth tool destroys something.
struct Catalogue {
    toolkits: Vec<(ToolkitSlug, Vec<ToolDefinition>)>,
}

impl Catalogue {
    fn new() -> Self {
        let toolkits = (0..TOOLKITS).map(|toolkit| {
            let slug = ToolkitSlug::new(format!("toolkit_{toolkit}")).unwrap();
            let tools = (0..TOOLS).map(|tool| Self::tool(&slug, toolkit, tool)).collect();
            (slug, tools)
        });
        Self { toolkits: toolkits.collect() }
    }

    fn tool(of: &ToolkitSlug, toolkit: usize, tool: usize) -> ToolDefinition {
        let slug = ToolSlug::new(format!("TOOLKIT_{toolkit}_DO_SOMETHING_LONG_NUMBER_{tool}")).unwrap();
        let tags: &[&str] =
            if tool.is_multiple_of(4) { &["destructiveHint"] } else { &["readOnlyHint", "openWorldHint"] };
        ToolDefinition::new(slug, "Does something.", json!({"type": "object"}).into())
            .toolkit(of.clone())
            .hints(ToolHints::from_tags(tags.iter().copied()))
    }

    fn slugs(&self) -> Vec<ToolkitSlug> {
        self.toolkits.iter().map(|(slug, _)| slug.clone()).collect()
    }

    fn tools(&self) -> impl Iterator<Item = (&ToolkitSlug, &ToolDefinition)> {
        self.toolkits.iter().flat_map(|(slug, tools)| tools.iter().map(move |tool| (slug, tool)))
    }

    fn tool_slugs<B: FromIterator<ToolSlug>>(&self) -> B {
        self.tools().map(|(_, tool)| tool.slug.clone()).collect()
    }

    /// A session that says this of the tools of each toolkit.
    fn listing(&self, policy: impl Fn(IndexSet<ToolSlug>) -> ToolPolicy) -> SessionConfig {
        let mut config = SessionConfig::new();
        config.toolkits = ToolkitPolicy::Enable(self.slugs());
        for (slug, tools) in &self.toolkits {
            config.tools.insert(slug.clone(), policy(tools.iter().map(|tool| tool.slug.clone()).collect()));
        }
        config
    }
}

/// A session for each rule that can have the last word, and that rule.
fn sessions(catalogue: &Catalogue) -> Vec<(SessionConfig, PolicyRule)> {
    let no_destruction = TagFilter::new().disable([Tag::Destructive]);
    let with = |change: &dyn Fn(&mut SessionConfig)| {
        let mut config = SessionConfig::new();
        change(&mut config);
        config
    };
    vec![
        (with(&|_| {}), PolicyRule::Default),
        (with(&|config| config.toolkits = ToolkitPolicy::Enable(catalogue.slugs())), PolicyRule::Toolkits),
        (with(&|config| config.toolkits = ToolkitPolicy::Disable(catalogue.slugs())), PolicyRule::Toolkits),
        (catalogue.listing(ToolPolicy::Enable), PolicyRule::Tools),
        (catalogue.listing(ToolPolicy::Disable), PolicyRule::Tools),
        (catalogue.listing(|_| ToolPolicy::Tags(no_destruction.clone())), PolicyRule::ToolkitTags),
        (with(&|config| config.tags = no_destruction.clone()), PolicyRule::Tags),
        (with(&|config| config.tags = TagFilter::new().enable([Tag::OpenWorld])), PolicyRule::Tags),
    ]
}

/// How often a closure asks for memory, called for every tool of the catalogue.
fn allocations<T>(catalogue: &Catalogue, mut ask: impl FnMut(&ToolkitSlug, &ToolDefinition) -> T) -> u64 {
    let info = measure(|| {
        for (toolkit, tool) in catalogue.tools() {
            black_box(ask(black_box(toolkit), black_box(tool)));
        }
    });
    info.count_total
}

#[test]
fn a_decision_allocates_nothing_whichever_rule_decides() {
    let catalogue = Catalogue::new();
    assert_eq!(catalogue.tools().count(), 2_000);
    for (config, rule) in sessions(&catalogue) {
        let mut decided = 0;
        let asked = allocations(&catalogue, |toolkit, tool| {
            decided += usize::from(config.decide(toolkit, tool).by == rule);
        });
        assert_eq!((asked, decided), (0, 2_000), "{rule:?}");
    }
}

#[test]
fn the_list_of_an_auth_config_costs_nothing_either() {
    let catalogue = Catalogue::new();
    let config = catalogue.listing(ToolPolicy::Enable);
    let of_one = |tools: &[ToolDefinition]| tools.iter().map(|tool| tool.slug.clone()).collect::<Vec<_>>();
    let first = of_one(&catalogue.toolkits[0].1);
    for (filter, refused) in [
        (ToolFilter::All, 0),
        (ToolFilter::Only(first.clone()), 2_000 - TOOLS),
        (ToolFilter::Except(first), TOOLS),
        (ToolFilter::Except(catalogue.tool_slugs()), 2_000),
    ] {
        let mut counted = 0;
        let asked = allocations(&catalogue, |toolkit, tool| {
            let decision = decide_tool(&config.policy_input(toolkit, tool, Some(&filter)));
            counted += usize::from(!decision.allowed && decision.by == PolicyRule::AuthConfig);
        });
        assert_eq!((asked, counted), (0, refused));
    }
}

#[test]
fn whether_a_tool_is_preloaded_costs_nothing() {
    let catalogue = Catalogue::new();
    let mut config = catalogue.listing(ToolPolicy::Enable);
    for (preload, expected) in [
        (Preload::None, 0),
        (Preload::Tools(catalogue.tool_slugs::<Vec<_>>().split_off(1_000)), 1_000),
        (Preload::All, 2_000),
    ] {
        config.preload = preload;
        let mut preloaded = 0;
        let asked = allocations(&catalogue, |toolkit, tool| preloaded += usize::from(config.preloads(toolkit, tool)));
        assert_eq!((asked, preloaded), (0, expected));
    }
}

#[test]
fn whether_a_call_needs_an_approval_costs_nothing() {
    let catalogue = Catalogue::new();
    let policy = |change: &dyn Fn(&mut ApprovalPolicy)| {
        let mut policy = ApprovalPolicy::new();
        change(&mut policy);
        policy
    };
    let destructive = IndexSet::from([Tag::Destructive]);
    let by_toolkit = || catalogue.slugs().into_iter().map(|slug| (slug, destructive.clone())).collect();
    for (approvals, expected) in [
        (ApprovalPolicy::new(), 0),
        (ApprovalPolicy::destructive(), 500),
        (policy(&|policy| policy.toolkits = catalogue.slugs().into_iter().collect()), 2_000),
        (policy(&|policy| policy.tools = catalogue.tool_slugs()), 2_000),
        (policy(&|policy| policy.toolkit_tags = by_toolkit()), 500),
    ] {
        let mut config = SessionConfig::new();
        config.approvals = Some(approvals.into());
        let mut needed = 0;
        let asked = allocations(&catalogue, |toolkit, tool| {
            needed += usize::from(config.needs_approval(Some(toolkit), &tool.slug, tool.hints).is_some());
        });
        assert_eq!((asked, needed), (0, expected));
    }
}

/// The trace is what costs. This is also how it is known that the counter counts.
#[test]
fn an_explanation_allocates() {
    let catalogue = Catalogue::new();
    let config = catalogue.listing(ToolPolicy::Enable);
    let asked = allocations(&catalogue, |toolkit, tool| {
        ToolExplanation::of(&config.policy_input(toolkit, tool, None)).steps.len()
    });
    assert!(asked >= 2_000, "{asked}");
}
