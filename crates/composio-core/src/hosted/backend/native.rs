//! Native tools on their way: what they are goes along with every request that may need them, and the code stays here.

use std::sync::Arc;

use crate::error::{Error, ErrorKind, Result};
use crate::tool::{NativeDefinitions, ToolDefinition};
use crate::wire;

const PREFIX: &str = "LOCAL_";
/// The longest description of a tool. Rule: `session-api` 11, CustomToolInput.
const DESCRIPTION_MAX: usize = 5_120;

/// The native tools of a request; nothing where there are none.
pub(super) fn inline(native: &NativeDefinitions) -> Option<Arc<wire::InlineTools>> {
    let custom_tools = tools(native)?;
    Some(Arc::new(wire::InlineTools { custom_tools: Some(custom_tools), ..wire::InlineTools::default() }))
}

pub(super) fn tools(native: &NativeDefinitions) -> Option<Vec<wire::CustomTool>> {
    (!native.is_empty()).then(|| native.iter().map(|tool| custom(tool)).collect())
}

fn custom(tool: &ToolDefinition) -> wire::CustomTool {
    let slug = bare(tool.slug.as_str());
    let name = words(slug);
    let description: String = match tool.description.trim() {
        "" => name.clone(),
        description => description.chars().take(DESCRIPTION_MAX).collect(),
    };
    let mut custom = wire::CustomTool::new(slug, name, description, tool.input_schema.text().clone());
    // One that allows anything may be `true`, which the service does not take.
    let output = tool.output_schema.as_ref().map(|schema| schema.text());
    custom.output_schema = output.filter(|text| text.as_str().trim_start().starts_with('{')).cloned();
    custom.preload = Some(true);
    custom
}

fn bare(slug: &str) -> &str {
    slug.strip_prefix(PREFIX).unwrap_or(slug)
}

/// `GET_WEATHER` as `Get weather`.
fn words(slug: &str) -> String {
    let mut words = slug.replace(['_', '-'], " ").trim().to_lowercase();
    if let Some(first) = words.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    match words.is_empty() {
        true => slug.to_owned(),
        false => words,
    }
}

/// Checks that the service calls the tools what they are called here, so that a call finds the one that is meant.
///
/// # Errors
/// `Unexpected` naming both names, or the tool that the service does not repeat.
pub(super) fn check_echo(native: &NativeDefinitions, echoed: Option<&wire::SessionExperimental>) -> Result<()> {
    let echoed = echoed.and_then(|block| block.custom_tools.as_deref()).unwrap_or_default();
    for tool in native.iter() {
        let original = bare(tool.slug.as_str());
        let is_it = |registered: &&wire::RegisteredTool| {
            registered.extends_toolkit.is_none()
                && registered.original_slug.as_deref().map_or(tool.slug == *registered.slug, |slug| slug == original)
        };
        let message = match echoed.iter().find(is_it) {
            Some(registered) if tool.slug == *registered.slug => continue,
            Some(registered) => format!("the native tool {} is called {:?} by the service", tool.slug, registered.slug),
            None => format!("the service does not repeat the native tool {}", tool.slug),
        };
        let next = "a model would call it by a name that this session does not have; rename the tool";
        return Err(Error::new(ErrorKind::Unexpected, format!("{message}; {next}")));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::id::ToolSlug;
    use crate::tool::Schema;

    fn native(slug: &str, description: &str) -> NativeDefinitions {
        let schema = Schema::from(json!({"type": "object", "properties": {}}));
        let tool = ToolDefinition::new(ToolSlug::new(slug).unwrap(), description, schema);
        [Arc::new(tool)].into_iter().collect()
    }

    #[test]
    fn a_native_tool_travels_under_its_bare_name_and_with_a_description() {
        let tools = tools(&native("LOCAL_GET_WEATHER", " ")).unwrap();
        let written = serde_json::to_value(&tools).unwrap();
        assert_eq!(
            written,
            json!([{
                "slug": "GET_WEATHER", "name": "Get weather", "description": "Get weather",
                "input_schema": {"type": "object", "properties": {}}, "preload": true,
            }])
        );
        // A result of any kind has a schema that is no object, which the service does not take.
        for (schema, written) in [(json!(true), None), (json!({"type": "array"}), Some(json!({"type": "array"})))] {
            let mut tool = ToolDefinition::new(ToolSlug::new("LOCAL_X").unwrap(), "d", json!({}).into());
            tool.output_schema = Some(Arc::new(Schema::from(schema)));
            let tools = super::tools(&[Arc::new(tool)].into_iter().collect()).unwrap();
            assert_eq!(serde_json::to_value(&tools[0]).unwrap().get("output_schema").cloned(), written);
        }
        assert!(super::tools(&NativeDefinitions::none()).is_none() && inline(&NativeDefinitions::none()).is_none());
        let long = "é".repeat(6_000);
        let cut = super::tools(&native("LOCAL_X", &long)).unwrap();
        assert_eq!(cut[0].description.chars().count(), 5_120);
    }

    #[test]
    fn another_name_than_ours_is_refused_with_both() {
        let echo = |value| -> wire::SessionExperimental { serde_json::from_value(value).unwrap() };
        let mine = native("LOCAL_grep", "Searches.");
        let same = echo(json!({"custom_tools": [{"slug": "LOCAL_grep", "original_slug": "grep"}]}));
        check_echo(&mine, Some(&same)).unwrap();
        check_echo(&NativeDefinitions::none(), None).unwrap();
        let other = echo(json!({"custom_tools": [{"slug": "LOCAL_GREP", "original_slug": "grep"}]}));
        let refused = check_echo(&mine, Some(&other)).unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::Unexpected);
        assert!(refused.to_string().contains("LOCAL_grep is called \"LOCAL_GREP\""), "{refused}");
        let of_a_toolkit =
            echo(json!({"custom_tools": [{"slug": "LOCAL_grep", "original_slug": "grep", "extends_toolkit": "x"}]}));
        for silent in [None, Some(&of_a_toolkit)] {
            let refused = check_echo(&mine, silent).unwrap_err();
            assert!(refused.to_string().contains("does not repeat"), "{refused}");
        }
    }
}
