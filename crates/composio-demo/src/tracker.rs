//! The issue tracker's operations.

pub(crate) mod workspace;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::access::{Authorized, KeyPlacement, Requirement};
use crate::app::App;
use crate::fields::{Fields, Payload, Query};
use crate::oauth::scope::Scope;
use crate::reply::ApiError;
use crate::route::{Route, delete, get, patch, post};
use crate::tracker::workspace::{Changes, Filter, Issue, IssueState, NewIssue, Workspace};

pub(crate) const ROOT: &str = "/tracker";

const STATES: [(&str, IssueState); 2] = [("open", IssueState::Open), ("closed", IssueState::Closed)];
const NAME_MAX: usize = 256;
const BODY_MAX: usize = 65_536;
const LABEL_MAX: usize = 50;

#[derive(Debug)]
struct Read;
impl Requirement for Read {
    const SCOPE: Scope = Scope::TrackerRead;
    const API_KEY: KeyPlacement = KeyPlacement::Header("x-api-key");
}

#[derive(Debug)]
struct Write;
impl Requirement for Write {
    const SCOPE: Scope = Scope::TrackerWrite;
    const API_KEY: KeyPlacement = KeyPlacement::Header("x-api-key");
}

type Reply = Result<Json<Value>, ApiError>;
type Created = Result<(StatusCode, Json<Value>), ApiError>;

pub(crate) fn routes() -> Vec<Route> {
    vec![
        get("/me", profile),
        get("/projects", list_projects),
        post("/projects", create_project),
        get("/issues", list_issues),
        post("/issues", create_issue),
        get("/issues/{number}", get_issue),
        patch("/issues/{number}", update_issue),
        delete("/issues/{number}", delete_issue),
        get("/issues/{number}/comments", list_comments),
        post("/issues/{number}/comments", create_comment),
    ]
}

async fn profile(caller: Authorized<Read>) -> Json<Value> {
    let identity = caller.identity;
    let workspace = identity.workspace();
    Json(json!({ "id": identity.id, "name": identity.display_name, "email": identity.email, "workspace": workspace }))
}

async fn list_projects(State(app): State<App>, caller: Authorized<Read>) -> Reply {
    let mut state = app.state();
    let workspace = state.workspaces.of(&caller.identity.email);
    Ok(Json(json!({ "items": workspace.projects() })))
}

async fn create_project(State(app): State<App>, caller: Authorized<Write>, Payload(mut input): Payload) -> Created {
    let key = input.required_line("key", 10);
    let name = input.required_line("name", NAME_MAX);
    let description = input.text("description", BODY_MAX);
    let now = app.now();
    let mut state = app.state();
    let workspace = state.workspaces.of(&caller.identity.email);
    if !key.is_empty() && !key.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()) {
        input.refuse("key", "invalid");
    }
    if workspace.has_project(&key) {
        input.refuse("key", "taken");
    }
    input.finish()?;
    let project = workspace.add_project(key, name, description, now);
    Ok((StatusCode::CREATED, Json(json!(project))))
}

async fn list_issues(State(app): State<App>, caller: Authorized<Read>, Query(mut input): Query) -> Reply {
    let filter = Filter {
        state: input
            .choice("state", &[("open", Some(IssueState::Open)), ("closed", Some(IssueState::Closed)), ("all", None)])
            .unwrap_or(Some(IssueState::Open)),
        project: input.text("project", 10),
        label: input.text("label", LABEL_MAX),
        q: input.text("q", NAME_MAX),
    };
    let page = input.number("page", 1, 100_000).unwrap_or(1);
    let per_page = input.number("per_page", 1, 100).unwrap_or(30);
    input.finish()?;
    let mut state = app.state();
    let found = state.workspaces.of(&caller.identity.email).search(&filter);
    let items: Vec<Value> =
        found.iter().skip((page - 1) * per_page).take(per_page).map(|issue| issue_json(&app, issue)).collect();
    Ok(Json(json!({ "items": items, "total": found.len(), "page": page, "per_page": per_page })))
}

async fn create_issue(State(app): State<App>, caller: Authorized<Write>, Payload(mut input): Payload) -> Created {
    let title = input.required_line("title", NAME_MAX);
    let body = input.text("body", BODY_MAX).unwrap_or_default();
    let labels = input.texts("labels", LABEL_MAX).unwrap_or_default();
    let project = input.line("project", 10);
    let now = app.now();
    let mut state = app.state();
    let workspace = state.workspaces.of(&caller.identity.email);
    if project.as_deref().is_some_and(|key| !workspace.has_project(key)) {
        input.refuse("project", "unknown");
    }
    input.finish()?;
    let new = NewIssue { project, title, body, labels };
    let issue = workspace.add_issue(new, &caller.identity.email, now);
    Ok((StatusCode::CREATED, Json(issue_json(&app, issue))))
}

async fn get_issue(State(app): State<App>, caller: Authorized<Read>, Path(number): Path<String>) -> Reply {
    let mut state = app.state();
    let issue = find(state.workspaces.of(&caller.identity.email), &number)?;
    Ok(Json(issue_json(&app, issue)))
}

async fn update_issue(
    State(app): State<App>,
    caller: Authorized<Write>,
    Path(number): Path<String>,
    Payload(input): Payload,
) -> Reply {
    let now = app.now();
    let mut state = app.state();
    let issue = find(state.workspaces.of(&caller.identity.email), &number)?;
    issue.change(changes(input)?, now);
    Ok(Json(issue_json(&app, issue)))
}

fn changes(mut input: Fields) -> Result<Changes, ApiError> {
    let changes = Changes {
        title: input.line("title", NAME_MAX),
        body: input.text("body", BODY_MAX),
        labels: input.texts("labels", LABEL_MAX),
        state: input.choice("state", &STATES),
    };
    input.finish()?;
    Ok(changes)
}

async fn delete_issue(
    State(app): State<App>,
    caller: Authorized<Write>,
    Path(number): Path<String>,
) -> Result<StatusCode, ApiError> {
    let mut state = app.state();
    let workspace = state.workspaces.of(&caller.identity.email);
    let number = find(workspace, &number)?.number();
    workspace.remove(number);
    Ok(StatusCode::NO_CONTENT)
}

async fn list_comments(State(app): State<App>, caller: Authorized<Read>, Path(number): Path<String>) -> Reply {
    let mut state = app.state();
    let issue = find(state.workspaces.of(&caller.identity.email), &number)?;
    Ok(Json(json!({ "items": issue.comments() })))
}

async fn create_comment(
    State(app): State<App>,
    caller: Authorized<Write>,
    Path(number): Path<String>,
    Payload(mut input): Payload,
) -> Created {
    let now = app.now();
    let mut state = app.state();
    let issue = find(state.workspaces.of(&caller.identity.email), &number)?;
    let body = input.required_line("body", BODY_MAX);
    input.finish()?;
    let comment = issue.comment(body, &caller.identity.email, now);
    Ok((StatusCode::CREATED, Json(json!(comment))))
}

fn find<'a>(workspace: &'a mut Workspace, number: &str) -> Result<&'a mut Issue, ApiError> {
    number.parse().ok().and_then(|number| workspace.issue(number)).ok_or_else(|| ApiError::not_found("issue"))
}

/// The issue as callers see it: with a link to itself right after its number, and without its comments.
fn issue_json(app: &App, issue: &Issue) -> Value {
    let number = issue.number();
    let mut value = json!({ "number": number, "url": app.link(&format!("{ROOT}/issues/{number}")) });
    if let (Value::Object(target), Value::Object(mut rest)) = (&mut value, json!(issue)) {
        rest.shift_remove("comments");
        target.extend(rest);
    }
    value
}
