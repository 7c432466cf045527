//! Who calls, and whether they may.

use std::marker::PhantomData;

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;

use crate::app::App;
use crate::oauth::scope::Scope;
use crate::people::Identity;
use crate::reply::ApiError;
use crate::requests::Caller;

/// What a handler asks of its caller: a scope, and where the service looks for an API key.
pub(crate) trait Requirement: Send + Sync {
    const SCOPE: Scope;
    const API_KEY: KeyPlacement;
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum KeyPlacement {
    Header(&'static str),
    Query(&'static str),
}

/// The caller, who was found to meet `R`. A handler that takes this argument cannot be reached without.
#[derive(Debug)]
pub(crate) struct Authorized<R> {
    pub(crate) identity: Identity,
    requirement: PhantomData<R>,
}

impl<R: Requirement> FromRequestParts<App> for Authorized<R> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Self::Rejection> {
        let identity = identify::<R>(parts, app)?;
        if let Some(caller) = parts.extensions.get::<Caller>() {
            caller.set(&identity.email);
        }
        Ok(Self { identity, requirement: PhantomData })
    }
}

fn identify<R: Requirement>(parts: &Parts, app: &App) -> Result<Identity, ApiError> {
    if let Some(token) = bearer(parts) {
        let (email, scopes) = app.state().grants.holder(&token, app.now()).ok_or_else(ApiError::invalid_token)?;
        if !scopes.contains(R::SCOPE) {
            return Err(ApiError::insufficient_scope(R::SCOPE));
        }
        return app.settings().directory.find(&email).cloned().ok_or_else(ApiError::invalid_token);
    }
    let key = api_key(parts, R::API_KEY).ok_or_else(ApiError::no_credential)?;
    app.identity_of_key(&key).cloned().ok_or_else(ApiError::invalid_key)
}

fn bearer(parts: &Parts) -> Option<String> {
    let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
}

fn api_key(parts: &Parts, placement: KeyPlacement) -> Option<String> {
    match placement {
        KeyPlacement::Header(name) => parts.headers.get(name)?.to_str().ok().map(str::to_owned),
        KeyPlacement::Query(name) => url::form_urlencoded::parse(parts.uri.query()?.as_bytes())
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned()),
    }
}
