//! Tools, as the dialect lists them.

use std::fmt;

use serde::de::{DeserializeSeed, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::json;

use super::read::{self, kept};
use super::{HostedBackend, execute};
use crate::backend::{Page, ToolQuery};
use crate::error::{Error, ErrorKind, Result};
use crate::id::{SessionId, ToolSlug, ToolkitSlug};
use crate::json::JsonText;
use crate::policy::PolicyDecision;
use crate::session::SessionConfig;
use crate::tool::{Schema, ToolDefinition, ToolHints};
use crate::wire;

/// How many tools a page may have. Rule: `session-api` 1.6.
const PAGE: u32 = 500;
/// How many pages of tools are read in search of one.
const PAGES: usize = 20;

/// What is read of a tool. The rest is passed over, which saves a tenth of the time that a long list takes.
#[derive(Deserialize)]
pub(super) struct Listed {
    slug: String,
    description: Option<String>,
    toolkit: Option<Of>,
    input_parameters: Option<JsonText>,
    output_parameters: Option<JsonText>,
    #[serde(default, deserialize_with = "hints")]
    tags: ToolHints,
}

/// Reads tags and keeps none of them.
fn hints<'de, D: Deserializer<'de>>(tags: D) -> Result<ToolHints, D::Error> {
    struct Tags(ToolHints);

    impl<'de> Visitor<'de> for &mut Tags {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("tags")
        }

        fn visit_unit<E>(self) -> Result<(), E> {
            Ok(())
        }

        fn visit_str<E>(self, tag: &str) -> Result<(), E> {
            self.0.add(tag);
            Ok(())
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut tags: A) -> Result<(), A::Error> {
            while tags.next_element_seed(&mut *self)?.is_some() {}
            Ok(())
        }
    }

    impl<'de> DeserializeSeed<'de> for &mut Tags {
        type Value = ();

        fn deserialize<D: Deserializer<'de>>(self, tag: D) -> Result<(), D::Error> {
            tag.deserialize_any(self)
        }
    }

    let mut read = Tags(ToolHints::default());
    read.deserialize(tags)?;
    Ok(read.0)
}

/// The toolkit of a tool.
#[derive(Deserialize)]
struct Of {
    slug: Option<String>,
}

impl From<wire::Tool> for Listed {
    fn from(tool: wire::Tool) -> Self {
        Self {
            slug: tool.slug,
            description: Some(tool.description),
            toolkit: tool.toolkit.map(|toolkit| Of { slug: Some(toolkit.slug) }),
            input_parameters: tool.input_parameters,
            output_parameters: tool.output_parameters,
            tags: ToolHints::from_tags(tool.tags.iter().map(String::as_str)),
        }
    }
}

/// A tool. Its schemas stay the text that they are.
///
/// # Errors
/// `InvalidInput` for a name that no tool can have here.
pub(super) fn definition(tool: Listed, last: &mut Option<ToolkitSlug>) -> Result<ToolDefinition> {
    let slug = ToolSlug::new(tool.slug)?;
    let schema = said(tool.input_parameters).unwrap_or_else(|| json!({"type": "object", "properties": {}}).into());
    let mut definition = ToolDefinition::new(slug, tool.description.unwrap_or_default(), schema);
    definition.output_schema = said(tool.output_parameters).map(Into::into);
    definition.hints = tool.tags;
    definition.toolkit = tool.toolkit.and_then(|toolkit| shared(&toolkit.slug?, last));
    Ok(definition)
}

/// A list names one toolkit many times.
fn shared(slug: &str, last: &mut Option<ToolkitSlug>) -> Option<ToolkitSlug> {
    if last.as_ref().is_none_or(|last| *last != *slug) {
        *last = kept(read::toolkit(slug));
    }
    last.clone()
}

/// A schema that says something: an empty object says nothing.
fn said(schema: Option<JsonText>) -> Option<Schema> {
    schema.filter(|schema| !matches!(schema.as_str(), "{}" | "null")).map(Schema::from)
}

/// A page of tools. One that cannot be read is left out, so that it hides no other.
pub(super) fn definitions<T: Into<Listed>>(page: wire::Page<T>) -> Page<ToolDefinition> {
    let mut last = None;
    read::page(page, |tool| definition(tool.into(), &mut last))
}

impl HostedBackend {
    pub(super) async fn tools(&self, session: &SessionId, query: &ToolQuery) -> Result<Page<ToolDefinition>> {
        let page = read::page_query(query.cursor.as_ref(), query.limit.or(Some(PAGE as usize)), PAGE);
        Ok(definitions::<Listed>(self.client.session_tools_as(session, &page).await?))
    }

    pub(super) async fn tool(&self, session: &SessionId, slug: &ToolSlug) -> Result<ToolDefinition> {
        if execute::is_meta(slug) {
            return self.meta_tool(session, slug).await;
        }
        let (record, tool) = futures::future::try_join(self.read(session), self.known_tool(slug)).await?;
        permit(&record.config, &tool)?;
        Ok(tool)
    }

    /// A tool of the catalogue.
    pub(super) async fn known_tool(&self, slug: &ToolSlug) -> Result<ToolDefinition> {
        let query = wire::ToolVersionQuery::default();
        let tool = self.client.tool(slug.as_str(), &query).await.map_err(|error| no_tool(slug, error))?;
        definition(tool.into(), &mut None).map_err(|error| read::unreadable("a tool", error))
    }

    /// A helper tool, which only the session's own list has.
    pub(super) async fn meta_tool(&self, session: &SessionId, slug: &ToolSlug) -> Result<ToolDefinition> {
        let mut query = ToolQuery::new();
        for _ in 0..PAGES {
            let page = self.tools(session, &query).await?;
            if let Some(tool) = page.items.into_iter().find(|tool| &tool.slug == slug) {
                return Ok(tool);
            }
            match page.next_cursor {
                Some(next) => query.cursor = Some(next),
                None => break,
            }
        }
        let message =
            format!("the session does not offer the helper tool {slug}; its configuration says which it offers");
        Err(Error::new(ErrorKind::NotFound, message))
    }
}

/// Some servers answer an unknown tool with 400.
fn no_tool(slug: &ToolSlug, error: Error) -> Error {
    match error.kind() {
        ErrorKind::InvalidInput | ErrorKind::NotFound => {
            let text = format!("There is no tool called {slug}. Check the name, or search for the tool.");
            Error::new(ErrorKind::NotFound, format!("there is no tool called {slug}; check the name"))
                .with_model_text(text)
                .with_source(error)
        }
        _ => error,
    }
}

/// # Errors
/// `PermissionDenied` naming the rule.
fn permit(config: &SessionConfig, tool: &ToolDefinition) -> Result<()> {
    // A tool without toolkit is one that no rule speaks of.
    let Some(toolkit) = &tool.toolkit else { return Ok(()) };
    let decision: PolicyDecision = config.decide(toolkit, tool);
    match decision.allowed {
        true => Ok(()),
        false => Err(Error::new(ErrorKind::PermissionDenied, format!("{} is {decision}", tool.slug))
            .with_context("toolkit", toolkit)),
    }
}

/// # Errors
/// `PermissionDenied` for a toolkit that the session may not use.
pub(super) fn permit_toolkit(config: &SessionConfig, toolkit: &ToolkitSlug) -> Result<()> {
    match config.toolkits.allows(toolkit) {
        true => Ok(()),
        false => {
            let message = format!("the session does not allow the toolkit {toolkit}");
            Err(Error::new(ErrorKind::PermissionDenied, message))
        }
    }
}
