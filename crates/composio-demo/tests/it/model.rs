//! The scripted model, as clients of providers meet it: one script in four wire forms, and what it refuses.

use std::sync::{Arc, Mutex};

use composio_demo::{ModelCall, Reply, ScriptedModel, Turn};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// Both paths, each in one piece and streamed.
const FORMS: [(&str, bool); 4] =
    [("chat/completions", false), ("chat/completions", true), ("responses", false), ("responses", true)];

struct Asked {
    model: ScriptedModel,
    http: Client,
    turns: Arc<Mutex<Vec<Turn>>>,
}

/// What came back, whatever the form.
#[derive(Debug, PartialEq)]
struct Said {
    text: Option<String>,
    calls: Vec<ModelCall>,
}

impl Asked {
    async fn start(script: impl Fn(&Turn) -> Reply + Send + Sync + 'static) -> Self {
        let turns = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&turns);
        let model = ScriptedModel::start(move |turn| {
            heard.lock().unwrap().push(turn.clone());
            script(turn)
        });
        let http = Client::builder().no_proxy().build().unwrap();
        Self { model: model.await.unwrap(), http, turns }
    }

    async fn post(&self, path: &str, body: &Value) -> (StatusCode, String) {
        let url = format!("{}/{path}", self.model.base_url());
        let response = self.http.post(url).json(body).send().await.unwrap();
        (response.status(), response.text().await.unwrap())
    }

    /// Sends a request that has to be understood, and reads the answer.
    async fn say(&self, path: &str, mut body: Value, stream: bool) -> Said {
        body["model"] = json!("some-model");
        if stream {
            body["stream"] = json!(true);
        }
        let (status, text) = self.post(path, &body).await;
        assert_eq!(status, StatusCode::OK, "{path}: {text}");
        match (path, stream) {
            ("responses", false) => of_response(&serde_json::from_str(&text).unwrap()),
            ("responses", true) => of_events(&text),
            (_, false) => of_completion(&serde_json::from_str(&text).unwrap()),
            (_, true) => of_chunks(&text),
        }
    }

    fn last_turn(&self) -> Turn {
        self.turns.lock().unwrap().last().unwrap().clone()
    }
}

fn text_at(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}")).to_owned()
}

fn call(id: &Value, name: &Value, arguments: &Value) -> ModelCall {
    ModelCall { id: text_at(id), name: text_at(name), arguments: text_at(arguments) }
}

fn of_completion(body: &Value) -> Said {
    for (field, expected) in [("object", "chat.completion"), ("model", "some-model")] {
        assert_eq!(body[field], expected);
    }
    assert!(text_at(&body["id"]).starts_with("chatcmpl-") && body["created"].as_i64().unwrap() > 1_700_000_000);
    let usage =
        ["prompt_tokens", "completion_tokens", "total_tokens"].map(|field| body["usage"][field].as_u64().unwrap());
    assert_eq!(usage[0] + usage[1], usage[2]);
    assert_eq!(body["choices"].as_array().unwrap().len(), 1);
    let choice = &body["choices"][0];
    let message = &choice["message"];
    assert_eq!((&choice["index"], &message["role"]), (&json!(0), &json!("assistant")));
    let calls: Vec<_> = message["tool_calls"].as_array().into_iter().flatten().collect();
    assert_eq!(choice["finish_reason"], if calls.is_empty() { "stop" } else { "tool_calls" });
    assert!(calls.iter().all(|call| call["type"] == "function"));
    let calls = calls.iter().map(|c| call(&c["id"], &c["function"]["name"], &c["function"]["arguments"]));
    Said { text: message["content"].as_str().map(str::to_owned), calls: calls.collect() }
}

/// Puts chunks together by index, as clients do.
fn of_chunks(body: &str) -> Said {
    let frames: Vec<_> = body.split_terminator("\n\n").map(|frame| frame.strip_prefix("data: ").unwrap()).collect();
    let (last, frames) = frames.split_last().unwrap();
    assert_eq!(*last, "[DONE]");
    let mut said = Said { text: None, calls: Vec::new() };
    let mut finish = Value::Null;
    for frame in frames {
        let chunk: Value = serde_json::from_str(frame).unwrap();
        assert_eq!(chunk["object"], "chat.completion.chunk");
        let choice = &chunk["choices"][0];
        assert_eq!(finish, Value::Null, "nothing follows the end");
        finish = choice["finish_reason"].clone();
        if let Some(piece) = choice["delta"]["content"].as_str() {
            said.text.get_or_insert_default().push_str(piece);
        }
        for delta in choice["delta"]["tool_calls"].as_array().into_iter().flatten() {
            let index = usize::try_from(delta["index"].as_u64().unwrap()).unwrap();
            if index == said.calls.len() {
                said.calls.push(call(&delta["id"], &delta["function"]["name"], &json!("")));
            }
            said.calls[index].arguments.push_str(delta["function"]["arguments"].as_str().unwrap());
        }
    }
    assert_eq!(finish, if said.calls.is_empty() { "stop" } else { "tool_calls" });
    said
}

fn of_response(body: &Value) -> Said {
    for (field, expected) in [("object", "response"), ("status", "completed"), ("model", "some-model")] {
        assert_eq!(body[field], expected);
    }
    for field in ["id", "created_at", "parallel_tool_calls", "tool_choice", "tools", "text", "metadata"] {
        assert!(!body[field].is_null(), "{field} is missing");
    }
    let usage = &body["usage"];
    let counted = ["input_tokens", "output_tokens", "total_tokens"].map(|field| usage[field].as_u64().unwrap());
    assert_eq!(counted[0] + counted[1], counted[2]);
    assert!(usage["input_tokens_details"].is_object() && usage["output_tokens_details"].is_object());
    of_items(body["output"].as_array().unwrap())
}

fn of_items(items: &[Value]) -> Said {
    let mut said = Said { text: None, calls: Vec::new() };
    for item in items {
        assert_eq!(item["status"], "completed");
        match item["type"].as_str().unwrap() {
            "message" => said.text = Some(text_at(&item["content"][0]["text"])),
            "function_call" => said.calls.push(call(&item["call_id"], &item["name"], &item["arguments"])),
            other => panic!("an item of type {other}"),
        }
    }
    said
}

/// Reads three times over: from the deltas, from the items that are done, from the response that is completed.
fn of_events(body: &str) -> Said {
    let mut deltas: Vec<String> = Vec::new();
    let mut items = Vec::new();
    let mut completed = None;
    for (number, frame) in body.split_terminator("\n\n").enumerate() {
        let (event, data) = frame.split_once('\n').unwrap();
        let (event, data) = (event.strip_prefix("event: ").unwrap(), data.strip_prefix("data: ").unwrap());
        let data: Value = serde_json::from_str(data).unwrap();
        assert_eq!((&data["type"], &data["sequence_number"]), (&json!(event), &json!(number)));
        assert!(completed.is_none(), "nothing follows the end");
        match event {
            "response.created" | "response.in_progress" => assert_eq!(data["response"]["status"], "in_progress"),
            "response.output_item.added" => deltas.push(String::new()),
            "response.output_text.delta" | "response.function_call_arguments.delta" => {
                deltas.last_mut().unwrap().push_str(data["delta"].as_str().unwrap());
            }
            "response.output_text.done" => assert_eq!(data["text"], **deltas.last().unwrap()),
            "response.function_call_arguments.done" => assert_eq!(data["arguments"], **deltas.last().unwrap()),
            "response.output_item.done" => items.push(data["item"].clone()),
            "response.completed" => completed = Some(of_response(&data["response"])),
            "response.content_part.added" | "response.content_part.done" => {}
            other => panic!("an event {other}"),
        }
    }
    let said = of_items(&items);
    assert_eq!(
        deltas,
        said.text.iter().cloned().chain(said.calls.iter().map(|c| c.arguments.clone())).collect::<Vec<_>>()
    );
    assert_eq!(completed.as_ref(), Some(&said));
    said
}

/// A conversation in the form of a path: what the user said, and one round of calls with their results.
fn conversation(path: &str, user: &str, round: &[(&ModelCall, &str)]) -> Value {
    let function = |call: &ModelCall| json!({ "name": call.name, "arguments": call.arguments });
    if path == "responses" {
        let mut input = vec![json!({ "role": "user", "content": user })];
        input.extend(round.iter().map(|(call, _)| {
            json!({ "type": "function_call", "call_id": call.id, "name": call.name, "arguments": call.arguments })
        }));
        input.extend(
            round
                .iter()
                .map(|(call, text)| json!({ "type": "function_call_output", "call_id": call.id, "output": text })),
        );
        return json!({ "instructions": "Be kind.", "input": input });
    }
    let mut messages =
        vec![json!({ "role": "system", "content": "Be kind." }), json!({ "role": "user", "content": user })];
    if !round.is_empty() {
        let calls: Vec<_> = round
            .iter()
            .map(|(call, _)| json!({ "id": call.id, "type": "function", "function": function(call) }))
            .collect();
        messages.push(json!({ "role": "assistant", "content": null, "tool_calls": calls }));
    }
    messages
        .extend(round.iter().map(|(call, text)| json!({ "role": "tool", "tool_call_id": call.id, "content": text })));
    json!({ "messages": messages })
}

fn with_tools(path: &str, mut body: Value, names: &[&str]) -> Value {
    let schema = json!({ "type": "object", "properties": {} });
    body["tools"] = names
        .iter()
        .map(|name| match path {
            "responses" => json!({ "type": "function", "name": name, "parameters": schema }),
            _ => json!({ "type": "function", "function": { "name": name, "parameters": schema } }),
        })
        .collect();
    body
}

#[tokio::test]
async fn one_script_serves_all_wire_forms() {
    let asked = Asked::start(|turn| {
        if turn.results.is_empty() {
            let mut named = ModelCall::new("SECOND", &json!({ "text": "é".repeat(20) }));
            named.id = "call_mine".to_owned();
            return Reply::Calls(vec![ModelCall::raw("FIRST", "no JSON [at all"), named, ModelCall::raw("THIRD", "")]);
        }
        Reply::text(format!("Heard: {}", turn.result_of("SECOND").unwrap().text))
    })
    .await;
    for (path, stream) in FORMS {
        let question = with_tools(path, conversation(path, "Hello", &[]), &["FIRST", "SECOND"]);
        let said = asked.say(path, question, stream).await;
        assert_eq!(said.text, None);
        let calls: Vec<_> = said.calls.iter().map(|call| (call.name.as_str(), call.arguments.as_str())).collect();
        let long = json!({ "text": "é".repeat(20) }).to_string();
        assert_eq!(calls, [("FIRST", "no JSON [at all"), ("SECOND", long.as_str()), ("THIRD", "")]);
        assert_eq!(said.calls[1].id, "call_mine");
        assert!(!said.calls[0].id.is_empty() && said.calls[0].id != said.calls[2].id);

        let first = asked.last_turn();
        assert_eq!((first.user.as_str(), first.instructions.as_str()), ("Hello", "Be kind."));
        assert_eq!(
            (first.assistant_turns, first.tools.as_slice()),
            (0, &["FIRST".to_owned(), "SECOND".to_owned()][..])
        );
        assert!(first.offers("FIRST") && !first.offers("THIRD") && first.model == "some-model");

        let results = ["plain text", r#"{"successful":true}"#, r#""{\"n\":1}""#];
        let round: Vec<_> = said.calls.iter().zip(results).collect();
        let said = asked.say(path, conversation(path, "Hello", &round), stream).await;
        assert_eq!(said, Said { text: Some(r#"Heard: {"successful":true}"#.to_owned()), calls: Vec::new() });

        let turn = asked.last_turn();
        assert_eq!(turn.assistant_turns, 1, "{path}");
        let read: Vec<_> = turn.results.iter().map(|result| (result.name.as_str(), result.json.clone())).collect();
        let expected =
            [("FIRST", Value::Null), ("SECOND", json!({ "successful": true })), ("THIRD", json!({ "n": 1 }))];
        assert_eq!(read, expected, "{path}");
        assert_eq!(turn.results[1].call_id, "call_mine");
    }
    assert_eq!(asked.model.requests().len(), 8);
    asked.model.shutdown().await;
}

#[tokio::test]
async fn parallel_calls_are_streamed_interleaved() {
    let calls = || vec![ModelCall::raw("A", "0123456789abcdef"), ModelCall::raw("B", "0123456789abcdef")];
    let asked = Asked::start(move |_| Reply::Calls(calls())).await;
    let mut body = conversation("chat/completions", "Go", &[]);
    body["model"] = json!("m");
    body["stream"] = json!(true);
    body["stream_options"] = json!({ "include_usage": true });
    let (_, text) = asked.post("chat/completions", &body).await;
    let chunks: Vec<Value> =
        text.split("\n\n").filter_map(|frame| serde_json::from_str(frame.strip_prefix("data: ")?).ok()).collect();
    let indices = chunks.iter().filter_map(|chunk| chunk["choices"][0]["delta"]["tool_calls"][0]["index"].as_u64());
    assert_eq!(indices.collect::<Vec<_>>(), [0, 1, 0, 1, 0, 1, 0, 1]);
    let last = chunks.last().unwrap();
    assert_eq!((&last["choices"], last["usage"]["total_tokens"].as_u64().is_some()), (&json!([]), true));
    assert!(chunks[..chunks.len() - 1].iter().all(|chunk| chunk["usage"].is_null()));
}

#[tokio::test]
async fn an_answer_arrives_in_pieces() {
    let asked = Asked::start(|_| Reply::text("word ".repeat(40))).await;
    for path in ["chat/completions", "responses"] {
        let mut body = conversation(path, "Go", &[]);
        body["model"] = json!("m");
        body["stream"] = json!(true);
        let url = format!("{}/{path}", asked.model.base_url());
        let mut response = asked.http.post(url).json(&body).send().await.unwrap();
        assert!(response.headers()["content-type"].to_str().unwrap().starts_with("text/event-stream"));
        let mut pieces = 0;
        while response.chunk().await.unwrap().is_some() {
            pieces += 1;
        }
        assert!(pieces > 5, "{path}: {pieces}");
    }
}

#[tokio::test]
async fn a_request_goes_on_from_an_earlier_response() {
    let asked = Asked::start(|turn| match turn.result_of("LOOK") {
        None => Reply::call("LOOK", &json!({})),
        Some(seen) => Reply::text(format!("{} to {}", seen.text, turn.user)),
    })
    .await;
    let first = json!({ "model": "m", "input": "Look!" });
    let (_, first) = asked.post("responses", &first).await;
    let first: Value = serde_json::from_str(&first).unwrap();
    let output = json!({ "type": "function_call_output", "call_id": first["output"][0]["call_id"], "output": "a cat" });
    let mut next = json!({ "previous_response_id": first["id"], "input": [output] });
    for _ in 0..2 {
        let said = asked.say("responses", next.clone(), false).await;
        assert_eq!(said.text.as_deref(), Some("a cat to Look!"));
    }
    next["previous_response_id"] = json!("resp_77");
    next["model"] = json!("m");
    let (status, text) = asked.post("responses", &next).await;
    assert!(status == StatusCode::BAD_REQUEST && text.contains("resp_77") && text.contains("not found"), "{text}");

    // What was not to be stored is not there.
    let forgotten = json!({ "model": "m", "input": "Look!", "store": false });
    let (_, forgotten) = asked.post("responses", &forgotten).await;
    next["previous_response_id"] = serde_json::from_str::<Value>(&forgotten).unwrap()["id"].clone();
    let (status, text) = asked.post("responses", &next).await;
    assert!(status == StatusCode::BAD_REQUEST && text.contains("previous_response_not_found"), "{text}");
}

#[tokio::test]
async fn what_providers_refuse_is_refused() {
    let asked = Asked::start(|_| Reply::text("fine")).await;
    let chat = |messages: Value| ("chat/completions", json!({ "model": "m", "messages": messages }));
    let responses = |input: Value| ("responses", json!({ "model": "m", "input": input }));
    let user = json!({ "role": "user", "content": "Hi" });
    let called = |ids: &[&str]| {
        let function = json!({ "name": "F", "arguments": "{}" });
        let calls: Vec<_> =
            ids.iter().map(|id| json!({ "id": id, "type": "function", "function": function })).collect();
        json!({ "role": "assistant", "tool_calls": calls })
    };
    let answered = |id: &str| json!({ "role": "tool", "tool_call_id": id, "content": "x" });
    let call = |id: &str| json!({ "type": "function_call", "call_id": id, "name": "F", "arguments": "{}" });
    let output = |id: &str| json!({ "type": "function_call_output", "call_id": id, "output": "x" });
    let bad_name = json!({ "role": "assistant", "tool_calls":
        [{ "id": "a", "type": "function", "function": { "name": "F G", "arguments": "{}" } }] });
    let parsed = json!({ "role": "assistant", "tool_calls":
        [{ "id": "a", "type": "function", "function": { "name": "F", "arguments": {} } }] });
    let bare = |path| (path, with_tools(path, conversation(path, "Hi", &[]), &["A"]));
    let tools = |path, names: &[&str]| {
        let mut body = with_tools(path, conversation(path, "Hi", &[]), names);
        body["model"] = json!("m");
        (path, body)
    };
    for ((path, body), says) in [
        (chat(json!([user, called(&["a", "b"]), answered("a")])), "had no response: b"),
        (chat(json!([user, called(&["a"]), user, answered("a")])), "had no response: a"),
        (chat(json!([user, called(&["a"])])), "had no response: a"),
        (chat(json!([user, answered("a")])), "'a' is none"),
        (chat(json!([user, called(&["a"]), answered("a"), answered("a")])), "answered twice"),
        (chat(json!([user, called(&[])])), "too short"),
        (chat(json!([user, bad_name, answered("a")])), "does not match the pattern"),
        (chat(json!([user, parsed, answered("a")])), "expected a string"),
        (chat(json!([])), "too short"),
        (chat(Value::Null), "Missing required parameter: 'messages'"),
        (chat(json!([{ "role": "robot", "content": "x" }])), "robot"),
        (responses(json!([user, call("a")])), "No tool output found for function call a"),
        (responses(json!([user, output("a")])), "call_id a"),
        (responses(json!([user, call("a"), output("a"), output("a")])), "No tool call found"),
        (responses(json!([])), "too short"),
        (responses(Value::Null), "Missing required parameter: 'input'"),
        (bare("chat/completions"), "must provide a model"),
        (bare("responses"), "must provide a model"),
        (tools("chat/completions", &[]), "too short"),
        (tools("responses", &[]), "too short"),
        (tools("chat/completions", &["A", "B", "A"]), "'A' is there twice"),
        (tools("responses", &["A.B"]), "does not match the pattern"),
    ] {
        let (status, text) = asked.post(path, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}: {text}");
        let error = &serde_json::from_str::<Value>(&text).unwrap()["error"];
        assert_eq!(error["type"], "invalid_request_error");
        assert!(text_at(&error["message"]).contains(says), "{error} should say {says}");
        assert!(error["param"].is_string(), "{error}");
        assert_eq!(asked.model.requests().pop(), Some(body), "what was refused was read as well");
    }
    assert!(asked.turns.lock().unwrap().is_empty(), "the script hears of none of it");

    // Both wire forms take answers in any order, and Responses takes them later.
    let said = asked.say(
        "chat/completions",
        json!({ "messages": [user, called(&["a", "b"]), answered("b"), answered("a")] }),
        false,
    );
    assert_eq!(said.await.text.as_deref(), Some("fine"));
    let said = asked.say("responses", json!({ "input": [call("a"), call("b"), user, output("b"), output("a")] }), true);
    assert_eq!(said.await.text.as_deref(), Some("fine"));
}

#[tokio::test]
async fn what_cannot_be_read_and_where_nothing_is() {
    let asked = Asked::start(|_| Reply::text("fine")).await;
    let url = format!("{}/chat/completions", asked.model.base_url());
    let response = asked.http.post(&url).body("{\"model\":").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    assert!(response.text().await.unwrap().contains("could not parse the JSON body"));
    assert_eq!(asked.model.requests(), [json!("{\"model\":")]);

    let (status, text) = asked.post("completions", &json!({})).await;
    assert!(status == StatusCode::NOT_FOUND && text.contains("/v1/responses"), "{text}");
    let models = asked.http.get(format!("{}/models", asked.model.base_url())).send().await.unwrap();
    let models: Value = models.json().await.unwrap();
    assert_eq!((&models["object"], &models["data"][0]["object"]), (&json!("list"), &json!("model")));
}

#[tokio::test]
async fn a_script_can_let_the_provider_fail() {
    for (status, kind) in [(401, "authentication_error"), (429, "rate_limit_error"), (503, "server_error")] {
        let asked = Asked::start(move |_| Reply::Status(status, "come back later".to_owned())).await;
        for (path, stream) in FORMS {
            let mut body = conversation(path, "Hi", &[]);
            body["model"] = json!("m");
            body["stream"] = json!(stream);
            let (found, text) = asked.post(path, &body).await;
            let error = &serde_json::from_str::<Value>(&text).unwrap()["error"];
            assert_eq!((found.as_u16(), &error["type"]), (status, &json!(kind)), "{path}");
            assert_eq!(error["message"], "come back later");
        }
    }
}

#[tokio::test]
async fn nobody_answers_after_a_shutdown() {
    let asked = Asked::start(|_| Reply::text("fine")).await;
    let url = format!("{}/models", asked.model.base_url());
    assert!(asked.http.get(&url).send().await.is_ok());
    asked.model.shutdown().await;
    assert!(Client::builder().no_proxy().build().unwrap().get(&url).send().await.is_err());
}
