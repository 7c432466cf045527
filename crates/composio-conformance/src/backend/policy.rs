//! Which tools a session may use: one answer wherever it is asked.

use composio_core::{
    AuthConfigUpdate, ErrorKind, PolicyDecision, PolicyRule, Session, SessionBuilder, Tag, TagFilter, ToolFilter,
};
use serde_json::json;

use super::Claim;
use super::stage::{Stage, T, listed, path, refused};
use crate::harness::{AccountSeed, ConfigSeed, Harness, USER, ran, refused as refused_naming, whoami};

const KIND: ErrorKind = ErrorKind::PermissionDenied;
/// A read, a create and a destructive tool, none of which needs an account.
const TOOLS: [&str; 3] = ["OPEN_WHOAMI", "OPEN_TOUCH", "OPEN_WIPE"];

/// A session of one rule: what makes it, the rule that decides, and which of [`TOOLS`] it allows.
type Case = (&'static str, fn(SessionBuilder) -> SessionBuilder, PolicyRule, [bool; 3]);

/// The rules in their order, each decided by itself, and each where a later one would say otherwise.
const CASES: [Case; 16] = [
    ("nothing is said", |session| session, PolicyRule::Default, [true; 3]),
    ("its toolkit is enabled", |session| session.toolkits(["open"]), PolicyRule::Toolkits, [true; 3]),
    ("another toolkit is disabled", |session| session.disable_toolkits([T]), PolicyRule::Toolkits, [true; 3]),
    (
        "another toolkit is enabled, whatever the tags",
        |session| session.toolkits([T]).tags(Tag::ALL),
        PolicyRule::Toolkits,
        [false; 3],
    ),
    ("its toolkit is disabled", |session| session.disable_toolkits(["open"]), PolicyRule::Toolkits, [false; 3]),
    (
        "a list for, whatever the tags",
        |session| session.enable_tools("open", ["OPEN_WHOAMI"]).tags(["createHint"]),
        PolicyRule::Tools,
        [true, false, false],
    ),
    (
        "a list against, whatever the tags",
        |session| session.disable_tools("open", ["OPEN_WHOAMI"]).tags(["readOnlyHint"]),
        PolicyRule::Tools,
        [false, true, true],
    ),
    ("an empty list for", |session| session.enable_tools("open", Vec::<&str>::new()), PolicyRule::Tools, [false; 3]),
    (
        "an empty list against",
        |session| session.disable_tools("open", Vec::<&str>::new()).tags(["readOnlyHint"]),
        PolicyRule::Tools,
        [true; 3],
    ),
    (
        "the toolkit's tags, whatever the session's are",
        |session| session.toolkit_tags("open", TagFilter::new().enable([Tag::ReadOnly])).tags(["createHint"]),
        PolicyRule::ToolkitTags,
        [true, false, false],
    ),
    (
        "tags that the toolkit must not have",
        |session| session.toolkit_tags("open", TagFilter::new().disable([Tag::Destructive])).tags(["destructiveHint"]),
        PolicyRule::ToolkitTags,
        [true, true, false],
    ),
    (
        "no tag at all for the toolkit",
        |session| session.toolkit_tags("open", TagFilter::new().enable([])),
        PolicyRule::ToolkitTags,
        [false; 3],
    ),
    ("the session's tags", |session| session.tags(["readOnlyHint"]), PolicyRule::Tags, [true, false, false]),
    (
        "tags that the session must not have",
        |session| session.disable_tags(["destructiveHint"]),
        PolicyRule::Tags,
        [true, true, false],
    ),
    (
        "a tag that is wanted and refused",
        |session| session.tags(["createHint", "destructiveHint"]).disable_tags(["destructiveHint"]),
        PolicyRule::Tags,
        [false, true, false],
    ),
    ("no tag at all", |session| session.tags(Vec::<Tag>::new()), PolicyRule::Tags, [false; 3]),
];

/// Of each rule of the order: what it decides holds in the listing, for one tool, in the explanation and when a tool is
/// run, and what is refused is not sent.
pub async fn a_rule_decides_alike_wherever_it_is_asked(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    for (says, make, by, allows) in CASES {
        let session = make(stage.create()).await.unwrap();
        for (slug, allowed) in TOOLS.into_iter().zip(allows) {
            holds(harness, &session, slug, PolicyDecision { allowed, by }, says).await;
        }
        // What is allowed can be preloaded, and what is preloaded is listed.
        let good: Vec<_> =
            TOOLS.into_iter().zip(allows).filter(|(_, allowed)| *allowed).map(|(slug, _)| slug).collect();
        let preloaded = make(stage.create()).preload(good.clone()).await.unwrap();
        assert_eq!(listed(&preloaded).await, good, "{says}");
    }
}

async fn holds(harness: &dyn Harness, session: &Session, slug: &str, decision: PolicyDecision, says: &str) {
    let arguments = if slug == "OPEN_TOUCH" { json!({"note": "hello"}) } else { json!({}) };
    let before = harness.requests();
    if decision.allowed {
        assert_eq!(session.tool(slug).await.unwrap().definition().slug, *slug, "{says}");
        session.execute(slug, arguments).await.unwrap_or_else(|error| panic!("{says}: {error:?}"));
        assert_eq!(harness.requests() - before, 1, "{says}");
    } else {
        refused_naming(session.tool(slug).await, KIND, &["OPEN"]);
        refused_naming(session.execute(slug, arguments).await, KIND, &[]);
        assert_eq!(harness.requests(), before, "{says}");
    }
    if Claim::Explain.is_made(harness) {
        let explained = session.explain_tool(slug).await.unwrap();
        assert_eq!(explained.decision, decision, "{says}: {explained}");
        assert_eq!(explained.steps.last().map(|step| step.rule), Some(decision.by), "{says}: {explained}");
    }
}

/// Preloading everything lists what each rule leaves, and nothing else.
pub async fn a_listing_of_everything_is_what_the_rules_leave(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let base = || stage.create().toolkits(["open"]).direct_tools();
    for (session, expected) in [
        (base(), vec!["OPEN_TOUCH", "OPEN_WHOAMI", "OPEN_WIPE"]),
        (base().disable_tools("open", ["OPEN_WIPE"]), vec!["OPEN_TOUCH", "OPEN_WHOAMI"]),
        (base().toolkit_tags("open", TagFilter::new().disable([Tag::Create])), vec!["OPEN_WHOAMI", "OPEN_WIPE"]),
        (base().tags(["destructiveHint"]), vec!["OPEN_WIPE"]),
        (base().disable_tags(["destructiveHint", "createHint"]), vec!["OPEN_WHOAMI"]),
        (base().tags(Vec::<Tag>::new()), vec![]),
    ] {
        let session = session.await.unwrap();
        let mut found = listed(&session).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{:?}", session.config());
    }
}

/// A tool that is refused is refused before anything is looked at: arguments, the named account, connections, approvals.
pub async fn a_refused_tool_is_refused_before_any_lookup(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let before = harness.requests();
    let builder = stage.create().disable_tools(T, ["MANAGED_TOUCH"]).tags(["readOnlyHint"]);
    let session = builder.require_approval_for_destructive().await.unwrap();
    for call in [
        session.execute("MANAGED_TOUCH", json!({"nonsense": true})).account("nobody"),
        session.execute("MANAGED_TOUCH", json!({"note": "hello"})),
        session.execute("OTHER_WIPE", json!({})),
    ] {
        let error = refused(call.await, KIND);
        assert!(error.connect_url().is_none() && error.approval().is_none(), "neither would help: {error:?}");
    }
    assert_eq!(harness.requests(), before);
}

/// What the auth config says about tools holds where they are listed and where they run: of the account that would run
/// them now, and of the config that a link would use.
pub async fn the_list_of_the_auth_config_has_the_last_word(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let only_touch = ConfigSeed::on().tools(ToolFilter::Only(vec!["MANAGED_TOUCH".try_into().unwrap()]));
    let c1 = harness.auth_config(T, only_touch).await;
    let session = stage.create().toolkits([T]).direct_tools().await.unwrap();
    let restricted = async |session: &Session| {
        assert_eq!(listed(session).await, ["MANAGED_TOUCH"]);
        let explained = session.explain_tool("MANAGED_WHOAMI").await.unwrap();
        assert_eq!(explained.decision, PolicyDecision { allowed: false, by: PolicyRule::AuthConfig }, "{explained}");
        assert_eq!(explained.auth_config.as_ref(), Some(&c1), "{explained}");
        refused_naming(session.tool("MANAGED_WHOAMI").await, KIND, &["MANAGED_WHOAMI"]);
        let before = harness.requests();
        let error = refused_naming(ran(whoami(session, T)).await, KIND, &["MANAGED_WHOAMI"]);
        assert_eq!((harness.requests(), error.connect_url()), (before, None));
        session.tool("MANAGED_TOUCH").await.unwrap();
        assert!(session.explain_tool("MANAGED_TOUCH").await.unwrap().decision.allowed);
    };
    restricted(&session).await;
    let a1 = stage.account(AccountSeed::new("A1", T, &c1)).await;
    restricted(&session).await;
    // A newer account on another config takes over, and with it that config's word.
    let c2 = stage.config(T).await;
    stage.account(AccountSeed::new("A2", T, &c2)).await;
    assert_eq!(listed(&session).await.len(), 3);
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("A2"));
    let pinned = stage.create().toolkits([T]).connected_account(T, &a1).direct_tools().await.unwrap();
    restricted(&pinned).await;
    let configured = stage.create().toolkits([T]).auth_config(T, &c1).direct_tools().await.unwrap();
    restricted(&configured).await;
}

/// A list that is put on an auth config later holds from then on, for tools that were named before too.
pub async fn a_list_that_comes_later_holds_from_then_on(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let config = stage.read(&account).await.auth_config;
    let session = stage.create().preload(["MANAGED_WHOAMI", "MANAGED_TOUCH"]).await.unwrap();
    assert_eq!(listed(&session).await, ["MANAGED_WHOAMI", "MANAGED_TOUCH"]);
    let except = ToolFilter::Except(vec!["MANAGED_WHOAMI".try_into().unwrap()]);
    stage.auth_configs().update(&config, AuthConfigUpdate::new().tools(except)).await.unwrap();
    assert_eq!(listed(&session).await, ["MANAGED_TOUCH"]);
    refused(ran(whoami(&session, T)).await, KIND);
    stage.auth_configs().update(&config, AuthConfigUpdate::new().tools(ToolFilter::All)).await.unwrap();
    assert_eq!(listed(&session).await, ["MANAGED_WHOAMI", "MANAGED_TOUCH"]);
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("A1"));
}

/// What a policy names has to be there: the refusal says which field, what is wrong in it, and what looks like it.
pub async fn an_unknown_name_in_a_policy_is_refused_by_its_path(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create();
    for (builder, field, names) in [
        (create().toolkits(["open", "manged"]), "toolkits", vec!["manged", "managed"]),
        (create().disable_toolkits(["manged"]), "toolkits", vec!["manged", "managed"]),
        (create().enable_tools("manged", ["MANAGED_WHOAMI"]), "tools.manged", vec!["manged", "managed"]),
        (create().toolkit_tags("manged", TagFilter::new()), "tools.manged", vec!["manged", "managed"]),
        (create().enable_tools("open", ["OPEN_WHOAMY"]), "tools.open", vec!["OPEN_WHOAMY", "OPEN_WHOAMI"]),
        (create().disable_tools("open", ["OPEN_NOPE", "OPEN_NADA"]), "tools.open", vec!["OPEN_NOPE", "OPEN_NADA"]),
        (create().enable_tools("open", ["OTHER_WHOAMI"]), "tools.open", vec!["OTHER_WHOAMI"]),
        (create().preload(["OPEN_WHOAMY"]), "preload.tools", vec!["OPEN_WHOAMY", "OPEN_WHOAMI"]),
        (create().require_approval_for_toolkits(["manged"]), "approvals.toolkits", vec!["manged", "managed"]),
        (create().require_approval_for_tools(["OPEN_WHOAMY"]), "approvals.tools", vec!["OPEN_WHOAMY", "OPEN_WHOAMI"]),
    ] {
        let error = refused_naming(builder.await, ErrorKind::InvalidInput, &names);
        path(&error, field);
    }
}

/// What contradicts itself is refused before anybody is asked: two rules for one toolkit, a tag that is none.
pub async fn a_policy_that_contradicts_itself_is_refused_by_its_path(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create();
    let one = || create().enable_tools("open", ["OPEN_WHOAMI"]);
    for (builder, field) in [
        (one().disable_tools("open", ["OPEN_TOUCH"]), "tools.open"),
        (one().toolkit_tags("open", TagFilter::new().enable([Tag::ReadOnly])), "tools.open"),
        (create().toolkits(["open"]).disable_toolkits([T]), "toolkits"),
        (create().tags(["readonlyHint"]), "tags"),
        (create().disable_tags(["readonlyHint"]), "tags"),
        (create().require_approval_for_tags(["destructive"]), "approvals.tags"),
    ] {
        path(&refused(builder.await, ErrorKind::InvalidInput), field);
    }
    // Nothing of it was kept: the same user still begins anew.
    assert_eq!(stage.session().await.user().as_str(), USER);
}
