//! The mailbox's operations.

pub(crate) mod post;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::access::{Authorized, KeyPlacement, Requirement};
use crate::app::App;
use crate::fields::{Fields, Payload, Query};
use crate::mailbox::post::{Draft, Folder, Search};
use crate::oauth::scope::Scope;
use crate::people::looks_like_email;
use crate::reply::ApiError;
use crate::route::{Route, delete, get, patch, post};

pub(crate) const ROOT: &str = "/mailbox";

const FOLDERS: [(&str, Folder); 2] = [("inbox", Folder::Inbox), ("sent", Folder::Sent)];
const SUBJECT_MAX: usize = 256;
const BODY_MAX: usize = 65_536;

#[derive(Debug)]
struct Read;
impl Requirement for Read {
    const SCOPE: Scope = Scope::MailboxRead;
    const API_KEY: KeyPlacement = KeyPlacement::Query("api_key");
}

#[derive(Debug)]
struct Compose;
impl Requirement for Compose {
    const SCOPE: Scope = Scope::MailboxSend;
    const API_KEY: KeyPlacement = KeyPlacement::Query("api_key");
}

type Reply = Result<Json<Value>, ApiError>;
type Created = Result<(StatusCode, Json<Value>), ApiError>;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/me", profile),
        get("/labels", list_labels),
        get("/messages", list_messages),
        post("/messages", send_message),
        get("/messages/{id}", get_message),
        patch("/messages/{id}", update_message),
        delete("/messages/{id}", delete_message),
        post("/messages/{id}/reply", reply_to_message),
    ]
}

async fn profile(State(app): State<App>, caller: Authorized<Read>) -> Json<Value> {
    let identity = caller.identity;
    let unread = app.state().post.unread(&identity.email);
    Json(json!({ "id": identity.id, "name": identity.display_name, "email": identity.email, "unread": unread }))
}

async fn list_labels(State(app): State<App>, caller: Authorized<Read>) -> Json<Value> {
    let labels = app.state().post.labels(&caller.identity.email);
    let items: Vec<Value> =
        labels.into_iter().map(|(name, count)| json!({ "name": name, "messages": count })).collect();
    Json(json!({ "items": items }))
}

async fn list_messages(State(app): State<App>, caller: Authorized<Read>, Query(mut input): Query) -> Reply {
    let token = input.text("page_token", 64);
    let before = token.as_deref().and_then(read_page_token);
    if token.is_some() && before.is_none() {
        input.refuse("page_token", "invalid");
    }
    let search = Search {
        folder: input.choice("folder", &FOLDERS).unwrap_or(Folder::Inbox),
        label: input.text("label", 50),
        q: input.text("q", SUBJECT_MAX),
        before,
        limit: input.number("limit", 1, 100).unwrap_or(20),
    };
    input.finish()?;
    let state = app.state();
    let (found, more) = state.post.search(&caller.identity.email, &search);
    let next = found.last().filter(|_| more).map(|message| page_token(message.number()));
    let items: Vec<_> = found.into_iter().map(|message| message.summary()).collect();
    Ok(Json(json!({ "items": items, "next_page_token": next })))
}

async fn send_message(State(app): State<App>, caller: Authorized<Compose>, Payload(mut input): Payload) -> Created {
    let to = recipients(&mut input);
    let subject = input.required_line("subject", SUBJECT_MAX);
    let body = input.text("body", BODY_MAX).unwrap_or_default();
    input.finish()?;
    let draft = Draft { to, subject, body, in_reply_to: None };
    let now = app.now();
    let mut state = app.state();
    let sent = state.post.send(&caller.identity.email, draft, now);
    Ok((StatusCode::CREATED, Json(json!(sent))))
}

async fn get_message(State(app): State<App>, caller: Authorized<Read>, Path(id): Path<String>) -> Reply {
    let mut state = app.state();
    let message = state.post.find(&caller.identity.email, &id).ok_or_else(no_message)?;
    Ok(Json(json!(message)))
}

async fn update_message(
    State(app): State<App>,
    caller: Authorized<Read>,
    Path(id): Path<String>,
    Payload(mut input): Payload,
) -> Reply {
    let mut state = app.state();
    let message = state.post.find(&caller.identity.email, &id).ok_or_else(no_message)?;
    let (read, labels) = (input.flag("read"), input.texts("labels", 50));
    input.finish()?;
    message.mark(read, labels);
    Ok(Json(json!(message)))
}

async fn delete_message(
    State(app): State<App>,
    caller: Authorized<Read>,
    Path(id): Path<String>,
) -> Result<StatusCode, ApiError> {
    if app.state().post.remove(&caller.identity.email, &id) { Ok(StatusCode::NO_CONTENT) } else { Err(no_message()) }
}

async fn reply_to_message(
    State(app): State<App>,
    caller: Authorized<Compose>,
    Path(id): Path<String>,
    Payload(mut input): Payload,
) -> Created {
    let now = app.now();
    let mut state = app.state();
    let original = state.post.find(&caller.identity.email, &id).ok_or_else(no_message)?;
    let body = input.required_line("body", BODY_MAX);
    input.finish()?;
    let draft = original.reply(body);
    let sent = state.post.send(&caller.identity.email, draft, now);
    Ok((StatusCode::CREATED, Json(json!(sent))))
}

fn recipients(input: &mut Fields) -> Vec<String> {
    let to = input.required_texts("to", 254);
    if to.iter().any(|address| !looks_like_email(address)) {
        input.refuse("to", "invalid");
    }
    to
}

fn no_message() -> ApiError {
    ApiError::not_found("message")
}

/// Callers are to pass the token on as it is, hence the letter before the number.
fn page_token(number: u64) -> String {
    format!("p{number:x}")
}

fn read_page_token(token: &str) -> Option<u64> {
    u64::from_str_radix(token.strip_prefix('p')?, 16).ok()
}
