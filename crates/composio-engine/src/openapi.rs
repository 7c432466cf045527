//! Makes toolkit manifests from OpenAPI descriptions. Pure: text in, a [`Manifest`] and a report out.
//!
//! Reads OpenAPI 3.0 and 3.1 in JSON. An [`Overlay`] adds what descriptions do not say: the toolkit's slug, how to
//! authenticate, whose account a credential is, and corrections to single tools. What a published description
//! does wrong (a reference to nowhere, a type that does not exist, a required property without a definition) is repaired
//! or left out, and the [`ImportReport`] says so; the same document and overlay always give the same manifest.
//!
//! # Rules
//!
//! - **Slugs**: the toolkit, then the words of the summary. See [`slug`] for repeated summaries and long ones.
//! - **Arguments**: one flat object. The parameters of the path come first, then the query, headers and the properties of
//!   the body; a name that is taken gets its place in front (`body_name`). A body that is no plain object is one argument
//!   called `body`. Constraints between properties of a flattened body (`oneOf` over `required`) are left to the service.
//! - **Input schemas** stand alone: every reference is replaced by what it names, because models follow references badly.
//!   A type that contains itself is cut where it comes up again, and when a schema would exceed
//!   [`INPUT_NODES`] subschemas, references nest less deeply until it fits; a sentence stands where something was cut.
//! - **Output schemas** keep what they share in `$defs`. Replacing those references, too, would multiply their size, and recursion
//!   needs no cut this way. Definitions beyond [`OUTPUT_BYTES`] become a sentence, the farthest from the root first.
//! - **Tags** follow from the method alone. That a POST only reads is something an overlay may say, not a summary.

mod arguments;
mod dialect;
mod document;
mod error;
mod output;
mod overlay;
mod report;
mod schema;
pub mod slug;
mod text;

use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use url::Url;

use self::document::{Document, Operation};
pub use self::error::ImportError;
use self::overlay::Matched;
pub use self::overlay::{Overlay, OverlaySource, OverlayTool};
pub use self::report::{Finding, ImportReport};
pub use self::schema::{INPUT_NODES, OUTPUT_BYTES};
use crate::manifest::{FORMAT, HttpBinding, HttpMethod, Manifest, ManifestTool, Source};

/// The longest description of a tool, in characters. Longer ones end with the last sentence that fits.
pub const MAX_DESCRIPTION: usize = 1_024;

/// A manifest, and what happened on the way to it.
#[derive(Debug)]
#[non_exhaustive]
pub struct Imported {
    /// The manifest. It has been checked.
    pub manifest: Manifest,
    /// What was left out, renamed, cut or repaired.
    pub report: ImportReport,
}

/// Makes a manifest from an OpenAPI description in JSON and an overlay.
///
/// # Errors
///
/// If the document is no OpenAPI 3 description, if the overlay expects another one (`sha256`) or names an operation that
/// does not exist, or if the manifest that results breaks a rule. Each error says what to change, and where.
pub fn import(document: &str, overlay: &Overlay) -> Result<Imported, ImportError> {
    let sha256 = verified_sha256(document, overlay)?;
    let document = Document::parse(document)?;
    let operations = document.operations();
    let base_url = base_url(&document, overlay)?;
    let slugs = slug::assign(&overlay.slug, &operations, &overlay.pins(&operations))?;
    let matched = overlay.matched(&operations, &slugs)?;

    let mut report = ImportReport { operations: operations.len(), ..ImportReport::default() };
    let mut tools = Vec::with_capacity(operations.len());
    for ((operation, slug), matched) in operations.iter().zip(&slugs).zip(&matched) {
        if matched.skip() {
            report.skipped.push(Finding::new(&operation.key, "the overlay says so"));
            continue;
        }
        match tool(&document, operation, matched.slug().unwrap_or(slug), matched, &base_url, &mut report) {
            Ok(tool) => tools.push(tool),
            Err(LeftOut(reason)) => report.left_out.push(Finding::new(&operation.key, reason)),
        }
    }
    tools.sort_by(|a, b| a.slug.cmp(&b.slug));
    report.tools = tools.len();

    let source = overlay.source.as_ref().map(|source| provenance(&document, source, sha256));
    let manifest = Manifest {
        format: FORMAT,
        slug: overlay.slug.clone(),
        name: overlay.name.clone(),
        description: overlay.description.clone(),
        logo: overlay.logo.clone(),
        categories: overlay.categories.clone(),
        version: source.as_ref().map_or(document.version(), |source| &source.version).to_owned(),
        source,
        base_url,
        headers: overlay.headers.clone(),
        auth_schemes: overlay.auth_schemes.clone(),
        identity: overlay.identity.clone(),
        probe: overlay.probe.clone(),
        tools,
    };
    manifest.check().map_err(ImportError::Manifest)?;
    Ok(Imported { manifest, report })
}

/// Why an operation does not become a tool.
#[derive(Debug)]
struct LeftOut(String);

fn tool(
    document: &Document,
    operation: &Operation<'_>,
    slug: &str,
    matched: &Matched<'_>,
    base_url: &Url,
    report: &mut ImportReport,
) -> Result<ManifestTool, LeftOut> {
    let method = operation.method.ok_or_else(|| LeftOut("no tool has this method".into()))?;
    let arguments = arguments::arguments(document, operation)?;
    let output_schema = output::schema(document, operation);
    report.note_arguments(slug, &arguments);
    if let Some(output) = &output_schema {
        report.note_output(slug, output);
    }
    Ok(ManifestTool {
        slug: slug.to_owned(),
        name: operation.name(),
        description: description(operation, matched),
        tags: matched.tags().map_or_else(|| tags(method), <[String]>::to_vec),
        deprecated: operation.deprecated(),
        input_schema: raw(&arguments.schema)?,
        output_schema: output_schema.map(|output| raw(&output.schema)).transpose()?,
        http: HttpBinding {
            method,
            path: operation.path.to_owned(),
            base_url: own_server(operation, base_url)?,
            parameters: arguments.parameters,
            body: arguments.body,
        },
    })
}

fn raw(schema: &Value) -> Result<Box<RawValue>, LeftOut> {
    to_raw_value(schema).map_err(|error| LeftOut(format!("its schema cannot be written: {error}")))
}

/// The hints that follow from a method. What a summary says never counts.
fn tags(method: HttpMethod) -> Vec<String> {
    let hints: &[&str] = match method {
        HttpMethod::Get | HttpMethod::Head => &["readOnlyHint", "idempotentHint", "openWorldHint"],
        HttpMethod::Post => &["createHint", "openWorldHint"],
        HttpMethod::Put => &["updateHint", "idempotentHint", "openWorldHint"],
        HttpMethod::Patch => &["updateHint", "openWorldHint"],
        HttpMethod::Delete => &["destructiveHint", "idempotentHint", "openWorldHint"],
    };
    hints.iter().map(|hint| (*hint).to_owned()).collect()
}

fn description(operation: &Operation<'_>, matched: &Matched<'_>) -> String {
    if let Some(description) = matched.description() {
        return description.to_owned();
    }
    let own = text::clean(operation.description(), MAX_DESCRIPTION);
    if own.is_empty() { operation.name() } else { own }
}

fn base_url(document: &Document, overlay: &Overlay) -> Result<Url, ImportError> {
    if let Some(url) = &overlay.base_url {
        return Ok(url.clone());
    }
    let url = document.server().and_then(|server| Url::parse(&server).ok());
    url.ok_or(ImportError::NoBaseUrl)
}

/// The server of the operation's own, where it has one that differs from the toolkit's.
fn own_server(operation: &Operation<'_>, base_url: &Url) -> Result<Option<Url>, LeftOut> {
    let Some(server) = operation.server() else { return Ok(None) };
    let server = server.ok_or_else(|| LeftOut("its own server has a variable without a default".into()))?;
    let url = base_url.join(&server).map_err(|_| LeftOut(format!("its own server `{server}` is no URL")))?;
    let trimmed = |url: &Url| url.as_str().trim_end_matches('/').to_owned();
    Ok((trimmed(&url) != trimmed(base_url)).then_some(url))
}

fn provenance(document: &Document, source: &OverlaySource, sha256: String) -> Source {
    Source {
        title: source.title.clone().unwrap_or_else(|| document.title().to_owned()),
        origin: source.origin.clone(),
        version: source.version.clone().unwrap_or_else(|| document.version().to_owned()),
        licence: source.licence.clone(),
        sha256,
    }
}

fn verified_sha256(document: &str, overlay: &Overlay) -> Result<String, ImportError> {
    let actual = hex(&Sha256::digest(document));
    match overlay.source.as_ref().and_then(|source| source.sha256.as_ref()) {
        Some(expected) if *expected != actual => Err(ImportError::OtherDocument { expected: expected.clone(), actual }),
        _ => Ok(actual),
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The object in a value, or an empty one.
fn object(value: Option<&Value>) -> impl Iterator<Item = (&String, &Value)> {
    value.and_then(Value::as_object).into_iter().flat_map(Map::iter)
}

#[cfg(test)]
mod tests;
