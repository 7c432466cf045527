//! The token and revocation endpoints.

use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::oauth::grants::{Fresh, Issued, Terms, TokenError};
use crate::oauth::params::Params;

/// RFC 6749 section 3.2.
pub(crate) async fn token(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, TokenError> {
    let params = client_request(&app, &headers, &body)?;
    let issued = match params.get("grant_type") {
        Some("authorization_code") => redeem(&app, &params)?,
        Some("refresh_token") => renew(&app, &params)?,
        Some(_) => return Err(TokenError::UnsupportedGrantType),
        None => return Err(TokenError::InvalidRequest("grant_type is missing.")),
    };
    Ok(no_store(token_response(&issued)))
}

/// RFC 7009: the answer is the same whether or not the token was known.
pub(crate) async fn revoke(State(app): State<App>, headers: HeaderMap, body: Bytes) -> Result<Response, TokenError> {
    let params = client_request(&app, &headers, &body)?;
    let token = required(&params, "token", "token is missing.")?;
    app.state().grants.revoke(token);
    Ok(no_store(StatusCode::OK))
}

/// A form from an authenticated client.
fn client_request(app: &App, headers: &HeaderMap, body: &Bytes) -> Result<Params, TokenError> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default();
    if !media_type.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err(TokenError::InvalidRequest("The body must be a form."));
    }
    let params = Params::parse(body);
    if params.repeated().is_some() {
        return Err(TokenError::InvalidRequest("A parameter comes twice."));
    }
    app.settings().client.authenticate(headers, &params)?;
    Ok(params)
}

fn redeem(app: &App, params: &Params) -> Result<Issued, TokenError> {
    let code = required(params, "code", "code is missing.")?;
    let redirect_uri = required(params, "redirect_uri", "redirect_uri is missing.")?;
    let verifier = required(params, "code_verifier", "code_verifier is missing.")?;
    let fresh = Fresh::generate()?;
    let terms = terms(app);
    app.state().grants.redeem(code, redirect_uri, verifier, fresh, terms)
}

fn renew(app: &App, params: &Params) -> Result<Issued, TokenError> {
    let token = required(params, "refresh_token", "refresh_token is missing.")?;
    let fresh = Fresh::generate()?;
    let terms = terms(app);
    app.state().grants.renew(token, params.get("scope"), fresh, terms)
}

fn terms(app: &App) -> Terms {
    Terms { now: app.now(), lifetimes: app.settings().lifetimes, rotate: app.settings().rotate_refresh_tokens }
}

fn required<'a>(params: &'a Params, name: &str, text: &'static str) -> Result<&'a str, TokenError> {
    params.get(name).ok_or(TokenError::InvalidRequest(text))
}

fn token_response(issued: &Issued) -> Json<serde_json::Value> {
    let mut body = json!({
        "access_token": issued.access.expose(),
        "token_type": "Bearer",
        "expires_in": issued.expires_in.as_secs(),
        "scope": issued.scopes.to_string(),
    });
    if let Some(refresh) = &issued.refresh {
        body["refresh_token"] = refresh.expose().into();
    }
    Json(body)
}

fn no_store(body: impl IntoResponse) -> Response {
    let headers = [(header::CACHE_CONTROL, "no-store"), (header::PRAGMA, "no-cache")];
    (headers, body).into_response()
}

impl From<getrandom::Error> for TokenError {
    fn from(_: getrandom::Error) -> Self {
        Self::Server
    }
}

impl IntoResponse for TokenError {
    fn into_response(self) -> Response {
        let (status, code, text) = match self {
            Self::InvalidRequest(text) => (StatusCode::BAD_REQUEST, "invalid_request", text),
            Self::InvalidClient => {
                (StatusCode::UNAUTHORIZED, "invalid_client", "The client is unknown or its secret is wrong.")
            }
            Self::InvalidGrant(text) => (StatusCode::BAD_REQUEST, "invalid_grant", text),
            Self::UnsupportedGrantType => (
                StatusCode::BAD_REQUEST,
                "unsupported_grant_type",
                "Only authorization_code and refresh_token are supported.",
            ),
            Self::InvalidScope => (StatusCode::BAD_REQUEST, "invalid_scope", "A scope is unknown or was not granted."),
            Self::Server => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", "The server has no random numbers."),
        };
        let body = Json(json!({ "error": code, "error_description": text }));
        let mut response = no_store((status, body));
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Basic realm=\"composio-demo\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
