//! What a script sees of a conversation, and what it says.

use serde_json::Value;

/// A conversation as a script sees it: the same, whatever the request's wire form was.
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub struct Turn {
    /// The model that the request names.
    pub model: String,
    /// What system and developer messages say, one below the other.
    pub instructions: String,
    /// What the user said last.
    pub user: String,
    /// The results of all calls so far, in the order in which they came.
    pub results: Vec<CallResult>,
    /// How often the model has spoken before.
    pub assistant_turns: usize,
    /// The names of the functions on offer.
    pub tools: Vec<String>,
}

impl Turn {
    /// The latest result of this tool.
    pub fn result_of(&self, tool: &str) -> Option<&CallResult> {
        self.results.iter().rev().find(|result| result.name == tool)
    }

    /// Whether this tool is on offer.
    pub fn offers(&self, tool: &str) -> bool {
        self.tools.iter().any(|name| name == tool)
    }
}

/// What a call gave.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct CallResult {
    /// The id of the call.
    pub call_id: String,
    /// The tool that was called.
    pub name: String,
    /// The text as it was sent.
    pub text: String,
    /// The JSON that the text holds, once or twice encoded; `Null` where it is none.
    pub json: Value,
}

impl CallResult {
    /// The result of a call, for trying a script without a model.
    pub fn new(call_id: &str, name: &str, text: impl Into<String>) -> Self {
        let text = text.into();
        let json = match serde_json::from_str(&text) {
            Ok(Value::String(inner)) => serde_json::from_str(&inner).unwrap_or(Value::String(inner)),
            Ok(value) => value,
            Err(_) => Value::Null,
        };
        Self { call_id: call_id.to_owned(), name: name.to_owned(), text, json }
    }
}

/// What the model says to a [`Turn`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Reply {
    /// An answer in words.
    Text(String),
    /// Calls of tools, all in one turn.
    Calls(Vec<ModelCall>),
    /// A failure of the provider: the HTTP status and what it says.
    Status(u16, String),
}

impl Reply {
    /// An answer in words.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// One call of a tool.
    pub fn call(name: impl Into<String>, arguments: &Value) -> Self {
        Self::Calls(vec![ModelCall::new(name, arguments)])
    }
}

/// A call as a model writes it: nothing says that the tool exists, or that the arguments are JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelCall {
    /// The id that its result has to name. Where it is empty, the model makes one up.
    pub id: String,
    /// The tool.
    pub name: String,
    /// The arguments as text.
    pub arguments: String,
}

impl ModelCall {
    /// A call as it should be.
    pub fn new(name: impl Into<String>, arguments: &Value) -> Self {
        Self::raw(name, arguments.to_string())
    }

    /// A call with any text for arguments.
    pub fn raw(name: impl Into<String>, arguments: impl Into<String>) -> Self {
        Self { id: String::new(), name: name.into(), arguments: arguments.into() }
    }
}
