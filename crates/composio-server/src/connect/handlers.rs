//! The routes: open a link, press its button, come back from the service.

use std::sync::Arc;

use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{AppendHeaders, IntoResponse, Response};
use composio_core::{
    CallbackParams, Connected, Error, ErrorKind, FormFields, LinkPage, LinkStep, Result, Started, Url,
};

use super::Connect;
use super::cookies::{self, Csrf};
use super::form::PostedForm;
use super::guard::plain;
use super::pages::{self, Attempt};

/// A token that is no text is as unknown as any other.
type Token = Result<Path<String>, PathRejection>;

/// `GET` and `HEAD` of a link. Calls nothing but `open`.
pub(super) async fn open(State(connect): State<Arc<Connect>>, token: Token, headers: HeaderMap) -> Response {
    let Ok(Path(token)) = token else { return connect.refusal() };
    let shown = match connect.flow.open(&token).await {
        Ok(page) => show(&connect, &headers, &token, &page, None),
        Err(error) => Err(error),
    };
    shown.unwrap_or_else(|error| failed(&connect, "opening a link", &error))
}

/// `POST` of a link: the button was pressed.
pub(super) async fn start(
    State(connect): State<Arc<Connect>>,
    token: Token,
    headers: HeaderMap,
    form: PostedForm,
) -> Response {
    let Ok(Path(token)) = token else { return connect.refusal() };
    if !Csrf::matches(&headers, &token, &form.csrf) {
        return connect.refusal();
    }
    let answer = match connect.flow.start(&token, form.fields.clone()).await {
        Ok(started) => go(&connect, &started),
        Err(error) if error.kind() == ErrorKind::InvalidInput => {
            ask_again(&connect, &headers, &token, form.fields, error).await
        }
        Err(error) => Err(error),
    };
    answer.unwrap_or_else(|error| failed(&connect, "starting a flow", &error))
}

/// `GET` of the callback: the service sent the browser back.
pub(super) async fn complete(
    State(connect): State<Arc<Connect>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = CallbackParams::from_query(query.as_deref().unwrap_or_default());
    let name = params.cookie_name();
    let cookie = name.as_deref().and_then(|name| cookies::find(&headers, name));
    let result = connect.flow.complete(params, cookie).await;

    // The flow may not be over where the backend was out of reach, so that its cookie stays for a reload.
    let over = result.as_ref().err().is_none_or(|error| error.kind() == ErrorKind::NotFound);
    let spent = name.as_deref().filter(|_| over && cookie.is_some());
    let answer = result.and_then(|connected| ended(&connect, &connected));
    let mut response = answer.unwrap_or_else(|error| failed(&connect, "completing a flow", &error));
    if let Some(Ok(cookie)) = spent.map(|name| cookies::ended_flow(name, connect.guard.secure())) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// `HEAD` of the callback. A state works once, so that only a browser that follows the service may use it up.
pub(super) async fn no_preview() -> Response {
    ([(header::ALLOW, "GET")], plain(StatusCode::METHOD_NOT_ALLOWED, "")).into_response()
}

/// The link page, with the cookie that its form is checked against.
fn show(
    connect: &Connect,
    headers: &HeaderMap,
    token: &str,
    page: &LinkPage,
    attempt: Option<&Attempt>,
) -> Result<Response> {
    let csrf = Csrf::for_page(headers, token)?;
    let cookie = csrf.cookie(connect.guard.secure())?;
    let page = pages::link(&connect.flow.brand(), page, &csrf.field(), attempt)?;
    Ok((AppendHeaders([(header::SET_COOKIE, cookie)]), page).into_response())
}

/// The link page again, saying what was wrong with the fields.
async fn ask_again(
    connect: &Connect,
    headers: &HeaderMap,
    token: &str,
    fields: FormFields,
    error: Error,
) -> Result<Response> {
    let page = connect.flow.open(token).await?;
    let attempt = Attempt { fields, error };
    show(connect, headers, token, &page, Some(&attempt))
}

/// On to the service with the cookie of the flow, or to its end.
fn go(connect: &Connect, started: &Started) -> Result<Response> {
    let mut response = match &started.next {
        LinkStep::Redirect(to) => redirect(to)?,
        LinkStep::Done(connected) => ended(connect, connected)?,
        _ => {
            return Err(Error::new(ErrorKind::Unsupported, "the backend asks for a step that these pages do not know"));
        }
    };
    if let Some(cookie) = &started.cookie {
        response.headers_mut().append(header::SET_COOKIE, cookies::flow(cookie, connect.guard.secure())?);
    }
    Ok(response)
}

/// Back to the application, or our own last page.
fn ended(connect: &Connect, connected: &Connected) -> Result<Response> {
    match &connected.callback {
        Some(callback) => redirect(callback),
        None => pages::outcome(&connect.flow.brand(), connected),
    }
}

/// 303, so that a form is never posted on. The target names a state, so that it does not show in `Debug`.
fn redirect(to: &Url) -> Result<Response> {
    let mut location = HeaderValue::from_str(to.as_str())
        .map_err(|error| Error::new(ErrorKind::Unexpected, "a redirect is no header value").with_source(error))?;
    location.set_sensitive(true);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// What is not found is refused, always alike and without a word in the log: those are visitors' old links. Everything
/// else is logged here and nowhere else, without its sources, because foreign errors may print URLs.
fn failed(connect: &Connect, doing: &'static str, error: &Error) -> Response {
    if error.kind() == ErrorKind::NotFound {
        return connect.refusal();
    }
    let context: Vec<String> = error.context().map(|(name, value)| format!("{name}={value}")).collect();
    // A complaint about input may quote it.
    let message = match error.kind() {
        ErrorKind::InvalidInput => "what came in was not valid".to_owned(),
        _ => error.to_string(),
    };
    let (kind, log_id) = (error.kind(), error.log_id());
    tracing::error!(?kind, log_id, context = context.join(" "), "{doing} failed: {message}");
    pages::error(&connect.flow.brand(), error)
}
