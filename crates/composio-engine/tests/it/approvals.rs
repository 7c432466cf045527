//! Calls that wait for a person: asked about once, answered once, and run with what was shown.

mod accounts;
mod keys;
mod misfits;
mod native;
mod trouble;

use std::sync::Arc;
use std::time::Duration;

use composio_core::{Approval, ApprovalDecision, ApprovalPolicy, ApprovalRule, Error, ErrorKind, Session, Tag};
use composio_demo::DemoOptions;
use composio_engine::SqliteStore;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::world::World;

pub(crate) const CREATE: &str = "TRACKER_CREATE_ISSUE";
const DELETE: &str = "TRACKER_DELETE_ISSUE";
/// How long a question can be answered.
const LIFE: Duration = Duration::from_secs(600);
const TICK: Duration = Duration::from_micros(1);

/// A session in which new issues need an approval, with one account.
async fn asking(world: &World) -> Session {
    let building = world.composio().create("user_123").toolkits(["tracker", "mailbox"]);
    let session = building.require_approval_for_tools([CREATE]).await.unwrap();
    world.connect(&session, "tracker", "alice@work.example").await;
    session
}

fn issue() -> Value {
    json!({"title": "Approved", "labels": ["a", "b"]})
}

/// The error of a call that waits.
async fn stopped(session: &Session) -> Error {
    let error = session.execute(CREATE, issue()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputRequired, "{error:?}");
    error
}

async fn question(session: &Session) -> Approval {
    stopped(session).await.approval().unwrap().clone()
}

/// How many issues the service was asked to make.
fn sent(world: &World) -> usize {
    world.seen("POST", "/issues")
}

#[tokio::test]
async fn a_call_that_waits_asks_nobody_else_and_says_what_it_is() {
    let world = World::new().await;
    let session = asking(&world).await;
    // The token is due by now: what waits does not renew it either.
    world.advance(Duration::from_secs(3_590));
    let before = world.demo.requests().len();
    let error = stopped(&session).await;
    let approval = error.approval().unwrap();
    assert_eq!(approval.tool().as_str(), CREATE);
    assert_eq!(Value::Object(approval.arguments().clone()), issue());
    assert_eq!(approval.rule(), ApprovalRule::Tool);
    assert_eq!(approval.expires_at(), Some(world.now().plus(LIFE)));
    let account = world.account(&session, approval.account().unwrap()).await;
    assert_eq!(approval.question(), format!("Allow {CREATE} with {}?", account.label()));
    assert_eq!(world.demo.requests().len(), before);
    assert!(error.log_id().is_some());
}

#[tokio::test]
async fn an_approved_call_runs_once_under_a_log_id_of_its_own() {
    let world = World::new().await;
    let session = asking(&world).await;
    let error = stopped(&session).await;
    let output = session.approve(error.approval().unwrap()).await.unwrap();
    assert_eq!((&output.value()["title"], sent(&world)), (&json!("Approved"), 1));
    assert!(output.log_id.is_some() && output.log_id.as_deref() != error.log_id());
    let again = session.approve(error.approval().unwrap()).await.unwrap_err();
    assert_eq!((again.kind(), sent(&world)), (ErrorKind::PermissionDenied, 1));
    assert!(again.to_string().contains("was used before"), "{again}");
}

#[tokio::test]
async fn a_question_stores_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(directory.path().join("composio.sqlite")).await.unwrap();
    let world = World::with(DemoOptions::default(), Arc::new(store)).await;
    let session = asking(&world).await;
    let files = || -> Vec<Vec<u8>> {
        let entries = std::fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().path());
        // What SQLite shares between processes while it reads is no memory of anything.
        let mut kept: Vec<_> = entries.filter(|path| !path.to_string_lossy().ends_with("-shm")).collect();
        kept.sort();
        kept.into_iter().map(|path| std::fs::read(path).unwrap()).collect()
    };
    let before = files();
    let approval = question(&session).await;
    assert!(files() == before, "the question was written down");
    session.deny(&approval).await.unwrap();
    assert!(files() != before, "the files were looked at");
}

#[tokio::test]
async fn destructive_tools_ask_after_one_call_of_the_builder() {
    let world = World::new().await;
    let session = world.composio().create("user_123").require_approval_for_destructive().await.unwrap();
    world.connect(&session, "tracker", "alice@work.example").await;
    let made = session.execute(CREATE, issue()).await.unwrap();
    let arguments = json!({"number": made.value()["number"]});
    let error = session.execute(DELETE, arguments.clone()).await.unwrap_err();
    let approval = error.approval().unwrap();
    assert_eq!(approval.rule(), ApprovalRule::Tag(Tag::Destructive));
    assert_eq!(world.demo.requests().iter().filter(|request| request.method == "DELETE").count(), 0);
    session.approve(approval).await.unwrap();
    assert!(session.execute("TRACKER_GET_ISSUE", arguments).await.is_err(), "it is gone");
}

#[tokio::test]
async fn nothing_asks_unless_somebody_said_so() {
    let world = World::new().await;
    let session = world.session().await;
    world.connect(&session, "tracker", "alice@work.example").await;
    let made = session.execute(CREATE, issue()).await.unwrap();
    session.execute(DELETE, json!({"number": made.value()["number"]})).await.unwrap();
}

#[tokio::test]
async fn an_answer_comes_before_the_question_expires() {
    let world = World::new().await;
    let session = asking(&world).await;
    let (in_time, late) = (question(&session).await, question(&session).await);
    world.advance(LIFE - TICK);
    session.approve(&in_time).await.unwrap();
    world.advance(TICK);
    let error = session.approve(&late).await.unwrap_err();
    assert!(error.kind() == ErrorKind::PermissionDenied && error.to_string().contains("has expired"), "{error}");
    // What was spent stays spent, long after its time too.
    world.advance(LIFE * 2);
    question(&session).await;
    assert!(session.approve(&in_time).await.unwrap_err().to_string().contains("has expired"));
    assert_eq!(sent(&world), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_give_one_answer_one_runs() {
    let world = World::new().await;
    let session = asking(&world).await;
    let other = composio_core::Composio::with_backend(world.another_engine().await.project("p"));
    let other = other.session(session.id().clone()).await.unwrap();
    let approval = question(&session).await;
    let answers = (0..20).map(|caller| if caller % 2 == 0 { &session } else { &other });
    let outcomes = join_all(answers.map(|session| session.approve(&approval).into_future())).await;
    let (done, refused): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
    assert_eq!((done.len(), refused.len(), sent(&world)), (1, 19, 1));
    for error in refused.into_iter().map(Result::unwrap_err) {
        assert!(error.kind() == ErrorKind::PermissionDenied && error.to_string().contains("used before"), "{error}");
    }
}

#[tokio::test]
async fn a_no_stays_a_no() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    session.deny(&approval).await.unwrap();
    for decision in [ApprovalDecision::Approve, ApprovalDecision::ApproveAlways, ApprovalDecision::Deny] {
        let error = session.execute(CREATE, issue()).answer_approval(approval.state().as_str(), decision).await;
        let error = error.unwrap_err();
        assert!(error.to_string().contains("used before"), "{decision:?}: {error}");
    }
    assert_eq!(session.deny(&approval).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    // The next call asks anew.
    let next = question(&session).await;
    assert_ne!(next.state(), approval.state());
    let error = session.execute(CREATE, issue()).answer_approval(next.state().as_str(), ApprovalDecision::Deny).await;
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Blocked);
    assert!(error.for_model().contains("did not allow"), "{}", error.for_model());
    assert_eq!(sent(&world), 0);
}

#[tokio::test]
async fn an_answer_is_taken_although_nothing_asks_any_more() {
    let world = World::new().await;
    let session = asking(&world).await;
    let (yes, no) = (question(&session).await, question(&session).await);
    session.update().approvals(ApprovalPolicy::new()).await.unwrap();
    session.approve(&yes).await.unwrap();
    session.deny(&no).await.unwrap();
    assert_eq!(sent(&world), 1);
    // Both are spent, and an answer that does not fit is no call without one.
    for spent in [yes, no] {
        assert_eq!(session.approve(&spent).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
    let foreign = session.execute(CREATE, issue()).answer_approval("made up", ApprovalDecision::Approve).await;
    assert_eq!(foreign.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(sent(&world), 1);
    session.execute(CREATE, issue()).await.unwrap();
}

#[tokio::test]
async fn what_the_policy_refuses_is_not_asked_about() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    let error = session.execute(CREATE, json!({"title": 7})).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    session.update().toolkits(["mailbox"]).await.unwrap();
    let error = session.execute(CREATE, issue()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.approval().is_none());
    // A yes does not reach beyond the policy either, and is not spent by trying; a no needs none.
    let error = session.approve(&approval).await.unwrap_err();
    assert!(!error.to_string().contains("approval"), "{error}");
    session.deny(&approval).await.unwrap();
    assert_eq!(sent(&world), 0);
}

#[tokio::test]
async fn nothing_that_is_printed_holds_the_state_or_the_arguments() {
    let world = World::new().await;
    let session = asking(&world).await;
    let error = session.execute(CREATE, json!({"title": "title-marker"})).await.unwrap_err();
    let approval = error.approval().unwrap();
    let refused = session.execute(CREATE, json!({"title": "title-marker", "body": "body-marker"}));
    let refused = refused.answer_approval(approval.state().as_str(), ApprovalDecision::Approve);
    let call = format!("{refused:?}");
    let refused = refused.await.unwrap_err();
    let texts = [
        (error.to_string(), format!("{error:?}"), error.for_model().into_owned()),
        (refused.to_string(), format!("{refused:?}"), refused.for_model().into_owned()),
        (approval.question(), format!("{approval:?}"), call),
    ];
    for (one, two, three) in texts {
        for text in [one, two, three] {
            for secret in [approval.state().as_str(), "title-marker", "body-marker"] {
                assert!(!text.contains(secret), "{text}");
            }
        }
    }
}
