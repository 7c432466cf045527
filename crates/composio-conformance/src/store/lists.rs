//! Lists: filters, order, pages.

use composio_core::{
    AccountQuery, AuthConfigQuery, ConnectedAccount, ConnectionStatus, ErrorKind, Page, ToolkitSlug, UserId,
};
use composio_engine::store::Store;

use super::fixture::*;

fn ids(page: &Page<ConnectedAccount>) -> Vec<&str> {
    page.items.iter().map(|account| account.id.as_str()).collect()
}

async fn accounts(store: &dyn Store, query: &AccountQuery) -> Page<ConnectedAccount> {
    store.accounts(&here(), query).await.unwrap()
}

/// Keeps this many accounts, three at each moment: `ca_000` and the two after it are the oldest.
async fn keep(store: &dyn Store, count: i64) {
    for number in 0..count {
        let account = account(&format!("ca_{number:03}"), Active, number / 3);
        store.insert_account(&here(), &account, None).await.unwrap();
    }
}

fn numbered(numbers: impl Iterator<Item = i64>) -> Vec<String> {
    numbers.map(|number| format!("ca_{number:03}")).collect()
}

/// Configs are listed for the toolkits asked for, or all; disabled ones only when asked for. `total` counts alike.
pub async fn auth_configs_are_listed_by_toolkit_without_the_disabled(store: &dyn Store) {
    for (created, (id, slug, enabled)) in (0..).zip([
        ("ac_1", "github", true),
        ("ac_2", "gmail", true),
        ("ac_3", "github", false),
        ("ac_4", "slack", true),
    ]) {
        let mut config = config(id, created);
        config.toolkit = toolkit(slug);
        config.enabled = enabled;
        store.insert_auth_config(&here(), &config, None).await.unwrap();
    }
    for (toolkits, show_disabled, expected) in [
        (&[][..], false, &["ac_4", "ac_2", "ac_1"][..]),
        (&[], true, &["ac_4", "ac_3", "ac_2", "ac_1"]),
        (&["github"], false, &["ac_1"]),
        (&["github"], true, &["ac_3", "ac_1"]),
        (&["gmail", "slack"], false, &["ac_4", "ac_2"]),
        (&["notion"], true, &[]),
    ] {
        let mut query = AuthConfigQuery::new();
        query.toolkits = toolkits.iter().map(|slug| toolkit(slug)).collect();
        query.show_disabled = show_disabled;
        let page = store.auth_configs(&here(), &query).await.unwrap();
        let found: Vec<_> = page.items.iter().map(|config| config.id.as_str()).collect();
        assert_eq!(found, expected, "{query:?}");
        assert_eq!((page.total, page.next_cursor), (Some(expected.len()), None));
    }
}

/// Accounts are listed for the users, toolkits and statuses asked for: one of each kind, and all kinds together.
pub async fn accounts_are_listed_by_user_toolkit_and_status(store: &dyn Store) {
    let rows = [
        ("ca_1", "ada", "github", Active),
        ("ca_2", "ada", "gmail", Active),
        ("ca_3", "ada", "github", Expired),
        ("ca_4", "bob", "github", Active),
        ("ca_5", "bo\"b", "slack", Initiated),
    ];
    for (created, (id, user, slug, status)) in (0..).zip(rows) {
        let account = of(owned(account(id, status, created), user), slug);
        store.insert_account(&here(), &account, None).await.unwrap();
    }
    type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [ConnectionStatus], &'a [&'a str]);
    let cases: [Case<'_>; 8] = [
        (&[], &[], &[], &["ca_5", "ca_4", "ca_3", "ca_2", "ca_1"]),
        (&["ada"], &[], &[], &["ca_3", "ca_2", "ca_1"]),
        (&["ada", "bo\"b"], &[], &[], &["ca_5", "ca_3", "ca_2", "ca_1"]),
        (&[], &["github"], &[], &["ca_4", "ca_3", "ca_1"]),
        (&[], &[], &[Expired, Initiated], &["ca_5", "ca_3"]),
        (&["ada"], &["github"], &[Active], &["ca_1"]),
        (&["bob"], &["gmail"], &[], &[]),
        (&["%"], &[], &[], &[]),
    ];
    for (users, toolkits, statuses, expected) in cases {
        let mut query = AccountQuery::new();
        query.users = users.iter().copied().map(UserId::new).collect();
        query.toolkits = toolkits.iter().map(|slug| toolkit(slug)).collect::<Vec<ToolkitSlug>>();
        query.statuses = statuses.to_vec();
        let page = accounts(store, &query).await;
        assert_eq!(ids(&page), expected, "{query:?}");
        assert_eq!((page.total, page.next_cursor), (Some(expected.len()), None));
    }
}

/// The newest comes first, whenever it was kept; of several of one moment the greatest id.
pub async fn lists_begin_with_the_newest(store: &dyn Store) {
    for (id, created) in [("ca_b", 5), ("ca_old", 1), ("ca_new", 9), ("ca_c", 5), ("ca_a", 5)] {
        store.insert_account(&here(), &account(id, Active, created), None).await.unwrap();
        store.insert_auth_config(&here(), &config(id, created), None).await.unwrap();
    }
    let expected = ["ca_new", "ca_c", "ca_b", "ca_a", "ca_old"];
    assert_eq!(ids(&accounts(store, &AccountQuery::new()).await), expected);
    let configs = store.auth_configs(&here(), &AuthConfigQuery::new()).await.unwrap();
    assert_eq!(configs.items.iter().map(|config| config.id.as_str()).collect::<Vec<_>>(), expected);
}

/// A page has 20 rows unless another number is asked for, at least one and at most 200; `total` counts all.
pub async fn a_page_is_as_long_as_asked_and_no_longer_than_allowed(store: &dyn Store) {
    keep(store, 203).await;
    for (limit, expected) in
        [(None, 20), (Some(0), 1), (Some(7), 7), (Some(200), 200), (Some(201), 200), (Some(usize::MAX), 200)]
    {
        let mut query = AccountQuery::new();
        query.limit = limit;
        let page = accounts(store, &query).await;
        assert_eq!((page.items.len(), page.total), (expected, Some(203)), "{limit:?}");
        assert!(page.next_cursor.is_some(), "{limit:?}");
    }
}

/// Following the cursors gives every row once and in order, also where rows are of one moment, and then no cursor.
pub async fn pages_lead_to_the_end_without_gaps_or_repeats(store: &dyn Store) {
    keep(store, 12).await;
    store.insert_account(&here(), &owned(account("ca_bob", Active, 2), "bob"), None).await.unwrap();
    let expected = numbered((0..12).rev());
    for limit in [1, 2, 3, 4, 5, 11, 12, 13] {
        let mut query = AccountQuery::new();
        query.users = vec![UserId::new("ada")];
        query.limit = Some(limit);
        let (mut found, mut pages) = (Vec::new(), 0);
        loop {
            let page = accounts(store, &query).await;
            assert_eq!(page.total, Some(12), "`total` counts the filtered rows, on every page");
            assert!(!page.items.is_empty(), "a cursor led to nothing");
            found.extend(page.items.iter().map(|account| account.id.as_str().to_owned()));
            pages += 1;
            query.cursor = page.next_cursor;
            if query.cursor.is_none() {
                break;
            }
        }
        assert_eq!(found, expected, "{limit} at a time");
        assert_eq!(pages, 12_usize.div_ceil(limit));
    }
}

/// A row that is added or deleted while somebody pages makes the other rows neither missed nor repeated.
pub async fn pages_do_not_shift_when_rows_are_added(store: &dyn Store) {
    keep(store, 9).await;
    let mut query = AccountQuery::new();
    query.limit = Some(4);
    let first = accounts(store, &query).await;
    assert_eq!(ids(&first), numbered((5..9).rev()));

    store.insert_account(&here(), &account("ca_new", Active, 99), None).await.unwrap();
    // The row that the cursor stands on goes too.
    assert!(store.delete_account(&here(), &"ca_005".into()).await.unwrap());
    query.cursor = first.next_cursor;
    query.limit = Some(10);
    let rest = accounts(store, &query).await;
    assert_eq!(ids(&rest), numbered((0..5).rev()));
    assert_eq!(rest.next_cursor, None);
}

/// A cursor that this store did not make for this list is the caller's mistake, not an empty page.
pub async fn a_foreign_cursor_is_refused(store: &dyn Store) {
    keep(store, 3).await;
    for created in 0..3 {
        store.insert_auth_config(&here(), &config(&format!("ac_{created}"), created), None).await.unwrap();
    }
    let (mut of_accounts, mut of_configs) = (AccountQuery::new(), AuthConfigQuery::new());
    (of_accounts.limit, of_configs.limit) = (Some(1), Some(1));
    let account_cursor = accounts(store, &of_accounts).await.next_cursor.expect("there are more accounts");
    let configs = store.auth_configs(&here(), &of_configs).await.unwrap();
    let config_cursor = configs.next_cursor.expect("there are more configs");

    for cursor in ["", "2", "not a cursor!", "bm90IGEgY3Vyc29y", "' OR 1=1 --", &config_cursor] {
        of_accounts.cursor = Some(cursor.to_owned());
        refused(store.accounts(&here(), &of_accounts).await, ErrorKind::InvalidInput);
    }
    of_configs.cursor = Some(account_cursor);
    refused(store.auth_configs(&here(), &of_configs).await, ErrorKind::InvalidInput);
}
