//! Arguments against the schema of their tool. The only file that knows `jsonschema`.

use composio_core::{Error, ErrorKind, Result};
use jsonschema::{Draft, PatternOptions};
use serde_json::{Map, Value};

/// How many broken rules are told.
const TOLD: usize = 10;
/// How many are looked at. Told are the first by their path, so that the text does not depend on the order of checking.
const SEEN: usize = 1_000;
/// How many characters of a value are repeated.
const VALUE: usize = 60;
/// How long the text for one rule may become: rules repeat lists of names and values.
const RULE: usize = 300;
/// How hard a pattern may try. A schema's patterns come from outside, and the text they see from a model.
const BACKTRACKING: usize = 100_000;

/// A compiled schema: JSON Schema 2020-12, formats not asserted, nothing coerced, nothing fetched.
#[derive(Debug)]
pub(crate) struct Validator {
    schema: jsonschema::Validator,
}

impl Validator {
    /// Compiles a schema.
    ///
    /// # Errors
    /// `Unexpected` where it is no schema, or refers to something outside itself.
    pub(crate) fn new(schema: &Value) -> Result<Self> {
        jsonschema::options()
            .with_draft(Draft::Draft202012)
            .should_validate_formats(false)
            .with_pattern_options(PatternOptions::fancy_regex().backtrack_limit(BACKTRACKING))
            .offline()
            .build(schema)
            .map(|schema| Self { schema })
            .map_err(|error| {
                let text =
                    format!("the schema is broken at `{}`: {}", error.schema_path(), cut(&error.to_string(), RULE));
                Error::new(ErrorKind::Unexpected, text)
            })
    }

    /// Checks arguments.
    ///
    /// # Errors
    /// One `InvalidInput` that lists each path and the rule it breaks, for the operator and the model alike.
    pub(crate) fn check(&self, arguments: &Map<String, Value>) -> Result<()> {
        let instance = Value::Object(arguments.clone());
        if self.schema.is_valid(&instance) {
            return Ok(());
        }
        let mut broken: Vec<String> =
            self.schema.iter_errors(&instance).take(SEEN).map(|error| describe(&error)).collect();
        broken.sort();
        broken.dedup();
        let more = broken.len().saturating_sub(TOLD);
        broken.truncate(TOLD);
        let mut text = format!("the arguments are not valid: {}", broken.join("; "));
        if more > 0 {
            text.push_str(&format!("; and {more} more"));
        }
        Err(Error::new(ErrorKind::InvalidInput, text.clone()).with_model_text(text))
    }
}

fn describe(error: &jsonschema::ValidationError<'_>) -> String {
    let path = error.instance_path().as_str();
    let path = if path.is_empty() { "(top level)" } else { path };
    let value = cut(&error.instance().to_string(), VALUE);
    format!("{}: {}", cut(path, RULE), cut(&error.masked_with(value).to_string(), RULE))
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(schema: &Value, arguments: Value) -> Result<()> {
        let Value::Object(arguments) = arguments else { panic!("arguments are an object") };
        Validator::new(schema).unwrap().check(&arguments)
    }

    fn issue() -> Value {
        json!({
            "type": "object",
            "properties": {
                "owner": {"type": "string", "minLength": 2},
                "number": {"type": "integer", "minimum": 1},
                "state": {"enum": ["open", "closed"]},
                "labels": {"type": "array", "items": {"$ref": "#/$defs/label"}},
                "since": {"type": "string", "format": "date-time"},
                "sha": {"type": "string", "pattern": "^(?!0+$)[0-9a-f]{4,}$"}
            },
            "required": ["owner"],
            "additionalProperties": false,
            "$defs": {"label": {"type": "string"}}
        })
    }

    #[test]
    fn sound_arguments_pass_and_formats_are_not_asserted() {
        for sound in [
            json!({"owner": "me"}),
            json!({"owner": "me", "number": 1, "state": "open", "labels": ["a"], "since": "yesterday", "sha": "beef"}),
        ] {
            check(&issue(), sound.clone()).unwrap_or_else(|error| panic!("{sound}: {error}"));
        }
    }

    #[test]
    fn each_broken_rule_is_named_with_its_path() {
        for (bad, expected) in [
            (json!({}), "(top level): \"owner\" is a required property"),
            (json!({"owner": "me", "number": "1"}), "/number: \"1\" is not of type \"integer\""),
            (json!({"owner": "me", "number": 0}), "/number: 0 is less than the minimum of 1"),
            (json!({"owner": "me", "state": "ajar"}), "/state: \"ajar\" is not one of \"open\" or \"closed\""),
            (json!({"owner": "me", "labels": ["a", 2]}), "/labels/1: 2 is not of type \"string\""),
            (
                json!({"owner": "me", "nmber": 1}),
                "(top level): Additional properties are not allowed ('nmber' was unexpected)",
            ),
            (json!({"owner": "me", "sha": "0000"}), "/sha: \"0000\" does not match"),
            (json!({"owner": null}), "/owner: null is not of type \"string\""),
        ] {
            let error = check(&issue(), bad.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(expected), "{bad}: {error}");
            assert_eq!(error.for_model(), error.to_string());
        }
    }

    #[test]
    fn all_at_once_in_a_fixed_order_and_bounded() {
        let error = check(&issue(), json!({"state": "ajar", "number": 0, "labels": [1, 2]})).unwrap_err().to_string();
        let at = |text: &str| error.find(text).unwrap_or_else(|| panic!("{text}: {error}"));
        assert!(at("(top level)") < at("/labels/0") && at("/labels/1") < at("/number") && at("/number") < at("/state"));

        let many: Vec<u32> = (0..200).collect();
        let error = check(&issue(), json!({"owner": "me", "labels": many})).unwrap_err().to_string();
        assert!(error.ends_with("; and 190 more"), "{error}");
        assert_eq!(error.matches("/labels/").count(), TOLD);
    }

    #[test]
    fn long_values_are_cut() {
        let error = check(&issue(), json!({"owner": "me", "number": "x".repeat(10_000)})).unwrap_err();
        assert!(error.to_string().len() < 200, "{error}");
        let error = check(&issue(), json!({"owner": "me", "y".repeat(10_000): 1})).unwrap_err();
        assert!(error.to_string().len() < 500, "{error}");
    }

    #[test]
    fn a_pattern_that_explodes_ends() {
        let schema = json!({"properties": {"a": {"pattern": "^(?=(a+)+$)(a|aa)+b$"}}});
        check(&schema, json!({"a": "a".repeat(5_000)})).unwrap_err();
    }

    #[test]
    fn a_broken_schema_is_not_the_callers_fault() {
        for schema in [
            json!({"type": "thing"}),
            json!({"$ref": "https://example.com/schema.json"}),
            json!({"$ref": "#/$defs/none"}),
            json!({"pattern": "("}),
        ] {
            assert_eq!(Validator::new(&schema).unwrap_err().kind(), ErrorKind::Unexpected, "{schema}");
        }
    }
}
