//! Answers that do not belong to the call they come with.

use composio_core::{ApprovalDecision, Composio, ErrorKind, Session};
use serde_json::{Value, json};

use super::{CREATE, asking, issue, question, sent};
use crate::world::World;

/// A call with an answer, and what an operator reads of it.
struct Row {
    says: &'static str,
    session: Session,
    tool: &'static str,
    arguments: Value,
    state: String,
}

impl Row {
    fn new(says: &'static str, session: &Session, state: impl Into<String>) -> Self {
        Self { says, session: session.clone(), tool: CREATE, arguments: issue(), state: state.into() }
    }

    fn tool(mut self, tool: &'static str, arguments: Value) -> Self {
        (self.tool, self.arguments) = (tool, arguments);
        self
    }

    async fn is_refused(&self) {
        for decision in [ApprovalDecision::Approve, ApprovalDecision::ApproveAlways, ApprovalDecision::Deny] {
            let call = self.session.execute(self.tool, self.arguments.clone());
            let error = call.answer_approval(self.state.clone(), decision).await.unwrap_err();
            let (kind, message, text) = (error.kind(), error.to_string(), error.for_model().into_owned());
            assert_eq!(kind, ErrorKind::PermissionDenied, "{}: {message}", self.says);
            assert!(message.contains(self.says) && message.contains("without it"), "{}: {message}", self.says);
            let tool = self.tool;
            let expected =
                format!("{tool} was not run: the approval does not fit this call. Call it again to ask anew.");
            assert_eq!(text, expected, "{}", self.says);
            assert!(error.log_id().is_some() && error.approval().is_none());
        }
    }
}

/// The text with another character at a place.
fn altered(state: &str, place: usize) -> String {
    let other = if &state[place..=place] == "A" { "B" } else { "A" };
    let mut text = state.to_owned();
    text.replace_range(place..=place, other);
    text
}

#[tokio::test]
async fn an_answer_that_does_not_fit_is_refused_and_costs_nothing() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    let state = approval.state().as_str();
    let foreign = "was altered, or was not made here";
    // The version, the key's id, the nonce, what is sealed, and the tag at its end; a character holds six bits.
    let mut rows: Vec<Row> = [0, 1, 2, 11, 13, 43, 45, state.len() / 2, state.len() - 22, state.len() - 1]
        .map(|place| Row::new(foreign, &session, altered(state, place)))
        .into();
    let link = session.authorize("tracker").await.unwrap();
    let here = world.composio();
    let same_user = here.create("user_123").require_approval_for_tools([CREATE]).await.unwrap();
    let other_user = here.create("user_456").require_approval_for_tools([CREATE]).await.unwrap();
    world.connect(&other_user, "tracker", "bob@example.com").await;
    let there = Composio::with_backend(world.engine.project("q"));
    let other_project = there.create("user_123").require_approval_for_tools([CREATE]).await.unwrap();
    world.connect(&other_project, "tracker", "alice@work.example").await;
    let without_labels = json!({"title": "Approved"});
    let other_order = json!({"title": "Approved", "labels": ["b", "a"]});
    let comment = json!({"number": 1, "body": "x"});
    rows.extend([
        Row::new(foreign, &session, &state[..state.len() - 1]),
        Row::new(foreign, &session, &state[..20]),
        Row::new(foreign, &session, format!("{state}A")),
        Row::new(foreign, &session, ""),
        Row::new(foreign, &session, "an answer that a model made up"),
        Row::new(foreign, &session, crate::world::token(link.redirect_url())),
        Row::new(foreign, &other_project, state),
        Row::new("is for another session", &same_user, state),
        Row::new("is for another session", &other_user, state),
        Row::new("is for another tool", &session, state).tool("TRACKER_CREATE_COMMENT", comment),
        Row::new("is for other arguments", &session, state).tool(CREATE, without_labels),
        Row::new("is for other arguments", &session, state).tool(CREATE, other_order),
    ]);
    for row in &rows {
        row.is_refused().await;
    }
    assert_eq!(sent(&world), 0);
    assert_eq!(world.seen("POST", "/comments"), 0);
    // None of that has spent it, and none has let anything through for good.
    assert_eq!(question(&session).await.tool().as_str(), CREATE);
    session.approve(&approval).await.unwrap();
    assert_eq!(sent(&world), 1);
}

#[tokio::test]
async fn a_link_does_not_come_of_an_approval() {
    use composio_core::{ConnectFlow as _, FormFields};
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    let error = world.engine.start(approval.state().as_str(), FormFields::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn the_order_of_keys_makes_no_other_arguments() {
    let world = World::new().await;
    let session = asking(&world).await;
    let approval = question(&session).await;
    let reversed = json!({"labels": ["a", "b"], "title": "Approved"});
    let call = session.execute(CREATE, reversed);
    call.answer_approval(approval.state().as_str(), ApprovalDecision::Approve).await.unwrap();
    assert_eq!(sent(&world), 1);
}
