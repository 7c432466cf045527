//! The catalogue of a project: what there is, whoever may use it.

use std::collections::BTreeSet;

use composio_core::{AuthScheme, ErrorKind, HostedSettings, Items, ToolDefinition, ToolkitInfo};
use futures::TryStreamExt as _;

use super::stage::{Stage, T, refused};
use crate::harness::{Harness, TOOLKITS, toolkits};

/// All of a list, page after page. One that does not end would keep the test.
async fn all<I>(items: Items<I>) -> Vec<I> {
    use futures::StreamExt as _;
    items.take(10 * TOOLKITS).try_collect().await.unwrap()
}

fn slugs(found: &[ToolkitInfo]) -> Vec<&str> {
    found.iter().map(|toolkit| toolkit.slug.as_str()).collect()
}

fn tools(found: &[ToolDefinition]) -> Vec<&str> {
    found.iter().map(|tool| tool.slug.as_str()).collect()
}

/// Every toolkit is in the catalogue once, on whichever pages, in the same order each time.
pub async fn the_catalogue_is_paged_to_the_end(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let first = stage.toolkits().list().await.unwrap();
    assert_eq!((first.items.len(), first.next_cursor.is_some()), (20, true));
    let found = all(stage.toolkits().list().stream()).await;
    assert_eq!(slugs(&found)[..20], slugs(&first.items));
    assert_eq!(found.len(), TOOLKITS, "none comes twice");
    assert_eq!(slugs(&found).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), toolkits().collect());
    assert_eq!(slugs(&all(stage.toolkits().list().limit(7).stream()).await), slugs(&found));
    let whole = stage.toolkits().list().limit(1_000).await.unwrap();
    assert_eq!((slugs(&whole.items), whole.next_cursor), (slugs(&found), None));
    let next = first.next_cursor.unwrap();
    assert_eq!(slugs(&all(stage.toolkits().list().cursor(next).stream()).await), slugs(&found)[20..]);
}

/// Every tool is in the catalogue once, those of toolkits included that a session was not given.
pub async fn the_tools_of_the_catalogue_are_paged_to_the_end(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    stage.create().no_toolkits().await.unwrap();
    let found = all(stage.tools().list().stream()).await;
    assert_eq!(tools(&found).into_iter().collect::<BTreeSet<_>>().len(), found.len(), "none comes twice");
    let of: BTreeSet<_> = found.iter().filter_map(|tool| tool.toolkit.as_ref()).map(ToString::to_string).collect();
    assert_eq!(of, toolkits().collect());
    assert_eq!(tools(&all(stage.tools().list().limit(9).stream()).await), tools(&found));
}

/// Text is found in slugs, whatever its case; toolkits and slugs that are named are listed and no others.
pub async fn the_catalogue_is_searched(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let found = all(stage.toolkits().list().search("MANAGED").stream()).await;
    assert_eq!(slugs(&found).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from([T, "unmanaged"]));
    assert!(all(stage.toolkits().list().category("no such category").stream()).await.is_empty());
    let found = all(stage.tools().list().toolkits(["open", "keyed"]).search("touch").stream()).await;
    assert_eq!(tools(&found).into_iter().collect::<BTreeSet<_>>(), BTreeSet::from(["KEYED_TOUCH", "OPEN_TOUCH"]));
    let found = all(stage.tools().list().slugs(["OPEN_WIPE", "OPEN_NOTHING"]).stream()).await;
    assert_eq!(tools(&found), ["OPEN_WIPE"]);
    refused(stage.tools().list().toolkits(["No Slug"]).await, ErrorKind::InvalidInput);
}

/// A toolkit says how it is authenticated, and a tool what it takes.
pub async fn an_entry_of_the_catalogue_is_read_by_its_slug(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let managed = stage.toolkits().get(T).await.unwrap();
    assert_eq!((managed.slug.as_str(), managed.no_auth), (T, false));
    assert!(managed.schemes.contains(&AuthScheme::OAuth2) && managed.managed_schemes.contains(&AuthScheme::OAuth2));
    let unmanaged = stage.toolkits().get("unmanaged").await.unwrap();
    assert!(
        unmanaged.schemes.contains(&AuthScheme::OAuth2) && !unmanaged.managed_schemes.contains(&AuthScheme::OAuth2)
    );
    let open = stage.toolkits().get("open").await.unwrap();
    assert!(open.no_auth && open.managed_schemes.is_empty());
    let tool = stage.tools().get("OPEN_TOUCH").await.unwrap();
    assert_eq!(tool.toolkit.as_ref().map(|toolkit| toolkit.as_str()), Some("open"));
    assert!(tool.hints.create && tool.input_schema.value()["properties"]["note"].is_object());
}

/// What is not in the catalogue is not found, with what is called alike.
pub async fn an_unknown_slug_of_the_catalogue_is_not_found_with_near_ones(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let toolkit = refused(stage.toolkits().get("manage").await, ErrorKind::NotFound);
    assert!(toolkit.to_string().contains(T), "{toolkit}");
    let tool = refused(stage.tools().get("OPEN_WHO_AM_I").await, ErrorKind::NotFound);
    assert!(tool.to_string().contains("OPEN_WHOAMI"), "{tool}");
    refused(stage.tools().get("No Slug").await, ErrorKind::InvalidInput);
}

/// A cursor that these lists did not give is refused, and ends a stream.
pub async fn a_foreign_cursor_of_the_catalogue_is_refused(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    for cursor in ["x", "-1", "%%%"] {
        refused(stage.toolkits().list().cursor(cursor).await, ErrorKind::InvalidInput);
        refused(stage.tools().list().cursor(cursor).await, ErrorKind::InvalidInput);
        let stream: Result<Vec<_>, _> = stage.toolkits().list().cursor(cursor).stream().try_collect().await;
        refused(stream, ErrorKind::InvalidInput);
    }
}

/// A setting that a backend does not have is refused; it is never dropped in silence.
pub async fn a_setting_is_kept_or_refused(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let hosted = HostedSettings::new().fast_mode(true).user_timezone("Europe/London");
    match stage.create().hosted(hosted.clone()).await {
        Ok(session) => assert_eq!(session.config().hosted.as_deref(), Some(&hosted)),
        Err(error) => assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}"),
    }
}

/// What is refused of a new session is refused of one that is there, and nothing is written.
pub async fn an_update_keeps_a_setting_or_refuses_it(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let hosted = HostedSettings::new().fast_mode(true);
    match session.update().hosted(hosted.clone()).await {
        Ok(()) => assert_eq!(session.config().hosted.as_deref(), Some(&hosted)),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
            session.refresh().await.unwrap();
            assert_eq!((session.version(), session.config().hosted.is_none()), (1, true));
        }
    }
    session.update().reset_hosted().await.unwrap();
    assert_eq!(session.config().hosted, None);
}
