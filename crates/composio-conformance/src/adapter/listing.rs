//! What a model is shown.

use super::Adapter;
use super::stage::Stage;

/// A model sees every tool, in the backend's order, so that prompt caches hit.
pub async fn every_tool_is_listed_in_order(adapter: &dyn Adapter) {
    let stage = Stage::new().await;
    let names: Vec<_> = adapter.shown(&stage.tools().await).into_iter().map(|shown| shown.name).collect();
    assert_eq!(names, ["KIT_ECHO", "KIT_NOTHING"]);
    assert!(stage.backend.calls().is_empty(), "listing runs nothing");
}
