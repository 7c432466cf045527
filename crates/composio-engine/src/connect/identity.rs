//! Who a service says an account is, asked right after connecting.

use bytes::Bytes;
use composio_core::{AuthScheme, Error, ErrorKind, Identity, Result};
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use crate::catalog::Toolkit;
use crate::credential::Credential;
use crate::engine::Engine;
use crate::execute::plan_request;
use crate::manifest;

/// Asks the service, where its manifest says how. A service that does not answer well leaves the identity open.
///
/// # Errors
/// `InvalidInput` where the service refuses the credential.
pub(crate) async fn fetch_identity(
    engine: &Engine,
    toolkit: &Toolkit,
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Option<Identity>> {
    let Some(spec) = &toolkit.manifest.identity else { return Ok(None) };
    let Some(reply) = ask(engine, toolkit, spec, scheme, credential).await? else { return Ok(None) };
    match reply.status() {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => {
            let text =
                format!("{} does not accept it; check that it is complete and still valid", toolkit.manifest.name);
            Err(Error::new(ErrorKind::InvalidInput, text.clone()).with_model_text(text))
        }
        status if status.is_success() => {
            Ok(serde_json::from_slice(reply.body()).ok().and_then(|body| read(spec, &body)))
        }
        status => {
            tracing::warn!(toolkit = %toolkit.slug, %status, "the service did not say who the account is");
            Ok(None)
        }
    }
}

/// Whether the service does not know a credential at all; none where its manifest has no question to ask.
pub(crate) async fn is_refused(
    engine: &Engine,
    toolkit: &Toolkit,
    scheme: AuthScheme,
    credential: &Credential,
) -> Option<bool> {
    let spec = toolkit.manifest.identity.as_ref()?;
    let reply = ask(engine, toolkit, spec, scheme, credential).await.ok().flatten();
    Some(reply.is_some_and(|reply| reply.status() == StatusCode::UNAUTHORIZED))
}

/// The service's answer; none where it did not give one.
async fn ask(
    engine: &Engine,
    toolkit: &Toolkit,
    spec: &manifest::Identity,
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Option<Response<Bytes>>> {
    let binding = manifest::HttpBinding::read(spec.method, &spec.path);
    let request = plan_request(toolkit, &binding, &Map::new(), scheme, credential)?;
    let reply = engine.http().send(request).await.map_err(|error| error.into_error(true));
    if let Err(error) = &reply {
        tracing::warn!(toolkit = %toolkit.slug, %error, "the service was not asked who the account is");
    }
    Ok(reply.ok())
}

fn read(spec: &manifest::Identity, body: &Value) -> Option<Identity> {
    let at = |pointer: &str| body.pointer(pointer).and_then(text);
    let id = at(&spec.id)?;
    let label = spec.label.as_deref().and_then(at).unwrap_or_else(|| id.clone());
    Some(Identity::new(id, label))
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(crate::oauth::presentable(text)),
        Value::Number(number) => Some(number.to_string()),
        Value::String(_) | Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identities_are_read_where_the_manifest_points() {
        let spec: manifest::Identity =
            serde_json::from_value(json!({"method": "GET", "path": "/me", "id": "/data/id", "label": "/data/login"}))
                .unwrap();
        for (body, expected) in [
            (json!({"data": {"id": 7, "login": "alice"}}), Some(Identity::new("7", "alice"))),
            (json!({"data": {"id": "u_7"}}), Some(Identity::new("u_7", "u_7"))),
            (json!({"data": {"login": "alice"}}), None),
            (json!([]), None),
        ] {
            assert_eq!(read(&spec, &body), expected, "{body}");
        }
    }
}
