//! An approval is for one account, and runs with that one or not at all.

use std::time::Duration;

use composio_core::{ApprovalDecision, ConnectedAccount, ErrorKind, MultiAccount, Session};
use composio_engine::store::{ApprovalGrant, ProjectId};

use super::{CREATE, asking, issue, question, sent};
use crate::world::World;

const WORK: &str = "alice@work.example";
const HOME: &str = "alice@home.example";
/// So that one account is the newer one.
const LATER: Duration = Duration::from_secs(1);

/// A session in which the user has two accounts, and calls name one.
async fn with_two(world: &World) -> (Session, ConnectedAccount, ConnectedAccount) {
    let building = world.composio().create("user_123").toolkits(["tracker"]).multi_account(MultiAccount::new());
    let session = building.require_approval_for_tools([CREATE]).await.unwrap();
    let work = world.connect(&session, "tracker", WORK).await;
    world.advance(LATER);
    let home = world.connect(&session, "tracker", HOME).await;
    (session, work, home)
}

/// Who made the issues, in order.
fn authors(world: &World) -> Vec<String> {
    let requests = world.demo.requests().into_iter();
    let made = requests.filter(|request| request.method == "POST" && request.path.ends_with("/issues"));
    made.filter_map(|request| request.person).collect()
}

#[tokio::test]
async fn an_account_that_was_connected_since_takes_nothing_over() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    world.advance(LATER);
    let newer = world.connect(&session, "tracker", HOME).await;
    session.approve(&approval).await.unwrap();
    assert_eq!(authors(&world), [WORK]);
    // A new call is about the newer one.
    assert_eq!(question(&session).await.account(), Some(&newer.id));
}

#[tokio::test]
async fn an_account_that_cannot_run_now_is_waited_for() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    let account = approval.account().unwrap().clone();
    world.advance(LATER);
    world.connect(&session, "tracker", HOME).await;
    let accounts = world.composio().connected_accounts();
    accounts.disable(account.clone()).await.unwrap();
    let error = session.approve(&approval).await.unwrap_err();
    assert_ne!(error.kind(), ErrorKind::PermissionDenied, "{error:?}");
    assert!(error.to_string().contains(account.as_str()), "{error}");
    assert_eq!(sent(&world), 0);
    // The answer was not spent on it.
    accounts.enable(account.clone()).await.unwrap();
    session.approve(&approval).await.unwrap();
    assert_eq!(authors(&world), [WORK]);
}

#[tokio::test]
async fn what_was_approved_for_an_account_that_is_gone_never_runs() {
    let world = World::new().await;
    let session = asking(&world).await;
    let (yes, no) = (question(&session).await, question(&session).await);
    world.advance(LATER);
    world.connect(&session, "tracker", HOME).await;
    world.composio().connected_accounts().delete(yes.account().unwrap().clone()).await.unwrap();
    let error = session.approve(&yes).await.unwrap_err();
    assert!(error.to_string().contains(yes.account().unwrap().as_str()), "{error}");
    session.deny(&no).await.unwrap();
    assert_eq!(sent(&world), 0);
}

#[tokio::test]
async fn an_answer_for_another_account_is_refused_and_not_spent() {
    let world = World::new().await;
    let (session, work, home) = with_two(&world).await;
    let error = session.execute(CREATE, issue()).account(work.id.as_str()).await.unwrap_err();
    let approval = error.approval().unwrap();
    assert_eq!(approval.account(), Some(&work.id));
    let call = session.execute(CREATE, issue()).account(home.id.as_str());
    let error = call.answer_approval(approval.state().as_str(), ApprovalDecision::Approve).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::PermissionDenied);
    assert!(error.to_string().contains("is for another account"), "{error}");
    assert_eq!(sent(&world), 0);
    session.approve(approval).await.unwrap();
    assert_eq!(authors(&world), [WORK]);
}

#[tokio::test]
async fn an_answer_names_the_account_where_the_call_does_not() {
    let world = World::new().await;
    let (session, work, _) = with_two(&world).await;
    assert_eq!(session.execute(CREATE, issue()).await.unwrap_err().kind(), ErrorKind::InvalidInput);
    let error = session.execute(CREATE, issue()).account(work.id.as_str()).await.unwrap_err();
    let state = error.approval().unwrap().state().as_str().to_owned();
    session.execute(CREATE, issue()).answer_approval(state, ApprovalDecision::Approve).await.unwrap();
    assert_eq!(authors(&world), [WORK]);
}

#[tokio::test]
async fn an_alias_that_has_moved_on_takes_no_approval_along() {
    let world = World::new().await;
    let (session, work, home) = with_two(&world).await;
    let accounts = world.composio().connected_accounts();
    accounts.rename(work.id.clone(), "main").await.unwrap();
    let error = session.execute(CREATE, issue()).account("main").await.unwrap_err();
    let approval = error.approval().unwrap();
    assert_eq!(approval.question(), format!("Allow {CREATE} with main?"));
    accounts.rename(work.id.clone(), "old").await.unwrap();
    accounts.rename(home.id.clone(), "main").await.unwrap();
    let error = session.approve(approval).await.unwrap_err();
    assert!(error.to_string().contains("is for another account"), "{error}");
    assert_eq!(sent(&world), 0);
}

#[tokio::test]
async fn always_is_for_one_tool_with_one_account_in_one_session() {
    let world = World::new().await;
    let (session, work, home) = with_two(&world).await;
    let call = |account: &ConnectedAccount| session.execute(CREATE, issue()).account(account.id.as_str());
    let error = call(&work).await.unwrap_err();
    session.approve_always(error.approval().unwrap()).await.unwrap();
    call(&work).await.unwrap();
    assert_eq!(authors(&world), [WORK, WORK]);
    assert_eq!(call(&home).await.unwrap_err().kind(), ErrorKind::InputRequired);
    let again = session.approve_always(error.approval().unwrap()).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::PermissionDenied);

    let building = world.composio().create("user_123").multi_account(MultiAccount::new());
    let another = building.require_approval_for_tools([CREATE]).await.unwrap();
    let error = another.execute(CREATE, issue()).account(work.id.as_str()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InputRequired);
    assert_eq!(sent(&world), 2);
}

#[tokio::test]
async fn always_outlives_an_update_and_ends_with_the_session() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    session.approve_always(&approval).await.unwrap();
    session.update().toolkits(["tracker"]).await.unwrap();
    session.execute(CREATE, issue()).await.unwrap();
    let (project, id) = (ProjectId::new("p"), session.id().clone());
    let grant = ApprovalGrant { tool: approval.tool().clone(), account: approval.account().cloned() };
    assert!(world.store.has_approval(&project, &id, &grant).await.unwrap());
    session.delete().await.unwrap();
    assert!(!world.store.has_approval(&project, &id, &grant).await.unwrap());
}
