use indexmap::IndexSet;
use serde_json::{Map, Value, json};

use super::access::{Access, Rules, ToolkitsOf};
use super::{create, stored, update};
use crate::approval::{ApprovalFallback, ApprovalPolicy};
use crate::error::ErrorKind;
use crate::id::{ToolSlug, ToolkitSlug, UserId};
use crate::policy::{Tag, TagFilter, ToolPolicy, ToolkitPolicy};
use crate::session::{
    Hook, HookCheck, HostedSettings, InstantUsage, MetaTools, MultiAccount, MultiAccountUpdate, Patch,
    PermissionDefault, PermissionOverride, Permissions, Preload, SandboxSize, SessionConfig, SessionUpdate, Workbench,
};
use crate::tool::{NativeDefinitions, ToolDefinition, ToolHints};
use crate::toolkit_map::ToolkitMap;
use crate::wire;

fn toolkit(slug: &str) -> ToolkitSlug {
    ToolkitSlug::new(slug).unwrap()
}

fn tool(slug: &str) -> ToolSlug {
    ToolSlug::new(slug).unwrap()
}

fn tools(slugs: &[&str]) -> IndexSet<ToolSlug> {
    slugs.iter().map(|slug| tool(slug)).collect()
}

fn belongs() -> ToolkitsOf {
    [("GMAIL_SEND", "gmail"), ("GMAIL_DELETE", "gmail"), ("GITHUB_READ", "github")]
        .map(|(one, of)| (tool(one), toolkit(of)))
        .into_iter()
        .collect()
}

fn created(config: &SessionConfig) -> Value {
    let body = create::body(&UserId::new("u"), config, &NativeDefinitions::none(), &belongs()).unwrap();
    serde_json::to_value(body).unwrap()
}

/// What the service says of a session that was created so: the words of requests in those of replies.
fn echoed(body: &Value) -> wire::SessionConfig {
    let said = |block: &Value| -> Value {
        let renamed = block.as_object().unwrap().iter().map(|(key, value)| match key.as_str() {
            "enable" => ("enabled".to_owned(), value.clone()),
            "disable" => ("disabled".to_owned(), value.clone()),
            _ => (key.clone(), value.clone()),
        });
        Value::Object(renamed.collect())
    };
    let mut config = Map::new();
    for (key, block) in body.as_object().unwrap() {
        let block = match key.as_str() {
            "experimental" => continue,
            "toolkits" | "tags" | "manage_connections" => said(block),
            "tools" => block
                .as_object()
                .unwrap()
                .iter()
                .map(|(toolkit, policy)| {
                    let mut policy = said(policy);
                    if let Some(tags) = policy.get_mut("tags") {
                        *tags = said(tags);
                    }
                    (toolkit.clone(), policy)
                })
                .collect(),
            "workbench" => {
                let renamed = block.as_object().unwrap().iter().map(|(key, value)| {
                    let key = match key.as_str() {
                        "enable_tool_execution" => "tool_execution_enabled",
                        "enable_proxy_execution" => "proxy_execution_enabled",
                        other => other,
                    };
                    (key.to_owned(), value.clone())
                });
                Value::Object(renamed.collect())
            }
            "instant" if block.is_object() => {
                let mut block = block.clone();
                for list in ["toolkits", "tools"] {
                    let Some(value) = block.get_mut(list) else { continue };
                    *value = match list {
                        "toolkits" => said(value),
                        _ => value.as_object().unwrap().iter().map(|(key, list)| (key.clone(), said(list))).collect(),
                    };
                }
                block
            }
            _ => block.clone(),
        };
        config.insert(key.clone(), block);
    }
    serde_json::from_str(&Value::Object(config).to_string()).unwrap()
}

fn fallback(body: &Value) -> Option<wire::Open<wire::NoElicitation>> {
    let said = body.pointer("/experimental/no_elicitation_support_fallback")?;
    serde_json::from_str(&said.to_string()).ok()
}

/// Each field set, and what is written of it beside the user.
fn rows() -> Vec<(SessionConfig, Value)> {
    let of = |set: &dyn Fn(&mut SessionConfig)| {
        let mut config = SessionConfig::new();
        set(&mut config);
        config
    };
    let hosted = |settings: HostedSettings| of(&|config| config.hosted = Some(Box::new(settings.clone())));
    let meta = |meta: MetaTools| of(&|config| config.meta_tools = meta);
    let asks = |policy: ApprovalPolicy| of(&|config| config.approvals = Some(Box::new(policy.clone())));
    vec![
        (SessionConfig::new(), json!({})),
        (of(&|c| c.toolkits = ToolkitPolicy::Enable(vec![])), json!({"toolkits": {"enable": []}})),
        (
            of(&|c| c.toolkits = ToolkitPolicy::Enable(vec![toolkit("gmail")])),
            json!({"toolkits": {"enable": ["gmail"]}}),
        ),
        (of(&|c| c.toolkits = ToolkitPolicy::Disable(vec![toolkit("x")])), json!({"toolkits": {"disable": ["x"]}})),
        (
            of(&|c| c.tools = [(toolkit("gmail"), ToolPolicy::Disable(tools(&["GMAIL_DELETE"])))].into()),
            json!({"tools": {"gmail": {"disable": ["GMAIL_DELETE"]}}}),
        ),
        (
            of(&|c| c.tools = [(toolkit("gmail"), ToolPolicy::Enable(tools(&[])))].into()),
            json!({"tools": {"gmail": {"enable": []}}}),
        ),
        (
            of(&|c| c.tools = [(toolkit("x"), ToolPolicy::Tags(TagFilter::new().enable([Tag::ReadOnly])))].into()),
            json!({"tools": {"x": {"tags": {"enable": ["readOnlyHint"]}}}}),
        ),
        (
            of(&|c| c.tags = TagFilter::new().disable([Tag::Destructive])),
            json!({"tags": {"disable": ["destructiveHint"]}}),
        ),
        (of(&|c| c.auth_configs = [(toolkit("x"), "ac_1".into())].into()), json!({"auth_configs": {"x": "ac_1"}})),
        (
            of(&|c| c.connected_accounts = [(toolkit("x"), vec!["ca_1".into()])].into()),
            json!({"connected_accounts": {"x": ["ca_1"]}}),
        ),
        (of(&|c| c.preload = Preload::Tools(vec![tool("A_B")])), json!({"preload": {"tools": ["A_B"]}})),
        (
            of(&|c| {
                c.preload = Preload::All;
                c.toolkits = ToolkitPolicy::Enable(vec![toolkit("x")]);
            }),
            json!({"preload": {"tools": "all"}, "toolkits": {"enable": ["x"]}}),
        ),
        (
            of(&|c| c.multi_account = Some(MultiAccount::new().max_per_toolkit(3).require_explicit_selection(false))),
            json!({"multi_account": {
                "enable": true, "max_accounts_per_toolkit": 3, "require_explicit_selection": false,
            }}),
        ),
        (
            of(&|c| c.callback_url = Some(Box::new("https://app.example/done".parse().unwrap()))),
            json!({"manage_connections": {"enable": true, "callback_url": "https://app.example/done"}}),
        ),
        (
            meta(MetaTools::none()),
            json!({
                "manage_connections": {"enable": false}, "search": {"enable": false},
                "execute": {"enable_multi_execute": false},
            }),
        ),
        (
            meta(MetaTools::new().wait_for_connections(true).connection_removal(false).proxy_execute(false)),
            json!({
                "manage_connections": {
                    "enable": true, "enable_wait_for_connections": true, "enable_connection_removal": false,
                },
                "proxy_execute": {"enable": false},
            }),
        ),
        (
            asks(ApprovalPolicy { toolkits: [toolkit("gmail")].into(), ..ApprovalPolicy::destructive() }),
            json!({
                "toolkits": {"require_approval": ["gmail"]}, "tags": {"require_approval": ["destructiveHint"]},
            }),
        ),
        (
            asks(ApprovalPolicy {
                fallback: ApprovalFallback::Allow,
                tools: tools(&["GMAIL_SEND"]),
                ..ApprovalPolicy::new()
            }),
            json!({
                "tools": {"gmail": {"require_approval": ["GMAIL_SEND"]}},
                "experimental": {"no_elicitation_support_fallback": "allow"},
            }),
        ),
        (
            hosted(HostedSettings::new().workbench(
                Workbench::new().enable(false).tool_execution(false).offload_from(9).size(SandboxSize::XLarge),
            )),
            json!({"workbench": {
                "enable": false, "enable_tool_execution": false, "auto_offload_threshold": 9, "sandbox_size": "xlarge",
            }}),
        ),
        (
            hosted(
                HostedSettings::new()
                    .hook(Hook::new("a", HookCheck::Before("s".into())).name("A").toolkits([toolkit("gmail")]))
                    .hook(Hook::new("b", HookCheck::After("t".into())))
                    .hook(Hook::new("c", HookCheck::PromptInjection)),
            ),
            json!({"hooks": [
                {
                    "type": "before_execute", "id": "a", "name": "A", "applies_to": {"toolkits": ["gmail"]},
                    "handler": {"type": "condition_check", "condition": "s", "action": "block"},
                },
                {
                    "type": "after_execute", "id": "b", "applies_to": "all",
                    "handler": {"type": "condition_check", "condition": "t", "action": "block"},
                },
                {
                    "type": "after_execute", "id": "c", "applies_to": "all",
                    "handler": {"type": "prompt_injection_check", "action": "block"},
                },
            ]}),
        ),
        (hosted(HostedSettings::new().instant(InstantUsage::Off)), json!({"instant": false})),
        (
            hosted(HostedSettings::new().instant(InstantUsage::On {
                toolkits: ToolkitPolicy::Disable(vec![toolkit("x")]),
                tools: [(toolkit("y"), ToolPolicy::Enable(tools(&["Y_A"])))].into(),
                return_charge: true,
                return_prices: false,
            })),
            json!({"instant": {
                "toolkits": {"disable": ["x"]}, "tools": {"y": {"enable": ["Y_A"]}}, "return_instant_charge": true,
            }}),
        ),
    ]
}

#[test]
fn what_was_set_is_written_and_nothing_else_and_it_reads_back() {
    for (config, mut expected) in rows() {
        let body = created(&config);
        expected["user_id"] = "u".into();
        if expected.get("manage_connections").is_none() {
            expected["manage_connections"] = json!({"enable": true});
        }
        assert_eq!(body, expected);
        assert_eq!(stored::config(&echoed(&body), fallback(&body).as_ref()), config, "{body}");
    }
}

#[test]
fn what_is_never_said_again_is_written_all_the_same() {
    let mut config = SessionConfig::new();
    config.meta_tools = MetaTools::new().submit_feedback(true);
    let mut permissions = Permissions::new(PermissionDefault::AskOncePerSession);
    permissions.overrides.insert("A_B:ca_1".into(), PermissionOverride::AlwaysDeny);
    let hosted = HostedSettings::new()
        .permissions(permissions)
        .link_url_overwrite("https://x.example")
        .fast_mode(false)
        .restrict_egress()
        .saved_config("sc_1")
        .user_timezone("Europe/London");
    config.hosted = Some(Box::new(hosted));
    assert_eq!(
        created(&config)["experimental"],
        json!({
            "permissions": {"default": "ask_once_per_session", "overrides": {"A_B:ca_1": "always_deny"}},
            "link_url_overwrite": "https://x.example", "fast_mode": false, "restrict_egress_to_composio": true,
            "session_config_id": "sc_1", "submit_feedback": {"enable": true},
            "assistive_prompt_config": {"user_timezone": "Europe/London"},
        })
    );
}

#[test]
fn what_a_service_says_of_its_own_accord_is_nothing_that_was_set() {
    let example = json!({
        "user_id": "u", "instant": {"return_instant_charge": false, "return_prices_in_search": false},
        "manage_connections": {"enabled": true, "enable_wait_for_connections": false, "enable_connection_removal": true},
        "workbench": {
            "enable": true, "proxy_execution_enabled": true, "auto_offload_threshold": 20_000, "sandbox_size": "standard",
        },
        "multi_account": {"enable": false, "require_explicit_selection": false},
        "preload": {"tools": []}, "search": {"enable": true}, "execute": {"enable_multi_execute": true},
    });
    let read: wire::SessionConfig = serde_json::from_str(&example.to_string()).unwrap();
    assert_eq!(stored::config(&read, None), SessionConfig::new());
}

#[test]
fn what_this_version_does_not_know_is_left_out_and_a_list_for_stays_one() {
    let said = json!({
        "user_id": "u", "tags": {"enabled": ["futureHint"], "disabled": ["futureHint", "destructiveHint"]},
        "tools": {"not a slug!": {"enabled": ["A"]}, "x": {"enabled": ["not a slug!"]}},
        "hooks": [{"type": "later", "id": "a"}, {
            "type": "before_execute", "id": "b", "applies_to": {"toolkits": ["not a slug!"]},
            "handler": {"type": "condition_check", "condition": "s", "action": "block"},
        }],
        "preload": {"tools": "most"},
    });
    let read: wire::SessionConfig = serde_json::from_str(&said.to_string()).unwrap();
    let config = stored::config(&read, None);
    assert_eq!(config.tags, TagFilter { enable: Some(vec![]), disable: vec![Tag::Destructive] });
    assert_eq!(config.tools, ToolkitMap::from([(toolkit("x"), ToolPolicy::Enable(tools(&[])))]));
    assert_eq!((config.preload, config.hosted), (Preload::None, None));
}

#[test]
fn several_accounts_are_chosen_as_the_service_says() {
    let read = |multi: Value| {
        let said = json!({"user_id": "u", "multi_account": multi});
        stored::config(&serde_json::from_str(&said.to_string()).unwrap(), None).multi_account
    };
    let newest = MultiAccount::new().require_explicit_selection(false);
    assert_eq!(read(json!({"enable": true})), Some(newest), "what is not said there is the newest");
    let named = read(json!({"enable": true, "max_accounts_per_toolkit": 9, "require_explicit_selection": true}));
    assert_eq!(named, Some(MultiAccount::new().max_per_toolkit(9)));
    assert_eq!((read(json!({})), read(json!({"enable": false, "max_accounts_per_toolkit": 3}))), (None, None));
}

/// Every way in which a toolkit can have rules of its own beside those of the session.
fn combinations() -> Vec<SessionConfig> {
    let own = [
        None,
        Some(ToolPolicy::Enable(tools(&["GMAIL_SEND"]))),
        Some(ToolPolicy::Disable(tools(&["GMAIL_DELETE"]))),
        Some(ToolPolicy::Tags(TagFilter::new().disable([Tag::OpenWorld]))),
        Some(ToolPolicy::Tags(TagFilter::new())),
    ];
    let filters = [TagFilter::new(), TagFilter::new().enable([Tag::ReadOnly, Tag::Destructive])];
    let tags: [&[Tag]; 2] = [&[], &[Tag::Destructive]];
    let listed: [&[&str]; 2] = [&[], &["GMAIL_SEND", "GITHUB_READ"]];
    let of_gmail: [Option<&[Tag]>; 4] = [None, Some(&[]), Some(&[Tag::ReadOnly]), Some(&[Tag::Destructive])];
    let mut all = Vec::new();
    for own in &own {
        for filter in &filters {
            for tags in tags {
                for listed in listed {
                    for of_gmail in of_gmail {
                        let mut config = SessionConfig::new();
                        config.tools = own.iter().map(|policy| (toolkit("gmail"), policy.clone())).collect();
                        config.tags = filter.clone();
                        let mut approvals = ApprovalPolicy::new();
                        approvals.tags = tags.iter().copied().collect();
                        approvals.tools = tools(listed);
                        if let Some(of_gmail) = of_gmail {
                            approvals.toolkit_tags.insert(toolkit("gmail"), of_gmail.iter().copied().collect());
                        }
                        config.approvals = (approvals != ApprovalPolicy::new()).then(|| Box::new(approvals));
                        all.push(config);
                    }
                }
            }
        }
    }
    all
}

/// What a session says about each tool: whether it may be used, and whether it is asked about.
fn verdicts(config: &SessionConfig) -> Vec<(bool, bool)> {
    let hints = [
        ToolHints::default(),
        ToolHints::read_only(),
        ToolHints { destructive: true, ..ToolHints::default() },
        ToolHints { open_world: true, read_only: true, ..ToolHints::default() },
    ];
    let slugs =
        [("GMAIL_SEND", "gmail"), ("GMAIL_DELETE", "gmail"), ("GMAIL_OTHER", "gmail"), ("GITHUB_READ", "github")];
    let mut said = Vec::new();
    for (slug, of) in slugs {
        for hints in hints {
            let definition = ToolDefinition::new(tool(slug), "d", json!({}).into()).hints(hints);
            let asks = config.needs_approval(Some(&toolkit(of)), &definition.slug, hints).is_some();
            said.push((config.decide(&toolkit(of), &definition).allowed, asks));
        }
    }
    said
}

#[test]
fn rules_mean_the_same_after_a_journey_or_are_refused() {
    let (mut kept, mut refused) = (0, 0);
    for config in combinations() {
        match create::body(&UserId::new("u"), &config, &NativeDefinitions::none(), &belongs()) {
            Ok(body) => {
                let body = serde_json::to_value(body).unwrap();
                let read = stored::config(&echoed(&body), None);
                assert_eq!(verdicts(&read), verdicts(&config), "{config:#?}\n{body:#}");
                kept += 1;
            }
            Err(error) => {
                let list =
                    matches!(config.tools.get(&toolkit("gmail")), Some(ToolPolicy::Enable(_) | ToolPolicy::Disable(_)));
                assert!(list && error.kind() == ErrorKind::Unsupported, "{config:?}: {error}");
                refused += 1;
            }
        }
    }
    // Of 160: a list of a toolkit's tools, beside approvals by tag that are not the session's, or beside a list of its own.
    assert_eq!((kept, refused), (128, 32));
}

#[test]
fn a_toolkits_own_words_repeat_what_they_would_replace() {
    let access = |config: &SessionConfig| {
        let SessionConfig { toolkits, tools, tags, approvals, .. } = config;
        let rules = Rules { toolkits, tools, tags, approvals: approvals.as_deref() };
        serde_json::to_value(Access::of(rules, &belongs()).unwrap().tools).unwrap()
    };
    let mut config = SessionConfig::new();
    config.tags = TagFilter::new().enable([Tag::ReadOnly]);
    config.approvals =
        Some(Box::new(ApprovalPolicy { tools: tools(&["GMAIL_SEND"]), ..ApprovalPolicy::destructive() }));
    // The toolkit's own list replaces the session's tags, so these stand beside it.
    let gmail = json!({
        "tags": {"enable": ["readOnlyHint"], "require_approval": ["destructiveHint"]}, "require_approval": ["GMAIL_SEND"],
    });
    assert_eq!(access(&config), json!({"gmail": gmail}));
    // Its own tags do the same.
    config.approvals = Some(Box::new(ApprovalPolicy::destructive()));
    config.tools = [(toolkit("x"), ToolPolicy::Tags(TagFilter::new().disable([Tag::OpenWorld])))].into();
    let x = json!({"tags": {"disable": ["openWorldHint"], "require_approval": ["destructiveHint"]}});
    assert_eq!(access(&config), json!({"x": x}));
    // An empty list of its own means that nothing is asked by tag.
    config.tools = ToolkitMap::default();
    let none =
        ApprovalPolicy { toolkit_tags: [(toolkit("x"), IndexSet::new())].into(), ..ApprovalPolicy::destructive() };
    config.approvals = Some(Box::new(none));
    assert_eq!(access(&config), json!({"x": {"require_approval": []}}));
}

#[test]
fn a_tool_without_a_toolkit_cannot_be_listed() {
    let mut config = SessionConfig::new();
    config.approvals = Some(Box::new(ApprovalPolicy { tools: tools(&["LOCAL_X"]), ..ApprovalPolicy::new() }));
    let refused = create::body(&UserId::new("u"), &config, &NativeDefinitions::none(), &belongs()).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Unsupported);
    assert!(refused.to_string().contains("LOCAL_X"), "{refused}");
}

fn patched(before: &SessionConfig, change: &SessionUpdate) -> Value {
    let after = update::access_after(before, change).unwrap();
    serde_json::to_value(update::body(before, &after, change, &belongs()).unwrap()).unwrap()
}

fn change(set: impl FnOnce(&mut SessionUpdate)) -> SessionUpdate {
    let mut change = SessionUpdate::new();
    set(&mut change);
    change
}

#[test]
fn a_change_says_what_changes_and_nothing_else() {
    let before = SessionConfig::new();
    for (change, expected) in [
        (SessionUpdate::new(), json!({})),
        (change(|c| c.expected_version = Some(3)), json!({"expected_config_version": 3})),
        (change(|c| c.toolkits = Patch::Reset), json!({"toolkits": null})),
        (change(|c| c.toolkits = Patch::Set(ToolkitPolicy::Enable(vec![]))), json!({"toolkits": {"enable": []}})),
        (change(|c| c.tools = Patch::Reset), json!({"tools": null})),
        (change(|c| c.tools = Patch::Set(ToolkitMap::default())), json!({"tools": {}})),
        (change(|c| c.tags = Patch::Reset), json!({"tags": null})),
        (change(|c| c.auth_configs = Patch::Set(ToolkitMap::default())), json!({"auth_configs": {}})),
        (change(|c| c.connected_accounts = Patch::Reset), json!({"connected_accounts": null})),
        (change(|c| c.preload = Patch::Set(Preload::None)), json!({"preload": {"tools": []}})),
        (change(|c| c.preload = Patch::Reset), json!({"preload": null})),
        (change(|c| c.multi_account = Patch::Reset), json!({"multi_account": null})),
        (
            change(|c| c.multi_account = Patch::Set(MultiAccountUpdate::new().enable(false))),
            json!({"multi_account": {"enable": false}}),
        ),
        (
            change(|c| c.multi_account = Patch::Set(MultiAccountUpdate::new().max_per_toolkit(4))),
            json!({"multi_account": {"max_accounts_per_toolkit": 4}}),
        ),
        (change(|c| c.callback_url = Patch::Set(None)), json!({"manage_connections": {"callback_url": null}})),
        (change(|c| c.callback_url = Patch::Reset), json!({"manage_connections": {"callback_url": null}})),
        (
            change(|c| c.approvals = Patch::Set(ApprovalPolicy::destructive())),
            json!({
                "tags": {"require_approval": ["destructiveHint"]},
                "experimental": {"no_elicitation_support_fallback": "deny"},
            }),
        ),
        (
            change(|c| c.meta_tools = Patch::Set(MetaTools::new())),
            json!({
                "search": {"enable": true}, "execute": {"enable_multi_execute": true}, "proxy_execute": null,
                "manage_connections": {
                    "enable": true, "enable_wait_for_connections": false, "enable_connection_removal": true,
                },
                "experimental": {"submit_feedback": {"enable": false}},
            }),
        ),
        (
            change(|c| c.meta_tools = Patch::Reset),
            json!({
                "search": null, "execute": null, "proxy_execute": null,
                "manage_connections": {
                    "enable": null, "enable_wait_for_connections": null, "enable_connection_removal": null,
                },
                "experimental": {"submit_feedback": null},
            }),
        ),
        (
            change(|c| c.multi_account = Patch::Set(MultiAccount::new().into())),
            json!({"multi_account": {
                "enable": true, "max_accounts_per_toolkit": 5, "require_explicit_selection": true,
            }}),
        ),
        (
            change(|c| {
                c.hosted = Patch::Set(Some(Box::new(
                    HostedSettings::new()
                        .workbench(Workbench::new().proxy_execution(false).size(SandboxSize::Medium))
                        .hook(Hook::new("c", HookCheck::PromptInjection))
                        .instant(InstantUsage::Off)
                        .permissions(Permissions::new(PermissionDefault::AllowAll))
                        .link_url_overwrite("https://x.example")
                        .fast_mode(true),
                )));
            }),
            json!({
                "workbench": {"enable_proxy_execution": false, "sandbox_size": "medium"},
                "hooks": [{
                    "type": "after_execute", "id": "c", "applies_to": "all",
                    "handler": {"type": "prompt_injection_check", "action": "block"},
                }],
                "instant": false,
                "experimental": {
                    "permissions": {"default": "allow_all"}, "link_url_overwrite": "https://x.example", "fast_mode": true,
                },
            }),
        ),
        (
            change(|c| c.hosted = Patch::Reset),
            json!({
                "workbench": null, "hooks": null,
                "experimental": {"permissions": null, "link_url_overwrite": null, "fast_mode": null},
            }),
        ),
        (
            change(|c| c.hosted = Patch::Set(Some(Box::new(HostedSettings::new().saved_config("sc_1"))))),
            json!({
                "workbench": null,
                "experimental": {
                    "permissions": null, "link_url_overwrite": null, "fast_mode": null, "session_config_id": "sc_1",
                },
            }),
        ),
    ] {
        assert_eq!(patched(&before, &change), expected, "{change:?}");
    }
}

#[test]
fn a_change_of_access_keeps_the_approvals_that_stand_in_the_same_block() {
    let mut before = SessionConfig::new();
    before.toolkits = ToolkitPolicy::Enable(vec![toolkit("gmail")]);
    before.approvals = Some(Box::new(ApprovalPolicy {
        toolkits: [toolkit("gmail")].into(),
        tools: tools(&["GMAIL_SEND"]),
        ..ApprovalPolicy::destructive()
    }));
    let narrowed = change(|c| c.toolkits = Patch::Set(ToolkitPolicy::Enable(vec![toolkit("github")])));
    assert!(update::needs_before(&narrowed));
    assert_eq!(patched(&before, &narrowed), json!({"toolkits": {"enable": ["github"], "require_approval": ["gmail"]}}));
    let reset = change(|c| c.toolkits = Patch::Reset);
    assert_eq!(patched(&before, &reset), json!({"toolkits": {"require_approval": ["gmail"]}}));
    // The session's filter stands in the toolkit's block too, which changes with it.
    let filtered = change(|c| c.tags = Patch::Set(TagFilter::new().disable([Tag::OpenWorld])));
    let (tags, own) = (
        json!({"disable": ["openWorldHint"], "require_approval": ["destructiveHint"]}),
        json!({"disable": ["openWorldHint"], "require_approval": ["destructiveHint"]}),
    );
    assert_eq!(
        patched(&before, &filtered),
        json!({"tags": tags, "tools": {"gmail": {"tags": own, "require_approval": ["GMAIL_SEND"]}}})
    );
    let unasked = change(|c| c.approvals = Patch::Reset);
    assert_eq!(
        patched(&before, &unasked),
        json!({
            "toolkits": {"enable": ["gmail"]}, "tools": null, "tags": null,
            "experimental": {"no_elicitation_support_fallback": null},
        })
    );
    assert!(!update::needs_before(&change(|c| c.preload = Patch::Reset)));
}

#[test]
fn instant_usage_is_said_whole_because_what_is_left_out_stays() {
    let on = |toolkits, tools: ToolkitMap<ToolPolicy>| {
        let settings = HostedSettings::new().instant(InstantUsage::On {
            toolkits,
            tools,
            return_charge: true,
            return_prices: false,
        });
        let change = change(|c| c.hosted = Patch::Set(Some(Box::new(settings))));
        patched(&SessionConfig::new(), &change)["instant"].clone()
    };
    assert_eq!(
        on(ToolkitPolicy::All, ToolkitMap::default()),
        json!({
            "toolkits": {"disable": []}, "tools": {}, "return_instant_charge": true, "return_prices_in_search": false,
        })
    );
    assert_eq!(
        on(ToolkitPolicy::Enable(vec![]), [(toolkit("y"), ToolPolicy::Enable(tools(&["Y_A"])))].into()),
        json!({
            "toolkits": {"enable": []}, "tools": {"y": {"enable": ["Y_A"]}}, "return_instant_charge": true,
            "return_prices_in_search": false,
        })
    );
    let said =
        json!({"user_id": "u", "instant": {"toolkits": {"disabled": []}, "tools": {}, "return_instant_charge": true}});
    let read = stored::config(&serde_json::from_str(&said.to_string()).unwrap(), None);
    let Some(InstantUsage::On { toolkits, .. }) = read.hosted.unwrap().instant else { panic!("it is on") };
    assert_eq!(toolkits, ToolkitPolicy::All, "nothing is left out of it");
}

#[test]
fn what_can_be_set_only_at_the_beginning_is_refused_later() {
    for (settings, field) in [
        (HostedSettings::new().restrict_egress(), "hosted.restrict_egress"),
        (HostedSettings::new().user_timezone("Europe/London"), "hosted.user_timezone"),
    ] {
        let change = change(|c| c.hosted = Patch::Set(Some(Box::new(settings))));
        let before = SessionConfig::new();
        let refused = update::body(&before, &before, &change, &belongs()).unwrap_err();
        assert_eq!(refused.field(), Some(field));
    }
}
