//! A service that asks for nothing: how it is, and what time it is.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use crate::app::App;
use crate::route::{Route, get};

pub(crate) const ROOT: &str = "/status";

pub(crate) fn routes() -> Vec<Route> {
    vec![get("/health", health), get("/time", time)]
}

async fn health() -> Json<Value> {
    Json(json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

async fn time(State(app): State<App>) -> Json<Value> {
    let now = app.now();
    Json(json!({ "now": now, "unix_seconds": now.as_second() }))
}
