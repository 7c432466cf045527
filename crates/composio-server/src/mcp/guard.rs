//! Who may talk to the route: requests to our own host, and pages of origins that were let in.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use composio_core::Url;

use super::{Door, refusal};
use crate::host::Hosts;

/// Headers of every answer.
const HEADERS: [(HeaderName, HeaderValue); 2] = [
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];
/// What a page of another origin may send, once it was let in.
const PREFLIGHT: [(HeaderName, HeaderValue); 3] = [
    (header::ACCESS_CONTROL_ALLOW_METHODS, HeaderValue::from_static("POST, GET, DELETE")),
    (
        header::ACCESS_CONTROL_ALLOW_HEADERS,
        HeaderValue::from_static(
            "authorization, x-api-key, content-type, accept, last-event-id, mcp-session-id, mcp-protocol-version, \
             mcp-method, mcp-name",
        ),
    ),
    (header::ACCESS_CONTROL_MAX_AGE, HeaderValue::from_static("600")),
];
/// What it may read beside the body.
const EXPOSED: HeaderValue = HeaderValue::from_static("mcp-session-id, www-authenticate");

/// Our own hosts, and the origins that are let in beside our own.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Hosts,
    origins: Vec<url::Origin>,
}

impl Guard {
    pub(super) fn new(public_url: &Url, extra_hosts: Vec<String>, origins: &[String]) -> Self {
        let origin = |text: &String| match Url::parse(text).map(|url| url.origin()) {
            Ok(origin) if origin.is_tuple() => Some(origin),
            _ => {
                tracing::warn!(
                    origin = text,
                    "not an origin, so it lets nobody in; write it as https://app.example.com"
                );
                None
            }
        };
        Self { hosts: Hosts::new(public_url, extra_hosts), origins: origins.iter().filter_map(origin).collect() }
    }

    /// The origin of the page that asks. Those who say none are no pages.
    fn page<'a>(&self, headers: &'a HeaderMap) -> Page<'a> {
        let mut said = headers.get_all(header::ORIGIN).iter();
        match (said.next(), said.next()) {
            (None, _) => Page::None,
            (Some(origin), None) if self.lets_in(origin) => Page::LetIn(origin),
            _ => Page::Foreign,
        }
    }

    fn lets_in(&self, origin: &HeaderValue) -> bool {
        let Ok(text) = origin.to_str() else { return false };
        let allowed = || Url::parse(text).is_ok_and(|url| self.origins.contains(&url.origin()));
        self.hosts.is_origin(text) || allowed()
    }
}

enum Page<'a> {
    None,
    LetIn(&'a HeaderValue),
    Foreign,
}

/// Turns away what asks for another host or comes from a foreign page, and gives every answer its headers.
pub(super) async fn protect(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let page = match door.guard.page(request.headers()) {
        Page::None => Ok(None),
        Page::LetIn(origin) => Ok(Some(origin.clone())),
        Page::Foreign => Err(()),
    };
    let mut response = match (door.guard.hosts.asked(request.uri(), request.headers()), &page) {
        (None, _) => refusal::foreign_host(),
        (_, Err(())) => refusal::foreign_origin(),
        (_, Ok(Some(_))) if request.method() == Method::OPTIONS => (StatusCode::NO_CONTENT, PREFLIGHT).into_response(),
        _ => next.run(request).await,
    };
    let headers = response.headers_mut();
    HEADERS.into_iter().for_each(|(name, value)| _ = headers.insert(name, value));
    headers.append(header::VARY, HeaderValue::from_static("origin"));
    if let Ok(Some(origin)) = page {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }
    response
}
