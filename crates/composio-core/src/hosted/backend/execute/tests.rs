use serde_json::{Value, json};

use super::*;

fn call() -> ToolCall {
    ToolCall::new(ToolSlug::new("GMAIL_SEND").unwrap(), json!({"b": 1, "a": 2}).as_object().unwrap().clone())
}

#[expect(clippy::needless_pass_by_value, reason = "the tests write it in place")]
fn said(reply: Value, decision: Option<ApprovalDecision>) -> Result<ToolOutput> {
    outcome(call(), decision, serde_json::from_str(&reply.to_string()).unwrap())
}

fn refused(reply: Value) -> Error {
    said(reply, None).unwrap_err()
}

#[test]
fn a_call_says_what_was_set_and_no_more() {
    let written = |mut call: ToolCall| serde_json::to_value(request(&mut call, None).unwrap()).unwrap();
    assert_eq!(written(call()), json!({"tool_slug": "GMAIL_SEND", "arguments": {"b": 1, "a": 2}}));
    let mut full = call().account("work");
    full.offload = true;
    assert_eq!(
        written(full),
        json!({
            "tool_slug": "GMAIL_SEND", "arguments": {"b": 1, "a": 2}, "account": "work",
            "enable_auto_workbench_offload": true,
        })
    );
}

#[test]
fn helper_tools_have_their_own_door_and_no_account() {
    for slug in META_TOOLS {
        assert!(is_meta(&ToolSlug::new(slug).unwrap()), "{slug}");
    }
    assert!(!is_meta(&ToolSlug::new("COMPOSIO_OTHER").unwrap()));
    let meta = ToolCall::new(ToolSlug::new("COMPOSIO_SEARCH_TOOLS").unwrap(), serde_json::Map::new());
    let written = serde_json::to_value(meta_request(&meta, None).unwrap()).unwrap();
    assert_eq!(written, json!({"slug": "COMPOSIO_SEARCH_TOOLS", "arguments": {}}));
    let refused = meta_request(&meta.account("work"), None).unwrap_err();
    assert_eq!((refused.kind(), refused.field()), (ErrorKind::InvalidInput, Some("account")));
}

#[test]
fn what_a_tool_gives_stays_text() {
    let text = r#"{"result_type":"completed","data":{ "z": 1.0 },"error":null,"log_id":"log_1"}"#;
    let output = outcome(call(), None, serde_json::from_str(text).unwrap()).unwrap();
    assert_eq!((output.data.as_str(), output.log_id.as_deref()), (r#"{ "z": 1.0 }"#, Some("log_1")));
    for (reply, log_id) in [
        // Older servers, and newer ones.
        (json!({"data": {}, "error": null, "log_id": ""}), None),
        (json!({"result_type": "partial", "data": {}, "log_id": "log_2"}), Some("log_2")),
    ] {
        assert_eq!(said(reply.clone(), None).unwrap().log_id.as_deref(), log_id, "{reply}");
    }
    for silent in [json!({"result_type": "completed"}), json!({"result_type": "partial"})] {
        assert_eq!(refused(silent).kind(), ErrorKind::OutcomeUnknown);
    }
}

#[test]
fn a_tool_that_failed_says_why_to_the_model_and_where_to_the_operator() {
    let default = "The service reported a failure.";
    for (reply, text, status) in [
        (json!({"result_type": "failed", "data": {}, "error": "Bad credentials"}), "Bad credentials", None),
        (json!({"data": {"status_code": 422, "message": "m"}, "error": "e"}), "e", Some("422")),
        (
            json!({"result_type": "failed", "data": {"status_code": "404", "message": "m"}, "error": null}),
            "m",
            Some("404"),
        ),
        (json!({"result_type": "failed", "data": {"http_error": "h", "status_code": 7}}), "h", None),
        (json!({"result_type": "failed", "data": {}, "error": " "}), default, None),
        (json!({"result_type": "failed"}), default, None),
        (json!({"result_type": "newer", "data": {}, "error": "odd"}), "odd", None),
    ] {
        let error = refused(reply.clone());
        assert_eq!((error.kind(), error.for_model().as_ref()), (ErrorKind::ToolFailed, text), "{reply}");
        let told = error.context().find(|(name, _)| *name == "status_code").map(|(_, value)| value.to_owned());
        assert_eq!(told.as_deref(), status, "{reply}");
        assert!(!error.to_string().contains("credentials"), "an operator's line holds no words of a service");
    }
    let long = refused(json!({"error": "é".repeat(5_000), "log_id": "log_1"}));
    assert_eq!((long.for_model().chars().count(), long.log_id()), (1_001, Some("log_1")));
}

#[test]
fn a_batch_that_failed_in_part_keeps_what_its_calls_did() {
    let batch = ToolCall::new(ToolSlug::new(BATCH).unwrap(), serde_json::Map::new());
    let said = |call: &ToolCall, data: Value| {
        let reply =
            json!({"result_type": "failed", "data": data, "error": "1 out of 2 tools failed", "log_id": "log_1"});
        outcome(call.clone(), None, serde_json::from_str(&reply.to_string()).unwrap())
    };
    let results = json!({"results": [{"index": 0, "response": {"successful": true}}, {"index": 1, "error": "no"}]});
    let output = said(&batch, results.clone()).unwrap();
    assert_eq!((output.data.value(), output.log_id.as_deref()), (&results, Some("log_1")));
    // A person said no to one of its calls; the others have run.
    let declined = json!({"result_type": "failed", "data": results, "error": "declined", "log_id": "log_1"});
    let declined = serde_json::from_str(&declined.to_string()).unwrap();
    let output = outcome(batch.clone(), Some(ApprovalDecision::Deny), declined).unwrap();
    assert_eq!(output.data.value(), &results);
    for (call, data) in [(&batch, json!({})), (&batch, json!({"results": []})), (&call(), results)] {
        assert_eq!(said(call, data).unwrap_err().kind(), ErrorKind::ToolFailed);
    }
}

#[test]
fn a_hook_says_whether_the_call_has_run() {
    let blocked = |kind: &str| {
        refused(json!({
            "result_type": "blocked", "reason": {"type": kind, "hook_id": "no-mail"}, "message": "Blocked by hook No mail",
            "log_id": "log_1",
        }))
    };
    for (kind, ran, end) in
        [("request_blocked", "false", "has not run."), ("response_blocked", "true", "has run: do not repeat it.")]
    {
        let error = blocked(kind);
        assert_eq!(error.kind(), ErrorKind::Blocked);
        assert!(error.for_model().starts_with("Blocked by hook No mail.") && error.for_model().ends_with(end));
        let context: Vec<_> = error.context().collect();
        assert_eq!(context, [("ran", ran), ("hook", "no-mail")]);
    }
    assert_eq!(refused(json!({"result_type": "blocked"})).kind(), ErrorKind::Blocked);
}

#[test]
fn a_no_stays_a_no_and_a_question_asked_again_is_no_answer() {
    let failed = json!({"result_type": "failed", "data": {}, "error": "declined", "log_id": "log_1"});
    let denied = said(failed.clone(), Some(ApprovalDecision::Deny)).unwrap_err();
    assert_eq!((denied.kind(), denied.log_id()), (ErrorKind::Blocked, Some("log_1")));
    let ran = said(failed, Some(ApprovalDecision::Approve)).unwrap_err();
    assert_eq!(ran.kind(), ErrorKind::ToolFailed);
    let again = json!({"result_type": "input_required", "input_requests": {}});
    for decision in [ApprovalDecision::Approve, ApprovalDecision::Deny] {
        assert_eq!(said(again.clone(), Some(decision)).unwrap_err().kind(), ErrorKind::PermissionDenied);
    }
    assert_eq!(refused(again).kind(), ErrorKind::InputRequired);
}
