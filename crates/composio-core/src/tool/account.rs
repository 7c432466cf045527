//! How a model says which of the user's accounts a call is for, in a session with several accounts.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{Schema, ToolDefinition};
use crate::error::{Error, ErrorKind, Result};

/// The parameter's name, and the one where a tool has a parameter of that name itself.
const NAMES: [&str; 2] = ["account", "connected_account"];
/// The toolkit of the helper tools, and the prefix of their slugs. Rule: `session-api` 10.
pub(crate) const META_TOOLKIT: &str = "composio";
const META_PREFIX: &str = "COMPOSIO_";

/// The tool with a parameter for the account, and the parameter's name. None for a native tool and for a helper tool, which
/// have no account, and for one whose own parameters leave no name.
pub(super) fn with_account(definition: &ToolDefinition) -> Option<(Arc<ToolDefinition>, &'static str)> {
    let toolkit = definition.toolkit.as_ref()?;
    if toolkit.as_str().eq_ignore_ascii_case(META_TOOLKIT) || definition.slug.as_str().starts_with(META_PREFIX) {
        return None;
    }
    let (input_schema, name) = definition.input_schema.with_account()?;
    let input_schema = Arc::clone(input_schema);
    Some((Arc::new(ToolDefinition { input_schema, ..definition.clone() }), name))
}

/// The schema with that parameter, and its name.
pub(super) fn added(schema: &Schema) -> Option<(Arc<Schema>, &'static str)> {
    let mut root = Map::clone(schema.for_model());
    let properties = root.get_mut("properties")?.as_object_mut()?;
    let name = NAMES.into_iter().find(|name| !properties.contains_key(*name))?;
    let description =
        "The id or the alias of the user's account to use, exactly. Leave it out unless the user has several.";
    properties.insert(name.to_owned(), json!({"type": "string", "description": description}));
    Some((Arc::new(Schema::from(Value::Object(root))), name))
}

/// Takes what a model said about the account out of the arguments.
///
/// # Errors
/// `InvalidInput` where it is no text.
pub(super) fn take_account(arguments: &mut Map<String, Value>, name: &str) -> Result<Option<String>> {
    match arguments.remove(name) {
        None | Some(Value::Null) => Ok(None),
        // Models write blanks where they mean to leave something out; no alias is blank.
        Some(Value::String(account)) => Ok(Some(account).filter(|account| !account.trim().is_empty())),
        Some(_) => {
            let text =
                format!("`{name}` has to be the id or the alias of an account, as text. Correct it and call again.");
            Err(Error::new(ErrorKind::InvalidInput, format!("argument {name} is no text")).with_model_text(text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{ToolSlug, ToolkitSlug};

    #[test]
    fn helper_tools_have_no_account() {
        let schema = Schema::from(json!({"type": "object", "properties": {}}));
        for (slug, toolkit, asked) in [
            ("COMPOSIO_SEARCH_TOOLS", "composio", false),
            ("COMPOSIO_SEARCH_TOOLS", "elsewhere", false),
            ("SEARCH", "composio", false),
            ("GITHUB_STAR_REPO", "github", true),
        ] {
            let definition = ToolDefinition::new(ToolSlug::new(slug).unwrap(), "Does it.", schema.clone());
            let definition = definition.toolkit(ToolkitSlug::new(toolkit).unwrap());
            assert_eq!(with_account(&definition).is_some(), asked, "{slug} of {toolkit}");
        }
    }

    #[test]
    fn the_parameter_is_added_once_for_all_who_share_the_schema() {
        let schema = Schema::from(json!({"type": "object", "properties": {"account": {"type": "integer"}}}));
        let definition = ToolDefinition::new(ToolSlug::new("A_B").unwrap(), "Does it.", schema);
        assert!(with_account(&definition).is_none(), "a native tool has no account");
        let definition = definition.toolkit(ToolkitSlug::new("a").unwrap());
        let (one, name) = with_account(&definition).unwrap();
        let (other, _) = with_account(&definition.clone()).unwrap();
        assert_eq!(name, "connected_account");
        assert!(Arc::ptr_eq(&one.input_schema, &other.input_schema));
    }
}
