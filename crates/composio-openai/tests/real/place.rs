//! Where aimock is, and what it remembers.

use std::io::Write as _;

use composio_openai::async_openai::Client;
use composio_openai::async_openai::config::OpenAIConfig;
use serde_json::Value;

const VARIABLE: &str = "COMPOSIO_TEST_AIMOCK_URL";

pub(crate) struct Place {
    url: String,
    pub(crate) client: Client<OpenAIConfig>,
}

impl Place {
    /// The counterpart; none where it was not started.
    pub(crate) fn find() -> Option<Self> {
        let Ok(url) = std::env::var(VARIABLE) else {
            not_run();
            return None;
        };
        let url = url.trim_end_matches('/').to_owned();
        let config = OpenAIConfig::new().with_api_base(format!("{url}/v1")).with_api_key("sk-test");
        Some(Self { url, client: Client::with_config(config) })
    }

    /// Sends plain JSON, for one reply.
    pub(crate) async fn reply(&self, path: &str, request: &Value) -> Value {
        serde_json::from_str(&self.post(path, request).await).unwrap()
    }

    /// Sends plain JSON, for the events of a stream.
    pub(crate) async fn events(&self, path: &str, request: &Value) -> Vec<Value> {
        let body = self.post(path, request).await;
        let data = body.lines().filter_map(|line| line.strip_prefix("data: ")).filter(|data| *data != "[DONE]");
        data.map(|data| serde_json::from_str(data).unwrap()).collect()
    }

    async fn post(&self, path: &str, request: &Value) -> String {
        let http = reqwest::Client::builder().build().unwrap();
        let sent = http.post(format!("{}/v1/{path}", self.url)).json(request).send().await.unwrap();
        sent.error_for_status().unwrap().text().await.unwrap()
    }

    /// What the model was asked in the conversation that begins with this text, in order. aimock keeps the Responses API's
    /// items as messages of Chat Completions.
    pub(crate) async fn asked(&self, text: &str) -> Vec<Value> {
        let journal = reqwest::get(format!("{}/__aimock/journal", self.url)).await.unwrap().text().await.unwrap();
        let journal: Vec<Value> = serde_json::from_str(&journal).unwrap();
        let bodies = journal.into_iter().map(|mut entry| entry["body"].take());
        bodies.filter(|body| body["messages"][0]["content"] == text).collect()
    }
}

fn not_run() {
    let thread = std::thread::current();
    let test = thread.name().unwrap_or("a test");
    let says = format!("DID NOT RUN: {test}: {VARIABLE} is not set; `cargo xtask counterparts` starts it\n");
    assert!(std::env::var("COMPOSIO_REQUIRE_REAL").as_deref() != Ok("1"), "{says}");
    // Past the test harness, which keeps what successful tests print to itself.
    std::io::stderr().write_all(says.as_bytes()).unwrap();
}
