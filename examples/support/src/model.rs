//! Which model an example talks to.

use std::env;
use std::fmt;

use anyhow::{Result, bail};
use composio_demo::{Reply, ScriptedModel, Turn};
use serde_json::Value;

use crate::show;

/// Where OpenAI answers.
const OPENAI: &str = "https://api.openai.com/v1";
/// A model that knows both wire forms, where nothing else is asked for.
const NAME: &str = "gpt-4.1-mini";

/// A model that speaks OpenAI's protocols: a provider's, or a scripted one in this process.
pub struct Model {
    base_url: String,
    api_key: String,
    name: String,
    scripted: Option<ScriptedModel>,
}

impl Model {
    /// The model that the environment names: `OPENAI_API_KEY`, and where wanted `OPENAI_BASE_URL` and `OPENAI_MODEL`.
    /// Without a key it is one that follows `script`, and a line is printed that says so.
    ///
    /// # Errors
    /// Where the environment names half a model, or no port is free for the scripted one.
    pub async fn from_env_or_scripted(script: impl Fn(&Turn) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let read = |name| env::var(name).ok().filter(|value| !value.trim().is_empty());
        let name = read("OPENAI_MODEL").unwrap_or_else(|| NAME.to_owned());
        let Some(api_key) = read("OPENAI_API_KEY") else {
            if let Some(url) = read("OPENAI_BASE_URL") {
                bail!("OPENAI_BASE_URL is {url}, but OPENAI_API_KEY is not set; set it to any text for a local server");
            }
            show::note("No OPENAI_API_KEY is set: a scripted model answers. Set it to use a real one.");
            return Self::scripted(script).await;
        };
        let base_url = read("OPENAI_BASE_URL").unwrap_or_else(|| OPENAI.to_owned());
        let base_url = base_url.trim_end_matches('/').to_owned();
        show::note(&format!("{name} at {base_url} answers."));
        Ok(Self { base_url, api_key, name, scripted: None })
    }

    /// The scripted model, whatever the environment says: for tests.
    ///
    /// # Errors
    /// Where no port is free.
    pub async fn scripted(script: impl Fn(&Turn) -> Reply + Send + Sync + 'static) -> Result<Self> {
        let model = ScriptedModel::start(script).await?;
        Ok(Self {
            base_url: model.base_url(),
            api_key: "any-key".to_owned(),
            name: NAME.to_owned(),
            scripted: Some(model),
        })
    }

    /// The base URL, with `/v1` and without a slash at the end.
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// The key to send.
    pub fn api_key(&self) -> &str {
        &self.api_key
    }

    /// The name of the model to ask for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The bodies of all requests that the scripted model got; of a provider's nothing is known.
    pub fn requests(&self) -> Option<Vec<Value>> {
        self.scripted.as_ref().map(ScriptedModel::requests)
    }

    /// Stops the scripted model.
    pub async fn shutdown(self) {
        if let Some(model) = self.scripted {
            model.shutdown().await;
        }
    }
}

/// Without the key.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Model");
        shown.field("base_url", &self.base_url).field("name", &self.name).finish_non_exhaustive()
    }
}
