//! What a refusing reply says, read as leniently as servers write.

use http::header;
use serde_json::{Map, Value};

use super::super::response::Reply;

/// The most characters of one text that is passed on.
const LONGEST: usize = 300;
/// The most lines of `errors` that are passed on.
const LINES: usize = 10;

/// What is there instead of the API's words.
const PAGE: &str = "a page of HTML, which a gateway sends and not the API";
const NO_OBJECT: &str = "something that is no JSON object";

/// The words of the server. Rule: `session-api` 1.8; the envelope may be missing, and each of its fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) message: Option<String>,
    pub(super) slug: Option<String>,
    pub(super) code: Option<u64>,
    pub(super) request_id: Option<String>,
    pub(super) suggested_fix: Option<String>,
    pub(super) errors: Vec<String>,
    /// What is there where there is no message.
    pub(super) instead: &'static str,
}

impl Said {
    /// Reads a body. It never fails: what cannot be read is said to be that.
    pub(super) fn read(reply: &Reply) -> Self {
        let body = reply.body.trim_ascii();
        if body.is_empty() {
            return Self { instead: "nothing more", ..Self::default() };
        }
        let Ok(Value::Object(root)) = serde_json::from_slice(body) else {
            let instead = match is_html(reply, body) {
                true => PAGE,
                false => NO_OBJECT,
            };
            return Self { instead, ..Self::default() };
        };
        match root.get("error") {
            Some(Value::Object(error)) => Self::of(error),
            Some(Value::String(message)) => Self { message: Some(message.clone()), ..Self::of(&root) },
            _ => Self::of(&root),
        }
    }

    fn of(error: &Map<String, Value>) -> Self {
        let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
        let code = error.get("code").and_then(|code| match code {
            Value::String(code) => code.parse().ok(),
            code => code.as_u64(),
        });
        let errors = match error.get("errors") {
            Some(Value::Array(lines)) => {
                lines.iter().filter_map(Value::as_str).take(LINES).map(str::to_owned).collect()
            }
            _ => Vec::new(),
        };
        Self {
            message: text("message"),
            slug: text("slug"),
            code,
            request_id: text("request_id"),
            suggested_fix: text("suggested_fix"),
            errors,
            instead: "no message",
        }
    }

    /// Whether somebody else speaks than the API.
    pub(super) fn is_foreign(&self) -> bool {
        [PAGE, NO_OBJECT].contains(&self.instead)
    }

    /// The same, with each text changed, and without those that are empty then.
    pub(super) fn map(self, change: impl Fn(String) -> String) -> Self {
        let optional = |text: Option<String>| text.map(&change).filter(|text| !text.is_empty());
        Self {
            message: optional(self.message),
            slug: optional(self.slug),
            code: self.code,
            request_id: optional(self.request_id),
            suggested_fix: optional(self.suggested_fix),
            errors: self.errors.into_iter().map(&change).filter(|line| !line.is_empty()).collect(),
            instead: self.instead,
        }
    }

    /// The slug without the part of the API that it comes from: `ToolNotFound` has three of them.
    pub(super) fn name(&self) -> Option<&str> {
        self.slug.as_deref().map(|slug| slug.rsplit('_').next().unwrap_or(slug))
    }

    /// The toolkit that the message names in quotes, as in "for toolkit(s) 'gmail' in this session".
    pub(super) fn toolkit(&self) -> Option<String> {
        let message = self.message.as_deref()?;
        let (_, rest) = message.split_once("oolkit")?;
        let mut quoted = rest.split('\'');
        let name = quoted.nth(1)?;
        let is_slug = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-');
        (!name.is_empty() && name.len() <= 60 && name.bytes().all(is_slug)).then(|| name.to_ascii_lowercase())
    }

    /// The field of the first line of `errors`, as in "Error in payload.toolkits: Invalid input".
    pub(super) fn field(&self) -> Option<&str> {
        let (_, rest) = self.errors.first()?.split_once("payload.")?;
        let field = rest.split(':').next()?.trim();
        (!field.is_empty() && !field.contains(' ')).then_some(field)
    }
}

/// A text that a line can hold: without line breaks, not too long, and without addresses, which may open something.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|character: char| character.is_whitespace() || character.is_control()) {
        if word.is_empty() {
            continue;
        }
        if !line.is_empty() {
            line.push(' ');
        }
        match word.find("http://").or_else(|| word.find("https://")) {
            Some(address) => {
                line.push_str(&word[..address]);
                line.push_str("[link]");
            }
            None => line.push_str(word),
        }
        if line.len() > LONGEST {
            let end = line.char_indices().map(|(index, _)| index).take_while(|index| *index <= LONGEST).last();
            line.truncate(end.unwrap_or_default());
            line.push_str("...");
            break;
        }
    }
    line
}

fn is_html(reply: &Reply, body: &[u8]) -> bool {
    let said = reply.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    // Storages answer in XML.
    said || (body.starts_with(b"<") && !body.starts_with(b"<?xml"))
}
