//! What a session lists of its toolkits.

use std::collections::BTreeSet;

use composio_core::{ConnectionStatus as Status, ErrorKind, ListToolkits, ToolkitState};

use super::stage::{Stage, T, refused};
use crate::harness::{AccountSeed, Harness, TOOLKITS, toolkits};

/// Every page that follows, with how many there were in all.
async fn all(list: impl Fn() -> ListToolkits) -> (Vec<ToolkitState>, Vec<usize>) {
    let (mut found, mut sizes, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
    loop {
        let page = match &cursor {
            Some(cursor) => list().cursor(cursor).await.unwrap(),
            None => list().await.unwrap(),
        };
        sizes.push(page.items.len());
        found.extend(page.items);
        assert!(sizes.len() <= 2 * TOOLKITS, "the list does not end: {sizes:?}");
        match page.next_cursor {
            Some(next) => cursor = Some(next),
            None => return (found, sizes),
        }
    }
}

fn slugs(found: &[ToolkitState]) -> Vec<&str> {
    found.iter().map(|toolkit| toolkit.slug.as_str()).collect()
}

fn sorted(mut slugs: Vec<&str>) -> Vec<&str> {
    slugs.sort_unstable();
    slugs
}

/// Twenty at a time unless asked otherwise, each one once, in the same order each time.
pub async fn toolkits_are_paged_to_the_end(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let (found, sizes) = all(|| session.toolkits()).await;
    assert_eq!(sizes, [20, 20, TOOLKITS - 40]);
    let expected: BTreeSet<String> = toolkits().collect();
    assert_eq!(slugs(&found).into_iter().map(str::to_owned).collect::<BTreeSet<_>>(), expected);
    assert_eq!(found.len(), TOOLKITS, "none comes twice");
    let (again, _) = all(|| session.toolkits().limit(7)).await;
    assert_eq!(slugs(&again), slugs(&found));
}

/// Whatever is asked for, a page has fifty toolkits at the most.
pub async fn a_page_of_toolkits_has_fifty_at_the_most(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let (found, sizes) = all(|| session.toolkits().limit(1_000)).await;
    assert_eq!((found.len(), sizes), (TOOLKITS, vec![50, TOOLKITS - 50]));
}

/// A page may have a single toolkit, and never none while there are more.
pub async fn a_toolkit_page_may_be_as_short_as_asked(harness: &dyn Harness) {
    let session = Stage::new(harness).create().toolkits(["open", "keyed", T]).await.unwrap();
    for limit in [1, 0] {
        let (found, sizes) = all(|| session.toolkits().limit(limit)).await;
        assert_eq!((found.len(), sizes), (3, vec![1, 1, 1]), "limit {limit}");
    }
}

/// Text is found in slugs, whatever its case.
pub async fn toolkits_are_found_by_text(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    for (text, expected) in [("managed", vec!["managed", "unmanaged"]), ("MANAGED", vec!["managed", "unmanaged"])] {
        let page = session.toolkits().search(text).await.unwrap();
        assert_eq!(sorted(slugs(&page.items)), expected, "{text}");
    }
    assert_eq!(all(|| session.toolkits().search("extra_")).await.0.len(), 50);
    assert!(session.toolkits().search("no such text").await.unwrap().items.is_empty());
}

/// Named slugs are listed and no others; one that is unknown lists nothing.
pub async fn toolkits_are_listed_by_slug(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    let page = session.toolkits().slugs(["other", "open"]).await.unwrap();
    assert_eq!(sorted(slugs(&page.items)), ["open", "other"]);
    assert!(session.toolkits().slugs(["nowhere"]).await.unwrap().items.is_empty());
    refused(session.toolkits().slugs(["No Slug"]).await, ErrorKind::InvalidInput);
}

/// What a session may not use, it does not list, whoever asks for it by name.
pub async fn toolkits_outside_the_session_are_not_listed(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let few = stage.create().toolkits(["open", T]).await.unwrap();
    assert_eq!(sorted(slugs(&all(|| few.toolkits()).await.0)), ["managed", "open"]);
    assert!(few.toolkits().slugs(["other"]).await.unwrap().items.is_empty());
    let most = stage.create().disable_toolkits([T]).await.unwrap();
    let (found, _) = all(|| most.toolkits()).await;
    assert_eq!(found.len(), TOOLKITS - 1);
    assert!(!slugs(&found).contains(&T));
}

/// Connected toolkits can be listed alone, and so can the others.
pub async fn toolkits_are_listed_by_connection(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    stage.some_account("A1").await;
    let config = stage.config("other").await;
    stage.account(AccountSeed::new("A2", "other", &config).status(Status::Expired)).await;
    let session = stage.session().await;
    let (connected, _) = all(|| session.toolkits().connected(true)).await;
    assert_eq!(slugs(&connected), [T]);
    let (rest, sizes) = all(|| session.toolkits().connected(false)).await;
    assert_eq!((rest.len(), sizes), (TOOLKITS - 1, vec![20, 20, TOOLKITS - 41]));
}

/// A toolkit shows the account that a tool would run with now, and what a link would use where there is none.
pub async fn a_toolkit_shows_the_account_that_a_tool_would_run_with(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let session = stage.session().await;
    let state = async |toolkit: &str| {
        let page = session.toolkits().slugs([toolkit]).await.unwrap();
        page.items.into_iter().next().expect("the toolkit is listed")
    };
    let before = state(T).await;
    assert_eq!((before.is_active(), before.account, before.auth_config.as_ref()), (false, None, Some(&config)));
    let account = stage.account(AccountSeed::new("A1", T, &config)).await;
    let after = state(T).await;
    assert!(after.is_active() && after.is_ready() && after.managed_auth && !after.no_auth);
    assert_eq!(after.account.map(|account| account.id), Some(account));
    let open = state("open").await;
    assert!(open.is_ready() && open.no_auth && !open.is_active() && open.account.is_none());
}

/// A pin that does not work is shown as it is, and not the account that would work without it.
pub async fn a_pinned_account_is_shown_in_its_real_status(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let pinned = stage.account(AccountSeed::new("A1", T, &config)).await;
    stage.account(AccountSeed::new("A2", T, &config)).await;
    let session = stage.create().connected_account(T, &pinned).await.unwrap();
    harness.set_status(&pinned, Status::Expired).await;
    let page = session.toolkits().slugs([T]).await.unwrap();
    let shown = page.items[0].account.as_ref().map(|account| (&account.id, account.status));
    assert_eq!(shown, Some((&pinned, Status::Expired)));
}

/// A cursor that this list did not give is refused.
pub async fn a_foreign_cursor_of_toolkits_is_refused(harness: &dyn Harness) {
    let session = Stage::new(harness).session().await;
    for cursor in ["x", "", "-1", "%%%"] {
        refused(session.toolkits().cursor(cursor).await, ErrorKind::InvalidInput);
    }
}
