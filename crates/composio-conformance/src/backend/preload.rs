//! Which tools a model gets directly.

use composio_core::{
    ErrorKind, MultiAccount, MultiAccountUpdate, NativeDefinitions, Preload, SessionConfig, Tag, TagFilter, WarningCode,
};

use super::stage::{Stage, T, listed, path, refused, slug};
use crate::harness::{Harness, USER, refused as refused_naming};

const KIND: ErrorKind = ErrorKind::InvalidInput;
const FIELD: &str = "preload.tools";

/// The tools of the first so many of the extra toolkits.
fn extras(count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("EXTRA_{number:02}_WHOAMI")).collect()
}

/// A list is given in its own order, each tool once.
pub async fn a_preload_list_is_given_in_its_order(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.create().preload(["OTHER_TOUCH", "OPEN_WHOAMI", "MANAGED_WHOAMI"]).await.unwrap();
    assert_eq!(listed(&session).await, ["OTHER_TOUCH", "OPEN_WHOAMI", "MANAGED_WHOAMI"]);
    let twice = stage.create().preload(["OPEN_WIPE", "OPEN_TOUCH", "OPEN_WIPE"]).await.unwrap();
    assert_eq!(listed(&twice).await, ["OPEN_WIPE", "OPEN_TOUCH"]);
}

/// "All" is what the session names, and not what it merely does not refuse.
pub async fn preloading_all_gives_what_is_named(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create().direct_tools();
    let no_wipe = || TagFilter::new().disable([Tag::Destructive]);
    for (session, expected) in [
        (create().enable_tools("open", ["OPEN_WHOAMI"]), vec!["OPEN_WHOAMI"]),
        (create().enable_tools("open", ["OPEN_WHOAMI"]).disable_tools(T, ["MANAGED_WIPE"]), vec!["OPEN_WHOAMI"]),
        (create().toolkit_tags("open", no_wipe()).enable_tools(T, ["MANAGED_WIPE"]), vec!["MANAGED_WIPE"]),
        (create().toolkit_tags("open", TagFilter::new().enable([Tag::Create])), vec!["OPEN_TOUCH"]),
        (create().toolkits(["open"]).toolkit_tags("open", no_wipe()), vec!["OPEN_TOUCH", "OPEN_WHOAMI"]),
        (create().no_toolkits(), vec![]),
    ] {
        let session = session.await.unwrap();
        let mut found = listed(&session).await;
        found.sort_unstable();
        assert_eq!(found, expected, "{:?}", session.config());
    }
    // A tag names tools of every toolkit.
    let session = create().tags(["destructiveHint"]).await.unwrap();
    let tools = session.tools().await.unwrap();
    assert!(tools.iter().all(|tool| tool.definition().hints.destructive), "{tools:?}");
    assert!(["OPEN_WIPE", "MANAGED_WIPE", "KEYED_WIPE"].iter().all(|slug| tools.get(slug).is_some()), "{tools:?}");
}

/// Preloading everything there is would be no choice: something has to name it, whoever makes the configuration.
pub async fn preloading_all_needs_something_that_names_it(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create().direct_tools();
    for builder in [
        create(),
        create().disable_toolkits([T]),
        create().disable_tools("open", ["OPEN_WIPE"]),
        create().disable_tags(["destructiveHint"]),
        create().toolkit_tags("open", TagFilter::new().disable([Tag::Destructive])),
    ] {
        path(&refused(builder.await, KIND), FIELD);
    }
    let mut config = SessionConfig::new();
    config.preload = Preload::All;
    path(
        &refused(harness.backend().create_session(&USER.into(), &config, &NativeDefinitions::none()).await, KIND),
        FIELD,
    );
}

/// A list goes with several accounts; preloading everything does not.
pub async fn preloading_all_does_not_go_with_several_accounts(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create().toolkits(["open"]).multi_account(MultiAccount::new());
    path(&refused_naming(create().direct_tools().await, KIND, &["several accounts"]), FIELD);
    let session = create().preload(["OPEN_WHOAMI"]).await.unwrap();
    assert_eq!(listed(&session).await, ["OPEN_WHOAMI"]);
    let off = stage.create().toolkits(["open"]).multi_account(MultiAccountUpdate::new().enable(false)).direct_tools();
    off.await.unwrap();
}

/// An explicit list stands above the preset, whichever was said first.
pub async fn a_list_stands_above_the_preset(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create().toolkits(["open"]);
    for builder in [create().direct_tools().preload(["OPEN_WIPE"]), create().preload(["OPEN_WIPE"]).direct_tools()] {
        assert_eq!(listed(&builder.await.unwrap()).await, ["OPEN_WIPE"]);
    }
}

/// A list does not reach beyond the policy, by whatever rule a tool is refused.
pub async fn a_preload_outside_the_policy_is_refused(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let create = || stage.create().preload(["OPEN_WHOAMI", "OPEN_WIPE"]);
    for builder in [
        create().toolkits([T]),
        create().disable_toolkits(["open"]),
        create().enable_tools("open", ["OPEN_WHOAMI"]),
        create().disable_tools("open", ["OPEN_WIPE"]),
        create().toolkit_tags("open", TagFilter::new().disable([Tag::Destructive])),
        create().tags(["readOnlyHint"]),
        create().disable_tags(["destructiveHint"]),
    ] {
        path(&refused_naming(builder.await, KIND, &["OPEN_WIPE"]), FIELD);
    }
    let all = create().toolkits(["open"]).await.unwrap();
    assert_eq!(listed(&all).await, ["OPEN_WHOAMI", "OPEN_WIPE"]);
}

/// Twenty tools or more are a warning, and no refusal: by list and by "all", when it is created and when it changes.
pub async fn a_large_preload_is_warned_about(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let toolkits = |count: usize| (1..=count).map(|number| slug(&format!("extra_{number:02}"))).collect::<Vec<_>>();
    for (count, warned) in [(19, false), (20, true)] {
        let by_list = stage.create().preload(extras(count)).await.unwrap();
        let all = stage.create().toolkits(toolkits(count)).direct_tools().await.unwrap();
        for session in [by_list, all] {
            let codes: Vec<_> = session.warnings().into_iter().map(|warning| warning.code).collect();
            let expected: &[_] = if warned { &[WarningCode::PreloadToolsHighContextUsage] } else { &[] };
            assert_eq!((codes.as_slice(), listed(&session).await.len()), (expected, count));
        }
    }
    let session = stage.create().preload(extras(1)).await.unwrap();
    session.update().preload(extras(20)).await.unwrap();
    let warnings = session.warnings();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].message.contains("20"), "{warnings:?}");
    session.update().preload(extras(2)).await.unwrap();
    assert_eq!(session.warnings(), []);
}
