//! Accounts that others share. The rules are those of `session-semantics` 1.8.

use composio_core::{
    AccessList, ConnectionStatus as Status, ErrorKind, MultiAccount, Sharing, SharingFilter, SharingUpdate, UserId,
};

use super::stage::{Stage, T, everyone, only, path, refused};
use crate::harness::{AccountSeed, Harness, OTHER_USER, USER, enter_key, ran, refused as refused_naming, whoami};

const PINS: &str = "connected_accounts.managed";
const LISTS: &str = "acl_config_for_shared";

fn list_of(sharing: &Sharing) -> &AccessList {
    let Sharing::Shared(list) = sharing else { panic!("it is shared: {sharing:?}") };
    list
}

/// Without a pin a shared account runs nothing, for its owner neither, and not by its name.
pub async fn a_shared_account_runs_where_it_is_pinned(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let seed = AccountSeed::new("S1", T, &config).alias("team").sharing(Sharing::Shared(everyone()));
    let s1 = stage.account(seed).await;
    let before = harness.requests();
    for user in [USER, OTHER_USER] {
        let session = stage.composio.create(user).await.unwrap();
        refused(ran(whoami(&session, T)).await, ErrorKind::ConnectionRequired);
        for named in [s1.as_str(), "team"] {
            refused_naming(ran(whoami(&session, T).account(named)).await, ErrorKind::InvalidInput, &[named]);
        }
    }
    assert_eq!(harness.requests(), before);
    for user in [USER, OTHER_USER] {
        let session = stage.composio.create(user).connected_account(T, &s1).await.unwrap();
        assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("S1"));
        assert_eq!(ran(whoami(&session, T).account("team")).await.unwrap().as_deref(), Some("S1"));
    }
}

/// Denied beats everybody, everybody beats the list, the list beats nothing; whoever owns the account always may.
pub async fn an_access_list_says_who_may_pin(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let list = |allow_all, allowed: &[&str], denied: &[&str]| AccessList {
        allow_all,
        denied: denied.iter().map(UserId::new).collect(),
        ..only(allowed)
    };
    for (number, (list, admitted)) in [
        (list(false, &[], &[]), false),
        (list(true, &[], &[]), true),
        (list(false, &[USER], &[]), true),
        (list(false, &["user_w"], &[]), false),
        (list(true, &[USER], &[USER]), false),
        (list(false, &[USER], &[USER]), false),
        (list(true, &[], &["user_w"]), true),
        (list(false, &[USER], &[OTHER_USER]), true),
        (list(false, &[], &[OTHER_USER]), false),
    ]
    .into_iter()
    .enumerate()
    {
        let label = format!("S{number}");
        let account = stage.shared(&label, &config, list.clone()).await;
        let pinned = stage.create().connected_account(T, &account).await;
        match admitted {
            true => {
                assert_eq!(ran(whoami(&pinned.unwrap(), T)).await.unwrap(), Some(label.clone()), "{list:?}");
            }
            false => path(&refused_naming(pinned, ErrorKind::InvalidInput, &[account.as_str()]), PINS),
        }
        let owner = stage.composio.create(OTHER_USER).connected_account(T, &account).await.unwrap();
        assert_eq!(ran(whoami(&owner, T)).await.unwrap(), Some(label), "{list:?}");
    }
}

/// A user who is kept out later is refused at the next call; nothing is sent, and no other account is used. Let in again,
/// the same session goes on.
pub async fn access_that_is_withdrawn_ends_at_the_next_call(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let s1 = stage.shared("S1", &config, everyone()).await;
    stage.account(AccountSeed::new("A1", T, &config)).await;
    let session = stage.create().connected_account(T, &s1).await.unwrap();
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("S1"));
    let accounts = stage.connected_accounts();
    let withdrawn = [
        SharingUpdate::new().denied([USER]),
        SharingUpdate::new().denied::<&str>([]).allow_all(false),
        SharingUpdate::new().shared(false),
    ];
    for update in withdrawn {
        accounts.share(&s1, update.clone()).await.unwrap();
        let before = harness.requests();
        let error = ran(whoami(&session, T)).await.expect_err("the user is kept out");
        // That an account which is private again exists is nobody's business.
        let kind = if update.shared == Some(false) { ErrorKind::NotFound } else { ErrorKind::PermissionDenied };
        assert_eq!(error.kind(), kind, "{error:?}");
        assert!(error.to_string().contains(s1.as_str()), "{error}");
        assert_eq!((harness.requests(), error.connect_url()), (before, None));
        let explained = session.explain(T).await.unwrap();
        assert_eq!(explained.outcome.as_ref().err().map(|error| error.kind()), Some(kind), "{explained}");
    }
    accounts.share(&s1, SharingUpdate::new().shared(true).allowed([USER])).await.unwrap();
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("S1"));
}

/// A change of an access list leaves what it does not name; an empty list clears; private forgets everything.
pub async fn an_access_list_changes_in_part(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let s1 = stage.shared("S1", &config, only(&["user_a", "user_b"])).await;
    let accounts = stage.connected_accounts();
    let change = SharingUpdate::new;
    let list = |allow_all, allowed: &[&str], denied: &[&str]| {
        let denied = denied.iter().map(UserId::new).collect();
        Sharing::Shared(AccessList { allow_all, denied, ..only(allowed) })
    };
    for (update, expected) in [
        (change(), list(false, &["user_a", "user_b"], &[])),
        (change().denied(["user_c"]), list(false, &["user_a", "user_b"], &["user_c"])),
        (change().allow_all(true), list(true, &["user_a", "user_b"], &["user_c"])),
        (change().allowed(["user_d"]), list(true, &["user_d"], &["user_c"])),
        (change().allowed::<&str>([]).allow_all(false), list(false, &[], &["user_c"])),
        (change().shared(true), list(false, &[], &["user_c"])),
        (change().shared(false), Sharing::Private),
        (change().shared(true), list(false, &[], &[])),
    ] {
        let shared = accounts.share(&s1, update.clone()).await.unwrap();
        assert_eq!(shared.sharing, expected, "{update:?}");
        assert_eq!(stage.read(&s1).await, shared);
    }
    refused(accounts.share("ca_nowhere", change()).await, ErrorKind::NotFound);
}

/// Lists belong to shared accounts, and have their bounds: what does not fit is refused by its path, and nothing changes.
pub async fn an_access_list_that_does_not_fit_is_refused(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let (private, s1) = (stage.some_account("A1").await, stage.shared("S1", &config, only(&["user_a"])).await);
    let accounts = stage.connected_accounts();
    let many = |count: usize| (0..count).map(|number| format!("user_{number}")).collect::<Vec<_>>();
    let change = SharingUpdate::new;
    let (allowed, denied) = ("acl_config_for_shared.allowed_user_ids", "acl_config_for_shared.not_allowed_user_ids");
    for (account, update, field) in [
        (&private, change().allow_all(true), LISTS),
        (&private, change().allowed([USER]), LISTS),
        (&private, change().denied::<&str>([]), LISTS),
        (&s1, change().shared(false).allow_all(true), LISTS),
        (&s1, change().allowed(many(1001)), allowed),
        (&s1, change().denied(many(1001)), denied),
        (&s1, change().allowed([""]), allowed),
        (&s1, change().denied(["x".repeat(257)]), denied),
    ] {
        let before = stage.read(account).await;
        let error = refused(accounts.share(account, update).await, ErrorKind::InvalidInput);
        path(&error, field);
        assert_eq!(stage.read(account).await, before);
    }
    // One that is made with such a list is not made.
    let too_many = AccessList { allowed: many(1001).into_iter().map(UserId::new).collect(), ..AccessList::default() };
    let kept = stage.kept().await;
    let creating = accounts.create(USER, &config).field("api_key", harness.key("A2"));
    path(&refused(creating.sharing(Sharing::Shared(too_many)).await, ErrorKind::InvalidInput), allowed);
    assert_eq!(stage.kept().await, kept);
    let longest = "x".repeat(256);
    let whole = change().allowed(many(1000)).denied([longest.clone()]);
    let shared = accounts.share(&s1, whole).await.unwrap().sharing;
    assert_eq!((list_of(&shared).allowed.len(), list_of(&shared).denied[0].as_str()), (1000, &*longest));
}

/// One shared account for each toolkit: a second one is refused when the session is created, and when it changes.
pub async fn a_session_pins_one_shared_account_of_a_toolkit(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let (s1, s2) = (stage.shared("S1", &config, everyone()).await, stage.shared("S2", &config, everyone()).await);
    let own = stage.account(AccountSeed::new("A1", T, &config)).await;
    let create = || stage.create().multi_account(MultiAccount::new());
    let error = refused(create().connected_accounts([(T, &s1), (T, &s2)]).await, ErrorKind::InvalidInput);
    path(&error, PINS);
    let session = create().connected_accounts([(T, &s1), (T, &own)]).await.unwrap();
    let more = session.update().connected_accounts([(T, &s1), (T, &own), (T, &s2)]);
    path(&refused(more.await, ErrorKind::InvalidInput), PINS);
    assert_eq!(session.version(), 1);
    session.update().connected_accounts([(T, &s2), (T, &own)]).await.unwrap();
    let call = whoami(&session, T).account(s2.as_str());
    assert_eq!(ran(call).await.unwrap().as_deref(), Some("S2"));
}

/// Who else is let in is the business of the owner and of the application, and not of those who are.
pub async fn an_access_list_is_hidden_from_others(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let list = AccessList { denied: vec!["user_x".into()], ..only(&[USER, "user_w"]) };
    let s1 = stage.shared("S1", &config, list.clone()).await;
    let others = stage.create().connected_account(T, &s1).await.unwrap();
    let owners = stage.composio.create(OTHER_USER).connected_account(T, &s1).await.unwrap();
    assert_eq!(stage.read(&s1).await.sharing, Sharing::Shared(list.clone()));
    for (session, expected) in [(&others, AccessList::default()), (&owners, list)] {
        let read = session.connected_account(&s1).await.unwrap();
        assert_eq!(*list_of(&read.sharing), expected);
        let toolkit = session.toolkits().slugs([T]).await.unwrap().items.remove(0);
        let shown = toolkit.account.iter().chain(&toolkit.accounts);
        let lists: Vec<_> = shown.map(|account| list_of(&account.sharing).clone()).collect();
        assert_eq!(lists, [expected.clone(), expected.clone()]);
        assert_eq!(*list_of(&harness.backend().probe(session.id(), &s1).await.unwrap().sharing), expected);
        let explained = session.explain(T).await.unwrap();
        assert!(explained.considered.iter().all(|one| *list_of(&one.account.sharing) == expected), "{explained}");
    }
}

/// Lists of accounts have private ones, shared ones where those are asked for, or both.
pub async fn shared_accounts_are_listed_where_they_are_asked_for(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let own = stage.account(AccountSeed::new("A1", T, &config)).await;
    let s1 = stage.shared("S1", &config, everyone()).await;
    let s2 = stage.account(AccountSeed::new("S2", T, &config).sharing(Sharing::Shared(everyone()))).await;
    let list = || stage.connected_accounts().list();
    for (listing, expected) in [
        (list(), vec![&own]),
        (list().sharing(SharingFilter::Private), vec![&own]),
        (list().sharing(SharingFilter::Shared), vec![&s2, &s1]),
        (list().sharing(SharingFilter::All), vec![&s2, &s1, &own]),
        (list().sharing(SharingFilter::All).user(USER), vec![&s2, &own]),
        (list().sharing(SharingFilter::Shared).user(OTHER_USER), vec![&s1]),
        (list().sharing(SharingFilter::Shared).status(Status::Expired), vec![]),
    ] {
        let found = listing.await.unwrap().items;
        assert_eq!(found.iter().map(|account| &account.id).collect::<Vec<_>>(), expected);
    }
    stage.connected_accounts().share(&s2, SharingUpdate::new().shared(false)).await.unwrap();
    assert_eq!(list().await.unwrap().items.len(), 2);
}

/// A link may begin a shared account: it is its user's, and no session takes it without a pin.
pub async fn a_link_may_begin_a_shared_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    stage.config(T).await;
    let session = stage.session().await;
    let request = session.authorize(T).alias("team").sharing(Sharing::Shared(only(&[OTHER_USER]))).await.unwrap();
    enter_key(harness, request.redirect_url(), "S1").await;
    let account = request.wait().await.unwrap();
    assert_eq!((account.user.as_str(), list_of(&account.sharing)), (USER, &only(&[OTHER_USER])));
    refused(ran(whoami(&session, T)).await, ErrorKind::ConnectionRequired);
    let pinned = stage.composio.create(OTHER_USER).connected_account(T, &account.id).await.unwrap();
    assert_eq!(ran(whoami(&pinned, T)).await.unwrap().as_deref(), Some("S1"));
}

/// A shared account that does not work is named to whoever pins it; only its owner connects it again.
pub async fn a_shared_account_that_ended_is_its_owners_to_connect(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let s1 = stage.shared("S1", &config, everyone()).await;
    let session = stage.create().connected_account(T, &s1).await.unwrap();
    harness.set_status(&s1, Status::Expired).await;
    let before = harness.requests();
    let names = [s1.as_str(), "EXPIRED"];
    let error = refused_naming(ran(whoami(&session, T)).await, ErrorKind::ConnectionRequired, &names);
    assert_eq!((harness.requests(), error.connect_url()), (before, None), "a link would not be this user's to use");
    refused_naming(session.reconnect(&s1).await, ErrorKind::PermissionDenied, &[s1.as_str(), "owner"]);
    let owner = stage.composio.create(OTHER_USER).await.unwrap();
    let request = owner.reconnect(&s1).await.unwrap();
    enter_key(harness, request.redirect_url(), "S1").await;
    assert_eq!(ran(whoami(&session, T)).await.unwrap().as_deref(), Some("S1"));
}
