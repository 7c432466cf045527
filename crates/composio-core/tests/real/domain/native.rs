//! A tool written in Rust.

use std::borrow::Cow;

use composio_core::{Result, Tool, ToolContext};
use schemars::JsonSchema;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
pub(super) struct Pattern {
    /// What to look for.
    pattern: String,
}

pub(super) struct Grep;

impl Tool for Grep {
    const SLUG: &'static str = "GREP";
    type Input = Pattern;
    type Output = String;

    fn description(&self) -> Cow<'static, str> {
        "Searches text.".into()
    }

    async fn call(&self, _context: ToolContext, arguments: Pattern) -> Result<String> {
        Ok(arguments.pattern)
    }
}
