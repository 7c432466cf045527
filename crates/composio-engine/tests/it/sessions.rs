//! Creating sessions: what is refused, in which words, and what is only warned about.

use composio_core::{
    AccessList, ApprovalPolicy, Backend as _, ConnectionStatus, Error, ErrorKind, HistoryQuery, MultiAccount,
    MultiAccountUpdate, NativeDefinitions, Patch, Preload, SessionConfig, SessionUpdate, Sharing, Tag, TagFilter,
    ToolPolicy, ToolkitPolicy, Url, UserId, WarningCode,
};

use crate::stage::{OTHER, Stage, USER, listed, manifest, slug, tool, tool_slug};

/// What is sent, the field that the error names, and words of its message.
type Row = (SessionConfig, String, Vec<String>);

struct Rows(Vec<Row>);

impl Rows {
    fn add(&mut self, field: &str, words: &[&str], set: impl FnOnce(&mut SessionConfig)) {
        let mut config = SessionConfig::new();
        set(&mut config);
        self.0.push((config, field.to_owned(), words.iter().map(|word| (*word).to_owned()).collect()));
    }
}

fn enable(tools: &[&str]) -> ToolPolicy {
    ToolPolicy::Enable(tools.iter().map(|tool| tool_slug(tool)).collect())
}

fn preload(tools: &[&str]) -> Preload {
    Preload::Tools(tools.iter().map(|tool| tool_slug(tool)).collect())
}

fn shared_with(list: AccessList) -> Sharing {
    Sharing::Shared(list)
}

fn everyone() -> Sharing {
    shared_with(AccessList { allow_all: true, ..AccessList::default() })
}

/// The whole configuration as a change.
fn as_update(config: SessionConfig) -> SessionUpdate {
    let mut update = SessionUpdate::new();
    update.toolkits = Patch::Set(config.toolkits);
    update.tools = Patch::Set(config.tools);
    update.tags = Patch::Set(config.tags);
    update.auth_configs = Patch::Set(config.auth_configs);
    update.connected_accounts = Patch::Set(config.connected_accounts);
    update.preload = Patch::Set(config.preload);
    update.multi_account = config.multi_account.map_or(Patch::Keep, |multi| Patch::Set(multi.into()));
    update.approvals = Patch::Set(config.approvals.map(|policy| *policy).unwrap_or_default());
    update.callback_url = Patch::Set(config.callback_url);
    update
}

fn assert_refused(error: &Error, field: &str, words: &[impl AsRef<str>]) {
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error:?}");
    assert_eq!(error.field(), Some(field), "{error:?}");
    let message = error.to_string();
    for word in words.iter().map(AsRef::as_ref) {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
    assert!(!message.contains('\n'), "{message}");
}

/// Slugs that the catalogue does not have, or not there.
fn slugs(rows: &mut Rows) {
    let enabled = |slugs: &[&str]| ToolkitPolicy::Enable(slugs.iter().map(|text| slug(text)).collect());
    rows.add("toolkits", &["\"nots\"", "did you mean notes?", "\"fils\"", "did you mean files?"], |config| {
        config.toolkits = enabled(&["nots", "notes", "fils"]);
    });
    rows.add("toolkits", &["\"zzz\"", "no such toolkit"], |config| {
        config.toolkits = ToolkitPolicy::Disable(vec![slug("zzz")]);
    });
    rows.add("tools.nots", &["no such toolkit (did you mean notes?)"], |config| {
        config.tools.insert(slug("nots"), enable(&["NOTES_READ"]));
    });
    let words = ["\"NOTES_REED\"", "did you mean NOTES_READ", "\"FILES_READ\": it is a tool of files", "\"NOTES_X\""];
    rows.add("tools.notes", &words, |config| {
        config.tools.insert(slug("notes"), enable(&["NOTES_READ", "NOTES_REED", "FILES_READ", "NOTES_X"]));
    });
    rows.add("tools.notes", &["NOTES_GONE", "tools.files", "FILES_GONE"], |config| {
        let gone = |tool| ToolPolicy::Disable([tool_slug(tool)].into_iter().collect());
        config.tools.insert(slug("notes"), gone("NOTES_GONE"));
        config.tools.insert(slug("files"), gone("FILES_GONE"));
    });
    rows.add("approvals.toolkits", &["nots", "did you mean notes?"], |config| {
        config.approvals.get_or_insert_default().toolkits.insert(slug("nots"));
    });
    rows.add("approvals.tools", &["NOTES_REED", "did you mean NOTES_READ", "NOTES_X"], |config| {
        config.approvals.get_or_insert_default().tools.extend(["NOTES_REED", "LOCAL_MINE", "NOTES_X"].map(tool_slug));
    });
    rows.add("approvals.toolkit_tags.nots", &["no such toolkit"], |config| {
        config.approvals.get_or_insert_default().toolkit_tags.insert(slug("nots"), [Tag::Create].into_iter().collect());
    });
}

/// Preloading beyond the rules.
fn preloading(rows: &mut Rows) {
    rows.add("preload.tools", &["\"FILES_READ\"", "refused by the session's toolkits", "files"], |config| {
        config.toolkits = ToolkitPolicy::Enable(vec![slug("notes")]);
        config.preload = preload(&["NOTES_READ", "FILES_READ"]);
    });
    let words = ["\"NOTES_DELETE\": refused by the session's tools of this toolkit", "\"FILES_DELETE\"", "tags"];
    rows.add("preload.tools", &words, |config| {
        config.tags = TagFilter::new().disable([Tag::Destructive]);
        config.tools.insert(slug("notes"), enable(&["NOTES_READ"]));
        config.preload = preload(&["FILES_DELETE", "NOTES_READ", "NOTES_DELETE"]);
    });
    rows.add("preload.tools", &["NOTES_REED", "did you mean NOTES_READ"], |config| {
        config.preload = preload(&["NOTES_REED"]);
    });
    rows.add("preload.tools", &["LOCAL_MINE", "native tools are always given"], |config| {
        config.preload = preload(&["LOCAL_MINE"]);
    });
    rows.add("preload.tools", &["1001", "at most 1,000"], |config| {
        config.preload = Preload::Tools((0..1001).map(|number| tool_slug(&format!("NOTES_{number}"))).collect());
    });
    rows.add("preload.tools", &["all", "needs something that names them"], |config| config.preload = Preload::All);
    rows.add("preload.tools", &["all", "several accounts"], |config| {
        config.toolkits = ToolkitPolicy::Enable(vec![slug("notes")]);
        config.multi_account = Some(MultiAccount::new());
        config.preload = Preload::All;
    });
}

/// Auth configs that a session cannot use.
async fn auth_configs(stage: &Stage, rows: &mut Rows) {
    let (notes, files) = (stage.config("notes").await, stage.config("files").await);
    let disabled = stage.config("notes").await;
    stage.disable_config(&disabled).await;
    for (id, rule) in [(files.as_str(), "it is an auth config of files"), (disabled.as_str(), "disabled")] {
        rows.add("auth_configs.notes", &[id, rule], |config| {
            config.auth_configs.insert(slug("notes"), id.into());
        });
    }
    rows.add("auth_configs.notes", &["\"ac_x\"", "no such auth config", "auth_configs.files", "ac_y"], |config| {
        config.auth_configs.extend([(slug("notes"), "ac_x".into()), (slug("files"), "ac_y".into())]);
    });
    rows.add("auth_configs.nots", &["no such toolkit"], |config| {
        config.auth_configs.insert(slug("nots"), notes.clone());
    });
    rows.add("auth_configs.notes", &["does not allow this toolkit"], |config| {
        config.toolkits = ToolkitPolicy::Enable(vec![slug("files")]);
        config.auth_configs.insert(slug("notes"), notes);
    });
}

/// Accounts that a session cannot use, each for its own reason.
async fn connected_accounts(stage: &Stage, rows: &mut Rows) {
    const FIELD: &str = "connected_accounts.notes";
    let (notes, files, off) = (stage.config("notes").await, stage.config("files").await, stage.config("notes").await);
    let list = |denied: bool| AccessList {
        allowed: vec![OTHER.into()],
        denied: if denied { vec![USER.into()] } else { Vec::new() },
        allow_all: denied,
    };
    let theirs = stage.account_of(OTHER, &notes, Sharing::Private).await.id;
    let [unlisted, denied] = [list(false), list(true)];
    let unlisted = stage.account_of(OTHER, &notes, shared_with(unlisted)).await.id;
    let denied = stage.account_of(OTHER, &notes, shared_with(denied)).await.id;
    let deleted = stage.account(&notes).await.id;
    composio_core::Management::delete_connected_account(&stage.backend(), &deleted).await.unwrap();
    let [of_files, switched_off] = [stage.account(&files).await.id, stage.account(&off).await.id];
    stage.disable_config(&off).await;
    let mut ended = Vec::new();
    for (status, rule) in [
        (ConnectionStatus::Inactive, "it is INACTIVE; switch it on first"),
        (ConnectionStatus::Expired, "it is EXPIRED; reconnect it first"),
        (ConnectionStatus::Revoked, "it is REVOKED; reconnect it first"),
    ] {
        let account = stage.account(&notes).await.id;
        stage.set_status(&account, status).await;
        ended.push((account, rule));
    }
    let mut refused = vec![
        (theirs, "ada has no such account"),
        (deleted, "ada has no such account"),
        ("ca_nowhere".into(), "ada has no such account"),
        // An alias is none of its names here.
        ("work".into(), "ada has no such account; name it by its id"),
        (unlisted, "it is shared, and not with ada"),
        (denied, "it is shared, and not with ada"),
        (of_files, "it is an account of files"),
        (switched_off, "is disabled or gone"),
    ];
    refused.extend(ended);
    for (id, rule) in &refused {
        rows.add(FIELD, &[id.as_str(), rule], |config| {
            config.connected_accounts.insert(slug("notes"), vec![id.clone()]);
        });
    }
    let own = stage.account(&notes).await.id;
    let [s1, s2] = [everyone(), everyone()];
    let [s1, s2] = [stage.account_of(OTHER, &notes, s1).await.id, stage.account_of(OTHER, &notes, s2).await.id];
    rows.add(FIELD, &[s1.as_str(), s2.as_str(), "2 shared accounts, and one is allowed"], |config| {
        config.multi_account = Some(MultiAccount::new());
        config.connected_accounts.insert(slug("notes"), vec![s1.clone(), own.clone(), s2.clone()]);
    });
    rows.add(FIELD, &["several accounts", "multi_account"], |config| {
        config.connected_accounts.insert(slug("notes"), vec![own.clone(), s1.clone()]);
    });
    rows.add(FIELD, &["several accounts", "multi_account"], |config| {
        config.connected_accounts.insert(slug("notes"), vec![own.clone(), own.clone()]);
    });
    rows.add(FIELD, &["3 accounts", "limit is 2"], |config| {
        config.multi_account = Some(MultiAccount::new().max_per_toolkit(2));
        config.connected_accounts.insert(slug("notes"), vec![own.clone(), "ca_b".into(), "ca_c".into()]);
    });
    rows.add("connected_accounts.nots", &["no such toolkit"], |config| {
        config.connected_accounts.insert(slug("nots"), vec![own.clone()]);
    });
    rows.add(FIELD, &["does not allow this toolkit"], |config| {
        config.toolkits = ToolkitPolicy::Disable(vec![slug("notes")]);
        config.connected_accounts.insert(slug("notes"), vec![own.clone()]);
    });
    rows.add(FIELD, &["ca_nowhere", "connected_accounts.files", own.as_str(), "it is an account of notes"], |config| {
        config.connected_accounts.insert(slug("notes"), vec!["ca_nowhere".into()]);
        config.connected_accounts.insert(slug("files"), vec![own.clone()]);
    });
}

#[tokio::test]
async fn every_refused_configuration_names_its_field_and_writes_nothing() {
    let stage = Stage::new().await;
    let mut rows = Rows(Vec::new());
    slugs(&mut rows);
    preloading(&mut rows);
    auth_configs(&stage, &mut rows).await;
    connected_accounts(&stage, &mut rows).await;
    for max in [0, 1, 11] {
        rows.add("multi_account.max_per_toolkit", &["2 to 10"], |config| {
            config.multi_account = Some(MultiAccount::new().max_per_toolkit(max));
        });
    }
    rows.add("callback_url", &["https://app.example.com", ".allow_callback("], |config| {
        config.callback_url = Some(Url::parse("https://app.example.com/done").unwrap().into());
    });
    let (backend, user) = (stage.backend(), UserId::new(USER));
    let session = stage.composio().create(USER).await.unwrap();
    for (config, field, words) in rows.0 {
        let error = backend.create_session(&user, &config, &NativeDefinitions::none()).await.unwrap_err();
        assert_refused(&error, &field, &words);
        assert!(error.to_string().starts_with(&field), "{error}");
        let error = backend.update_session(session.id(), &as_update(config)).await.unwrap_err();
        assert_refused(&error, &field, &words);
    }
    let history = backend.session_history(session.id(), &HistoryQuery::new()).await.unwrap();
    assert_eq!((history.items.len(), &*history.items[0].config), (1, &SessionConfig::new()));
}

#[tokio::test]
async fn what_a_builder_refuses_names_its_field_too() {
    let stage = Stage::new().await;
    let composio = stage.composio();
    let create = || composio.create(USER);
    let off = MultiAccountUpdate::new().enable(false);
    for (builder, field, words) in [
        (composio.create(" "), "user", ["id", "user"]),
        (create().toolkits(["Notes"]), "toolkits", ["Notes", "lower-case"]),
        (create().toolkits(["notes"]).disable_toolkits(["files"]), "toolkits", ["toolkits", "only one"]),
        (create().enable_tools("notes", ["NOTES_READ"]).disable_tools("notes", ["X"]), "tools.notes", ["list", "one"]),
        (
            create().enable_tools("notes", ["NOTES_READ"]).toolkit_tags("notes", TagFilter::new()),
            "tools.notes",
            ["tags", "one"],
        ),
        (create().tags(["readOnly"]), "tags", ["readOnly", "readOnlyHint"]),
        (create().callback_url(""), "callback_url", ["absolute", "http"]),
        (create().multi_account(off.max_per_toolkit(3)), "multi_account.max_per_toolkit", ["3", "enable"]),
        (
            create().multi_account(off.require_explicit_selection(true)),
            "multi_account.require_explicit_selection",
            ["true", "enable"],
        ),
    ] {
        assert_refused(&builder.await.unwrap_err(), field, &words);
    }
    for (user, config) in [("", SessionConfig::new()), ("  ", SessionConfig::new())] {
        let error =
            stage.backend().create_session(&UserId::new(user), &config, &NativeDefinitions::none()).await.unwrap_err();
        assert_refused(&error, "user", &["id of one of your users"]);
    }
}

#[tokio::test]
async fn a_long_list_of_unknown_slugs_is_named_to_the_end() {
    let stage = Stage::new().await;
    let unknown: Vec<String> = (0..30).map(|number| format!("nope{number:02}")).collect();
    let error = stage.composio().create(USER).toolkits(&unknown).await.unwrap_err().to_string();
    for slug in unknown {
        assert!(error.contains(&slug), "{slug}: {error}");
    }
}

#[tokio::test]
async fn what_is_named_twice_counts_once() {
    let stage = Stage::new().await;
    let account = stage.account(&stage.config("notes").await).await.id;
    let shared = stage.account_of(OTHER, &stage.config("files").await, everyone()).await.id;
    let session = stage
        .composio()
        .create(USER)
        .toolkits(["notes", "files", "notes"])
        .multi_account(MultiAccount::new().max_per_toolkit(2))
        .connected_accounts([
            ("notes", &account),
            ("notes", &account),
            ("notes", &account),
            ("files", &shared),
            ("files", &shared),
        ])
        .enable_tools("notes", ["NOTES_READ", "NOTES_READ"])
        .preload(["FILES_READ", "NOTES_READ", "FILES_READ"])
        .await
        .unwrap();
    assert_eq!(listed(&session).await, ["FILES_READ", "NOTES_READ"]);
    let toolkits = session.toolkits().await.unwrap();
    let shown: Vec<_> = toolkits.items.iter().map(|state| (state.slug.as_str(), state.accounts.len())).collect();
    assert_eq!(shown, [("notes", 1), ("files", 1)]);
}

#[tokio::test]
async fn approvals_may_name_native_tools() {
    let stage = Stage::new().await;
    let mut approvals = ApprovalPolicy::new();
    approvals.tools.extend(["LOCAL_MINE", "NOTES_DELETE"].map(tool_slug));
    stage.composio().create(USER).approvals(approvals).await.unwrap();
}

/// An engine with a toolkit of so many tools.
async fn bulk(tools: usize) -> Stage {
    let tools = (0..tools).map(|number| tool("bulk", &format!("TOOL_{number:04}"), "readOnlyHint"));
    Stage::with([manifest("bulk", true, tools)]).await
}

#[tokio::test]
async fn many_preloaded_tools_are_warned_about_when_created_changed_and_read() {
    let stage = bulk(25).await;
    let slugs = |count: usize| (0..count).map(|number| format!("BULK_TOOL_{number:04}")).collect::<Vec<_>>();
    let session = stage.composio().create(USER).preload(slugs(19)).await.unwrap();
    assert_eq!(session.warnings(), []);

    session.update().preload(slugs(20)).await.unwrap();
    let [warning] = &*session.warnings() else { panic!("{:?}", session.warnings()) };
    assert_eq!(warning.code, WarningCode::PreloadToolsHighContextUsage);
    assert!(warning.message.starts_with("20 tools are preloaded") && warning.message.contains("Fewer than 20"));
    let again = stage.composio().session(session.id().as_str()).await.unwrap();
    assert_eq!(again.warnings(), session.warnings());

    let all = stage.composio().create(USER).toolkits(["bulk"]).direct_tools().await.unwrap();
    assert!(all.warnings()[0].message.starts_with("25 tools are preloaded"), "{:?}", all.warnings());
    // What is not listed is not counted.
    let few = all.update().tools([("bulk", enable(&["BULK_TOOL_0001"]))]);
    few.await.unwrap();
    assert_eq!(all.warnings(), []);
    all.update().reset_tools().reset_preload().await.unwrap();
    assert_eq!(all.warnings(), []);
}

#[tokio::test]
async fn preloading_all_ends_at_a_thousand_and_says_so() {
    let stage = bulk(1005).await;
    let session = stage.composio().create(USER).toolkits(["bulk"]).direct_tools().await.unwrap();
    let tools = listed(&session).await;
    assert_eq!((tools.len(), &*tools[0], &*tools[999]), (1000, "BULK_TOOL_0000", "BULK_TOOL_0999"));
    let message = &session.warnings()[0].message;
    assert!(message.starts_with("1000 tools") && message.contains("Another 5 are left out"), "{message}");
    let beyond = session.explain_tool("BULK_TOOL_1000").await.unwrap();
    assert!(beyond.decision.allowed && !beyond.preloaded, "{beyond}");
    assert!(session.explain_tool("BULK_TOOL_0999").await.unwrap().preloaded);
}
