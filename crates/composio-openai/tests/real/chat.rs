//! Chat Completions: the ready-made loop, a stream, and plain JSON.

use composio_openai::async_openai::types::chat::{
    ChatCompletionRequestMessage, ChatCompletionRequestUserMessage, CreateChatCompletionRequest,
    CreateChatCompletionResponse,
};
use composio_openai::{ChatStream, ChatValueStream, OpenAiTools as _, run_chat};
use futures::StreamExt as _;
use serde_json::{Value, json};

use crate::kit::{self, EVERYTHING, ONE_BY_ONE};
use crate::place::Place;

fn request(text: &str) -> CreateChatCompletionRequest {
    CreateChatCompletionRequest {
        model: "gpt-4.1".to_owned(),
        messages: vec![ChatCompletionRequestUserMessage::from(text).into()],
        ..CreateChatCompletionRequest::default()
    }
}

#[tokio::test]
async fn everything_at_once() {
    let Some(place) = Place::find() else { return };
    let (backend, tools) = kit::tools().await;
    let text = kit::says(EVERYTHING, "chat");
    let finished = run_chat(&place.client, &tools, request(&text)).await.unwrap();
    assert_eq!(finished.text(), "All done.");
    let failed: Vec<_> = finished.failures.iter().map(|failure| failure.call_id.as_str()).collect();
    assert_eq!(failed, ["call_fails", "call_broken", "call_unknown"]);
    kit::check_everything(&place.asked(&text).await, &backend);
}

#[tokio::test]
async fn one_turn_after_another() {
    let Some(place) = Place::find() else { return };
    let (_, tools) = kit::tools().await;
    let text = kit::says(ONE_BY_ONE, "chat");
    let finished = run_chat(&place.client, &tools, request(&text)).await.unwrap();
    assert_eq!(finished.text(), "Both done.");
    kit::check_one_by_one(&place.asked(&text).await);
}

async fn streamed(place: &Place, request: &CreateChatCompletionRequest) -> CreateChatCompletionResponse {
    let mut chunks = place.client.chat().create_stream(request.clone()).await.unwrap();
    let mut stream = ChatStream::new();
    while let Some(chunk) = chunks.next().await {
        stream.push(&chunk.unwrap());
    }
    stream.finish()
}

#[tokio::test]
async fn streams() {
    for conversation in [EVERYTHING, ONE_BY_ONE] {
        let Some(place) = Place::find() else { return };
        let (backend, tools) = kit::tools().await;
        let text = kit::says(conversation, "chat stream");
        let mut request = CreateChatCompletionRequest { tools: tools.to_openai_chat(), ..request(&text) };
        let mut reply = streamed(&place, &request).await;
        while let Some(mut answered) = tools.answer_chat(&reply).await {
            answered.answer_rest(&tools);
            request.messages.extend(answered);
            reply = streamed(&place, &request).await;
        }
        assert!(reply.choices[0].message.content.as_deref().unwrap().ends_with("done."));
        let asked = place.asked(&text).await;
        if conversation == EVERYTHING {
            let ChatCompletionRequestMessage::Assistant(turn) = &request.messages[1] else { panic!("no echo") };
            assert!(turn.content.is_some() && turn.tool_calls.is_some(), "both are echoed");
            kit::check_everything(&asked, &backend);
        } else {
            kit::check_one_by_one(&asked);
        }
    }
}

#[tokio::test]
async fn plain_json_and_its_streams() {
    for stream in [false, true] {
        let Some(place) = Place::find() else { return };
        let (backend, tools) = kit::tools().await;
        let text = kit::says(EVERYTHING, "chat values");
        let mut messages = vec![json!({"role": "user", "content": text})];
        let ask = async |messages: &[Value]| -> Value {
            let request = json!({"model": "gpt-4.1", "messages": messages, "stream": stream,
                "tools": tools.to_openai_chat_values()});
            if !stream {
                return place.reply("chat/completions", &request).await;
            }
            let mut gathered = ChatValueStream::new();
            place.events("chat/completions", &request).await.iter().for_each(|chunk| gathered.push(chunk));
            gathered.finish()
        };
        let mut reply = ask(&messages).await;
        while let Some(mut answered) = tools.answer_chat_value(&reply).await {
            answered.answer_rest(&tools);
            messages.extend(answered);
            reply = ask(&messages).await;
        }
        assert_eq!(reply["choices"][0]["message"]["content"], "All done.");
        kit::check_everything(&place.asked(&text).await, &backend);
    }
}
