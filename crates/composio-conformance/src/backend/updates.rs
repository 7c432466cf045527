//! Sessions that change.

use std::borrow::Cow;

use composio_core::schemars::{self, JsonSchema};
use composio_core::{
    ApprovalPolicy, Composio, ErrorKind, MultiAccount, MultiAccountUpdate, NativeDefinitions, Patch, Preload, Result,
    Session, SessionConfig, SessionUpdate, Tag, TagFilter, Tool, ToolContext, ToolFilter, ToolPolicy, ToolkitMap,
    ToolkitPolicy, Url, UserId,
};
use serde::Deserialize;
use serde_json::json;

use super::stage::{Stage, T, listed, path, refused, slug};
use crate::harness::{AccountSeed, ConfigSeed, Harness, OTHER_USER, USER, ran, refused as refused_naming, whoami};

const INVALID: ErrorKind = ErrorKind::InvalidInput;
const DONE: &str = "http://localhost:3000/done";

/// A tool of this process.
pub(super) struct Shout;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Words {
    text: String,
}

impl Tool for Shout {
    const SLUG: &'static str = "SHOUT";
    type Input = Words;
    type Output = String;

    fn description(&self) -> Cow<'static, str> {
        "Says it louder.".into()
    }

    async fn call(&self, _: ToolContext, input: Words) -> Result<String> {
        Ok(input.text.to_uppercase())
    }
}

/// Native tools live in the process: a session that is taken up again has those that it is given again, and no others.
pub async fn native_tools_are_given_again_to_a_session(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let before = stage.create().toolkits(["open"]).preload(["OPEN_WHOAMI"]).tool(Shout).await.unwrap();
    let id = before.id().clone();
    drop(before);
    let shout = async |session: &Session| session.execute("LOCAL_SHOUT", json!({"text": "hi"})).await;
    let without = stage.composio.session(&id).await.unwrap();
    refused_naming(shout(&without).await, ErrorKind::NotFound, &["LOCAL_SHOUT"]);
    let with = stage.composio.session(&id).tool(Shout).await.unwrap();
    assert_eq!(shout(&with).await.unwrap().value(), "HI");
    assert_eq!((with.config(), with.version(), with.user().as_str()), (without.config(), 1, USER));
    let tools = with.tools().await.unwrap();
    assert!(tools.get("LOCAL_SHOUT").is_some() && tools.get("OPEN_WHOAMI").is_some(), "{tools:?}");
}

/// A configuration in which nothing is at its default, as far as it needs no account.
fn full() -> SessionConfig {
    let mut config = SessionConfig::new();
    config.toolkits = ToolkitPolicy::Enable(vec![slug("open"), slug("other"), slug(T)]);
    config.tools = ToolkitMap::from([(slug("open"), ToolPolicy::Enable(["OPEN_WHOAMI".try_into().unwrap()].into()))]);
    config.tags = TagFilter::new().disable([Tag::Destructive]);
    config.preload = Preload::Tools(vec!["OPEN_WHOAMI".try_into().unwrap()]);
    config.multi_account = Some(MultiAccount::new().max_per_toolkit(3));
    config.approvals = Some(ApprovalPolicy::destructive().into());
    config.callback_url = Some(Url::parse(DONE).unwrap().into());
    config
}

async fn with_config(harness: &dyn Harness, config: &SessionConfig) -> Session {
    let record = harness.backend().create_session(&USER.into(), config, &NativeDefinitions::none()).await.unwrap();
    Stage::new(harness).composio.session(record.id).await.unwrap()
}

/// Each field that is named is replaced whole, and each that is not stays as it was.
pub async fn an_update_replaces_what_it_names(harness: &dyn Harness) {
    let session = with_config(harness, &full()).await;
    let mut expected = full();
    let check = async |expected: &SessionConfig| {
        assert_eq!(*session.config(), *expected);
        assert_eq!(*harness.backend().session(session.id()).await.unwrap().config, *expected);
    };
    session.update().toolkits(["open", "keyed"]).await.unwrap();
    expected.toolkits = ToolkitPolicy::Enable(vec![slug("open"), slug("keyed")]);
    check(&expected).await;
    session.update().disable_toolkits([T]).await.unwrap();
    expected.toolkits = ToolkitPolicy::Disable(vec![slug(T)]);
    check(&expected).await;
    let against = || ToolPolicy::Disable(["OTHER_WIPE".try_into().unwrap()].into());
    session.update().tools([("other", against())]).await.unwrap();
    expected.tools = ToolkitMap::from([(slug("other"), against())]);
    check(&expected).await;
    session.update().tags(TagFilter::new().enable([Tag::ReadOnly])).await.unwrap();
    expected.tags = TagFilter::new().enable([Tag::ReadOnly]);
    check(&expected).await;
    session.update().preload(["OTHER_WHOAMI"]).callback_url("http://localhost:3000/other").await.unwrap();
    expected.preload = Preload::Tools(vec!["OTHER_WHOAMI".try_into().unwrap()]);
    expected.callback_url = Some(Url::parse("http://localhost:3000/other").unwrap().into());
    check(&expected).await;
    let mut approvals = ApprovalPolicy::new();
    approvals.toolkits.insert(slug("open"));
    session.update().approvals(approvals.clone()).await.unwrap();
    expected.approvals = Some(approvals.into());
    check(&expected).await;
    assert_eq!((session.version(), session.user().as_str()), (7, USER));
}

/// Only what is said of several accounts merges: what is not said in it stays, and off forgets the rest.
pub async fn an_update_merges_what_is_said_of_several_accounts(harness: &dyn Harness) {
    let session = with_config(harness, &full()).await;
    let multi = MultiAccount::new().max_per_toolkit(3);
    for (update, expected) in [
        (MultiAccountUpdate::new(), Some(multi)),
        (MultiAccountUpdate::new().require_explicit_selection(false), Some(multi.require_explicit_selection(false))),
        (
            MultiAccountUpdate::new().max_per_toolkit(7),
            Some(multi.max_per_toolkit(7).require_explicit_selection(false)),
        ),
        (MultiAccountUpdate::new().enable(false), None),
        (MultiAccountUpdate::new().enable(false), None),
        (MultiAccountUpdate::new().enable(true), Some(MultiAccount::new())),
    ] {
        session.update().multi_account(update).await.unwrap();
        assert_eq!(session.config().multi_account, expected, "{update:?}");
    }
    let mut expected = full();
    expected.multi_account = Some(MultiAccount::new());
    assert_eq!(*session.config(), expected);
}

/// Null is as if nothing had ever been said, of each field alone and of all at once.
pub async fn an_update_with_null_is_as_if_never_set(harness: &dyn Harness) {
    let none = SessionConfig::new();
    let of_each: [fn(&mut SessionUpdate, &mut SessionConfig, SessionConfig); 7] = [
        |update, config, none| (update.toolkits, config.toolkits) = (Patch::Reset, none.toolkits),
        |update, config, none| (update.tools, config.tools) = (Patch::Reset, none.tools),
        |update, config, none| (update.tags, config.tags) = (Patch::Reset, none.tags),
        |update, config, none| (update.preload, config.preload) = (Patch::Reset, none.preload),
        |update, config, none| (update.multi_account, config.multi_account) = (Patch::Reset, none.multi_account),
        |update, config, none| (update.approvals, config.approvals) = (Patch::Reset, none.approvals),
        |update, config, none| (update.callback_url, config.callback_url) = (Patch::Reset, none.callback_url),
    ];
    for reset in of_each {
        let (mut update, mut expected) = (SessionUpdate::new(), full());
        reset(&mut update, &mut expected, none.clone());
        let session = with_config(harness, &full()).await;
        session.update().with(update.clone()).await.unwrap();
        assert_eq!(*session.config(), expected, "{update:?}");
    }
    let session = with_config(harness, &full()).await;
    let all = session.update().reset_toolkits().reset_tools().reset_tags().reset_auth_configs();
    let all = all.reset_connected_accounts().reset_preload().reset_multi_account().reset_approvals();
    all.reset_callback_url().await.unwrap();
    assert_eq!(*session.config(), none);
    let again = Stage::new(harness).composio.session(session.id()).await.unwrap();
    assert_eq!((*again.config()).clone(), none);
}

/// What an update says holds for the next call and the next listing, of every value of the session in the process; another
/// process sees it when it reads the session again.
pub async fn an_update_holds_from_the_next_call_on(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.create().toolkits(["open"]).preload(["OPEN_WHOAMI"]).await.unwrap();
    let (clone, again) = (session.clone(), stage.composio.session(session.id()).await.unwrap());
    let elsewhere = Composio::with_backend(harness.backend()).session(session.id()).await.unwrap();
    let mut changes = clone.changes();
    let whoami_slug = |toolkit: &str| format!("{}_WHOAMI", toolkit.to_uppercase());
    for (toolkit, other, version) in [("extra_01", "open", 2), ("open", "extra_01", 3)] {
        session.update().toolkits([toolkit]).preload([whoami_slug(toolkit)]).await.unwrap();
        for value in [&session, &clone, &again] {
            assert_eq!(value.version(), version);
            assert_eq!(listed(value).await, [whoami_slug(toolkit)]);
        }
        assert_eq!(changes.next().await, Some(version));
        // The backend is asked at each call, so the rule holds for other processes at once.
        for value in [&session, &elsewhere] {
            let before = harness.requests();
            refused(ran(whoami(value, other)).await, ErrorKind::PermissionDenied);
            assert_eq!(harness.requests(), before);
            ran(whoami(value, toolkit)).await.unwrap();
        }
        elsewhere.refresh().await.unwrap();
        assert_eq!((elsewhere.version(), elsewhere.config()), (version, session.config()));
    }
}

/// An update that cannot hold is refused by its path as at creation, and writes nothing: neither configuration nor version
/// nor history.
pub async fn an_update_that_cannot_hold_writes_nothing(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let (of_t, of_x) = (stage.config(T).await, stage.config("other").await);
    let own = stage.account(AccountSeed::new("A1", T, &of_t)).await;
    let also = stage.account(AccountSeed::new("A3", T, &of_t)).await;
    let theirs = stage.account(AccountSeed::new("A2", T, &of_t).user(OTHER_USER)).await;
    let off = harness.auth_config(T, ConfigSeed { enabled: false, ..ConfigSeed::on() }).await;
    let create = stage.create().toolkits(["open", T]).preload(["OPEN_WHOAMI"]).connected_account(T, &own);
    let session = create.await.unwrap();
    let (config, history) = (session.config(), session.history().await.unwrap().items);
    let enable = |tool: &str| ToolPolicy::Enable([tool.try_into().unwrap()].into());
    let update = || session.update();
    for (update, field, names) in [
        (update().toolkits(["open", T, "manged"]), "toolkits", vec!["manged", "managed"]),
        (update().toolkits(["No Slug"]), "toolkits", vec!["No Slug"]),
        (update().tools([("open", enable("OPEN_WHOAMY"))]), "tools.open", vec!["OPEN_WHOAMY", "OPEN_WHOAMI"]),
        (update().preload(["OTHER_WHOAMI"]), "preload.tools", vec!["OTHER_WHOAMI"]),
        (update().direct_tools().reset_toolkits().reset_connected_accounts(), "preload.tools", vec!["all"]),
        (update().connected_accounts([(T, &theirs)]), "connected_accounts.managed", vec![theirs.as_str()]),
        (update().connected_accounts([(T, "ca_nowhere")]), "connected_accounts.managed", vec!["ca_nowhere"]),
        (update().connected_accounts([(T, &own), (T, &also)]), "connected_accounts.managed", vec!["multi_account"]),
        (update().auth_configs([(T, &of_x)]), "auth_configs.managed", vec![of_x.as_str()]),
        (update().auth_configs([(T, &off)]), "auth_configs.managed", vec![off.as_str(), "disabled"]),
        (update().auth_configs([("other", &of_x)]), "auth_configs.other", vec!["other"]),
        (update().callback_url("https://elsewhere.example/done"), "callback_url", vec!["https://elsewhere.example"]),
        // Narrowing may not strand what was named before.
        (update().toolkits([T]), "preload.tools", vec!["OPEN_WHOAMI"]),
        (update().disable_toolkits(["open"]), "preload.tools", vec!["OPEN_WHOAMI"]),
        (update().tools([("open", enable("OPEN_TOUCH"))]), "preload.tools", vec!["OPEN_WHOAMI"]),
        (update().tags(TagFilter::new().disable([Tag::ReadOnly])), "preload.tools", vec!["OPEN_WHOAMI"]),
        (update().toolkits(["open"]), "connected_accounts.managed", vec!["does not allow"]),
    ] {
        let shown = format!("{update:?}");
        let error = refused_naming(update.await, INVALID, &names);
        assert_eq!(error.field(), Some(field), "{shown}: {error}");
        session.refresh().await.unwrap();
        assert_eq!((session.version(), &session.config()), (1, &config), "{shown}");
    }
    assert_eq!(session.history().await.unwrap().items, history);
    // What would be stranded may be taken away in the same call.
    session.update().toolkits([T]).reset_preload().await.unwrap();
    assert_eq!((session.version(), listed(&session).await), (2, vec![]));
}

/// An account that ended after it was pinned is no reason to refuse a change of something else.
pub async fn a_pin_that_ended_does_not_stand_in_the_way(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let account = stage.some_account("A1").await;
    let session = stage.create().connected_account(T, &account).await.unwrap();
    harness.set_status(&account, composio_core::ConnectionStatus::Expired).await;
    session.update().callback_url(DONE).await.unwrap();
    assert_eq!(session.version(), 2);
    // Naming it anew is.
    let again = session.update().connected_accounts([(T, &account)]).await;
    path(&refused_naming(again, INVALID, &[account.as_str(), "EXPIRED"]), "connected_accounts.managed");
}

/// Accounts, auth configs and their lists are read when they are used: changing a session touches none of them.
pub async fn an_update_leaves_what_belongs_to_the_user(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let only = ToolFilter::Only(vec!["MANAGED_WHOAMI".try_into().unwrap()]);
    let config = harness.auth_config(T, ConfigSeed::on().tools(only)).await;
    let account = stage.account(AccountSeed::new("A1", T, &config)).await;
    let session = stage.create().connected_account(T, &account).await.unwrap();
    let (kept, read) = (stage.kept().await, stage.read(&account).await);
    session.update().reset_connected_accounts().auth_configs([(T, &config)]).await.unwrap();
    session.delete().await.unwrap();
    assert_eq!((stage.kept().await, stage.read(&account).await), (kept, read));
    refused(session.update().await, ErrorKind::NotFound);
    refused(session.history().await, ErrorKind::NotFound);
    refused(session.refresh().await, ErrorKind::NotFound);
    refused(session.delete().await, ErrorKind::NotFound);
    assert_eq!(session.user(), &UserId::new(USER));
}
