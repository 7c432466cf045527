//! The authorization server that all services share.
//!
//! `authorize`, `client`, `grants`, `params` and `scope` are pure; `consent` and `token` are the handlers around them.

pub(crate) mod authorize;
pub(crate) mod client;
pub(crate) mod consent;
pub(crate) mod grants;
pub(crate) mod params;
pub(crate) mod scope;
pub(crate) mod token;

use axum::extract::State;
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::app::App;
use crate::oauth::scope::Scope;

/// The roots below which the same endpoints can be reached.
const ROOTS: [&str; 3] = ["", "/tracker", "/mailbox"];

pub(crate) fn router() -> Router<App> {
    let well_known = Router::new().route("/.well-known/oauth-authorization-server", get(metadata));
    ROOTS.iter().fold(well_known, |router, root| {
        router
            .route(&format!("{root}/oauth/authorize"), get(consent::show).post(consent::decide))
            .route(&format!("{root}/oauth/token"), post(token::token))
            .route(&format!("{root}/oauth/revoke"), post(token::revoke))
    })
}

/// RFC 8414.
async fn metadata(State(app): State<App>) -> Json<Value> {
    let methods = ["client_secret_basic", "client_secret_post"];
    Json(json!({
        "issuer": app.issuer(),
        "authorization_endpoint": app.link("/oauth/authorize"),
        "token_endpoint": app.link("/oauth/token"),
        "revocation_endpoint": app.link("/oauth/revoke"),
        "scopes_supported": Scope::ALL.map(Scope::as_str),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": true,
    }))
}
