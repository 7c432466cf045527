//! The schema of a tool's arguments: as its service wrote it, and as models take it.
//!
//! Every adapter hands the same forms on, so they are made here once, on demand, and shared by everyone who has the
//! definition: a thousand sessions over one catalogue clean a schema one time.

mod clean;
mod nulls;
mod strict;
mod walk;

use std::fmt;
use std::sync::{Arc, OnceLock};

use serde_json::value::RawValue;
use serde_json::{Map, Value};

pub(crate) use self::nulls::drop_added_nulls;
use crate::error::Result;
use crate::json::JsonText;

/// The JSON Schema of a tool's arguments or of its result. Keeps its text; everything else is made on demand.
///
/// # Example
/// ```
/// use composio_core::Schema;
///
/// let schema = Schema::parse(r#"{"type": "object"}"#)?;
/// assert!(schema.for_model().contains_key("properties"), "some providers insist on it");
/// # Ok::<(), composio_core::Error>(())
/// ```
#[derive(Clone)]
pub struct Schema {
    text: JsonText,
    model: OnceLock<Arc<Map<String, Value>>>,
    strict: OnceLock<Result<Arc<Map<String, Value>>, NotStrict>>,
    /// With a parameter for the account, and its name.
    account: OnceLock<Option<(Arc<Self>, &'static str)>>,
}

/// Why a schema has no strict form: the place, as a JSON pointer, and what stands there.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct NotStrict {
    /// Where, such as `/properties/labels`.
    pub pointer: String,
    /// What strict schemas cannot say.
    pub reason: &'static str,
}

impl fmt::Display for NotStrict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "the root" } else { &self.pointer };
        write!(f, "{place}: {}", self.reason)
    }
}

impl std::error::Error for NotStrict {}

impl Schema {
    /// Takes the text as it is; it is valid by its type.
    #[must_use]
    pub fn from_raw(text: Box<RawValue>) -> Self {
        JsonText::from_raw(text).into()
    }

    /// Checks that the text is JSON, without building a value.
    ///
    /// # Errors
    /// `InvalidInput` where it is not.
    pub fn parse(text: impl Into<String>) -> Result<Self> {
        JsonText::parse(text).map(Into::into)
    }

    /// The text, as it came.
    pub fn as_str(&self) -> &str {
        self.text.as_str()
    }

    /// The text, to be written into larger JSON. Cheap to clone.
    #[cfg(feature = "hosted")]
    pub(crate) fn text(&self) -> &JsonText {
        &self.text
    }

    /// The schema as it came.
    pub fn value(&self) -> &Value {
        self.text.value()
    }

    /// The schema as models take it: an object with `properties` at the root, `nullable` written as JSON Schema has it,
    /// nothing `required` that is not there, and `items` at every array, without which some providers refuse the request.
    /// Everything else stays as it came.
    pub fn for_model(&self) -> &Arc<Map<String, Value>> {
        self.model.get_or_init(|| Arc::new(clean::cleaned(self.text.to_value())))
    }

    /// The schema in the subset that providers enforce (`strict`): every object closed, every parameter required, and
    /// those that were optional open to `null`.
    ///
    /// # Errors
    /// [`NotStrict`] where the subset cannot say what the schema says.
    pub fn strict(&self) -> Result<&Arc<Map<String, Value>>, &NotStrict> {
        let made = self.strict.get_or_init(|| strict::strict(self.for_model()).map(Arc::new));
        made.as_ref()
    }

    /// The schema with a parameter for the account, where a name is free for it, and that name.
    pub(super) fn with_account(&self) -> Option<(&Arc<Self>, &'static str)> {
        let made = self.account.get_or_init(|| super::account::added(self));
        made.as_ref().map(|(schema, name)| (schema, *name))
    }
}

impl From<JsonText> for Schema {
    fn from(text: JsonText) -> Self {
        Self { text, model: OnceLock::new(), strict: OnceLock::new(), account: OnceLock::new() }
    }
}

impl From<Value> for Schema {
    fn from(schema: Value) -> Self {
        JsonText::from(schema).into()
    }
}

impl PartialEq for Schema {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text.as_str())
    }
}
