//! The names under which a model knows the tools.

use std::collections::BTreeSet;

use composio_core::ScriptedBackend;
use serde_json::{Value, json};

use super::stage::{ECHO, Stage, envelope, reply, told};
use super::{Adapter, Call, Reply, fixtures};

/// Names that belong to somebody else, or to nobody.
const NOT_OURS: [&str; 5] = ["get_weather", "KIT_ECHOO", "kit_echo", "KIT", "Wetter_für_morgen"];

/// Providers refuse a whole request for one name that is longer than 64, or of anything but letters, digits, `_` and `-`.
pub async fn every_name_is_one_that_providers_take(adapter: &dyn Adapter) {
    let shown = adapter.shown(&Stage::on(fixtures::backend()).await.tools().await);
    assert_eq!(shown.len(), fixtures::all().len());
    for name in shown.iter().map(|shown| &shown.name) {
        assert!((1..=64).contains(&name.len()), "{name} has {} characters", name.len());
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c)), "{name}");
    }
    let different: BTreeSet<_> = shown.iter().map(|shown| &shown.name).collect();
    assert_eq!(different.len(), shown.len(), "{different:?}");
}

/// A slug that providers take is the name, so that prompts can speak of it.
pub async fn a_slug_that_providers_take_stays(adapter: &dyn Adapter) {
    let slugs = ["KIT_ECHO", "kit-echo_2", &format!("KIT_{}", "A".repeat(60))];
    let backend = slugs.iter().fold(ScriptedBackend::new(), |backend, slug| backend.tool(slug, "kit", json!({})));
    let shown = adapter.shown(&Stage::on(backend).await.tools().await);
    let names: Vec<_> = shown.iter().map(|shown| shown.name.as_str()).collect();
    assert_eq!(names, slugs);
}

/// A call by the name that a model was shown runs the tool that was shown under it.
pub async fn a_name_that_was_shown_runs_its_tool(adapter: &dyn Adapter) {
    let stage = Stage::on(fixtures::backend()).await;
    let tools = stage.tools().await;
    for (number, shown) in adapter.shown(&tools).iter().enumerate() {
        let read = told(adapter, &tools, &shown.name, json!({"note": number})).await;
        assert_eq!(read["data"], json!({"note": number}), "{}", shown.name);
    }
    let ran: Vec<_> = stage.backend.calls().into_iter().map(|call| call.tool.to_string()).collect();
    let slugs: Vec<_> = fixtures::all().into_iter().map(|fixture| fixture.slug).collect();
    assert_eq!(ran, slugs);
}

/// A name that is not ours runs nothing: it is left to the application, or the model reads that there is no such tool.
pub async fn a_name_that_is_not_ours_runs_nothing(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let long = "x".repeat(300);
    for name in NOT_OURS.into_iter().chain([&*long]) {
        match reply(adapter, &stage.tools().await, name, "{\"note\": 1}").await {
            Reply::NotOurs { id } => assert_eq!(id, "call_1", "{name}"),
            Reply::Text { id, text } => {
                assert_eq!(id, "call_1", "{name}");
                assert!(!text.trim().is_empty() && !text.contains("\"successful\":true"), "{name}: {text}");
            }
        }
        assert_eq!(stage.received(), Vec::<Value>::new(), "{name}");
    }
}

/// A name that is not ours stops no call that is: the others are run and answered. Where a framework refuses the whole turn,
/// the model makes them again, and their second answers count.
pub async fn a_name_that_is_not_ours_stops_no_other_call(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let calls = vec![
        Call::new("call_1", ECHO, json!({"note": 1})),
        Call::new("call_2", "get_weather", json!({"city": "Bern"})),
        Call::new("call_3", "KIT_NOTHING", ""),
    ];
    let replies = adapter.answer(&stage.tools().await, calls).await;
    let [first, strange, last]: [Reply; 3] = replies.try_into().expect("each call has one reply");
    assert_eq!(envelope(first, "call_1")["data"], json!({"note": 1}));
    let (Reply::Text { id, .. } | Reply::NotOurs { id }) = strange;
    assert_eq!(id, "call_2");
    assert_eq!(envelope(last, "call_3")["data"], json!({}));
    assert_eq!(stage.received().len(), 2);
}
