//! The Responses API, as plain JSON and, with what aimock leaves out of its replies put in, through the types.

use composio_core::ToolSet;
use composio_openai::async_openai::types::responses::{OutputItem, Response, ResponseStreamEvent};
use composio_openai::{OpenAiTools as _, ResponseStream, ResponseValueStream};
use serde_json::{Value, json};

use crate::kit::{self, EVERYTHING, ONE_BY_ONE};
use crate::place::Place;

/// How a turn is had.
#[derive(Clone, Copy, PartialEq)]
enum How {
    Whole,
    Streamed,
}

async fn events(place: &Place, mut request: Value) -> Vec<Value> {
    request["stream"] = json!(true);
    place.events("responses", &request).await
}

/// One turn as plain JSON.
async fn value(place: &Place, how: How, request: Value) -> Value {
    if how == How::Whole {
        return place.reply("responses", &request).await;
    }
    let mut gathered = ResponseValueStream::new();
    events(place, request).await.iter().for_each(|event| gathered.push(event));
    gathered.finish()
}

/// One turn through the types. aimock counts no tokens by their kind and numbers no events; providers do.
async fn typed(place: &Place, how: How, request: Value) -> Vec<OutputItem> {
    if how == How::Whole {
        let reply = completed(place.reply("responses", &request).await);
        return serde_json::from_value::<Response>(reply).unwrap().output;
    }
    let mut gathered = ResponseStream::new();
    for (number, mut event) in events(place, request).await.into_iter().enumerate() {
        event["sequence_number"] = json!(number);
        if let Some(response) = event.get_mut("response") {
            *response = completed(response.take());
        }
        gathered.push(&serde_json::from_value::<ResponseStreamEvent>(event).unwrap());
    }
    assert!(gathered.response().is_some());
    gathered.finish()
}

fn completed(mut response: Value) -> Value {
    if let Some(usage) = response.get_mut("usage") {
        usage["input_tokens_details"] = json!({"cached_tokens": 0});
        usage["output_tokens_details"] = json!({"reasoning_tokens": 0});
    }
    response
}

fn request(tools: &ToolSet, input: &[Value]) -> Value {
    json!({"model": "gpt-4.1", "input": input, "tools": tools.to_openai_responses()})
}

#[tokio::test]
async fn plain_json_and_its_streams() {
    for (how, conversation) in
        [How::Whole, How::Streamed].into_iter().flat_map(|how| [(how, EVERYTHING), (how, ONE_BY_ONE)])
    {
        let Some(place) = Place::find() else { return };
        let (backend, tools) = kit::tools().await;
        let text = kit::says(conversation, "responses values");
        let mut input = vec![json!({"role": "user", "content": text})];
        while let Some(mut answered) = {
            let reply = value(&place, how, request(&tools, &input)).await;
            tools.answer_response_value(&reply).await
        } {
            answered.answer_rest(&tools);
            input.extend(answered);
        }
        check(&place, conversation, &text, &backend).await;
    }
}

#[tokio::test]
async fn types_and_their_streams() {
    for (how, conversation) in
        [How::Whole, How::Streamed].into_iter().flat_map(|how| [(how, EVERYTHING), (how, ONE_BY_ONE)])
    {
        let Some(place) = Place::find() else { return };
        let (backend, tools) = kit::tools().await;
        let text = kit::says(conversation, "responses");
        let mut input = vec![json!({"role": "user", "content": text})];
        while let Some(mut answered) = {
            let output = typed(&place, how, request(&tools, &input)).await;
            tools.answer_output(&output).await
        } {
            answered.answer_rest(&tools);
            input.extend(answered.into_iter().map(|item| serde_json::to_value(item).unwrap()));
        }
        check(&place, conversation, &text, &backend).await;
    }
}

async fn check(place: &Place, conversation: &str, text: &str, backend: &composio_core::ScriptedBackend) {
    let asked = place.asked(text).await;
    if conversation == EVERYTHING {
        kit::check_everything(&asked, backend);
    } else {
        kit::check_one_by_one(&asked);
    }
}
