//! A call that waits for a person, as a form: what it says, and what the person made of it.

use composio_core::{Approval, ApprovalDecision};
use rmcp::model::{ElicitRequest, ElicitRequestParams, ElicitResult, ElicitationAction, ElicitationSchema};
use serde_json::{Value, json};

/// The one field of the form, and what can be chosen. Rule: `session-api` 3.1, `input_requests`.
const FIELD: &str = "decision";
const ONCE: &str = "allow_once";
const SESSION: &str = "allow_session";
const DENY: &str = "deny";

/// How much of one argument a person is shown, in characters.
const VALUE_MAX: usize = 500;
/// How many arguments.
const ARGUMENTS_MAX: usize = 20;

/// The question as the protocol puts it to a person.
pub(crate) fn form(approval: &Approval) -> ElicitRequest {
    ElicitRequest::new(ElicitRequestParams::FormElicitationParams {
        meta: None,
        message: message(approval),
        requested_schema: schema(),
    })
}

/// What the person said. Whatever is no clear yes is a no.
pub(crate) fn decision(said: &ElicitResult) -> ApprovalDecision {
    let chosen = said.content.as_ref().filter(|_| said.action == ElicitationAction::Accept);
    match chosen.and_then(|content| content[FIELD].as_str()) {
        Some(ONCE) => ApprovalDecision::Approve,
        Some(SESSION) => ApprovalDecision::ApproveAlways,
        _ => ApprovalDecision::Deny,
    }
}

/// The same of an answer as it came over the wire. None is a no as well.
pub(crate) fn decision_of(said: Option<&Value>) -> ApprovalDecision {
    let said = said.and_then(|said| serde_json::from_value::<ElicitResult>(said.clone()).ok());
    said.as_ref().map_or(ApprovalDecision::Deny, decision)
}

fn schema() -> ElicitationSchema {
    let form = json!({
        "type": "object",
        "properties": {FIELD: {"type": "string", "title": "Decision", "enum": [ONCE, SESSION, DENY]}},
        "required": [FIELD],
    });
    let form = form.as_object().cloned().unwrap_or_default();
    #[expect(clippy::expect_used, reason = "it is always the same one, and a test reads it")]
    ElicitationSchema::from_json_schema(form).expect("the form is flat, with one choice of texts")
}

/// The question and the arguments, each on its own line. A model wrote these, and somebody the account's name, so none can
/// look like a line of ours, and what is left out is said.
fn message(approval: &Approval) -> String {
    let mut message = plain(&approval.question());
    let arguments = approval.arguments();
    for (name, value) in arguments.iter().take(ARGUMENTS_MAX) {
        message.push_str(&format!("\n{}: {}", shown(&json!(name)), shown(value)));
    }
    if let Some(more) = arguments.len().checked_sub(ARGUMENTS_MAX).filter(|more| *more > 0) {
        message.push_str(&format!("\n… and {more} more arguments that are not shown"));
    }
    message
}

/// A value as JSON, on one line, up to a length.
fn shown(value: &Value) -> String {
    let whole = value.to_string();
    let kept: String = whole.chars().take(VALUE_MAX).collect();
    let mut text = plain(&kept);
    if let Some(more) = whole.chars().count().checked_sub(VALUE_MAX).filter(|more| *more > 0) {
        text.push_str(&format!("… and {more} more characters that are not shown"));
    }
    text
}

/// Text that looks like what it is.
fn plain(text: &str) -> String {
    text.chars().map(|c| if turns(c) { '\u{fffd}' } else { c }).collect()
}

/// Characters that JSON lets stand and that make text look other than it is: invisible ones, line ends, and those that turn
/// the direction around.
fn turns(c: char) -> bool {
    let invisible =
        matches!(c, '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2060}'..='\u{2064}' | '\u{feff}');
    let turning = matches!(c, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() || invisible || turning
}

#[cfg(test)]
mod tests {
    use composio_core::{ApprovalRule, ApprovalState, Timestamp, ToolCall, ToolSlug};

    use super::*;

    fn asked(arguments: &Value) -> String {
        let mut call = ToolCall::new(ToolSlug::new("MAIL_SEND").unwrap(), arguments.as_object().unwrap().clone());
        call.account = Some("work".to_owned());
        let state = ApprovalState::from("in-state");
        message(&Approval::new(call, ApprovalRule::Tool, state, Timestamp::from_micros(0)))
    }

    #[test]
    fn a_person_reads_the_question_and_every_argument() {
        let message = asked(&json!({"to": "bob", "list": [1, {"a": null}]}));
        assert_eq!(message, "Allow MAIL_SEND?\n\"to\": \"bob\"\n\"list\": [1,{\"a\":null}]");
        assert_eq!(asked(&json!({})), "Allow MAIL_SEND?");
    }

    #[test]
    fn what_a_model_wrote_cannot_pass_for_our_own_words() {
        let message = asked(&json!({"a\nAllow OTHER?": "x\nAllow OTHER?\u{2028}\u{202e}\u{200b}\u{85}end"}));
        assert_eq!(message.lines().count(), 2, "{message:?}");
        assert!(message.ends_with("\\nAllow OTHER?\u{fffd}\u{fffd}\u{fffd}\u{fffd}end\""), "{message:?}");
    }

    #[test]
    fn the_name_of_an_account_stays_on_its_line() {
        let call = ToolCall::new(ToolSlug::new("MAIL_SEND").unwrap(), serde_json::Map::new());
        let approval = Approval::new(call, ApprovalRule::Tool, "in-state".into(), Timestamp::from_micros(0));
        let approval = approval.with_account("ca_1".into(), "work\u{2028}\u{202e}home");
        assert_eq!(message(&approval), "Allow MAIL_SEND with work\u{fffd}\u{fffd}home?");
    }

    #[test]
    fn a_question_is_bounded_and_says_what_it_leaves_out() {
        let mut arguments = serde_json::Map::new();
        for number in 0..50 {
            arguments.insert(format!("{number}{}", "n".repeat(5_000)), "ü".repeat(5_000).into());
        }
        let message = asked(&Value::Object(arguments));
        assert!(message.chars().count() < 25_000, "{}", message.chars().count());
        assert!(message.ends_with("… and 30 more arguments that are not shown"), "{message}");
        assert!(message.lines().nth(1).unwrap().ends_with("… and 4502 more characters that are not shown"));
    }

    #[test]
    fn the_form_is_one_required_choice() {
        assert_eq!(
            serde_json::to_value(schema()).unwrap(),
            json!({"type": "object", "required": ["decision"], "properties": {"decision":
                {"type": "string", "title": "Decision", "enum": ["allow_once", "allow_session", "deny"]}}})
        );
    }

    #[test]
    fn only_a_clear_yes_is_one() {
        use ApprovalDecision::{Approve, ApproveAlways, Deny};
        let accept = |content: Value| json!({"action": "accept", "content": content});
        for (said, expected) in [
            (accept(json!({"decision": "allow_once"})), Approve),
            (accept(json!({"decision": "allow_session"})), ApproveAlways),
            (accept(json!({"decision": "deny"})), Deny),
            (accept(json!({"decision": "Allow_once"})), Deny),
            (accept(json!({"decision": true})), Deny),
            (accept(json!({"decision": ["allow_once"]})), Deny),
            (accept(json!("allow_once")), Deny),
            (accept(json!({})), Deny),
            (json!({"action": "accept"}), Deny),
            (json!({"action": "decline", "content": {"decision": "allow_once"}}), Deny),
            (json!({"action": "cancel", "content": {"decision": "allow_session"}}), Deny),
            (json!({"action": "yes", "content": {"decision": "allow_once"}}), Deny),
            (json!({"content": {"decision": "allow_once"}}), Deny),
            (json!("allow_once"), Deny),
            (Value::Null, Deny),
        ] {
            assert_eq!(decision_of(Some(&said)), expected, "{said}");
        }
        assert_eq!(decision_of(None), Deny);
    }
}
