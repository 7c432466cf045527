//! What goes back to a model: its name for a tool, and one JSON text for each call.

use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;
use serde_json::value::RawValue;

use super::{ToolOutput, ToolSet};
use crate::approval::Approval;
use crate::error::{Error, ErrorKind, Result};
use crate::id::ToolSlug;

/// How long a function's name may be at model providers.
const NAME_MAX: usize = 64;
/// What remains of a longer one, before `_` and eight hexadecimal digits.
const NAME_CUT: usize = 55;
/// How many names a model is reminded of when it made one up.
const REMINDED: usize = 20;
/// How much of a name that a model made up is repeated to it.
const REPEATED: usize = 80;

/// What came of a call that a model made.
///
/// A failure is an answer too: the model reads it and goes on, and the run of the agent does not end. The application
/// finds the failure itself in [`error`](Self::error), with the link to show where a connection is missing.
///
/// # Example
/// ```
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// # use composio_core::{Composio, ScriptedBackend};
/// # use serde_json::json;
/// # let backend = ScriptedBackend::new().tool("GITHUB_GET_A_USER", "github", json!({"type": "object"}));
/// # let session = Composio::with_backend(backend).create("user_123").toolkits(["github"]).direct_tools().await?;
/// let tools = session.tools().await?;
/// let tool = tools.named("GITHUB_GET_A_USER").expect("it was preloaded");
///
/// let answer = tool.answer(r#"{"username": "octocat"}"#).await;
/// assert_eq!(answer.text(), r#"{"successful":true,"data":{"username":"octocat"},"error":null,"log_id":"log_1"}"#);
///
/// let answer = tool.answer("[1]").await;
/// assert!(answer.text().starts_with(r#"{"successful":false,"data":null,"error":"The arguments have to be"#));
/// # Ok::<(), composio_core::Error>(()) }).unwrap();
/// ```
#[derive(Debug)]
pub struct Answer {
    outcome: Result<ToolOutput>,
    reveal_link: bool,
}

/// The envelope that all adapters send. Rule: `rust-frameworks` 2.7.
#[derive(Serialize)]
struct Envelope<'a> {
    successful: bool,
    data: Option<&'a RawValue>,
    error: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    log_id: Option<&'a str>,
}

impl Answer {
    pub(super) fn new(outcome: Result<ToolOutput>, reveal_link: bool) -> Self {
        Self { outcome, reveal_link }
    }

    /// What the model reads: `{"successful":true,"data":…,"error":null}`, or `false`, no data and what went wrong with
    /// the next step. With a `log_id` where there is one.
    #[must_use]
    pub fn text(&self) -> String {
        let envelope = match &self.outcome {
            Ok(output) => Envelope {
                successful: true,
                data: Some(output.data.raw()),
                error: None,
                log_id: output.log_id.as_deref(),
            },
            Err(error) => {
                Envelope { successful: false, data: None, error: Some(self.told(error)), log_id: error.log_id() }
            }
        };
        // Text, raw JSON and a flag: nothing that can fail to be written.
        serde_json::to_string(&envelope).unwrap_or_default()
    }

    /// Why the call failed, for the application.
    pub fn error(&self) -> Option<&Error> {
        self.outcome.as_ref().err()
    }

    /// The calls that wait for a person: this one, or those in the batch that it is.
    pub fn approvals(&self) -> &[Approval] {
        match &self.outcome {
            Ok(output) => &output.waiting,
            Err(error) => error.approval().map(std::slice::from_ref).unwrap_or_default(),
        }
    }

    /// What the call gave, or why it failed.
    ///
    /// # Errors
    /// As [`Session::execute`](crate::Session::execute).
    pub fn into_outcome(self) -> Result<ToolOutput> {
        self.outcome
    }

    fn told<'a>(&self, error: &'a Error) -> Cow<'a, str> {
        match error.connect_url().filter(|_| self.reveal_link) {
            Some(url) => Cow::Owned(format!("{} The user connects at {url}", error.for_model())),
            None => error.for_model(),
        }
    }
}

impl From<Result<ToolOutput>> for Answer {
    /// For a call that was made in another way, such as one that a person allowed later: the model reads it like any other.
    fn from(outcome: Result<ToolOutput>) -> Self {
        Self::new(outcome, false)
    }
}

impl ToolSet {
    /// The answer to a call of a tool that is in no list: a model made its name up. Nothing is run.
    #[must_use]
    pub fn no_such_tool(&self, name: &str) -> Answer {
        let mut names: Vec<_> = self.iter().take(REMINDED).map(super::SessionTool::name).collect();
        if self.len() > REMINDED {
            names.push("…");
        }
        let repeated: String = name.chars().take(REPEATED).collect();
        let next = if names.is_empty() {
            "There are no tools; answer without one.".to_owned()
        } else {
            format!("The tools are: {}.", names.join(", "))
        };
        let text = format!("There is no tool called {repeated:?}. {next}");
        Answer::new(Err(Error::new(ErrorKind::NotFound, text.clone()).with_model_text(text)), false)
    }
}

/// The name under which models know a tool: its slug, or one that is made of it where providers would refuse the slug
/// (`[A-Za-z0-9_-]`, at most 64). It depends on the slug alone, so that it is the same in every session.
///
/// Rule: `rust-frameworks` 2.4.
pub(super) fn model_name(slug: &ToolSlug) -> Option<Arc<str>> {
    let slug = slug.as_str();
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    if slug.len() <= NAME_MAX && slug.chars().all(fits) {
        return None;
    }
    let mut name: String = slug.chars().map(|c| if fits(c) { c } else { '_' }).take(NAME_CUT).collect();
    name.push_str(&format!("_{:08x}", fnv1a(slug.as_bytes())));
    Some(name.into())
}

/// FNV-1a, 32 bits: small, and the same in every version of this crate.
fn fnv1a(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use url::Url;

    fn named(slug: &str) -> String {
        let slug = ToolSlug::new(slug).unwrap();
        model_name(&slug).map_or_else(|| slug.to_string(), |name| name.to_string())
    }

    #[test]
    fn names_that_providers_take_stay() {
        for slug in ["GITHUB_STAR_REPO", "a-b_c", &"A".repeat(64)] {
            assert_eq!(named(slug), slug);
        }
    }

    #[test]
    fn other_names_are_made_of_the_slug_alone() {
        assert_eq!(fnv1a(b"foobar"), 0xbf9c_f968, "the published test vector");
        let long = "A".repeat(80);
        assert_eq!(named(&long).len(), 64);
        assert!(named(&long).starts_with(&"A".repeat(55)));
        assert_ne!(named(&long), named(&"A".repeat(81)));
        assert_eq!(named("notes.list"), format!("notes_list_{:08x}", fnv1a(b"notes.list")));
        assert_ne!(named("notes.list"), named("notes_list"));
    }

    #[test]
    fn a_failure_reads_like_a_result() {
        let answer = Answer::new(Err(Error::new(ErrorKind::ToolFailed, "500").with_model_text("no \"title\"")), false);
        let read: serde_json::Value = serde_json::from_str(&answer.text()).unwrap();
        assert_eq!(read, json!({"successful": false, "data": null, "error": "no \"title\""}));
    }

    #[test]
    fn a_link_is_told_to_the_model_only_when_asked_for() {
        let missing = || {
            let url = Url::parse("https://connect.example/link/secret").unwrap();
            Err(Error::new(ErrorKind::ConnectionRequired, "none").with_connect_url(url))
        };
        let silent = Answer::new(missing(), false);
        assert!(!silent.text().contains("secret") && silent.error().unwrap().connect_url().is_some());
        assert!(Answer::new(missing(), true).text().contains("https://connect.example/link/secret"));
    }
}
