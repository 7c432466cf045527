//! Accounts, links and files of the hosted backend: whose they are, and what goes where.

use composio_core::hosted::HostedBackend;
use composio_core::{
    AccessList, AccountQuery, AuthConfigUpdate, Backend, ConnectionStatus, ErrorKind, FileContent, FilePath,
    NewAuthConfig, NewConnectedAccount, SessionId, Sharing, SharingFilter, SharingUpdate, Timestamp, ToolFilter,
    ToolSlug, ToolkitSlug,
};
use serde_json::{Value, json};

use super::service::{Service, account, at};

pub(crate) const ACCOUNTS: &str = "GET /api/v3.1/connected_accounts";

fn backend(service: &Service) -> HostedBackend {
    HostedBackend::new(super::options(&service.url)).unwrap()
}

fn session() -> SessionId {
    SessionId::from("trs_1")
}

pub(crate) fn config(id: &str, scheme: &str) -> Value {
    json!({
        "id": id, "type": "custom", "toolkit": {"slug": "github"}, "name": "n", "auth_scheme": scheme,
        "status": "ENABLED", "created_at": "2026-10-01T08:00:00Z", "is_enabled_for_tool_router": true,
    })
}

#[tokio::test]
async fn accounts_of_other_users_are_not_there() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    service.answer(format!("{ACCOUNTS}/ca_mine"), 200, &account("ca_mine", "u", "ACTIVE"));
    service.answer(format!("{ACCOUNTS}/ca_other"), 200, &account("ca_other", "v", "ACTIVE"));
    let (backend, session) = (backend(&service), session());
    let mine = backend.connected_account(&session, &"ca_mine".into()).await.unwrap();
    assert!(mine.is_ready() && mine.connected_at == Some(mine.created_at));
    assert_eq!(mine.ready_at, Some(Timestamp::from_micros(1_790_845_260_000_000)));
    for probe in [false, true] {
        let refused = match probe {
            false => backend.connected_account(&session, &"ca_other".into()).await,
            true => backend.probe(&session, &"ca_other".into()).await,
        };
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
    }
    assert_eq!(service.asked(&at("GET", "")).len(), 1, "whose the session is was asked for once");
}

#[tokio::test]
async fn an_account_that_is_shared_is_there_where_the_session_pins_it() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let mut shared = account("ca_team", "boss", "EXPIRED");
    shared["experimental"] =
        json!({"account_type": "SHARED", "acl_config_for_shared": {"allowed_user_ids": ["u", "w"]}});
    service.answer(format!("{ACCOUNTS}/ca_team"), 200, &shared);
    let unpinned = backend(&service).connected_account(&session(), &"ca_team".into()).await;
    assert_eq!(unpinned.unwrap_err().kind(), ErrorKind::NotFound);

    service.with_session(&json!({"connected_accounts": {"github": ["ca_team"]}}));
    let read = backend(&service).connected_account(&session(), &"ca_team".into()).await.unwrap();
    assert_eq!(read.user.as_str(), "boss");
    assert!(!format!("{read:?}").contains("\"w\""), "who else may use it is its owner's business: {read:?}");
    let reconnected = service.composio().session("trs_1").await.unwrap().reconnect("ca_team").await;
    assert_eq!(reconnected.unwrap_err().kind(), ErrorKind::PermissionDenied);

    shared["experimental"]["acl_config_for_shared"] = json!({"allowed_user_ids": ["w"]});
    service.answer(format!("{ACCOUNTS}/ca_team"), 200, &shared);
    let refused = backend(&service).connected_account(&session(), &"ca_team".into()).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_service_that_does_not_say_whose_an_account_is_is_asked_for_the_users_own() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let mut nobodys = account("ca_1", "u", "ACTIVE");
    nobodys.as_object_mut().unwrap().remove("user_id");
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &nobodys);
    let mut first = nobodys.clone();
    first["id"] = "ca_0".into();
    service.answer(ACCOUNTS, 200, &json!({"items": [first, nobodys], "next_cursor": null}));
    let backend = backend(&service);
    let read = backend.connected_account(&session(), &"ca_1".into()).await.unwrap();
    assert_eq!((read.id.as_str(), read.user.as_str()), ("ca_1", "u"));
    let query = &service.asked(ACCOUNTS)[0].query;
    assert!(query.contains("user_ids=u") && query.contains("connected_account_ids=ca_1"), "{query}");
    assert!(query.contains("account_type=ALL"), "one that the user shares is the user's too: {query}");
    service.answer(ACCOUNTS, 200, &json!({"items": []}));
    let refused = backend.connected_account(&session(), &"ca_1".into()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn accounts_that_the_service_ascribes_to_nobody_are_not_hidden() {
    let service = Service::start().await;
    let mut nobodys = account("ca_1", "u", "ACTIVE");
    nobodys.as_object_mut().unwrap().remove("user_id");
    service.answer(ACCOUNTS, 200, &json!({"items": [nobodys], "next_cursor": null}));
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &nobodys);
    service.answer(
        "PATCH /api/v3.1/connected_accounts/ca_1",
        200,
        &json!({"success": true, "id": "ca_1", "status": "ACTIVE"}),
    );
    service.answer("GET /api/v3.1/auth_configs/ac_1", 200, &config("ac_1", "API_KEY"));
    service.answer("POST /api/v3.1/connected_accounts", 201, &json!({"id": "ca_1"}));
    let accounts = service.composio().connected_accounts();
    let refused = accounts.list().await.unwrap_err();
    assert!(refused.kind() == ErrorKind::Unsupported && refused.to_string().contains("one user"), "{refused}");
    assert_eq!(accounts.list().user("u").await.unwrap().items[0].user.as_str(), "u");
    let made = accounts.create("u", "ac_1").field("api_key", "s3cret").await.unwrap();
    assert_eq!(made.user.as_str(), "u");
    // What was changed is changed, and the error says so.
    let unread = accounts.rename("ca_1", "work").await.unwrap_err();
    assert_eq!(unread.context().find(|(name, _)| *name == "changed").map(|(_, id)| id), Some("ca_1"), "{unread}");
}

#[tokio::test]
async fn accounts_of_a_user_without_a_name_are_not_those_of_all() {
    let service = Service::start().await;
    service.answer(ACCOUNTS, 200, &json!({"items": [account("ca_1", "u", "ACTIVE")]}));
    let list = || service.composio().connected_accounts().list();
    list().user("u").status(ConnectionStatus::Expired).sharing(SharingFilter::Shared).limit(999).await.unwrap();
    let query = service.asked(ACCOUNTS)[0].query.clone();
    let named = ["user_ids=u", "statuses=EXPIRED", "account_type=SHARED", "order_direction=desc", "limit=200"];
    assert!(named.iter().all(|part| query.split('&').any(|said| said == *part)), "{query}");
    for user in ["", " "] {
        let refused = list().user(user).await.unwrap_err();
        assert_eq!((refused.kind(), refused.field()), (ErrorKind::InvalidInput, Some("user")));
    }
    assert_eq!(service.all().len(), 1);
}

#[tokio::test]
async fn an_account_that_ended_is_connected_again_under_its_own_id() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let session = service.composio().create("u").await.unwrap();
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &account("ca_1", "u", "EXPIRED"));
    let refresh = "POST /api/v3.1/connected_accounts/ca_1/refresh";
    let renewed = |status: &str, url: Value| json!({"id": "ca_1", "status": status, "redirect_url": url});
    service.answer(refresh, 200, &renewed("INITIATED", "https://connect.example/s3cret".into()));
    let request = session.reconnect("ca_1").await.unwrap();
    assert_eq!((request.account().as_str(), request.redirect_url().path()), ("ca_1", "/s3cret"));
    for (status, kind) in [("ACTIVE", ErrorKind::Conflict), ("EXPIRED", ErrorKind::Unsupported)] {
        service.answer(refresh, 200, &renewed(status, Value::Null));
        assert_eq!(session.reconnect("ca_1").await.unwrap_err().kind(), kind, "{status}");
    }
    // One that works, and one of somebody else, are not touched.
    let before = service.asked(refresh).len();
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &account("ca_1", "u", "ACTIVE"));
    assert_eq!(session.reconnect("ca_1").await.unwrap_err().kind(), ErrorKind::Conflict);
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &account("ca_1", "v", "EXPIRED"));
    assert_eq!(session.reconnect("ca_1").await.unwrap_err().kind(), ErrorKind::NotFound);
    // Nor one of a toolkit outside the session.
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &account("ca_1", "u", "EXPIRED"));
    service.with_session(&json!({"toolkits": {"disabled": ["github"]}}));
    assert_eq!(session.reconnect("ca_1").await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(service.asked(refresh).len(), before);
}

#[tokio::test]
async fn a_link_carries_label_and_callback_and_shows_itself_nowhere() {
    let service = Service::start().await;
    service.with_session(&json!({}));
    let session = service.composio().create("u").await.unwrap();
    let link = json!({
        "link_token": "lk_1", "redirect_url": "https://connect.example/lk_s3cret", "connected_account_id": "ca_9",
    });
    service.answer(at("POST", "/link"), 201, &link);
    let request = session.authorize("github").alias("work").callback_url("https://app.example/done").await.unwrap();
    assert_eq!(request.account().as_str(), "ca_9");
    assert!(!format!("{request:?}").contains("lk_s3cret"));
    assert_eq!(
        service.asked(&at("POST", "/link"))[0].json(),
        json!({"toolkit": "github", "alias": "work", "callback_url": "https://app.example/done"})
    );
    let sharing = Sharing::Shared(AccessList { allow_all: true, allowed: vec![], denied: vec!["w".into()] });
    session.authorize("github").sharing(sharing.clone()).await.unwrap();
    let block = json!({
        "account_type": "SHARED", "acl_config_for_shared": {"allow_all_users": true, "not_allowed_user_ids": ["w"]},
    });
    assert_eq!(service.asked(&at("POST", "/link"))[1].json()["experimental"], block);
    let many = AccessList { allowed: vec!["w".into(); 1_001], ..AccessList::default() };
    let refused = session.authorize("github").sharing(Sharing::Shared(many)).await.unwrap_err();
    assert_eq!(refused.field(), Some("acl_config_for_shared.allowed_user_ids"));
    assert_eq!(service.asked(&at("POST", "/link")).len(), 2);
    // An account that is made at once says the same.
    service.answer("GET /api/v3.1/auth_configs/ac_1", 200, &config("ac_1", "API_KEY"));
    service.answer("POST /api/v3.1/connected_accounts", 201, &json!({"id": "ca_1"}));
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &account("ca_1", "u", "ACTIVE"));
    let made = service.composio().connected_accounts().create("u", "ac_1").alias("work").sharing(sharing);
    made.field("api_key", "s3cret").await.unwrap();
    let sent = service.asked("POST /api/v3.1/connected_accounts")[0].json();
    assert_eq!((&sent["connection"]["experimental"], &sent["connection"]["alias"]), (&block, &json!("work")));
}

#[tokio::test]
async fn an_auth_config_is_read_back_after_it_was_made() {
    let service = Service::start().await;
    let made = json!({"toolkit": {"slug": "github"}, "auth_config": {"id": "ac_1", "auth_scheme": "OAUTH2"}});
    service.answer("POST /api/v3.1/auth_configs", 201, &made);
    service.answer("GET /api/v3.1/auth_configs/ac_1", 200, &config("ac_1", "OAUTH2"));
    service.answer("PATCH /api/v3.1/auth_configs/ac_1", 200, &json!({"success": true}));
    service.answer("PATCH /api/v3.1/auth_configs/ac_1/DISABLED", 200, &json!({"success": true}));
    let backend = backend(&service);
    let manage = backend.management().unwrap();
    let github = ToolkitSlug::new("github").unwrap();
    let new = NewAuthConfig::oauth2(github.clone(), "id", "s3cret")
        .scopes(["repo"])
        .tools(ToolFilter::Only(vec![ToolSlug::new("GITHUB_A").unwrap()]));
    let config = manage.create_auth_config(new).await.unwrap();
    assert_eq!((config.id.as_str(), config.enabled, config.name.as_str()), ("ac_1", true, "n"));
    assert_eq!(
        service.asked("POST /api/v3.1/auth_configs")[0].json(),
        json!({
            "toolkit": {"slug": "github"},
            "auth_config": {
                "type": "use_custom_auth", "authScheme": "OAUTH2", "is_enabled_for_tool_router": true,
                "credentials": {"client_id": "id", "client_secret": "s3cret", "scopes": ["repo"]},
                "restrict_to_following_tools": ["GITHUB_A"],
            },
        })
    );
    let change = AuthConfigUpdate::new().name("x").enabled(false).scopes(["a"]);
    manage.update_auth_config(&"ac_1".into(), &change).await.unwrap();
    let sent = service.asked("PATCH /api/v3.1/auth_configs/ac_1")[0].json();
    assert_eq!(sent, json!({"type": "custom", "name": "x", "credentials": {"scopes": ["a"]}}));
    assert_eq!(service.asked("PATCH /api/v3.1/auth_configs/ac_1/DISABLED").len(), 1);
    let except = NewAuthConfig::managed(github).tools(ToolFilter::Except(vec![]));
    assert_eq!(manage.create_auth_config(except).await.unwrap_err().kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn a_key_makes_an_account_in_the_configs_own_scheme() {
    let service = Service::start().await;
    service.answer("GET /api/v3.1/auth_configs/ac_1", 200, &config("ac_1", "API_KEY"));
    service.answer("GET /api/v3.1/auth_configs/ac_2", 200, &config("ac_2", "OAUTH2"));
    service.answer("POST /api/v3.1/connected_accounts", 201, &json!({"id": "ca_1"}));
    service.answer(format!("{ACCOUNTS}/ca_1"), 200, &account("ca_1", "u", "ACTIVE"));
    let backend = backend(&service);
    let manage = backend.management().unwrap();
    let made = manage.create_connected_account(NewConnectedAccount::api_key("u", "ac_1", "s3cret")).await.unwrap();
    assert_eq!(made.status, ConnectionStatus::Active);
    assert_eq!(
        service.asked("POST /api/v3.1/connected_accounts")[0].json(),
        json!({
            "auth_config": {"id": "ac_1"},
            "connection": {
                "user_id": "u", "state": {"authScheme": "API_KEY", "val": {"status": "ACTIVE", "api_key": "s3cret"}},
            },
        })
    );
    let refused = manage.create_connected_account(NewConnectedAccount::api_key("u", "ac_2", "k")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
    assert_eq!(service.asked("POST /api/v3.1/connected_accounts").len(), 1);
}

#[tokio::test]
async fn what_an_account_cannot_become_is_said() {
    let service = Service::start().await;
    let (one, patch) = (format!("{ACCOUNTS}/ca_1"), "PATCH /api/v3.1/connected_accounts/ca_1");
    let mut shared = account("ca_1", "u", "ACTIVE");
    shared["experimental"] = json!({"account_type": "SHARED", "acl_config_for_shared": {"allow_all_users": true}});
    service.answer(&one, 200, &shared);
    service.answer(patch, 200, &json!({"success": true, "id": "ca_1", "status": "ACTIVE"}));
    let backend = backend(&service);
    let (manage, id) = (backend.management().unwrap(), "ca_1".into());
    let private = manage.share_connected_account(&id, &SharingUpdate::new().shared(false)).await.unwrap_err();
    assert_eq!(private.kind(), ErrorKind::Unsupported);
    manage.share_connected_account(&id, &SharingUpdate::new().allow_all(false).allowed(["v"])).await.unwrap();
    manage.rename_connected_account(&id, None).await.unwrap();
    let sent: Vec<_> = service.asked(patch).iter().map(super::service::Asked::json).collect();
    let acl = json!({"allow_all_users": false, "allowed_user_ids": ["v"]});
    assert_eq!(sent, [json!({"experimental": {"acl_config_for_shared": acl}}), json!({"alias": ""})]);
    let revoke = "POST /api/v3.1/connected_accounts/ca_1/revoke";
    for (status, kind) in [(400, ErrorKind::Unsupported), (409, ErrorKind::Conflict)] {
        service.answer(revoke, status, &json!({"error": {"message": "no"}}));
        assert_eq!(manage.revoke_connected_account(&id).await.unwrap_err().kind(), kind);
    }
    service.answer(ACCOUNTS, 200, &json!({"items": [shared], "next_cursor": "c", "total_items": 3}));
    let page = manage.connected_accounts(&AccountQuery::new()).await.unwrap();
    assert_eq!((page.items.len(), page.next_cursor.as_deref(), page.total), (1, Some("c"), Some(3)));
}

#[tokio::test]
async fn a_file_goes_where_the_service_says_without_the_key() {
    let (service, storage) = (Service::start().await, Service::start().await);
    service.with_session(&json!({}));
    let place = |name: &str| {
        json!({
            name: format!("{}/put/a.txt?sig=s3cret", storage.url), "mount_relative_path": "a.txt",
            "sandbox_mount_prefix": "/mnt/files", "expires_at": "2026-10-02T11:00:00.000Z",
        })
    };
    service.answer(at("POST", "/mounts/files/upload_url"), 201, &place("upload_url"));
    service.answer(at("POST", "/mounts/files/download_url"), 201, &place("download_url"));
    storage.answer("PUT /put/a.txt", 200, &json!({}));
    storage.answer("GET /put/a.txt", 200, &json!("hello"));
    let backend = backend(&service);
    let files = backend.files().unwrap();
    let content = FileContent::new("hello").content_type("text/plain");
    let entry = files.upload_file(&session(), &FilePath::new("/a.txt"), content).await.unwrap();
    assert_eq!((entry.path.as_str(), entry.size), ("a.txt", Some(5)));
    let read = files.download_file(&session(), &FilePath::new("a.txt")).await.unwrap();
    assert_eq!(read.bytes, b"\"hello\"");
    let put = &storage.asked("PUT /put/a.txt")[0];
    assert_eq!((put.body.as_str(), put.headers["content-type"].as_str()), ("hello", "text/plain"));
    for asked in storage.all() {
        assert!(asked.headers.values().all(|value| !value.contains("s3cret")), "{:?}", asked.headers);
        assert!(!asked.headers.contains_key("x-api-key"));
    }
    let asked = service.asked(&at("POST", "/mounts/files/upload_url"))[0].json();
    assert_eq!(asked, json!({"mount_relative_path": "a.txt", "mimetype": "text/plain"}));
    let file = json!({"mount_relative_path": "b/a.txt", "sandbox_mount_prefix": "/mnt/files", "size": 5});
    service.answer(at("GET", "/mounts/files/items"), 200, &json!({"items": [file], "next_cursor": ""}));
    let listed =
        service.composio().session("trs_1").await.unwrap().files().list().prefix("/b/").limit(900).await.unwrap();
    assert_eq!((listed.items[0].path.as_str(), listed.next_cursor), ("b/a.txt", None));
    let query = &service.asked(&at("GET", "/mounts/files/items"))[0].query;
    assert_eq!(query, "limit=500&mount_relative_prefix=b%2F");
    let nowhere = files.download_file(&session(), &FilePath::new("/")).await.unwrap_err();
    assert_eq!(nowhere.kind(), ErrorKind::InvalidInput);
}
