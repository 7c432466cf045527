//! Which tools are allowed, and which calls ask: what narrower and wider rules make of it.

use composio_core::indexmap::IndexSet;
use composio_core::{
    ApprovalPolicy, PolicyDecision, PolicyInput, PolicyRule, Said, Tag, TagFilter, ToolExplanation, ToolFilter,
    ToolHints, ToolPolicy, ToolSlug, ToolkitMap, ToolkitPolicy, ToolkitSlug, decide_tool,
};
use proptest::option;
use proptest::prelude::{BoxedStrategy, Just, Strategy, any, prop_oneof};
use proptest::sample::{Index, select, subsequence};

use super::{Met, for_all_of};

/// More than elsewhere: there are many ways to go.
const CASES: u32 = 2_048;

const TOOLKITS: [&str; 2] = ["a", "b"];
const TOOLS: [&str; 3] = ["T_1", "T_2", "T_3"];

#[derive(Clone, Debug)]
pub(super) struct Policy {
    pub(super) toolkits: ToolkitPolicy,
    pub(super) tools: ToolkitMap<ToolPolicy>,
    pub(super) tags: TagFilter,
    auth_config: Option<ToolFilter>,
}

/// A tool, and what it does to the world.
#[derive(Clone, Debug)]
struct Drawn {
    toolkit: ToolkitSlug,
    slug: ToolSlug,
    hints: ToolHints,
}

fn toolkit(text: &str) -> ToolkitSlug {
    ToolkitSlug::new(text).unwrap()
}

fn slug(text: &str) -> ToolSlug {
    ToolSlug::new(text).unwrap()
}

fn toolkit_list() -> impl Strategy<Value = Vec<ToolkitSlug>> {
    subsequence(TOOLKITS.to_vec(), 0..=2).prop_map(|all| all.into_iter().map(toolkit).collect())
}

fn tool_list() -> impl Strategy<Value = Vec<ToolSlug>> {
    subsequence(TOOLS.to_vec(), 0..=3).prop_map(|all| all.into_iter().map(slug).collect())
}

fn tag_list() -> impl Strategy<Value = Vec<Tag>> {
    subsequence(Tag::ALL.to_vec(), 0..=3)
}

pub(super) fn toolkits() -> BoxedStrategy<ToolkitPolicy> {
    prop_oneof![
        2 => Just(ToolkitPolicy::All),
        2 => toolkit_list().prop_map(ToolkitPolicy::Enable),
        1 => toolkit_list().prop_map(ToolkitPolicy::Disable),
    ]
    .boxed()
}

pub(super) fn tags() -> BoxedStrategy<TagFilter> {
    let drawn = (option::weighted(0.4, tag_list()), prop_oneof![2 => Just(Vec::new()), 1 => tag_list()]);
    drawn
        .prop_map(|(enable, disable)| {
            let filter = TagFilter::new().disable(disable);
            enable.map_or_else(|| filter.clone(), |tags| filter.clone().enable(tags))
        })
        .boxed()
}

fn tool_policy() -> BoxedStrategy<ToolPolicy> {
    prop_oneof![
        tool_list().prop_map(|tools| ToolPolicy::Enable(IndexSet::from_iter(tools))),
        tool_list().prop_map(|tools| ToolPolicy::Disable(IndexSet::from_iter(tools))),
        tags().prop_map(ToolPolicy::Tags),
    ]
    .boxed()
}

pub(super) fn tools() -> BoxedStrategy<ToolkitMap<ToolPolicy>> {
    let drawn = (option::of(tool_policy()), option::of(tool_policy()));
    drawn
        .prop_map(|(a, b)| {
            let both = [(toolkit("a"), a), (toolkit("b"), b)];
            both.into_iter().filter_map(|(toolkit, policy)| Some((toolkit, policy?))).collect()
        })
        .boxed()
}

fn filter() -> impl Strategy<Value = ToolFilter> {
    prop_oneof![
        1 => Just(ToolFilter::All),
        2 => tool_list().prop_map(ToolFilter::Only),
        2 => tool_list().prop_map(ToolFilter::Except),
    ]
}

fn policy() -> BoxedStrategy<Policy> {
    (toolkits(), tools(), tags(), option::of(filter()))
        .prop_map(|(toolkits, tools, tags, auth_config)| Policy { toolkits, tools, tags, auth_config })
        .boxed()
}

fn tool() -> impl Strategy<Value = Drawn> {
    (select(TOOLKITS.to_vec()), select(TOOLS.to_vec()), subsequence(Tag::ALL.to_vec(), 0..=4)).prop_map(
        |(of, named, tags)| {
            let hints = ToolHints::from_tags(tags.iter().map(|tag| tag.as_str()));
            Drawn { toolkit: toolkit(of), slug: slug(named), hints }
        },
    )
}

impl Policy {
    fn input<'a>(&'a self, tool: &'a Drawn) -> PolicyInput<'a> {
        PolicyInput {
            toolkits: &self.toolkits,
            tools: &self.tools,
            tags: &self.tags,
            toolkit: &tool.toolkit,
            tool: &tool.slug,
            hints: tool.hints,
            auth_config: self.auth_config.as_ref(),
        }
    }

    fn decide(&self, tool: &Drawn) -> PolicyDecision {
        decide_tool(&self.input(tool))
    }
}

/// What a policy is made narrower with.
#[derive(Clone, Debug)]
struct Cut {
    place: Index,
    toolkits: Vec<ToolkitSlug>,
    tools: Vec<ToolSlug>,
    tags: Vec<Tag>,
    of: ToolkitSlug,
    for_or_against: bool,
}

fn cut() -> impl Strategy<Value = Cut> {
    let lists = (toolkit_list(), tool_list(), tag_list());
    (any::<Index>(), lists, select(TOOLKITS.to_vec()), any::<bool>()).prop_map(|(place, lists, of, for_or_against)| {
        let (toolkits, tools, tags) = lists;
        Cut { place, toolkits, tools, tags, of: toolkit(of), for_or_against }
    })
}

impl Cut {
    fn remove<T>(&self, list: &mut Vec<T>) {
        if !list.is_empty() {
            list.remove(self.place.index(list.len()));
        }
    }

    fn toolkits(&self, policy: &mut ToolkitPolicy) {
        match policy {
            ToolkitPolicy::Enable(list) => self.remove(list),
            ToolkitPolicy::Disable(list) => list.extend(self.toolkits.clone()),
            _ if self.for_or_against => *policy = ToolkitPolicy::Enable(self.toolkits.clone()),
            _ => *policy = ToolkitPolicy::Disable(self.toolkits.clone()),
        }
    }

    fn tags(&self, filter: &mut TagFilter) {
        match &mut filter.enable {
            _ if !self.for_or_against => filter.disable.extend(self.tags.clone()),
            Some(list) => self.remove(list),
            None => filter.enable = Some(self.tags.clone()),
        }
    }

    /// Rules of a toolkit stand in place of the session's tags, so a first one narrows only where there are no tags.
    fn tools(&self, policy: &mut Policy) {
        let silent = policy.tags.is_silent();
        match policy.tools.get_mut(&self.of) {
            Some(ToolPolicy::Enable(list)) if !list.is_empty() => {
                list.shift_remove_index(self.place.index(list.len()));
            }
            Some(ToolPolicy::Disable(list)) => list.extend(self.tools.clone()),
            Some(ToolPolicy::Tags(filter)) => self.tags(filter),
            None if silent && self.for_or_against => {
                policy.tools.insert(self.of.clone(), ToolPolicy::Enable(IndexSet::from_iter(self.tools.clone())));
            }
            None if silent => {
                policy.tools.insert(self.of.clone(), ToolPolicy::Disable(IndexSet::from_iter(self.tools.clone())));
            }
            _ => {}
        }
    }

    fn auth_config(&self, filter: &mut Option<ToolFilter>) {
        match filter {
            Some(ToolFilter::Only(list)) => self.remove(list),
            Some(ToolFilter::Except(list)) => list.extend(self.tools.clone()),
            _ if self.for_or_against => *filter = Some(ToolFilter::Only(self.tools.clone())),
            _ => *filter = Some(ToolFilter::Except(self.tools.clone())),
        }
    }
}

#[test]
fn a_narrower_policy_allows_nothing_more() {
    let met = Met::default();
    let cuts = ["toolkits", "tools", "tags", "auth config"];
    for_all_of(CASES, (policy(), cut(), tool(), select(cuts.to_vec())), |(wide, cut, tool, what)| {
        let mut narrow = wide.clone();
        match what {
            "toolkits" => cut.toolkits(&mut narrow.toolkits),
            "tools" => cut.tools(&mut narrow),
            "tags" => cut.tags(&mut narrow.tags),
            _ => cut.auth_config(&mut narrow.auth_config),
        }
        let (before, after) = (wide.decide(&tool), narrow.decide(&tool));
        assert!(before.allowed || !after.allowed, "{what}: {before:?}, and then {after:?} of {narrow:?}");
        match (before.allowed, after.allowed) {
            (true, false) => met.note(format!("{what} took it")),
            (true, true) => met.note("still allowed"),
            _ => met.note("refused before"),
        }
    });
    met.at_least(
        15,
        &[
            "toolkits took it",
            "tools took it",
            "tags took it",
            "auth config took it",
            "still allowed",
            "refused before",
        ],
    );
}

#[test]
fn an_explanation_decides_as_the_decision_does() {
    let met = Met::default();
    for_all_of(CASES, (policy(), tool()), |(policy, tool)| {
        let (decision, explained) = (policy.decide(&tool), ToolExplanation::of(&policy.input(&tool)));
        assert_eq!(explained.decision, decision);
        let text = explained.to_string();
        assert!(text.starts_with(&format!("{} is {decision}", tool.slug)), "{text}");
        let said = |rule| explained.steps.iter().find(|step| step.rule == rule).map(|step| step.said);
        assert_eq!(said(decision.by), Some(Said::of_decision(decision)), "the rule that decided says so: {text}");
        let no = explained.steps.iter().filter(|step| step.said == Said::No).count();
        assert_eq!(no, usize::from(!decision.allowed), "nothing is asked after a no: {text}");
        let places: Vec<_> = explained.steps.iter().map(|step| step.rule).collect();
        assert!(places.len() <= 2, "one rule of the session, and the auth config's: {text}");
        met.note(format!("{:?} {}", decision.by, decision.allowed));
    });
    met.at_least(
        30,
        &[
            "Toolkits true",
            "Toolkits false",
            "Tools true",
            "Tools false",
            "ToolkitTags true",
            "ToolkitTags false",
            "Tags true",
            "Tags false",
            "AuthConfig false",
            "Default true",
        ],
    );
}

/// What a rule says where it decides.
trait OfDecision {
    fn of_decision(decision: PolicyDecision) -> Self;
}

impl OfDecision for Said {
    fn of_decision(decision: PolicyDecision) -> Self {
        if decision.allowed { Self::Yes } else { Self::No }
    }
}

#[test]
fn what_the_auth_config_refuses_no_session_allows() {
    let met = Met::default();
    for_all_of(CASES, (policy(), tool(), filter()), |(mut policy, tool, filter)| {
        policy.auth_config = None;
        let alone = policy.decide(&tool);
        policy.auth_config = Some(filter.clone());
        let both = policy.decide(&tool);
        assert_eq!(both.allowed, alone.allowed && filter.allows(&tool.slug));
        assert_eq!(both.by == PolicyRule::AuthConfig, alone.allowed && !both.allowed);
        met.note(format!("{} {}", alone.allowed, both.allowed));
    });
    met.at_least(100, &["true true", "true false", "false false"]);
}

pub(super) fn approvals() -> BoxedStrategy<ApprovalPolicy> {
    let tags = || tag_list().prop_map(IndexSet::from_iter);
    let lists = (toolkit_list(), tool_list(), tags());
    let rare = prop_oneof![2 => Just(false), 1 => Just(true)];
    (lists, option::of(tags()), rare.clone(), rare)
        .prop_map(|((toolkits, tools, tags), own, by_toolkit, by_tool)| {
            let mut policy = ApprovalPolicy::new();
            policy.tags = tags;
            if by_toolkit {
                policy.toolkits = toolkits.into_iter().collect();
            }
            if by_tool {
                policy.tools = tools.into_iter().collect();
            }
            policy.toolkit_tags = own.into_iter().map(|tags| (toolkit("a"), tags)).collect();
            policy
        })
        .boxed()
}

#[test]
fn a_call_that_asks_still_asks_where_more_is_listed() {
    let met = Met::default();
    for_all_of(CASES, (approvals(), tool(), any::<bool>(), cut()), |(before, tool, native, more)| {
        let mut after = before.clone();
        after.toolkits.extend(more.toolkits);
        after.tools.extend(more.tools);
        after.tags.extend(more.tags.clone());
        for own in after.toolkit_tags.values_mut() {
            own.extend(more.tags.clone());
        }
        let of = Some(&tool.toolkit).filter(|_| !native);
        let asks = |policy: &ApprovalPolicy| policy.asks(of, &tool.slug, tool.hints);
        let (first, second) = (asks(&before), asks(&after));
        assert!(first.is_none() || second.is_some(), "{first:?}, and then not under {after:?}");
        assert!(!before.is_off() || first.is_none(), "what is off asks nothing");
        let what = |rule| match rule {
            None => "nothing".to_owned(),
            Some(rule) => format!("{rule:?}").split('(').next().unwrap_or_default().to_owned(),
        };
        met.note(format!("{} then {}", what(first), if second.is_some() { "asks" } else { "nothing" }));
    });
    met.at_least(
        50,
        &[
            "nothing then nothing",
            "nothing then asks",
            "Toolkit then asks",
            "Tool then asks",
            "ToolkitTag then asks",
            "Tag then asks",
        ],
    );
}
