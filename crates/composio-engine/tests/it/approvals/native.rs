//! Native tools ask too: they run in the caller's process, and the engine keeps who has said yes.

use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use composio_core::schemars::JsonSchema;
use composio_core::{ApprovalDecision, ApprovalPolicy, ErrorKind, Result, Session, Tool, ToolContext, ToolHints};
use futures::future::join_all;
use serde::Deserialize;
use serde_json::json;

use crate::world::World;

const WIPE: &str = "LOCAL_WIPE";

/// Counts how often it ran.
struct Wipe(Arc<AtomicUsize>);

#[derive(Deserialize, JsonSchema)]
#[schemars(crate = "composio_core::schemars")]
struct What {
    disk: String,
}

impl Tool for Wipe {
    const SLUG: &'static str = "WIPE";
    type Input = What;
    type Output = String;

    fn description(&self) -> Cow<'static, str> {
        "Wipes a disk.".into()
    }

    fn hints(&self) -> ToolHints {
        ToolHints::from_tags(["destructiveHint"])
    }

    async fn call(&self, _: ToolContext, what: What) -> Result<String> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(what.disk)
    }
}

/// A session with the tool, where destructive ones need an approval.
async fn wiping(world: &World) -> (Session, impl Fn() -> usize + use<>) {
    let ran = Arc::new(AtomicUsize::new(0));
    let building = world.composio().create("user_123").tool(Wipe(Arc::clone(&ran)));
    let session = building.require_approval_for_destructive().await.unwrap();
    (session, move || ran.load(Ordering::SeqCst))
}

#[tokio::test]
async fn a_native_tool_waits_for_a_person_too() {
    let world = World::new().await;
    let (session, ran) = wiping(&world).await;
    let call = || session.execute(WIPE, json!({"disk": "sda"}));
    let error = call().await.unwrap_err();
    let approval = error.approval().unwrap();
    assert_eq!((approval.question(), approval.account(), ran()), (format!("Allow {WIPE}?"), None, 0));
    assert_eq!(session.approve(approval).await.unwrap().value(), "sda");
    assert!(session.approve(approval).await.unwrap_err().to_string().contains("used before"));

    let error = call().await.unwrap_err();
    session.deny(error.approval().unwrap()).await.unwrap();
    assert_eq!(session.approve(error.approval().unwrap()).await.unwrap_err().kind(), ErrorKind::PermissionDenied);
    assert_eq!(ran(), 1);

    let error = call().await.unwrap_err();
    session.approve_always(error.approval().unwrap()).await.unwrap();
    call().await.unwrap();
    assert_eq!(ran(), 3);
}

#[tokio::test]
async fn an_answer_for_other_arguments_or_another_session_does_not_run_a_native_tool() {
    let world = World::new().await;
    let (session, ran) = wiping(&world).await;
    let (other, other_ran) = wiping(&world).await;
    let error = session.execute(WIPE, json!({"disk": "sda"})).await.unwrap_err();
    let state = error.approval().unwrap().state().as_str();
    for (session, disk, says) in [(&session, "sdb", "other arguments"), (&other, "sda", "another session")] {
        for decision in [ApprovalDecision::Approve, ApprovalDecision::ApproveAlways] {
            let call = session.execute(WIPE, json!({"disk": disk})).answer_approval(state, decision);
            let error = call.await.unwrap_err();
            assert!(error.kind() == ErrorKind::PermissionDenied && error.to_string().contains(says), "{error}");
        }
    }
    assert_eq!((ran(), other_ran()), (0, 0));
}

#[tokio::test]
async fn a_denied_native_tool_does_not_run_although_nothing_asks_any_more() {
    let world = World::new().await;
    let (session, ran) = wiping(&world).await;
    let error = session.execute(WIPE, json!({"disk": "sda"})).await.unwrap_err();
    session.update().approvals(ApprovalPolicy::new()).await.unwrap();
    session.deny(error.approval().unwrap()).await.unwrap();
    assert_eq!(ran(), 0);
    session.execute(WIPE, json!({"disk": "sda"})).await.unwrap();
    assert_eq!(ran(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_give_one_answer_one_runs_the_native_tool() {
    let world = World::new().await;
    let (session, ran) = wiping(&world).await;
    let error = session.execute(WIPE, json!({"disk": "sda"})).await.unwrap_err();
    let approval = error.approval().unwrap();
    let outcomes = join_all((0..20).map(|_| session.approve(approval).into_future())).await;
    assert_eq!((outcomes.iter().filter(|outcome| outcome.is_ok()).count(), ran()), (1, 1));
}
