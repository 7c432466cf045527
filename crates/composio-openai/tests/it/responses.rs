//! The Responses API: what is sent, what is run, what goes back.

use composio_core::ScriptedBackend;
use composio_openai::OpenAiTools as _;
use composio_openai::async_openai::types::responses::CreateResponse;
use serde_json::{Value, json};

use crate::kit::{self, envelope, function_call, response, sent, wire};

fn custom_call(id: &str, name: &str) -> Value {
    json!({"type": "custom_tool_call", "id": format!("ctc_{id}"), "call_id": id, "name": name, "input": "free text"})
}

#[tokio::test]
async fn a_request_without_tools_has_no_list_of_them() {
    let request = |tools| sent(&CreateResponse { tools, ..CreateResponse::default() });
    let none = kit::tools_of(&ScriptedBackend::new().toolkit("kit")).await;
    assert_eq!(request(none.to_openai_responses()).get("tools"), None);
    let tools = request(kit::tools().await.to_openai_responses())["tools"].clone();
    assert_eq!((&tools[0]["type"], &tools[0]["name"]), (&json!("function"), &json!("KIT_ECHO")));
}

#[tokio::test]
async fn strict_is_always_said() {
    let free = json!({"type": "object", "additionalProperties": true});
    let tools = kit::tools_of(&kit::backend().tool("KIT_FREE", "kit", free)).await;
    let strict = |set: &composio_core::ToolSet| -> Vec<Value> {
        set.to_openai_responses().unwrap().iter().map(|tool| sent(tool)["strict"].clone()).collect()
    };
    assert_eq!(strict(&tools), [false, false, false, false]);
    assert_eq!(strict(&tools.strict()), [true, false, true, false]);
}

#[tokio::test]
async fn all_output_is_replayed_before_the_answers() {
    let output = [
        json!({"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"}),
        json!({"type": "message", "id": "msg_1", "role": "assistant", "status": "completed",
            "content": [{"type": "output_text", "text": "Wait.", "annotations": []}]}),
        function_call("call_1", "KIT_ECHO", r#"{"note":"one"}"#),
        json!({"type": "reasoning", "id": "rs_2", "summary": []}),
        function_call("call_2", "roll_dice", "{}"),
        function_call("call_3", "KIT_FAILS", ""),
    ];
    let answered = kit::tools().await.answer_response(&wire(response(&output))).await.unwrap();
    assert_eq!(answered.unhandled.iter().map(|call| call.id.as_str()).collect::<Vec<_>>(), ["call_2"]);
    assert_eq!(answered.failures.len(), 1);

    let items: Vec<_> = answered.into_iter().map(|item| sent(&item)).collect();
    let kinds: Vec<_> = items.iter().map(|item| item["type"].as_str().unwrap()).collect();
    let echoed = ["reasoning", "message", "function_call", "reasoning", "function_call", "function_call"];
    assert_eq!(kinds[..6], echoed);
    assert_eq!((&items[0]["id"], &items[0]["encrypted_content"]), (&json!("rs_1"), &json!("sealed")));
    assert_eq!(items[2]["call_id"], "call_1");
    assert_eq!(kinds[6..], ["function_call_output", "function_call_output"]);
    assert_eq!((&items[6]["call_id"], &items[7]["call_id"]), (&json!("call_1"), &json!("call_3")));
    assert_eq!(envelope(&items[6])["data"], json!({"note": "one"}));
    assert_eq!(envelope(&items[7])["successful"], false);
}

#[tokio::test]
async fn the_answers_alone_continue_a_stored_response() {
    let output =
        [json!({"type": "reasoning", "id": "rs_1", "summary": []}), function_call("call_1", "KIT_NOTHING", "")];
    let answered = kit::tools().await.answer_response(&wire(response(&output))).await.unwrap();
    let answers = answered.into_answers();
    assert_eq!(answers.len(), 1);
    assert_eq!(sent(&answers[0])["call_id"], "call_1");
}

#[tokio::test]
async fn a_response_without_calls_ends_the_loop() {
    let reasoning = json!({"type": "reasoning", "id": "rs_1", "summary": []});
    assert!(kit::tools().await.answer_response(&wire(response(&[reasoning]))).await.is_none());
    assert!(kit::tools().await.answer_response(&wire(response(&[]))).await.is_none());
}

#[tokio::test]
async fn custom_calls_and_namespaces_are_never_ours() {
    let backend = kit::backend();
    let tools = kit::tools_of(&backend).await;
    let mut elsewhere = function_call("b", "KIT_ECHO", "{}");
    elsewhere["namespace"] = json!("other");
    let output = [custom_call("a", "KIT_ECHO"), elsewhere, function_call("c", "KIT_ECHO", "{}")];
    let mut answered = tools.answer_response(&wire(response(&output))).await.unwrap();
    assert_eq!(backend.calls().len(), 1);
    let [custom, other] = <[_; 2]>::try_from(std::mem::take(&mut answered.unhandled)).unwrap();
    assert!(custom.is_custom() && custom.arguments == "free text" && !other.is_custom());
    answered.answer(other, "second");
    answered.answer(custom, "first");
    let answers: Vec<_> = answered.into_answers().iter().map(sent).collect();
    assert_eq!(answers[0], json!({"type": "custom_tool_call_output", "call_id": "a", "output": "first"}));
    assert_eq!(answers[1], json!({"type": "function_call_output", "call_id": "b", "output": "second"}));
    assert_eq!(answers[2]["call_id"], "c");
}

#[tokio::test]
async fn an_answer_names_the_program_that_called() {
    let mut programmed = function_call("a", "KIT_NOTHING", "");
    programmed["caller"] = json!({"type": "program", "caller_id": "prog_1"});
    let answered = kit::tools().await.answer_response(&wire(response(&[programmed.clone()]))).await.unwrap();
    assert_eq!(sent(&answered.into_answers()[0])["caller"], programmed["caller"]);
    let answered = kit::tools().await.answer_response_value(&response(&[programmed.clone()])).await.unwrap();
    assert_eq!(answered.into_answers()[0]["caller"], programmed["caller"]);
}

#[tokio::test]
async fn a_call_that_was_cut_off_before_its_arguments_is_not_run() {
    let backend = kit::backend();
    let tools = kit::tools_of(&backend).await;
    let mut cut = function_call("a", "KIT_NOTHING", "");
    cut["status"] = json!("incomplete");
    for answered in [
        tools.answer_response(&wire(response(&[cut.clone()]))).await.map(|answered| answered.failures.len()),
        tools.answer_response_value(&response(&[cut.clone()])).await.map(|answered| answered.failures.len()),
    ] {
        assert_eq!(answered, Some(1));
    }
    assert!(backend.calls().is_empty());
}
