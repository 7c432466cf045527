//! The versions of a session's configuration: compare and set, with the history.

use std::sync::Arc;

use composio_core::{ErrorKind, HistoryQuery, Page, SessionConfig, SessionId, SessionRecord, SessionVersion, UserId};
use composio_engine::store::Store;
use futures::future::join;

use super::fixture::*;

/// A configuration that shows which one it is.
fn config(name: &str) -> SessionConfig {
    let mut config = SessionConfig::new();
    config.callback_url = Some(url(&format!("https://app.example/{name}")).into());
    config
}

/// Keeps session `trs_1` of Ada, made at second 0.
async fn keep(store: &dyn Store) -> SessionRecord {
    let session = SessionRecord::new(SessionId::new("trs_1"), UserId::new("ada"), config("1"), at(0));
    store.insert_session(&here(), &session).await.unwrap();
    session
}

/// Keeps it and brings it to this version, one second for each.
async fn keep_versions(store: &dyn Store, version: u64) -> SessionRecord {
    let mut session = keep(store).await;
    for (second, number) in (1..).zip(2..=version) {
        session = session.next(config(&number.to_string()), at(second));
        store.update_session(&here(), &session).await.unwrap();
    }
    session
}

async fn live(store: &dyn Store) -> SessionRecord {
    store.session(&here(), &"trs_1".into()).await.unwrap().expect("the session is there")
}

async fn history(store: &dyn Store, query: &HistoryQuery) -> Page<SessionVersion> {
    store.session_history(&here(), &"trs_1".into(), query).await.unwrap()
}

fn numbers(page: &Page<SessionVersion>) -> Vec<u64> {
    page.items.iter().map(|version| version.version).collect()
}

/// An update brings configuration, version and time; the user and everything that refers to the session stay.
pub async fn an_update_brings_the_next_version(store: &dyn Store) {
    let first = keep(store).await;
    let token = composio_engine::store::McpTokenRecord {
        id: "mtk_1".into(),
        session: first.id.clone(),
        digest: digest(1),
        created_at: at(0),
        expires_at: at(600),
    };
    store.put_mcp_token(&here(), &token, 10).await.unwrap();
    let other = SessionRecord::new(SessionId::new("trs_2"), UserId::new("ada"), config("other"), at(0));
    store.insert_session(&here(), &other).await.unwrap();

    let mut second = first.next(config("2"), at(5));
    second.user = UserId::new("eve");
    store.update_session(&here(), &second).await.unwrap();
    let found = live(store).await;
    assert_eq!((found.version, &found.config, found.updated_at), (2, &second.config, Some(at(5))));
    assert_eq!((&found.user, found.created_at), (&first.user, Some(at(0))), "these never change");
    assert_eq!(store.mcp_token_session(&here(), &digest(1), at(6)).await.unwrap(), Some(first.id));
    let other = store.session(&here(), &other.id).await.unwrap().expect("the session is there");
    assert_eq!((other.version, &*other.config), (1, &config("other")));
}

/// The version that holds comes first and says since when; each one before it says when the next one took its place.
pub async fn a_history_says_when_each_version_was_superseded(store: &dyn Store) {
    keep_versions(store, 3).await;
    let page = history(store, &HistoryQuery::new()).await;
    let version = |number: u64, seconds, is_current| {
        SessionVersion::new(number, config(&number.to_string()).into(), at(seconds), is_current)
    };
    assert_eq!(page.items, [version(3, 2, true), version(2, 2, false), version(1, 1, false)]);
    assert_eq!((page.next_cursor, page.total), (None, Some(3)));
}

/// A session that never changed has one version, the one that holds; one that is not there has none.
pub async fn a_history_begins_with_the_session(store: &dyn Store) {
    let first = keep(store).await;
    let page = history(store, &HistoryQuery::new()).await;
    assert_eq!(page.items, [SessionVersion::new(1, first.config, at(0), true)]);
    assert_eq!((page.next_cursor, page.total), (None, Some(1)));
    let page = store.session_history(&here(), &"trs_other".into(), &HistoryQuery::new()).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor, page.total), (0, None, Some(0)));
}

/// Of two callers who saw the same version one changes the session; the other is told, and leaves no trace.
pub async fn of_two_updates_of_one_version_one_wins(store: &dyn Store) {
    let project = here();
    let mut session = keep(store).await;
    let mut winners = vec![Arc::clone(&session.config)];
    for round in 1..=20 {
        let [one, other] = ["one", "other"].map(|name| session.next(config(&format!("{name}{round}")), at(round)));
        // Who asks first changes from round to round.
        let (first, second) = if round % 2 == 0 { (&one, &other) } else { (&other, &one) };
        let results = join(store.update_session(&project, first), store.update_session(&project, second)).await;
        let (won, lost) = match results {
            (Ok(()), Err(lost)) => (first, lost),
            (Err(lost), Ok(())) => (second, lost),
            both => panic!("round {round}: {both:?}"),
        };
        assert_eq!(lost.kind(), ErrorKind::Conflict);
        session = live(store).await;
        assert_eq!((session.version, &session.config), (won.version, &won.config));
        winners.push(Arc::clone(&session.config));
    }
    let mut query = HistoryQuery::new();
    query.limit = Some(100);
    let kept: Vec<_> = history(store, &query).await.items.into_iter().map(|version| version.config).collect();
    winners.reverse();
    assert_eq!(kept, winners, "whoever lost is in no history");
}

/// An update that does not follow the version that is kept is a conflict, which says which one is; it writes nothing.
pub async fn an_update_of_another_version_writes_nothing(store: &dyn Store) {
    let session = keep_versions(store, 3).await;
    let before = history(store, &HistoryQuery::new()).await;
    for version in [0, 1, 2, 3, 5, 100, u64::MAX] {
        let mut stray = session.next(config("stray"), at(9));
        stray.version = version;
        let error = refused(store.update_session(&here(), &stray).await, ErrorKind::Conflict);
        assert!(error.to_string().contains("version 3"), "{error}");
        let found = live(store).await;
        assert_eq!((found.version, &found.config, found.updated_at), (3, &session.config, Some(at(2))));
        assert_eq!(history(store, &HistoryQuery::new()).await, before);
    }
}

/// A session that is gone cannot be changed, and its history goes with it: a session of the same id begins anew.
pub async fn a_deleted_session_has_neither_updates_nor_history(store: &dyn Store) {
    let session = keep_versions(store, 3).await;
    assert!(store.delete_session(&here(), &session.id).await.unwrap());
    let next = session.next(config("4"), at(9));
    refused(store.update_session(&here(), &next).await, ErrorKind::NotFound);
    assert_eq!(history(store, &HistoryQuery::new()).await.items, []);
    assert!(store.session(&here(), &session.id).await.unwrap().is_none());

    let anew = keep(store).await;
    let page = history(store, &HistoryQuery::new()).await;
    assert_eq!((numbers(&page), page.total), (vec![1], Some(1)));
    store.update_session(&here(), &anew.next(config("anew"), at(9))).await.unwrap();
    let page = history(store, &HistoryQuery::new()).await;
    assert_eq!((numbers(&page), page.total), (vec![2, 1], Some(2)));
}

/// Following the cursors gives every version once, newest first, whatever the length of a page, and then no cursor.
pub async fn history_leads_to_the_end_in_order(store: &dyn Store) {
    keep_versions(store, 7).await;
    for limit in [1, 2, 3, 6, 7, 8] {
        let mut query = HistoryQuery::new();
        query.limit = Some(limit);
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = history(store, &query).await;
            assert_eq!(page.total, Some(7), "`total` counts all versions, on every page");
            assert_eq!(page.items.iter().any(|version| version.is_current), pages == 0, "{limit} at a time");
            found.extend(numbers(&page));
            pages += 1;
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, [7, 6, 5, 4, 3, 2, 1], "{limit} at a time");
        assert_eq!(pages, 7_usize.div_ceil(limit));
    }
}

/// A page of a history has 20 versions unless another number is asked for, at least one and at most 100.
pub async fn a_page_of_a_history_is_as_long_as_asked_and_no_longer_than_allowed(store: &dyn Store) {
    keep_versions(store, 102).await;
    for (limit, expected) in [(None, 20), (Some(0), 1), (Some(7), 7), (Some(100), 100), (Some(usize::MAX), 100)] {
        let mut query = HistoryQuery::new();
        query.limit = limit;
        let page = history(store, &query).await;
        assert_eq!((page.items.len(), page.total), (expected, Some(102)), "{limit:?}");
        assert!(page.next_cursor.is_some(), "{limit:?}");
    }
}

/// A change in the middle of paging makes the versions that follow neither missed nor repeated.
pub async fn history_does_not_shift_when_the_session_changes(store: &dyn Store) {
    let session = keep_versions(store, 4).await;
    let mut query = HistoryQuery::new();
    query.limit = Some(1);
    let first = history(store, &query).await;
    assert_eq!(numbers(&first), [4]);
    store.update_session(&here(), &session.next(config("5"), at(9))).await.unwrap();
    query.cursor = first.next_cursor;
    query.limit = Some(10);
    let rest = history(store, &query).await;
    assert_eq!((numbers(&rest), rest.next_cursor), (vec![3, 2, 1], None));
}

/// A cursor that this store did not make for histories is the caller's mistake.
pub async fn a_foreign_cursor_of_a_history_is_refused(store: &dyn Store) {
    keep_versions(store, 3).await;
    for created in 0..2 {
        let account = account(&format!("ca_{created}"), Active, created);
        store.insert_account(&here(), &account, None).await.unwrap();
    }
    let mut accounts = composio_core::AccountQuery::new();
    accounts.limit = Some(1);
    let of_accounts = store.accounts(&here(), &accounts).await.unwrap().next_cursor.expect("there are more accounts");
    for cursor in ["", "2", "not a cursor!", "c2Vzc2lvbl92ZXJzaW9uczotMQ", &of_accounts] {
        let mut query = HistoryQuery::new();
        query.cursor = Some(cursor.to_owned());
        refused(store.session_history(&here(), &"trs_1".into(), &query).await, ErrorKind::InvalidInput);
    }
}
