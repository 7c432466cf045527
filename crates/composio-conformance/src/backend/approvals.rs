//! Calls that a person has to allow: which they are, and what is asked.

use composio_core::indexmap::{IndexMap, IndexSet};
use composio_core::{
    Approval, ApprovalDecision, ApprovalPolicy, ApprovalRule, ErrorKind, MultiAccount, Session, Tag, ToolFilter,
};
use serde_json::{Value, json};

use super::Claim;
use super::stage::{Stage, T, refused, slug};
use super::updates::Shout;
use crate::harness::{AccountSeed, ConfigSeed, Harness, ran, refused as refused_naming, touch, whoami};

pub(super) const WIPE: &str = "OPEN_WIPE";

/// Makes a call that has to wait for a person. Nothing is sent.
pub(super) async fn asked(harness: &dyn Harness, session: &Session, tool: &str, arguments: Value) -> Approval {
    let before = harness.requests();
    let error = refused(session.execute(tool, arguments).await, ErrorKind::InputRequired);
    assert_eq!(harness.requests(), before, "nothing is sent before somebody says yes");
    let approval = error.approval().expect("it says what to ask").clone();
    assert_eq!(approval.tool(), tool);
    approval
}

/// Calls run without anybody's word unless the session says otherwise, whatever they do.
pub async fn no_call_waits_unless_the_session_says_so(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    assert!(session.config().approvals.is_none());
    let before = harness.requests();
    session.execute(WIPE, json!({})).await.unwrap();
    touch(&session, "open", "hello").await.unwrap();
    assert_eq!(harness.requests() - before, 2);
}

/// A toolkit, a tool, a tag, and a toolkit's own tags in place of the session's, even none: what is listed waits, and what
/// is not runs.
pub async fn what_is_listed_waits_for_a_person(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let tags = |tags: &[Tag]| tags.iter().copied().collect::<IndexSet<_>>();
    let own = |tags: IndexSet<Tag>| {
        let mut policy = ApprovalPolicy::destructive();
        policy.toolkit_tags = IndexMap::from([(slug("open"), tags)]);
        policy
    };
    let (tool, toolkit) = (Some(ApprovalRule::Tool), Some(ApprovalRule::Toolkit));
    let (destructive, create) =
        (Some(ApprovalRule::Tag(Tag::Destructive)), Some(ApprovalRule::ToolkitTag(Tag::Create)));
    for (builder, [read, touched, wiped, wiped_elsewhere]) in [
        (stage.create().require_approval_for_destructive(), [None, None, destructive, destructive]),
        (stage.create().require_approval_for_tags(["destructiveHint"]), [None, None, destructive, destructive]),
        (stage.create().require_approval_for_toolkits(["open"]), [toolkit, toolkit, toolkit, None]),
        (stage.create().require_approval_for_tools(["OPEN_TOUCH"]), [None, tool, None, None]),
        (stage.create().approvals(own(tags(&[Tag::Create]))), [None, create, None, destructive]),
        (stage.create().approvals(own(tags(&[]))), [None, None, None, destructive]),
    ] {
        let session = builder.await.unwrap();
        for (name, arguments, rule) in [
            ("OPEN_WHOAMI", json!({}), read),
            ("OPEN_TOUCH", json!({"note": "hello"}), touched),
            (WIPE, json!({}), wiped),
        ] {
            let config = session.config();
            match rule {
                Some(rule) => assert_eq!(asked(harness, &session, name, arguments).await.rule(), rule, "{config:?}"),
                None => drop(session.execute(name, arguments).await.unwrap()),
            }
            if Claim::Explain.is_made(harness) {
                assert_eq!(session.explain_tool(name).await.unwrap().approval, rule, "{name}: {config:?}");
            }
        }
        // Another toolkit's: without an account there is nothing to ask about yet.
        assert_eq!(
            session.config().needs_approval(Some(&slug(T)), &"MANAGED_WIPE".try_into().unwrap(), wipe()),
            wiped_elsewhere
        );
    }
}

fn wipe() -> composio_core::ToolHints {
    composio_core::ToolHints::from_tags([Tag::Destructive.as_str()])
}

/// A person is asked about the very call: its tool, its arguments, and the account that would run it, by the name that a
/// person knows. Each question is its own, and has its time.
pub async fn a_question_says_what_would_happen(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let a1 = stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    stage.account(AccountSeed::new("A2", T, &config)).await;
    let session = stage.create().require_approval_for_toolkits([T, "open"]).await.unwrap();
    let arguments = json!({"note": "hello", "times": 2});
    let error =
        refused(session.execute("MANAGED_TOUCH", arguments.clone()).account("work").await, ErrorKind::InputRequired);
    let approval = error.approval().unwrap();
    assert_eq!(json!(approval.arguments()), arguments);
    assert_eq!((approval.account(), approval.question()), (Some(&a1), "Allow MANAGED_TOUCH with work?".to_owned()));
    let again = asked(harness, &session, "MANAGED_TOUCH", arguments).await;
    assert_eq!(again.question(), "Allow MANAGED_TOUCH with A2?");
    let open = asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello"})).await;
    assert_eq!((open.account(), open.question()), (None, "Allow OPEN_TOUCH?".to_owned()));
    assert_ne!(approval.state().as_str(), again.state().as_str());
    harness.advance(std::time::Duration::from_secs(60)).await;
    let later = asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello"})).await;
    assert!(later.expires_at() > open.expires_at());
}

/// Whoever holds the state can answer, so a model never reads it, and nothing prints it. Arguments are for the person who
/// is asked, and not for logs.
pub async fn a_question_keeps_its_state_from_model_and_log(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let builder = stage.create().preload(["OPEN_TOUCH"]).require_approval_for_tools(["OPEN_TOUCH"]);
    let session = builder.await.unwrap();
    let arguments = json!({"note": "between you and me"});
    let error = refused(session.execute("OPEN_TOUCH", arguments.clone()).await, ErrorKind::InputRequired);
    let approval = error.approval().unwrap();
    let mut texts = vec![
        error.to_string(),
        format!("{error:?}"),
        error.for_model().into_owned(),
        format!("{approval:?}"),
        format!("{:?}", approval.state()),
        approval.question(),
        format!("{:?}", session.approve(approval)),
        format!(
            "{:?}",
            session
                .execute("OPEN_TOUCH", arguments)
                .answer_approval(approval.state().as_str(), ApprovalDecision::Approve)
        ),
    ];
    texts.extend(error.context().map(|(_, value)| value.to_owned()));
    let tools = session.tools().await.unwrap();
    let touch = tools.get("OPEN_TOUCH").expect("it is preloaded");
    let answer = touch.answer(r#"{"note": "between you and me"}"#).await;
    texts.push(format!("{answer:?}"));
    for text in texts {
        assert!(!text.contains(approval.state().as_str()), "this gives the state away: {text}");
        assert!(!text.contains("between you and me"), "this gives the arguments away: {text}");
    }
    assert!(error.for_model().contains("OPEN_TOUCH") && error.connect_url().is_none());
}

/// Nobody is asked about a call that would not be made: one outside the policy, with arguments that do not fit, without a
/// connection, or whose account is not clear.
pub async fn a_call_that_cannot_be_made_is_not_asked_about(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let before = harness.requests();
    let all = || stage.create().require_approval_for_toolkits([T]);
    let session = all().disable_tags(["destructiveHint"]).await.unwrap();
    let call = |session: &Session| touch(session, T, "hello");
    refused(session.execute("MANAGED_WIPE", json!({})).await, ErrorKind::PermissionDenied);
    refused(session.execute("MANAGED_TOUCH", json!({"times": 0})).await, ErrorKind::InvalidInput);
    let unconnected = refused(call(&session).await, ErrorKind::ConnectionRequired);
    assert!(unconnected.connect_url().is_some() && unconnected.approval().is_none());
    let except = ToolFilter::Except(vec!["MANAGED_TOUCH".try_into().unwrap()]);
    let config = harness.auth_config(T, ConfigSeed::on().tools(except)).await;
    let account = stage.account(AccountSeed::new("A1", T, &config)).await;
    refused(call(&session).await, ErrorKind::PermissionDenied);
    refused(call(&session).account("nobody").await, ErrorKind::InvalidInput);
    asked(harness, &session, "MANAGED_WHOAMI", json!({})).await;
    stage.connected_accounts().disable(&account).await.unwrap();
    let open = stage.config(T).await;
    stage.account(AccountSeed::new("A2", T, &open)).await;
    stage.account(AccountSeed::new("A3", T, &open)).await;
    let several = all().multi_account(MultiAccount::new()).await.unwrap();
    refused_naming(call(&several).await, ErrorKind::InvalidInput, &["A2", "A3"]);
    assert_eq!(harness.requests(), before);
}

/// Tools of this process wait as well: nothing of them has run until somebody says yes.
pub async fn a_native_tool_waits_for_a_person(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let builder = stage.create().tool(Shout).require_approval_for_tools(["LOCAL_SHOUT"]);
    let session = builder.await.unwrap();
    let shout = |text: &str| session.execute("LOCAL_SHOUT", json!({"text": text}));
    refused(session.execute("LOCAL_SHOUT", json!({"words": "hi"})).await, ErrorKind::InvalidInput);
    let approval = asked(harness, &session, "LOCAL_SHOUT", json!({"text": "hi"})).await;
    assert_eq!((approval.rule(), approval.account()), (ApprovalRule::Tool, None));
    assert_eq!(session.approve(&approval).await.unwrap().value(), "HI");
    refused(session.approve(&approval).await, ErrorKind::PermissionDenied);
    let denied = asked(harness, &session, "LOCAL_SHOUT", json!({"text": "hi"})).await;
    session.deny(&denied).await.unwrap();
    refused(session.approve(&denied).await, ErrorKind::PermissionDenied);
    let approval = asked(harness, &session, "LOCAL_SHOUT", json!({"text": "hi"})).await;
    let other = shout("ho").answer_approval(approval.state().as_str(), ApprovalDecision::Approve);
    refused(other.await, ErrorKind::PermissionDenied);
    let approval = asked(harness, &session, "LOCAL_SHOUT", json!({"text": "hi"})).await;
    assert_eq!(session.approve_always(&approval).await.unwrap().value(), "HI");
    assert_eq!(shout("ho").await.unwrap().value(), "HO");
}

/// What a session asks about may change with it: from the next call on.
pub async fn what_waits_changes_with_the_session(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let session = stage.session().await;
    ran(whoami(&session, "open")).await.unwrap();
    session.update().approvals(ApprovalPolicy::destructive()).await.unwrap();
    let waiting = asked(harness, &session, WIPE, json!({})).await;
    session.update().reset_approvals().await.unwrap();
    let before = harness.requests();
    session.execute(WIPE, json!({})).await.unwrap();
    // A question that was asked before can still be answered, once.
    session.approve(&waiting).await.unwrap();
    refused(session.approve(&waiting).await, ErrorKind::PermissionDenied);
    assert_eq!(harness.requests() - before, 2);
}
