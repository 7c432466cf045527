//! Toolkits and tools, found by slug. Read once at the start; schemas stay text until somebody asks.

mod browse;

use std::collections::HashMap;
use std::io::Read as _;
use std::sync::{Arc, OnceLock};

use composio_core::{
    AuthScheme, Error, ErrorKind, OAuthApp, Result, Schema, ToolDefinition, ToolHints, ToolSlug, ToolkitSlug,
};
use indexmap::IndexMap;
use serde_json::{Map, Value};

use crate::execute::Validator;
use crate::manifest::{
    ApiKeySpec, AuthSchemeSpec, HttpBinding, Manifest, ManifestTool, OAuth2Spec, OAuthEndpoints, Overrides, Placement,
};

/// How alike two slugs have to be for one to be suggested for the other: Jaro-Winkler, 0 to 1.
const NEAR: f64 = 0.8;
/// How many are suggested.
const SUGGESTIONS: usize = 3;

/// Every toolkit of an engine, in the order they were given.
#[derive(Debug, Default)]
pub(crate) struct Catalog {
    toolkits: IndexMap<ToolkitSlug, Toolkit>,
    tools: HashMap<ToolSlug, (usize, usize)>,
}

/// A toolkit, with what the operator says about it.
#[derive(Debug)]
pub(crate) struct Toolkit {
    pub(crate) slug: ToolkitSlug,
    pub(crate) manifest: Manifest,
    pub(crate) overrides: Overrides,
    /// The operator's OAuth app: what "managed auth" means here.
    pub(crate) managed_app: Option<OAuthApp>,
    pub(crate) tools: Vec<CatalogTool>,
}

/// A tool: what a model reads, and how it becomes a request.
#[derive(Debug)]
pub(crate) struct CatalogTool {
    /// What people call it.
    name: String,
    pub(crate) definition: ToolDefinition,
    pub(crate) binding: HttpBinding,
    validator: OnceLock<Option<Validator>>,
}

impl Catalog {
    /// Adds a toolkit.
    ///
    /// # Errors
    /// `Conflict` where its slug, or one of its tools', is taken; `InvalidInput` where a slug has the wrong form.
    pub(crate) fn add(
        &mut self,
        mut manifest: Manifest,
        overrides: Overrides,
        managed_app: Option<OAuthApp>,
    ) -> Result<()> {
        let slug = ToolkitSlug::new(&manifest.slug)?;
        let position = self.toolkits.len();
        let tools = std::mem::take(&mut manifest.tools).into_iter().map(|tool| CatalogTool::new(&slug, tool));
        let tools = tools.collect::<Result<Vec<_>>>()?;
        for (index, tool) in tools.iter().enumerate() {
            if self.tools.insert(tool.definition.slug.clone(), (position, index)).is_some() {
                return Err(taken("tool", tool.definition.slug.as_str()));
            }
        }
        let toolkit = Toolkit { slug: slug.clone(), manifest, overrides, managed_app, tools };
        match self.toolkits.insert(slug.clone(), toolkit) {
            None => Ok(()),
            Some(_) => Err(taken("toolkit", slug.as_str())),
        }
    }

    pub(crate) fn toolkits(&self) -> impl Iterator<Item = &Toolkit> {
        self.toolkits.values()
    }

    pub(crate) fn find_toolkit(&self, slug: &ToolkitSlug) -> Option<&Toolkit> {
        self.toolkits.get(slug)
    }

    pub(crate) fn find_tool(&self, slug: &ToolSlug) -> Option<(&Toolkit, &CatalogTool)> {
        let (toolkit, tool) = self.tools.get(slug)?;
        let (_, toolkit) = self.toolkits.get_index(*toolkit)?;
        Some((toolkit, toolkit.tools.get(*tool)?))
    }

    /// The toolkit of this slug.
    ///
    /// # Errors
    /// `NotFound`, with slugs that look alike.
    pub(crate) fn toolkit(&self, slug: &ToolkitSlug) -> Result<&Toolkit> {
        self.find_toolkit(slug).ok_or_else(|| unknown("toolkit", slug.as_str(), &self.toolkits_like(slug)))
    }

    /// The tool of this slug, with its toolkit.
    ///
    /// # Errors
    /// `NotFound`, with up to three slugs that look alike.
    pub(crate) fn tool(&self, slug: &ToolSlug) -> Result<(&Toolkit, &CatalogTool)> {
        self.find_tool(slug).ok_or_else(|| unknown("tool", slug.as_str(), &self.tools_like(slug)))
    }

    /// The toolkits whose slugs look most like one, best first.
    pub(crate) fn toolkits_like(&self, slug: &ToolkitSlug) -> Vec<&str> {
        near(slug.as_str(), self.toolkits.keys().map(ToolkitSlug::as_str))
    }

    /// The tools whose slugs look most like one, best first.
    pub(crate) fn tools_like(&self, slug: &ToolSlug) -> Vec<&str> {
        near(slug.as_str(), self.tools.keys().map(ToolSlug::as_str))
    }
}

impl Toolkit {
    /// Whether its tools run without any account.
    pub(crate) fn is_no_auth(&self) -> bool {
        self.manifest.auth_schemes.iter().all(|spec| matches!(spec, AuthSchemeSpec::NoAuth))
    }

    /// The scheme on which an auth config can be made without the developer: managed auth first come, in the
    /// manifest's order, else one that needs no app (rung 4, and row 9 of the decision table).
    pub(crate) fn provision(&self) -> Option<AuthScheme> {
        let has_app = self.managed_app.is_some();
        self.schemes().find(|scheme| !matches!(scheme, AuthScheme::NoAuth) && (has_app || !scheme.needs_app()))
    }

    pub(crate) fn schemes(&self) -> impl Iterator<Item = AuthScheme> {
        self.manifest.auth_schemes.iter().filter_map(|spec| AuthScheme::from_name(spec.name()))
    }

    /// What the manifest says about OAuth 2.
    ///
    /// # Errors
    /// `InvalidInput` where it says nothing.
    pub(crate) fn oauth2(&self) -> Result<&OAuth2Spec> {
        let found = self.manifest.auth_schemes.iter().find_map(|spec| match spec {
            AuthSchemeSpec::OAuth2(spec) => Some(spec),
            AuthSchemeSpec::ApiKey(_) | AuthSchemeSpec::NoAuth => None,
        });
        found.ok_or_else(|| self.lacks(AuthScheme::OAuth2))
    }

    /// What the manifest says about keys.
    ///
    /// # Errors
    /// `InvalidInput` where it says nothing.
    pub(crate) fn api_key(&self) -> Result<&ApiKeySpec> {
        let found = self.manifest.auth_schemes.iter().find_map(|spec| match spec {
            AuthSchemeSpec::ApiKey(spec) => Some(spec),
            AuthSchemeSpec::OAuth2(_) | AuthSchemeSpec::NoAuth => None,
        });
        found.ok_or_else(|| self.lacks(AuthScheme::ApiKey))
    }

    /// Where the credential of an account of this scheme goes, and which field of it.
    pub(crate) fn placement(&self, scheme: AuthScheme) -> Result<Option<(&Placement, Option<&str>)>> {
        match scheme {
            AuthScheme::OAuth2 => Ok(Some((&self.oauth2()?.placement, None))),
            AuthScheme::ApiKey => {
                let spec = self.api_key()?;
                Ok(Some((&spec.placement, spec.placed_field().map(|field| field.name.as_str()))))
            }
            _ => Ok(None),
        }
    }

    /// The endpoints of its authorization server.
    pub(crate) fn endpoints(&self) -> Result<OAuthEndpoints> {
        let base = self.manifest.effective_base(&self.overrides);
        self.oauth2()?.endpoints(base, &self.overrides).map_err(|error| {
            let message = format!("the OAuth endpoints of {} are not usable: {error}", self.slug);
            Error::new(ErrorKind::Unexpected, message)
        })
    }

    fn lacks(&self, scheme: AuthScheme) -> Error {
        let has: Vec<_> = self.schemes().map(AuthScheme::as_str).collect();
        let rule = format!("{} authenticates with {}", self.slug, has.join(" or "));
        Error::invalid_input("scheme", scheme.as_str(), rule)
    }
}

impl CatalogTool {
    fn new(toolkit: &ToolkitSlug, tool: ManifestTool) -> Result<Self> {
        let slug = ToolSlug::new(&tool.slug)?;
        let mut definition = ToolDefinition::new(slug, tool.description, Schema::from_raw(tool.input_schema))
            .toolkit(toolkit.clone())
            .hints(ToolHints::from_tags(tool.tags.iter().map(String::as_str)));
        definition.output_schema = tool.output_schema.map(|schema| Arc::new(Schema::from_raw(schema)));
        Ok(Self { name: tool.name, definition, binding: tool.http, validator: OnceLock::new() })
    }

    /// Checks arguments against the schema, which is compiled at the first call.
    ///
    /// # Errors
    /// `InvalidInput` listing each path and rule; `Unexpected` where the schema itself is broken.
    pub(crate) fn check(&self, arguments: &Map<String, Value>) -> Result<()> {
        let schema = self.definition.input_schema.value();
        let validator = self.validator.get_or_init(|| Validator::new(schema).ok());
        match validator {
            Some(validator) => validator.check(arguments),
            None => {
                let message =
                    format!("the input schema of {} is broken; import the toolkit again", self.definition.slug);
                Err(Error::new(ErrorKind::Unexpected, message))
            }
        }
    }
}

/// Reads a manifest, compressed or not.
///
/// # Errors
/// `InvalidInput`, naming what is wrong with it.
pub(crate) fn read_manifest(bytes: &[u8]) -> Result<Manifest> {
    let unreadable =
        |reason: String| Error::new(ErrorKind::InvalidInput, format!("the manifest is not readable: {reason}"));
    let mut text = String::new();
    if bytes.starts_with(&[0x1f, 0x8b]) {
        flate2::read::GzDecoder::new(bytes).read_to_string(&mut text).map_err(|error| unreadable(error.to_string()))?;
    } else {
        text = String::from_utf8(bytes.to_vec()).map_err(|error| unreadable(error.to_string()))?;
    }
    Manifest::from_json(&text).map_err(|error| unreadable(error.to_string()))
}

/// The slugs that look most like one, best first.
fn near<'a>(slug: &str, known: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let scored = known.map(|other| (strsim::jaro_winkler(slug, other), other)).filter(|(score, _)| *score >= NEAR);
    let mut scored: Vec<_> = scored.collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
    scored.into_iter().take(SUGGESTIONS).map(|(_, other)| other).collect()
}

fn unknown(what: &str, slug: &str, near: &[&str]) -> Error {
    let hint = match near {
        [] => String::new(),
        near => format!("; did you mean {}?", near.join(", ")),
    };
    let text = format!("there is no {what} {slug:?}{hint}");
    Error::new(ErrorKind::NotFound, text.clone()).with_model_text(text)
}

fn taken(what: &str, slug: &str) -> Error {
    Error::new(ErrorKind::Conflict, format!("two {what}s are called {slug}; leave one out"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs_that_look_alike_are_suggested() {
        let known =
            ["GITHUB_CREATE_AN_ISSUE", "GITHUB_CREATE_AN_ISSUE_COMMENT", "GITHUB_GET_A_USER", "MAILBOX_SEND_MESSAGE"];
        let found = near("GITHUB_CREATE_ISSUE", known.into_iter());
        assert_eq!(found[..2], ["GITHUB_CREATE_AN_ISSUE", "GITHUB_CREATE_AN_ISSUE_COMMENT"]);
        assert!(near("ZZZ", known.into_iter()).is_empty());
    }
}
