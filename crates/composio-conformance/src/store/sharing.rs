//! Who may use an account besides its owner, and where that shows.

use composio_core::{
    AccountQuery, ConnectedAccount, ConnectedAccountId, ErrorKind, Sharing, SharingFilter, SharingUpdate, ToolkitSlug,
    UserId,
};
use composio_engine::store::{Store, Transition};
use futures::future::join;

use super::fixture::*;

async fn share(
    store: &dyn Store,
    id: &ConnectedAccountId,
    update: &SharingUpdate,
    seconds: i64,
) -> composio_core::Result<Option<ConnectedAccount>> {
    store.share_account(&here(), id, update, at(seconds)).await
}

/// The same account, shared with everybody.
fn shared(mut account: ConnectedAccount) -> ConnectedAccount {
    let update = SharingUpdate::new().shared(true).allow_all(true);
    account.sharing = account.sharing.updated(&update).expect("everybody may be let in");
    account
}

/// Each change is made to what the one before left, and is read back with everything else as it was.
pub async fn sharing_changes_by_its_rules(store: &dyn Store) {
    let mut expected = named(account("ca_1", Active, 0), "work");
    expected.connected_at = Some(at(0));
    store.insert_account(&here(), &expected, Some(&sealed("old"))).await.unwrap();
    let none: [&str; 0] = [];
    for (seconds, update) in (1..).zip([
        SharingUpdate::new(),
        SharingUpdate::new().shared(true),
        SharingUpdate::new().allowed(["bob", "carl"]).denied(["dora"]),
        SharingUpdate::new().allow_all(true),
        SharingUpdate::new().allowed(none),
        SharingUpdate::new().shared(false),
        SharingUpdate::new().shared(true).allowed(["eve"]),
    ]) {
        expected.sharing = expected.sharing.updated(&update).expect("the scenario changes by the rules");
        expected.updated_at = at(seconds);
        let done = share(store, &expected.id, &update, seconds).await.unwrap();
        assert_eq!(done.as_ref(), Some(&expected), "{update:?}");
        assert_eq!(read(store, &expected.id).await, expected, "{update:?}");
    }
    assert!(expected.admits(&"eve".into()) && !expected.admits(&"bob".into()), "{expected:?}");
    assert_eq!(credential(store, &expected.id).await, Some(sealed("old")));
    assert_eq!(share(store, &"ca_other".into(), &SharingUpdate::new().shared(true), 9).await.unwrap(), None);
}

/// A change that the rules refuse leaves the account as it was.
pub async fn a_change_of_sharing_against_the_rules_writes_nothing(store: &dyn Store) {
    let (private, open) = (account("ca_1", Active, 0), shared(account("ca_2", Active, 0)));
    for account in [&private, &open] {
        store.insert_account(&here(), account, None).await.unwrap();
    }
    let many: Vec<UserId> = (0..1001).map(|number| UserId::new(format!("user_{number}"))).collect();
    for (account, update) in [
        (&private, SharingUpdate::new().allowed(["bob"])),
        (&private, SharingUpdate::new().allow_all(true)),
        (&private, SharingUpdate::new().shared(true).denied([""])),
        (&open, SharingUpdate::new().shared(false).denied(["bob"])),
        (&open, SharingUpdate::new().allow_all(false).allowed(many)),
    ] {
        let error = refused(share(store, &account.id, &update, 9).await, ErrorKind::InvalidInput);
        assert!(error.to_string().contains("acl_config_for_shared"), "{error}");
        assert_eq!(read(store, &account.id).await, *account);
    }
}

/// Of two changes at once neither is lost, and no step in the account's life undoes them.
pub async fn changes_of_sharing_at_once_both_hold(store: &dyn Store) {
    for round in 0..10 {
        let account = shared(account(&format!("ca_{round}"), Active, 0));
        store.insert_account(&here(), &account, None).await.unwrap();
        let (allow, deny) = (SharingUpdate::new().allowed(["bob"]), SharingUpdate::new().denied(["eve"]));
        let (one, other) = join(share(store, &account.id, &allow, 1), share(store, &account.id, &deny, 1)).await;
        assert!(one.unwrap().is_some() && other.unwrap().is_some());
        let project = here();
        let off = Transition::new(Active, Inactive, at(2), None);
        join(store.transition(&project, &account.id, &off), share(store, &account.id, &SharingUpdate::new(), 2))
            .await
            .0
            .unwrap();

        let Sharing::Shared(list) = read(store, &account.id).await.sharing else { panic!("it is private") };
        assert_eq!((list.allow_all, list.allowed, list.denied), (true, vec!["bob".into()], vec!["eve".into()]));
    }
}

/// Private accounts are listed unless shared ones, or both, are asked for; other filters, pages and `total` go along.
pub async fn lists_show_private_accounts_unless_asked(store: &dyn Store) {
    let rows = [
        account("ca_1", Active, 1),
        shared(account("ca_2", Active, 2)),
        of(shared(account("ca_3", Expired, 3)), "gmail"),
        owned(account("ca_4", Active, 4), "bob"),
        owned(shared(account("ca_5", Active, 5)), "bob"),
    ];
    for account in &rows {
        store.insert_account(&here(), account, None).await.unwrap();
    }
    type Case<'a> = (SharingFilter, &'a [&'a str], &'a [&'a str], &'a [&'a str]);
    let cases: [Case<'_>; 9] = [
        (SharingFilter::default(), &[], &[], &["ca_4", "ca_1"]),
        (SharingFilter::Private, &["ada"], &[], &["ca_1"]),
        (SharingFilter::Private, &["ada"], &["gmail"], &[]),
        (SharingFilter::Shared, &[], &[], &["ca_5", "ca_3", "ca_2"]),
        (SharingFilter::Shared, &["ada"], &[], &["ca_3", "ca_2"]),
        (SharingFilter::Shared, &[], &["github"], &["ca_5", "ca_2"]),
        (SharingFilter::All, &[], &[], &["ca_5", "ca_4", "ca_3", "ca_2", "ca_1"]),
        (SharingFilter::All, &["bob"], &[], &["ca_5", "ca_4"]),
        (SharingFilter::All, &["ada"], &["github"], &["ca_2", "ca_1"]),
    ];
    for (sharing, users, toolkits, expected) in cases {
        let mut query = AccountQuery::new();
        query.sharing = sharing;
        query.users = users.iter().copied().map(UserId::new).collect();
        query.toolkits = toolkits.iter().map(|slug| toolkit(slug)).collect::<Vec<ToolkitSlug>>();
        assert_eq!(listed(store, query, expected.len()).await, expected, "{sharing:?} {users:?} {toolkits:?}");
    }
}

/// All accounts of a list, one at a time.
async fn listed(store: &dyn Store, mut query: AccountQuery, total: usize) -> Vec<String> {
    query.limit = Some(1);
    let mut found = Vec::new();
    loop {
        let page = store.accounts(&here(), &query).await.unwrap();
        assert_eq!(page.total, Some(total), "{query:?}");
        found.extend(page.items.into_iter().map(|account| account.id.as_str().to_owned()));
        query.cursor = page.next_cursor;
        if query.cursor.is_none() {
            return found;
        }
    }
}

/// An account changes lists when its sharing changes.
pub async fn an_account_is_listed_as_it_is_shared_now(store: &dyn Store) {
    let id = keep_account(store, Active).await;
    for now_shared in [true, false, true] {
        share(store, &id, &SharingUpdate::new().shared(now_shared), 1).await.unwrap();
        for (filter, expected) in [(SharingFilter::Private, !now_shared), (SharingFilter::Shared, now_shared)] {
            let mut query = AccountQuery::new();
            query.sharing = filter;
            assert_eq!(listed(store, query, usize::from(expected)).await.len(), usize::from(expected), "{filter:?}");
        }
    }
}
