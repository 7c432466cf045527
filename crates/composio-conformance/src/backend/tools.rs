//! What a session gives a model directly.

use composio_core::{ErrorKind, Session, ToolQuery};

use super::stage::{Stage, T, refused, slug};
use crate::harness::{Harness, refused as refused_naming};

async fn slugs(session: &Session) -> Vec<String> {
    let tools = session.tools().await.unwrap();
    tools.iter().map(|tool| tool.definition().slug.to_string()).collect()
}

/// Without a word about it, a session gives no toolkit's tools directly.
pub async fn nothing_is_preloaded_unless_asked(harness: &dyn Harness) {
    let session = Stage::new(harness).create().toolkits(["open"]).await.unwrap();
    let tools = slugs(&session).await;
    assert!(tools.iter().all(|tool| !tool.starts_with("OPEN_")), "{tools:?}");
}

/// Preloaded tools are there with their schema and their toolkit, in one order that stays.
pub async fn preloaded_tools_keep_their_order(harness: &dyn Harness) {
    let preload = ["OTHER_TOUCH", "OPEN_WHOAMI", "MANAGED_WHOAMI"];
    let session = Stage::new(harness).create().preload(preload).await.unwrap();
    let before = slugs(&session).await;
    for wanted in preload {
        assert!(before.iter().any(|slug| slug == wanted), "{wanted} is missing: {before:?}");
    }
    assert_eq!(slugs(&session).await, before);
    let tools = session.tools().await.unwrap();
    let definition = tools.get("OTHER_TOUCH").expect("the tool is preloaded").definition();
    assert_eq!(definition.toolkit.as_ref(), Some(&slug("other")));
    assert!(definition.input_schema.value()["properties"]["note"].is_object());
}

/// Direct tools are every tool of the enabled toolkits, and none of any other.
pub async fn direct_tools_are_those_of_the_toolkits(harness: &dyn Harness) {
    let session = Stage::new(harness).create().toolkits(["other", "open"]).direct_tools().await.unwrap();
    let before = slugs(&session).await;
    let app: Vec<_> = before.iter().filter(|slug| !slug.starts_with("COMPOSIO_")).collect();
    let mut sorted = app.clone();
    sorted.sort_unstable();
    let expected = ["OPEN_TOUCH", "OPEN_WHOAMI", "OPEN_WIPE", "OTHER_TOUCH", "OTHER_WHOAMI", "OTHER_WIPE"];
    assert_eq!(sorted, expected);
    assert_eq!(slugs(&session).await, before);
}

/// Pages of tools lead to the end, each tool once.
pub async fn tools_are_paged_to_the_end(harness: &dyn Harness) {
    let session = Stage::new(harness).create().toolkits(["other", "open", T]).direct_tools().await.unwrap();
    let whole = slugs(&session).await;
    let mut query = ToolQuery::new();
    query.limit = Some(1);
    let mut found = Vec::new();
    loop {
        let page = harness.backend().list_tools(session.id(), &query).await.unwrap();
        assert_eq!(page.items.len(), 1);
        found.extend(page.items.into_iter().map(|tool| tool.slug.to_string()));
        assert!(found.len() <= whole.len(), "the list does not end");
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            break;
        }
    }
    assert_eq!(found, whole);
}

/// A cursor that this list did not give is refused.
pub async fn a_foreign_cursor_of_tools_is_refused(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    for cursor in ["x", "", "-1"] {
        let mut query = ToolQuery::new();
        query.cursor = Some(cursor.to_owned());
        refused(harness.backend().list_tools(session.id(), &query).await, ErrorKind::InvalidInput);
    }
}

/// Preloading does not reach beyond the toolkits, nor beyond what there is.
pub async fn a_tool_outside_the_session_is_not_preloaded(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let kind = ErrorKind::InvalidInput;
    let outside = stage.create().toolkits(["open"]).preload(["OPEN_WHOAMI", "MANAGED_WHOAMI"]);
    refused_naming(outside.await, kind, &["MANAGED_WHOAMI", T]);
    refused_naming(stage.create().preload(["MANAGED_WHOAMY"]).await, kind, &["MANAGED_WHOAMY", "MANAGED_WHOAMI"]);
}
