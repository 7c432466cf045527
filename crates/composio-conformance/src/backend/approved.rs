//! What a person said to a call that waited.

use std::future::IntoFuture;
use std::time::Duration;

use composio_core::{Approval, ApprovalDecision as Decision, ErrorKind, Execute, Session};
use futures::future::join_all;
use serde_json::json;

use super::approvals::{WIPE, asked};
use super::stage::{Stage, T, refused};
use crate::harness::{AccountSeed, Harness, REFUSED, refused as refused_naming, touch, whoami};

const KIND: ErrorKind = ErrorKind::PermissionDenied;
/// How long an answer is awaited.
const LIFE: Duration = Duration::from_secs(600);

/// A session in which tools that destroy or create wait for a person.
async fn careful(harness: &dyn Harness) -> Session {
    let builder = Stage::new(harness).create().require_approval_for_tags(["destructiveHint", "createHint"]);
    builder.await.unwrap()
}

/// The same call, with an answer as a host gives it that kept the state of the question.
fn answered(call: Execute, approval: &Approval, decision: Decision) -> Execute {
    call.answer_approval(approval.state().as_str(), decision)
}

/// An answer is not taken, and nothing is sent.
async fn not_taken(harness: &dyn Harness, call: Execute) {
    let before = harness.requests();
    let error = refused(call.await, KIND);
    assert!(error.approval().is_none(), "whoever answers wrongly is not handed another question: {error:?}");
    assert_eq!(harness.requests(), before);
}

/// Somebody said yes: the call that they saw runs, once; the same yes again runs nothing.
pub async fn an_approved_call_runs_once(harness: &dyn Harness) {
    let session = careful(harness).await;
    let approval = asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello", "times": 2})).await;
    let before = harness.requests();
    let output = session.approve(&approval).await.unwrap();
    assert_eq!((&output.value()["note"], &output.value()["times"]), (&json!("hello"), &json!(2)));
    assert_eq!(harness.requests() - before, 1);
    refused(session.approve(&approval).await, KIND);
    refused(session.approve_always(&approval).await, KIND);
    refused(session.deny(&approval).await, KIND);
    assert_eq!(harness.requests() - before, 1);
    // The next call of the same kind waits again.
    asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello", "times": 2})).await;
}

/// Another process that kept the state gives the answer with the same call, and it counts once there too.
pub async fn an_answer_is_given_across_processes(harness: &dyn Harness) {
    let session = careful(harness).await;
    let approval = asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello", "times": 2})).await;
    let again = composio_core::Composio::with_backend(harness.backend()).session(session.id()).await.unwrap();
    let call = || again.execute("OPEN_TOUCH", json!({"times": 2, "note": "hello"}));
    let before = harness.requests();
    answered(call(), &approval, Decision::Approve).await.unwrap();
    assert_eq!(harness.requests() - before, 1);
    not_taken(harness, answered(call(), &approval, Decision::Approve)).await;
    refused(session.approve(&approval).await, KIND);
}

/// Of answers at one time one counts.
pub async fn answers_at_one_time_run_once(harness: &dyn Harness) {
    let session = careful(harness).await;
    let approval = asked(harness, &session, WIPE, json!({})).await;
    let before = harness.requests();
    let results = join_all((0..6).map(|_| session.approve(&approval).into_future())).await;
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1, "{results:?}");
    for lost in results.into_iter().filter_map(Result::err) {
        refused::<()>(Err(lost), KIND);
    }
    assert_eq!(harness.requests() - before, 1);
}

/// Always means this tool in this session, whatever its arguments: not another tool, and not another session.
pub async fn what_is_always_allowed_waits_no_more(harness: &dyn Harness) {
    let session = careful(harness).await;
    let approval = asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello"})).await;
    let before = harness.requests();
    session.approve_always(&approval).await.unwrap();
    for note in ["hello", "and again", "hello"] {
        assert_eq!(touch(&session, "open", note).await.unwrap().value()["note"], *note);
    }
    assert_eq!(harness.requests() - before, 4);
    let again = Stage::new(harness).composio.session(session.id()).await.unwrap();
    touch(&again, "open", "still").await.unwrap();
    asked(harness, &session, WIPE, json!({})).await;
    asked(harness, &careful(harness).await, "OPEN_TOUCH", json!({"note": "hello"})).await;
    // The question that was answered is answered.
    refused(session.approve(&approval).await, KIND);
}

/// Always means this account as well: with another one, the same tool waits.
pub async fn what_is_always_allowed_is_allowed_with_one_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    let session = careful(harness).await;
    let approval = asked(harness, &session, "MANAGED_WIPE", json!({})).await;
    assert_eq!(session.approve_always(&approval).await.unwrap().value()["account"], "A1");
    let wipe = || session.execute("MANAGED_WIPE", json!({}));
    assert_eq!(wipe().await.unwrap().value()["account"], "A1");
    stage.account(AccountSeed::new("A2", T, &config)).await;
    let approval = asked(harness, &session, "MANAGED_WIPE", json!({})).await;
    assert_eq!(wipe().account("work").await.unwrap().value()["account"], "A1");
    assert_eq!(session.approve(&approval).await.unwrap().value()["account"], "A2");
    asked(harness, &session, "MANAGED_WIPE", json!({})).await;
}

/// Somebody said no: the call is not made, and that answer is final. The same call may be asked about again.
pub async fn a_denied_call_is_not_made(harness: &dyn Harness) {
    let session = careful(harness).await;
    let before = harness.requests();
    let approval = asked(harness, &session, WIPE, json!({})).await;
    session.deny(&approval).await.unwrap();
    refused(session.approve(&approval).await, KIND);
    refused(session.deny(&approval).await, KIND);
    let again = asked(harness, &session, WIPE, json!({})).await;
    let denied = answered(session.execute(WIPE, json!({})), &again, Decision::Deny).await;
    let error = refused_naming(denied, ErrorKind::Blocked, &[WIPE]);
    assert!(error.for_model().contains("not allow"), "{}", error.for_model());
    not_taken(harness, answered(session.execute(WIPE, json!({})), &again, Decision::Approve)).await;
    assert_eq!(harness.requests(), before);
}

/// An answer is for one call: with other arguments, for another tool, in another session, or altered, it allows nothing.
pub async fn an_answer_fits_one_call(harness: &dyn Harness) {
    let (session, other) = (careful(harness).await, careful(harness).await);
    let ask = async || asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello"})).await;
    let approve = |call: Execute, approval: &Approval| answered(call, approval, Decision::Approve);
    let approval = ask().await;
    not_taken(harness, approve(touch(&session, "open", "hullo"), &approval)).await;
    let more = json!({"note": "hello", "times": 1});
    not_taken(harness, approve(session.execute("OPEN_TOUCH", more), &ask().await)).await;
    not_taken(harness, approve(session.execute(WIPE, json!({})), &ask().await)).await;
    not_taken(harness, approve(touch(&other, "open", "hello"), &ask().await)).await;
    refused(other.approve(&ask().await).await, KIND);
    refused(other.deny(&ask().await).await, KIND);
    let state = ask().await.state().as_str().to_owned();
    let middle = state.len() / 2;
    let flipped = if state.as_bytes()[middle] == b'x' { "y" } else { "x" };
    let longer = format!("{state}x");
    let shorter = &state[..state.len() - 1];
    let swapped = format!("{}{flipped}{}", &state[..middle], &state[middle + 1..]);
    for altered in ["", "nonsense", &longer, shorter, &swapped] {
        not_taken(harness, touch(&session, "open", "hello").answer_approval(altered, Decision::Approve)).await;
        let denied = touch(&session, "open", "hello").answer_approval(altered, Decision::Deny);
        not_taken(harness, denied).await;
    }
    let before = harness.requests();
    session.approve(&ask().await).await.unwrap();
    assert_eq!(harness.requests() - before, 1);
}

/// An answer is for the account that the person was shown: where another one would run by now, nothing runs.
pub async fn an_answer_fits_one_account(harness: &dyn Harness) {
    let stage = Stage::new(harness);
    let config = stage.config(T).await;
    let a1 = stage.account(AccountSeed::new("A1", T, &config).alias("work")).await;
    let session = careful(harness).await;
    let approval = asked(harness, &session, "MANAGED_WIPE", json!({})).await;
    assert_eq!(approval.account(), Some(&a1));
    stage.account(AccountSeed::new("A2", T, &config).alias("home")).await;
    let call = || session.execute("MANAGED_WIPE", json!({}));
    not_taken(harness, answered(call().account("home"), &approval, Decision::Approve)).await;
    // Whatever the rules would choose by now, it is never an account that nobody was asked about.
    let before = harness.requests();
    let outcome = session.approve(&asked_of(harness, &session, "work").await).await.unwrap();
    assert_eq!((&outcome.value()["account"], harness.requests() - before), (&json!("A1"), 1));
    let waiting = asked(harness, &session, "MANAGED_WIPE", json!({})).await;
    stage.account(AccountSeed::new("A3", T, &config)).await;
    match session.approve(&waiting).await {
        Ok(output) => assert_eq!(output.value()["account"], "A2"),
        error => drop(refused(error, KIND)),
    }
}

/// A question about a call that names its account.
async fn asked_of(harness: &dyn Harness, session: &Session, account: &str) -> Approval {
    let before = harness.requests();
    let error = refused(session.execute("MANAGED_WIPE", json!({})).account(account).await, ErrorKind::InputRequired);
    assert_eq!(harness.requests(), before);
    error.approval().unwrap().clone()
}

/// An answer that comes after ten minutes comes too late, yes or no; one second before it counts.
pub async fn an_approval_runs_out(harness: &dyn Harness) {
    let session = careful(harness).await;
    let ask = async || asked(harness, &session, WIPE, json!({})).await;
    let approval = ask().await;
    harness.advance(LIFE).await;
    let before = harness.requests();
    refused(session.approve(&approval).await, KIND);
    refused(session.approve_always(&approval).await, KIND);
    refused(session.deny(&approval).await, KIND);
    assert_eq!(harness.requests(), before);
    let approval = ask().await;
    harness.advance(LIFE - Duration::from_secs(1)).await;
    session.approve(&approval).await.unwrap();
    assert_eq!(harness.requests() - before, 1);
}

/// A yes is spent by the call that it let run, whatever came of it: a service that refused is not asked again with it.
pub async fn an_approval_is_spent_whatever_came_of_it(harness: &dyn Harness) {
    let session = careful(harness).await;
    let approval = asked(harness, &session, "OPEN_TOUCH", json!({"note": REFUSED})).await;
    let before = harness.requests();
    refused(session.approve(&approval).await, ErrorKind::ToolFailed);
    refused(session.approve(&approval).await, KIND);
    assert_eq!(harness.requests() - before, 1);
}

/// A session that ended lets nothing run, whatever was allowed in it.
pub async fn approvals_end_with_their_session(harness: &dyn Harness) {
    let session = careful(harness).await;
    let approval = asked(harness, &session, WIPE, json!({})).await;
    session.approve_always(&asked(harness, &session, WIPE, json!({})).await).await.unwrap();
    session.delete().await.unwrap();
    let before = harness.requests();
    refused(session.approve(&approval).await, ErrorKind::NotFound);
    refused(session.execute(WIPE, json!({})).await, ErrorKind::NotFound);
    assert_eq!(harness.requests(), before);
    asked(harness, &careful(harness).await, WIPE, json!({})).await;
}

/// Under a key the outcome comes first: a call that ran once needs nobody's word to be given again. What did not run leaves
/// its key free: the question, a denial, and an answer that was not taken.
pub async fn under_a_key_a_call_is_asked_about_once(harness: &dyn Harness) {
    let session = careful(harness).await;
    let call = || touch(&session, "open", "hello").idempotency_key("k");
    let ask = async || refused(call().await, ErrorKind::InputRequired).approval().unwrap().clone();
    let before = harness.requests();
    session.deny(&ask().await).await.unwrap();
    not_taken(harness, call().answer_approval("nonsense", Decision::Approve)).await;
    let approval = ask().await;
    assert_eq!(harness.requests(), before);
    let first = session.approve(&approval).await.unwrap();
    let again = call().await.unwrap();
    assert_eq!((&again.data, &again.log_id), (&first.data, &first.log_id));
    assert_eq!(harness.requests() - before, 1);
    // A key is used by its arguments, and other arguments are another call.
    let other = touch(&session, "open", "other").idempotency_key("k");
    refused(other.await, ErrorKind::Conflict);
    assert_eq!(harness.requests() - before, 1);
    // Without the key it waits, as before.
    asked(harness, &session, "OPEN_TOUCH", json!({"note": "hello"})).await;
    whoami(&session, "open").idempotency_key("k").await.unwrap();
}
