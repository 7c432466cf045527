use serde_json::{Value, json};

use super::*;
use crate::approval::ApprovalState;

fn call() -> ToolCall {
    let arguments = json!({"to": "a@b.c"}).as_object().unwrap().clone();
    ToolCall::new(ToolSlug::new("GMAIL_SEND").unwrap(), arguments).account("work")
}

fn requests(schemas: &[Value]) -> Option<IndexMap<String, wire::InputRequest>> {
    let requests = schemas.iter().enumerate().map(|(index, schema)| {
        let request = json!({
            "type": "elicitation", "mode": "form", "message": format!("Allow call {index}?"), "requested_schema": schema,
        });
        (format!("req_{index}"), serde_json::from_str(&request.to_string()).unwrap())
    });
    Some(requests.collect())
}

fn choice(values: &[&str]) -> Value {
    json!({"type": "object", "properties": {"decision": {"type": "string", "enum": values}}, "required": ["decision"]})
}

fn answered(error: &Error, decision: ApprovalDecision) -> Result<Value> {
    let call = error.approval().unwrap().answered(decision);
    let answer = responses(&call.approval.unwrap())?;
    let state = answer.state.as_ref().map(|state| state.expose_secret().to_owned());
    Ok(json!({"input_responses": answer.inputs, "request_state": state}))
}

#[test]
fn an_answer_says_what_the_service_asked_for() {
    let state = SecretString::from("opaque");
    let error = asked(call(), requests(&[choice(&[ONCE, ALWAYS, "deny"])]), Some(&state));
    let approval = error.approval().unwrap();
    assert_eq!((error.kind(), approval.rule()), (ErrorKind::InputRequired, ApprovalRule::Backend));
    assert_eq!((approval.question(), approval.expires_at()), ("Allow call 0?".to_owned(), None));
    let accepted = |decision| json!({"req_0": {"action": "accept", "content": {"decision": decision}}});
    for (decision, inputs) in [
        (ApprovalDecision::Approve, accepted(ONCE)),
        (ApprovalDecision::ApproveAlways, accepted(ALWAYS)),
        (ApprovalDecision::Deny, json!({"req_0": {"action": "decline"}})),
    ] {
        let expected = json!({"input_responses": inputs, "request_state": "opaque"});
        assert_eq!(answered(&error, decision).unwrap(), expected);
    }
    let texts = [error.to_string(), format!("{error:?}"), error.for_model().into_owned(), format!("{approval:?}")];
    assert!(texts.iter().all(|text| !text.contains("opaque") && !text.contains("a@b.c")), "{texts:?}");
}

#[test]
fn several_questions_of_one_kind_are_one_answer() {
    let error = asked(call(), requests(&[choice(&[ONCE, ALWAYS]), choice(&[ONCE])]), None);
    assert_eq!(error.approval().unwrap().question(), "Allow call 0?\nAllow call 1?");
    let yes = answered(&error, ApprovalDecision::Approve).unwrap();
    assert_eq!(yes["input_responses"].as_object().unwrap().keys().collect::<Vec<_>>(), ["req_0", "req_1"]);
    // One of them can be allowed once only.
    let always = answered(&error, ApprovalDecision::ApproveAlways).unwrap_err();
    assert_eq!(always.kind(), ErrorKind::Unsupported);
}

#[test]
fn whoever_asks_for_more_than_a_yes_gets_no_approval() {
    let more = json!({
        "type": "object", "required": ["decision", "reason"],
        "properties": {"decision": {"enum": [ONCE]}, "reason": {"type": "string"}},
    });
    let titled = json!({"properties": {"d": {"oneOf": [{"const": ONCE, "title": "Once"}]}}, "required": ["d"]});
    for (schemas, askable) in [
        (vec![choice(&[ONCE])], true),
        (vec![titled.clone()], true),
        (vec![more], false),
        (vec![choice(&["yes", "no"])], false),
        (vec![json!({"type": "object", "properties": {"name": {"type": "string"}}})], false),
        (vec![choice(&[ONCE]), titled], false),
        (vec![], false),
    ] {
        let error = asked(call(), requests(&schemas), None);
        assert_eq!((error.kind(), error.approval().is_some()), (ErrorKind::InputRequired, askable), "{schemas:?}");
        let named = schemas.is_empty() || error.to_string().contains("Allow call 0?");
        assert!(askable || named, "{error}");
    }
}

#[test]
fn a_state_that_is_not_ours_is_no_answer() {
    for state in ["", "{}", "seal:1234", "[1]"] {
        let answer = ApprovalAnswer::new(ApprovalState::from(state), ApprovalDecision::Approve);
        assert_eq!(responses(&answer).err().unwrap().kind(), ErrorKind::PermissionDenied, "{state}");
    }
}

fn native() -> ToolCall {
    ToolCall::new(ToolSlug::new("LOCAL_WIPE").unwrap(), json!({"disk": 1}).as_object().unwrap().clone())
}

#[test]
fn an_answer_about_a_native_tool_is_good_once_and_for_its_call() {
    let (approvals, session) = (NativeApprovals::default(), SessionId::from("trs_1"));
    let pass = |session: &SessionId, call: &ToolCall| approvals.pass(session, call, ApprovalRule::Tool);
    let question = pass(&session, &native()).unwrap_err();
    let approval = question.approval().unwrap();
    let yes = approval.answered(ApprovalDecision::Approve);
    let mut other = yes.clone();
    other.arguments.insert("disk".to_owned(), 2.into());
    assert_eq!(pass(&session, &other).unwrap_err().kind(), ErrorKind::PermissionDenied, "other arguments");
    assert_eq!(pass(&"trs_2".into(), &yes).unwrap_err().kind(), ErrorKind::PermissionDenied, "another session");
    pass(&session, &yes).unwrap();
    assert_eq!(pass(&session, &yes).unwrap_err().kind(), ErrorKind::PermissionDenied, "a second time");
    assert_eq!(pass(&session, &native()).unwrap_err().kind(), ErrorKind::InputRequired, "asked again");
}

#[test]
fn always_means_this_tool_in_this_session_until_it_is_deleted() {
    let (approvals, session) = (NativeApprovals::default(), SessionId::from("trs_1"));
    let pass = |session: &SessionId, call: &ToolCall| approvals.pass(session, call, ApprovalRule::Tool);
    let question = pass(&session, &native()).unwrap_err();
    pass(&session, &question.approval().unwrap().answered(ApprovalDecision::ApproveAlways)).unwrap();
    pass(&session, &native()).unwrap();
    assert_eq!(pass(&"trs_2".into(), &native()).unwrap_err().kind(), ErrorKind::InputRequired);
    approvals.forget(&session);
    let question = pass(&session, &native()).unwrap_err();
    let no = question.approval().unwrap().answered(ApprovalDecision::Deny);
    assert_eq!(pass(&session, &no).unwrap_err().kind(), ErrorKind::Blocked);
    assert_eq!(pass(&session, &no).unwrap_err().kind(), ErrorKind::PermissionDenied, "a no is good once too");
}

#[test]
fn no_more_questions_are_kept_than_said() {
    let (approvals, session) = (NativeApprovals::default(), SessionId::from("trs_1"));
    let first = approvals.pass(&session, &native(), ApprovalRule::Tool).unwrap_err();
    for _ in 0..KEPT {
        approvals.pass(&session, &native(), ApprovalRule::Tool).unwrap_err();
    }
    assert_eq!(approvals.lock().waiting.len(), KEPT);
    let late = first.approval().unwrap().answered(ApprovalDecision::Approve);
    let refused = approvals.pass(&session, &late, ApprovalRule::Tool).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::PermissionDenied);
}
