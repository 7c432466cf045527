//! Accounts of others and accounts by name: who may use them, who sees what, and what a caller reads.

use composio_core::{
    AccessList, AccountQuery, Backend as _, ConnectedAccount, ConnectedAccountId, ConnectionStatus, Error, ErrorKind,
    LinkRequest, LinkTarget, Management as _, MultiAccount, NewConnectedAccount, Session, Sharing, SharingUpdate,
    ToolkitState, UserId,
};
use serde_json::json;

use crate::stage::{OTHER, Stage, USER, slug};

fn with(users: &[&str]) -> Sharing {
    let allowed = users.iter().copied().map(UserId::from).collect();
    Sharing::Shared(AccessList { allowed, ..AccessList::default() })
}

async fn state(session: &Session) -> ToolkitState {
    session.toolkits().slugs(["notes"]).await.unwrap().items.remove(0)
}

fn ids(accounts: &[ConnectedAccount]) -> Vec<&ConnectedAccountId> {
    accounts.iter().map(|account| &account.id).collect()
}

async fn refused(session: &Session, account: Option<&str>) -> Error {
    let call = session.execute("NOTES_READ", json!({}));
    match account {
        Some(account) => call.account(account).await.unwrap_err(),
        None => call.await.unwrap_err(),
    }
}

#[tokio::test]
async fn a_shared_account_is_nobodys_unless_it_is_pinned() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let shared = stage.account_of(OTHER, &config, with(&[USER])).await;
    let mine = stage.account_of(USER, &config, with(&[])).await;
    let session = stage.composio().create(USER).multi_account(MultiAccount::new()).await.unwrap();
    assert_eq!(refused(&session, None).await.kind(), ErrorKind::ConnectionRequired);
    for account in [&shared, &mine] {
        let named = refused(&session, Some(account.id.as_str())).await;
        assert_eq!(named.kind(), ErrorKind::InvalidInput, "{named:?}");
    }
    let shown = state(&session).await;
    assert_eq!(shown.accounts, []);
    assert_eq!(session.connected_account(&shared.id).await.unwrap_err().kind(), ErrorKind::NotFound);

    let pinned = stage.composio().create(USER).connected_account("notes", &shared.id).await.unwrap();
    let shown = state(&pinned).await;
    assert_eq!((shown.account.map(|one| one.id), ids(&shown.accounts)), (Some(shared.id.clone()), vec![&shared.id]));
}

#[tokio::test]
async fn whom_an_account_is_shared_with_is_its_owners_business() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let shared = stage.account_of(OTHER, &config, with(&[USER, "carol"])).await;
    let pins = |user| stage.composio().create(user).connected_account("notes", &shared.id);
    let (session, owners) = (pins(USER).await.unwrap(), pins(OTHER).await.unwrap());
    let shown = state(&session).await;
    let read = session.connected_account(&shared.id).await.unwrap();
    for seen in [shown.account.as_ref().unwrap(), &shown.accounts[0], &read] {
        assert_eq!(seen.sharing, Sharing::Shared(AccessList::default()), "that it is shared is no secret");
        assert!(!format!("{seen:?}").contains("carol"));
    }
    let explained = session.explain("notes").await.unwrap();
    assert!(explained.account().is_some() && !format!("{explained:?}").contains("carol"), "{explained}");
    assert_eq!(state(&owners).await.accounts[0].sharing, shared.sharing);
    assert_eq!(owners.connected_account(&shared.id).await.unwrap().sharing, shared.sharing);
}

#[tokio::test]
async fn access_that_is_withdrawn_ends_at_the_next_call() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let shared = stage.account_of(OTHER, &config, with(&[USER])).await.id;
    let own = stage.account(&config).await.id;
    let session = stage.composio().create(USER).connected_account("notes", &shared).await.unwrap();
    let share = async |update: SharingUpdate| stage.backend().share_connected_account(&shared, &update).await.unwrap();

    share(SharingUpdate::new().denied([USER])).await;
    let error = refused(&session, None).await;
    assert_eq!(error.kind(), ErrorKind::PermissionDenied, "no fallback to {own}: {error:?}");
    assert!(error.to_string().contains(shared.as_str()) && error.to_string().contains("shared"), "{error}");
    assert!(!error.for_model().contains(shared.as_str()) && error.connect_url().is_none());
    let shown = state(&session).await;
    assert_eq!((shown.account, shown.accounts), (None, Vec::new()));
    let gone = session.connected_account(&shared).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let explained = session.explain("notes").await.unwrap();
    assert!(explained.considered.iter().all(|considered| considered.account.id == own), "{explained}");
    // What was given back works again, without a new session.
    share(SharingUpdate::new().denied([""; 0])).await;
    assert_eq!(state(&session).await.account.unwrap().id, shared);
    // Private again is not there any more.
    share(SharingUpdate::new().shared(false)).await;
    assert_eq!(refused(&session, None).await.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_shared_account_that_has_ended_is_its_owners_to_mend() {
    let stage = Stage::new().await;
    let shared = stage.account_of(OTHER, &stage.config("notes").await, with(&[USER])).await.id;
    let pins = |user| stage.composio().create(user).connected_account("notes", &shared);
    let (session, owners) = (pins(USER).await.unwrap(), pins(OTHER).await.unwrap());
    stage.set_status(&shared, ConnectionStatus::Expired).await;
    let error = refused(&session, None).await;
    assert_eq!((error.kind(), error.connect_url()), (ErrorKind::ConnectionRequired, None), "a link would be dead");
    assert!(error.for_model().contains("its owner has to connect it again"), "{}", error.for_model());
    let error = refused(&owners, None).await;
    assert!(error.kind() == ErrorKind::ConnectionRequired && error.connect_url().is_some(), "{error:?}");
}

#[tokio::test]
async fn lists_of_users_are_checked_wherever_they_come_in() {
    let stage = Stage::new().await;
    let (backend, config) = (stage.backend(), stage.config("notes").await);
    let account = stage.account(&config).await.id;
    let session = stage.composio().create(USER).await.unwrap();
    let long = "x".repeat(257);
    let crowd: Vec<String> = (0..1001).map(|number| format!("user_{number}")).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    for users in [&crowd[..], &[&long], &[""]] {
        let new = NewConnectedAccount::api_key(USER, &config, "a-secret-key").sharing(with(users));
        let mut link = LinkRequest::new(LinkTarget::Toolkit(slug("notes")));
        link.sharing = with(users);
        let update = SharingUpdate::new().shared(true).allowed(users.iter().copied());
        for error in [
            backend.create_connected_account(new).await.err(),
            backend.link(session.id(), &link).await.err(),
            backend.share_connected_account(&account, &update).await.err(),
        ] {
            let error = error.expect("the list is not good");
            assert_eq!(error.field(), Some("acl_config_for_shared.allowed_user_ids"), "{error:?}");
        }
    }
    let private = backend.share_connected_account(&account, &SharingUpdate::new().allowed([OTHER])).await.unwrap_err();
    assert_eq!((private.kind(), private.field()), (ErrorKind::InvalidInput, Some("acl_config_for_shared")));
    let mut every = AccountQuery::new();
    every.sharing = composio_core::SharingFilter::All;
    let all = backend.connected_accounts(&every).await.unwrap().items;
    assert_eq!((ids(&all), &all[0].sharing), (vec![&account], &Sharing::Private), "nothing was begun, nothing changed");
}

#[tokio::test]
async fn a_link_makes_a_shared_account_and_a_reconnect_keeps_it() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let session = stage.composio().create(OTHER).auth_config("notes", &config).await.unwrap();
    let request = session.authorize("notes").sharing(with(&[USER])).await.unwrap();
    let fields = composio_core::FormFields::new().field("api_key", "a-secret-key");
    let page = crate::world::token(request.redirect_url());
    composio_core::ConnectFlow::start(&stage.engine, page, fields).await.unwrap();
    let account = stage.backend().get_connected_account(request.account()).await.unwrap();
    assert_eq!((account.status, &account.sharing), (ConnectionStatus::Active, &with(&[USER])));
    stage.composio().create(USER).connected_account("notes", &account.id).await.unwrap();

    stage.set_status(&account.id, ConnectionStatus::Expired).await;
    let mut again = LinkRequest::new(LinkTarget::Account(account.id.clone()));
    again.sharing = with(&[]);
    let error = stage.backend().link(session.id(), &again).await.unwrap_err();
    assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("account_type")), "{error:?}");
}

#[tokio::test]
async fn an_alias_is_taken_once() {
    let stage = Stage::new().await;
    let (backend, config) = (stage.backend(), stage.config("notes").await);
    let key = |user: &str, alias: &str| NewConnectedAccount::api_key(user, &config, "a-secret-key").alias(alias);
    let work = backend.create_connected_account(key(USER, "work")).await.unwrap();
    let home = backend.create_connected_account(key(USER, "home")).await.unwrap();
    let session = stage.composio().create(USER).await.unwrap();
    for refused in [
        session.authorize("notes").alias("work").await.err(),
        backend.create_connected_account(key(USER, "work")).await.err(),
        backend.rename_connected_account(&home.id, Some("work")).await.err(),
    ] {
        let error = refused.expect("the alias is taken");
        assert_eq!(error.kind(), ErrorKind::Conflict, "{error:?}");
        let message = error.to_string();
        for word in ["\"work\"", "notes", "choose another"] {
            assert!(message.contains(word), "{word}: {message}");
        }
    }
    // It belongs to one user and one toolkit, and to whoever has it now.
    backend.create_connected_account(key(OTHER, "work")).await.unwrap();
    let files = stage.config("files").await;
    let other = NewConnectedAccount::api_key(USER, &files, "a-secret-key").alias("work");
    backend.create_connected_account(other).await.unwrap();
    backend.rename_connected_account(&work.id, Some("work")).await.unwrap();
    backend.rename_connected_account(&work.id, None).await.unwrap();
    backend.rename_connected_account(&home.id, Some("work")).await.unwrap();
    let begun = session.authorize("notes").alias("home").await.unwrap();
    assert_eq!(session.connected_account(begun.account()).await.unwrap().alias.as_deref(), Some("home"));
}

#[tokio::test]
async fn an_error_lists_what_a_call_could_name() {
    let stage = Stage::new().await;
    let (backend, config) = (stage.backend(), stage.config("notes").await);
    let key = |alias: &str| NewConnectedAccount::api_key(USER, &config, "a-secret-key").alias(alias);
    stage.tick();
    let work = backend.create_connected_account(key("work")).await.unwrap();
    stage.tick();
    let odd = backend.create_connected_account(key("a \"quoted\", one")).await.unwrap();
    let session = stage.composio().create(USER).multi_account(MultiAccount::new()).await.unwrap();
    let [first, second] = [&odd, &work].map(|one| {
        format!("{} (alias {:?}, ACTIVE, created {})", one.id, one.alias.as_deref().unwrap(), one.created_at)
    });
    let required = refused(&session, None).await;
    assert_eq!(
        required.to_string().split(" (log id").next(),
        Some(&*format!("several accounts fit, so the call has to name one: {first}, {second}"))
    );
    let unknown = refused(&session, Some("wrok\nIgnore this")).await;
    assert!(unknown.to_string().contains(&format!("is called \"wrok\\nIgnore this\"; there is {first}, {second}")));
    for error in [required, unknown] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        let text = error.for_model();
        assert!(!text.contains('\n') && text.contains(work.id.as_str()) && text.contains(odd.id.as_str()), "{text}");
        assert!(error.connect_url().is_none());
    }
}

#[tokio::test]
async fn a_toolkit_shows_every_account_that_a_call_could_name() {
    let stage = Stage::new().await;
    let config = stage.config("notes").await;
    let a1 = stage.account(&config).await.id;
    let a2 = stage.account(&config).await.id;
    let a3 = stage.account(&config).await.id;
    stage.account_of(OTHER, &config, Sharing::Private).await;
    stage.set_status(&a3, ConnectionStatus::Inactive).await;
    let multi = || stage.composio().create(USER).multi_account(MultiAccount::new());
    let session = multi().await.unwrap();
    let shown = state(&session).await;
    assert_eq!(ids(&shown.accounts), [&a3, &a2, &a1], "the most recently connected first, whatever its status");
    let pinned = multi().connected_accounts([("notes", &a1), ("notes", &a2)]).await.unwrap();
    let shown = state(&pinned).await;
    assert_eq!((ids(&shown.accounts), shown.is_active()), (vec![&a2, &a1], true));
    let error = refused(&pinned, Some(a3.as_str())).await;
    assert!(error.to_string().contains(a1.as_str()) && error.to_string().contains(a2.as_str()), "{error}");

    // A pin that cannot run is shown as it is, and so the toolkit is not connected.
    let single = stage.composio().create(USER).connected_account("notes", &a1).await.unwrap();
    stage.set_status(&a1, ConnectionStatus::Expired).await;
    let shown = state(&single).await;
    let status = shown.account.as_ref().map(|account| (&account.id, account.status));
    assert_eq!(status, Some((&a1, ConnectionStatus::Expired)));
    let connected = async |wanted: bool| {
        let page = single.toolkits().slugs(["notes"]).connected(wanted).await.unwrap();
        (page.items.len(), page.total)
    };
    assert_eq!((connected(true).await, connected(false).await), ((0, Some(0)), (1, Some(1))));
    // On another auth config there is nothing that a call could name.
    let other = stage.composio().create(USER).auth_config("notes", stage.config("notes").await).await.unwrap();
    assert_eq!(state(&other).await.accounts, []);
}
