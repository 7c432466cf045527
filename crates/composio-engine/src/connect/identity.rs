//! What a service says to a credential right after connecting: who the account is, and that it works.

use bytes::Bytes;
use composio_core::{AuthScheme, Error, ErrorKind, Identity, Result};
use http::{Response, StatusCode};
use serde_json::{Map, Value};

use crate::catalog::Toolkit;
use crate::credential::Credential;
use crate::engine::Engine;
use crate::execute::plan_request;
use crate::manifest::{self, HttpMethod};

/// What a service says to a credential.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Who it says the account is.
    pub(crate) identity: Option<Identity>,
    /// Whether the credential was seen to work, or there is nothing by which that could be seen.
    pub(crate) ready: bool,
    /// What the service says to the credential.
    pub(crate) answer: Answer,
}

/// Asks the service who the account is, and makes the cheap call that its manifest names: one request, where they are the
/// same. A service that does not answer well leaves either open.
///
/// # Errors
/// Where the manifest's requests cannot be made of the credential.
pub(crate) async fn look(
    engine: &Engine,
    toolkit: &Toolkit,
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Seen> {
    let (identity, probe) = (toolkit.manifest.identity.as_ref(), toolkit.manifest.probe.as_ref());
    let Some(spec) = identity else { return try_out(engine, toolkit, scheme, credential).await };
    let reply = ask(engine, toolkit, (spec.method, &spec.path), scheme, credential).await?;
    let answer = Answer::of(reply.as_ref());
    let body = reply.filter(|_| answer == Answer::Works).map(Response::into_body);
    let identity = body.and_then(|body| serde_json::from_slice(&body).ok()).and_then(|body| read(spec, &body));
    let seen = match probe {
        Some(probe) if (probe.method, &probe.path) == (spec.method, &spec.path) => Seen::of(answer),
        // What is in trouble is not asked twice.
        Some(_) if answer == Answer::None => Seen::of(answer),
        Some(_) => {
            let tried = try_out(engine, toolkit, scheme, credential).await?;
            let says_more = tried.ready || tried.answer.is_refusal() || !answer.is_refusal();
            Seen { answer: if says_more { tried.answer } else { answer }, ..tried }
        }
        None => Seen { ready: true, ..Seen::of(answer) },
    };
    Ok(Seen { identity, ..seen })
}

/// Makes the cheap call that shows whether a credential works; without one, there is nothing to wait for.
///
/// # Errors
/// Where the manifest's request cannot be made of the credential.
pub(crate) async fn try_out(
    engine: &Engine,
    toolkit: &Toolkit,
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Seen> {
    let Some(probe) = &toolkit.manifest.probe else { return Ok(Seen { ready: true, ..Seen::default() }) };
    let reply = ask(engine, toolkit, (probe.method, &probe.path), scheme, credential).await?;
    Ok(Seen::of(Answer::of(reply.as_ref())))
}

/// As [`look`], where a person or an application entered the credential and can be told that it is wrong.
///
/// # Errors
/// `InvalidInput` where the service refuses it.
pub(crate) async fn look_at_entered(
    engine: &Engine,
    toolkit: &Toolkit,
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Seen> {
    let seen = look(engine, toolkit, scheme, credential).await?;
    if !seen.answer.is_refusal() {
        return Ok(seen);
    }
    let text = format!("{} does not accept it; check that it is complete and still valid", toolkit.manifest.name);
    Err(Error::new(ErrorKind::InvalidInput, text.clone()).with_model_text(text))
}

/// Whether the service does not know a credential at all; none where its manifest has no question to ask.
pub(crate) async fn is_refused(
    engine: &Engine,
    toolkit: &Toolkit,
    scheme: AuthScheme,
    credential: &Credential,
) -> Option<bool> {
    let identity = toolkit.manifest.identity.as_ref().map(|spec| (spec.method, &*spec.path));
    let question = identity.or_else(|| toolkit.manifest.probe.as_ref().map(|spec| (spec.method, &*spec.path)))?;
    let reply = ask(engine, toolkit, question, scheme, credential).await.ok().flatten();
    Some(reply.is_some_and(|reply| reply.status() == StatusCode::UNAUTHORIZED))
}

impl Seen {
    fn of(answer: Answer) -> Self {
        Self { identity: None, ready: answer == Answer::Works, answer }
    }
}

/// What an answer says about a credential.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Answer {
    /// It works.
    Works,
    /// The service does not know it.
    Unknown,
    /// The service knows it, and does not let it do this.
    Forbidden,
    /// Something is wrong with the question, and nothing with the service.
    Other,
    /// Nothing: the service did not answer, or is in trouble, or was not asked.
    #[default]
    None,
}

impl Answer {
    fn of(reply: Option<&Response<Bytes>>) -> Self {
        match reply.map(Response::status) {
            Some(status) if status.is_success() => Self::Works,
            Some(StatusCode::UNAUTHORIZED) => Self::Unknown,
            Some(StatusCode::FORBIDDEN) => Self::Forbidden,
            Some(status) if status.is_server_error() || status == StatusCode::TOO_MANY_REQUESTS => Self::None,
            Some(_) => Self::Other,
            None => Self::None,
        }
    }

    fn is_refusal(self) -> bool {
        matches!(self, Self::Unknown | Self::Forbidden)
    }
}

/// The service's answer; none where it did not give one.
async fn ask(
    engine: &Engine,
    toolkit: &Toolkit,
    (method, path): (HttpMethod, &str),
    scheme: AuthScheme,
    credential: &Credential,
) -> Result<Option<Response<Bytes>>> {
    let binding = manifest::HttpBinding::read(method, path);
    let request = plan_request(toolkit, &binding, &Map::new(), scheme, credential)?;
    let reply = engine.http().send(request).await.map_err(|error| error.into_error(true));
    match &reply {
        Ok(reply) if !reply.status().is_success() => {
            tracing::warn!(toolkit = %toolkit.slug, status = %reply.status(), "a service did not say whether an account works");
        }
        Ok(_) => {}
        Err(error) => tracing::warn!(toolkit = %toolkit.slug, %error, "a service could not be asked about an account"),
    }
    Ok(reply.ok())
}

fn read(spec: &manifest::Identity, body: &Value) -> Option<Identity> {
    let at = |pointer: &str| body.pointer(pointer).and_then(text);
    let id = at(&spec.id)?;
    let at_some = |pointer: &Option<String>| pointer.as_deref().and_then(at);
    let label = at_some(&spec.label).unwrap_or_else(|| id.clone());
    let mut identity = Identity::new(id, label);
    identity.email = at_some(&spec.email);
    identity.workspace = at_some(&spec.workspace);
    Some(identity)
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
        let spec: manifest::Identity = serde_json::from_value(json!({
            "method": "GET", "path": "/me",
            "id": "/data/id", "label": "/data/login", "email": "/data/email", "workspace": "/org/name",
        }))
        .unwrap();
        let alice = || Identity::new("7", "alice");
        for (body, expected) in [
            (json!({"data": {"id": 7, "login": "alice"}}), Some(alice())),
            (json!({"data": {"id": 7, "login": "alice", "email": "a@x"}}), Some(alice().with_email("a@x"))),
            (json!({"data": {"id": 7, "login": "alice"}, "org": {"name": "X"}}), Some(alice().with_workspace("X"))),
            (json!({"data": {"id": 7, "login": "alice", "email": null}, "org": {"name": ""}}), Some(alice())),
            (json!({"data": {"id": "u_7"}}), Some(Identity::new("u_7", "u_7"))),
            (json!({"data": {"login": "alice"}}), None),
            (json!([]), None),
        ] {
            assert_eq!(read(&spec, &body), expected, "{body}");
        }
    }
}
