//! The versions of a session's configuration.

use std::future::IntoFuture;

use composio_core::{ErrorKind, Session, SessionVersion};
use futures::future::join_all;

use super::stage::{Stage, T, refused};
use crate::harness::{Harness, refused as refused_naming};

/// A session whose toolkits are `extra_NN` in version NN.
async fn changed(harness: &dyn Harness, versions: u64) -> Session {
    let session = Stage::new(harness).create().toolkits(["extra_01"]).await.unwrap();
    for version in 2..=versions {
        session.update().toolkits([format!("extra_{:02}", (version - 1) % 50 + 1)]).await.unwrap();
    }
    session
}

fn named(version: &SessionVersion) -> &str {
    version.config.toolkits.named()[0].as_str()
}

/// Each change is a version, one that changes nothing too; a refused one is none.
pub async fn each_change_of_a_session_is_a_version(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.create().toolkits(["open"]).await.unwrap();
    let created = harness.backend().session(session.id()).await.unwrap();
    assert_eq!((created.version, created.updated_at), (1, created.created_at));
    harness.advance(std::time::Duration::from_secs(1)).await;
    session.update().await.unwrap();
    session.update().toolkits(["open"]).await.unwrap();
    let changed = harness.backend().session(session.id()).await.unwrap();
    assert_eq!((changed.version, &changed.config, &changed.user), (3, &created.config, &created.user));
    assert_eq!((changed.created_at, changed.updated_at > created.updated_at), (created.created_at, true));
    refused(session.update().toolkits(["No Slug"]).await, ErrorKind::InvalidInput);
    refused(session.update().expected_version(2).await, ErrorKind::Conflict);
    assert_eq!(harness.backend().session(session.id()).await.unwrap().version, 3);
    session.update().if_unchanged().await.unwrap();
    assert_eq!(session.version(), 4);
}

/// A change that expects another version than the one that holds is not made: nothing is written, whatever it says.
pub async fn a_stale_change_writes_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = changed(harness, 3).await;
    let (config, history) = (session.config(), session.history().await.unwrap());
    for stale in [0, 1, 2, 4] {
        let update = session.update().toolkits(["open"]).expected_version(stale).await;
        let error = refused_naming(update, ErrorKind::Conflict, &[session.id().as_str(), "3"]);
        assert_eq!(error.retry(), composio_core::Retry::Never, "what it says has to be looked at first");
    }
    let read = stage.composio.session(session.id()).await.unwrap();
    assert_eq!((read.version(), read.config()), (3, config));
    assert_eq!(session.history().await.unwrap(), history);
}

/// Of changes at one time that expect the same version, one is made, and the others are conflicts.
pub async fn of_changes_that_expect_one_version_one_is_made(harness: &dyn Harness) {
    let session = changed(harness, 1).await;
    for version in 1..=3 {
        let toolkits = (1..=8).map(|number| format!("extra_{number:02}"));
        let updates = toolkits.map(|toolkit| session.update().toolkits([toolkit]).expected_version(version));
        let results = join_all(updates.map(IntoFuture::into_future)).await;
        let made: Vec<_> =
            (1..=8).zip(&results).filter(|(_, result)| result.is_ok()).map(|(number, _)| number).collect();
        assert_eq!(made.len(), 1, "{results:?}");
        for lost in results.into_iter().filter_map(Result::err) {
            refused::<()>(Err(lost), ErrorKind::Conflict);
        }
        let read = harness.backend().session(session.id()).await.unwrap();
        assert_eq!(read.version, version + 1);
        assert_eq!(read.config.toolkits.named()[0].as_str(), format!("extra_{:02}", made[0]));
        assert_eq!(session.history().await.unwrap().items.len() as u64, version + 1);
    }
}

/// Without an expected version every change is made, at the same time too: each on what the one before left.
pub async fn changes_without_a_version_are_all_made(harness: &dyn Harness) {
    let session = changed(harness, 1).await;
    let one = |turn: usize| match turn % 4 {
        0 => session.update().preload(["EXTRA_01_WHOAMI"]),
        1 => session.update().disable_toolkits([T]),
        2 => session.update().callback_url("http://localhost:3000/done"),
        _ => session.update(),
    };
    for result in join_all((0..8).map(|turn| one(turn).into_future())).await {
        result.unwrap();
    }
    let read = harness.backend().session(session.id()).await.unwrap();
    assert_eq!((read.version, session.version()), (9, 9));
    assert_eq!(read.config.toolkits.named()[0].as_str(), T);
    assert!(read.config.callback_url.is_some());
    assert_eq!(session.history().await.unwrap().items.len(), 9, "none took the place of another");
}

/// The newest is first and the one that holds; each has the configuration that it had.
pub async fn a_history_is_newest_first(harness: &dyn Harness) {
    let session = changed(harness, 5).await;
    let page = session.history().await.unwrap();
    assert_eq!(page.next_cursor, None);
    let found: Vec<_> = page.items.iter().map(|one| (one.version, named(one), one.is_current)).collect();
    let expected = [
        (5, "extra_05", true),
        (4, "extra_04", false),
        (3, "extra_03", false),
        (2, "extra_02", false),
        (1, "extra_01", false),
    ];
    assert_eq!(found, expected);
    assert_eq!(page.items[0].config, session.config());
    let other = changed(harness, 1).await;
    assert_eq!(other.history().await.unwrap().items.len(), 1, "each session has its own");
}

/// Twenty at a time unless asked otherwise, a hundred at the most, each version once; a foreign cursor is refused.
pub async fn a_history_is_paged_to_the_end(harness: &dyn Harness) {
    let session = changed(harness, 103).await;
    for (limit, sizes) in [(None, vec![20, 20, 20, 20, 20, 3]), (Some(1000), vec![100, 3]), (Some(60), vec![60, 43])] {
        let (mut found, mut seen, mut cursor) = (Vec::new(), Vec::new(), None::<String>);
        loop {
            let mut list = session.history();
            if let Some(limit) = limit {
                list = list.limit(limit);
            }
            if let Some(cursor) = &cursor {
                list = list.cursor(cursor);
            }
            let page = list.await.unwrap();
            seen.push(page.items.len());
            found.extend(page.items.into_iter().map(|one| (one.version, one.is_current)));
            assert!(seen.len() <= 103, "the list does not end: {seen:?}");
            cursor = page.next_cursor;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(seen, sizes);
        assert_eq!(found, (1..=103).rev().map(|version| (version, version == 103)).collect::<Vec<_>>());
    }
    assert_eq!(session.history().limit(0).await.unwrap().items.len(), 1, "a page is never empty while there are more");
    for cursor in ["", "x", "-1", "%%%"] {
        refused(session.history().cursor(cursor).await, ErrorKind::InvalidInput);
    }
}
