//! Arguments become a request. Pure: no clock, no network, no state.
//!
//! A model chooses the arguments, so nothing here trusts them: a value stays inside the path segment, the parameter or the
//! header that its binding names, and never gets near a credential.

mod body;
mod encode;
#[cfg(test)]
mod tests;

use bytes::Bytes;
use composio_core::secrecy::{ExposeSecret, SecretString};
use composio_core::{Error, ErrorKind, Result};
use http::{HeaderMap, HeaderName, HeaderValue, Request, header};
use serde_json::{Map, Value};

use self::encode::percent;
use crate::http::{CredentialHeaders, CredentialQuery};
use crate::manifest::{
    FORBIDDEN_HEADERS, HttpBinding, Manifest, Overrides, ParameterBinding, ParameterLocation, Placement,
    PlacementLocation,
};

/// What a request is authenticated with.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Credential<'a> {
    /// Nothing.
    None,
    /// A secret, and where it goes.
    Placed {
        /// Where it goes.
        placement: &'a Placement,
        /// The secret.
        secret: &'a SecretString,
    },
}

impl Credential<'_> {
    fn is_header(&self, name: &HeaderName) -> bool {
        match self {
            Self::Placed { placement, .. } if placement.location == PlacementLocation::Header => {
                placement.name.eq_ignore_ascii_case(name.as_str())
            }
            Self::Placed { .. } | Self::None => false,
        }
    }

    fn is_query(&self, name: &str) -> bool {
        match self {
            Self::Placed { placement, .. } => placement.location == PlacementLocation::Query && placement.name == name,
            Self::None => false,
        }
    }
}

/// The request that a binding describes, with these arguments and this credential.
///
/// # Errors
/// `InvalidInput`, naming the argument, where a value does not fit its place; `Unsupported` where the body has a form that
/// this version does not write; `Unexpected` where the manifest or the stored credential cannot make a request.
pub(crate) fn plan(
    manifest: &Manifest,
    binding: &HttpBinding,
    overrides: &Overrides,
    arguments: &Map<String, Value>,
    credential: &Credential<'_>,
) -> Result<Request<Bytes>> {
    let mut headers = headers(manifest, binding, arguments, credential)?;
    let body = match &binding.body {
        Some(body) => body::write(body, arguments)?,
        None => None,
    };
    if let (Some(_), Some(binding)) = (&body, &binding.body) {
        headers.insert(header::CONTENT_TYPE, content_type(&binding.content_type)?);
    }
    let mut url = manifest.base_for(binding, overrides).clone();
    url.set_query(None);
    url.set_fragment(None);
    let mut target = url.as_str().trim_end_matches('/').to_owned();
    target.push_str(&path(binding, arguments)?);
    let query = query(binding, arguments, credential)?;
    if !query.is_empty() {
        target.push('?');
        target.push_str(&query);
    }

    let mut request = Request::builder()
        .method(binding.method.as_str())
        .uri(target)
        .body(body.unwrap_or_default())
        .map_err(|_| no_url())?;
    *request.headers_mut() = headers;
    place(&mut request, credential)?;
    Ok(request)
}

/// An argument that was given. Optional parameters may be given as null, which is leaving them out.
fn given<'a>(arguments: &'a Map<String, Value>, parameter: &ParameterBinding) -> Option<&'a Value> {
    arguments.get(&parameter.argument).filter(|value| !value.is_null())
}

fn in_place(binding: &HttpBinding, place: ParameterLocation) -> impl Iterator<Item = &ParameterBinding> {
    binding.parameters.iter().filter(move |parameter| parameter.location == place)
}

fn path(binding: &HttpBinding, arguments: &Map<String, Value>) -> Result<String> {
    let mut path = String::new();
    let mut rest = binding.path.as_str();
    while let Some((before, (name, after))) =
        rest.split_once('{').and_then(|(before, rest)| Some((before, rest.split_once('}')?)))
    {
        path.push_str(before);
        let parameter = in_place(binding, ParameterLocation::Path).find(|parameter| parameter.name == name);
        let parameter =
            parameter.ok_or_else(|| broken(&format!("its path has `{{{name}}}` and no parameter for it")))?;
        let value = given(arguments, parameter);
        let value =
            value.ok_or_else(|| wrong(&parameter.argument, "it is missing, and the path cannot do without it"))?;
        path.push_str(&encode::path(parameter, value)?);
        rest = after;
    }
    path.push_str(rest);
    // Two values may make a segment together.
    match path.split('/').find(|segment| matches!(*segment, "." | "..")) {
        None => Ok(path),
        Some(_) => {
            let first = in_place(binding, ParameterLocation::Path).map(|parameter| parameter.argument.as_str()).next();
            Err(wrong(first.unwrap_or("path"), "`.` and `..` are no names in a path"))
        }
    }
}

fn query(binding: &HttpBinding, arguments: &Map<String, Value>, credential: &Credential<'_>) -> Result<String> {
    let mut query = String::new();
    let mut push = |name: &str, encoded: &str| {
        let separator = if query.is_empty() { "" } else { "&" };
        query.push_str(&format!("{separator}{}={encoded}", percent(name)));
    };
    for parameter in in_place(binding, ParameterLocation::Query) {
        let Some(value) = given(arguments, parameter) else { continue };
        for (name, encoded) in encode::query(parameter, value) {
            if credential.is_query(&name) {
                return Err(wrong(
                    &parameter.argument,
                    "this query parameter carries the credential, which is not yours to choose",
                ));
            }
            push(&name, &encoded);
        }
    }
    if let Credential::Placed { placement, secret } = credential
        && placement.location == PlacementLocation::Query
    {
        push(&placement.name, &percent(&format!("{}{}", placement.prefix, secret.expose_secret())));
    }
    Ok(query)
}

fn headers(
    manifest: &Manifest,
    binding: &HttpBinding,
    arguments: &Map<String, Value>,
    credential: &Credential<'_>,
) -> Result<HeaderMap> {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
    for (name, value) in &manifest.headers {
        let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::try_from(value)) else {
            return Err(broken(&format!("its header `{name}` cannot be written")));
        };
        if !is_reserved(&name, credential) {
            headers.insert(name, value);
        }
    }
    for parameter in in_place(binding, ParameterLocation::Header) {
        let Some(value) = given(arguments, parameter) else { continue };
        let name = HeaderName::try_from(parameter.name.as_str())
            .map_err(|_| broken(&format!("`{}` is no header name", parameter.name)))?;
        if is_reserved(&name, credential) {
            return Err(wrong(
                &parameter.argument,
                "this header carries the credential or the framing, which is not yours to choose",
            ));
        }
        let value = HeaderValue::try_from(encode::header(parameter, value))
            .map_err(|_| wrong(&parameter.argument, "a header takes one line of visible ASCII characters"))?;
        headers.insert(name, value);
    }
    Ok(headers)
}

/// Headers that neither a manifest nor a model writes.
fn is_reserved(name: &HeaderName, credential: &Credential<'_>) -> bool {
    FORBIDDEN_HEADERS.contains(&name.as_str()) || credential.is_header(name)
}

fn content_type(text: &str) -> Result<HeaderValue> {
    HeaderValue::try_from(text).map_err(|_| broken(&format!("its content type `{text}` cannot be written")))
}

/// Puts the credential in its header, and tells the sender where credentials are.
fn place(request: &mut Request<Bytes>, credential: &Credential<'_>) -> Result<()> {
    let Credential::Placed { placement, secret } = credential else { return Ok(()) };
    match placement.location {
        PlacementLocation::Query => {
            request.extensions_mut().insert(CredentialQuery(vec![placement.name.clone()]));
        }
        PlacementLocation::Header => {
            let name = HeaderName::try_from(placement.name.as_str())
                .map_err(|_| broken(&format!("the credential's place `{}` is no header name", placement.name)))?;
            let value = HeaderValue::try_from(format!("{}{}", placement.prefix, secret.expose_secret()));
            let mut value = value.map_err(|_| {
                let message = "the stored credential has characters that no header takes; connect the account again";
                Error::new(ErrorKind::Unexpected, message)
            })?;
            value.set_sensitive(true);
            request.headers_mut().insert(name.clone(), value);
            request.extensions_mut().insert(CredentialHeaders(vec![name]));
        }
    }
    Ok(())
}

/// An argument that does not fit. The value is not repeated: whoever sent it knows it.
fn wrong(argument: &str, rule: &str) -> Error {
    let text = format!("the argument `{argument}` is not valid: {rule}");
    Error::new(ErrorKind::InvalidInput, text.clone()).with_model_text(text)
}

fn broken(why: &str) -> Error {
    Error::new(ErrorKind::Unexpected, format!("the toolkit's manifest makes no request: {why}; import it again"))
}

fn no_url() -> Error {
    let text = "the arguments make no URL: together they are too long; send shorter ones";
    Error::new(ErrorKind::InvalidInput, text).with_model_text(text)
}
