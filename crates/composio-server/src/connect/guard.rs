//! Who may talk to these pages: requests to our own host, and forms that our own pages posted.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::{Connect, ConnectOptions};
use crate::host::{Hosts, normal};

/// Headers of every answer. A page brings a policy of its own; everything else loads nothing.
///
/// `Cross-Origin-Opener-Policy` is left out on purpose: an application may open a link in a popup and watch it close, and
/// that policy would cut it off. The pages hold nothing that an opener could read across origins.
const HEADERS: [(HeaderName, HeaderValue); 4] = [
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
];
const NO_PAGE_POLICY: HeaderValue =
    HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'");

/// The one origin that the pages live at, and the names that it goes by.
#[derive(Debug)]
pub(super) struct Guard {
    hosts: Hosts,
}

impl Guard {
    pub(super) fn new(options: ConnectOptions) -> Self {
        Self { hosts: Hosts::new(&options.public_url, options.extra_hosts) }
    }

    /// Whether cookies may only travel encrypted.
    pub(super) fn secure(&self) -> bool {
        self.hosts.scheme() == "https"
    }

    /// Whether a browser says that this form was posted from elsewhere. Browsers that say nothing are left to the CSRF
    /// token.
    ///
    /// `Origin: null` says nothing either: our own pages ask for no referrer, and browsers then post them with a null
    /// origin (Fetch, "append a request `Origin` header").
    pub(super) fn is_foreign(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(host) = self.hosts.asked(uri, headers) else { return true };
        let site_differs = headers.get_all("sec-fetch-site").iter().any(|site| site != "same-origin");
        let origin_differs = headers.get_all(header::ORIGIN).iter().any(|origin| !self.is_origin(origin, &host));
        site_differs || origin_differs
    }

    fn is_origin(&self, origin: &HeaderValue, host: &str) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let ours = |(scheme, rest): (&str, &str)| scheme == self.hosts.scheme() && normal(rest, scheme) == host;
        origin == "null" || origin.split_once("://").is_some_and(ours)
    }
}

/// Turns away what asks for another host, and gives every answer its headers.
pub(super) async fn protect(State(connect): State<Arc<Connect>>, request: Request, next: Next) -> Response {
    let mut response = match connect.guard.hosts.asked(request.uri(), request.headers()) {
        Some(_) => next.run(request).await,
        None => plain(StatusCode::MISDIRECTED_REQUEST, "This server does not answer for that host.\n"),
    };
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(NO_PAGE_POLICY);
    response
}

/// An answer that people rarely see.
pub(super) fn plain(status: StatusCode, text: &'static str) -> Response {
    (status, text).into_response()
}

#[cfg(test)]
mod tests {
    use composio_core::Url;

    use super::*;

    fn guard(public_url: &str) -> Guard {
        Guard::new(ConnectOptions::new(Url::parse(public_url).unwrap()).allow_host("Proxy.Example:8443"))
    }

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let pairs = pairs.iter().map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        let mut headers = HeaderMap::new();
        pairs.for_each(|(name, value)| _ = headers.append(name, value));
        headers
    }

    #[test]
    fn forms_come_from_our_own_pages() {
        let host = ("host", "app.example");
        for (pairs, foreign) in [
            (&[host][..], false),
            (&[host, ("origin", "https://app.example")], false),
            (&[host, ("origin", "https://app.example:443")], false),
            (&[host, ("origin", "null")], false),
            (&[host, ("origin", "null"), ("sec-fetch-site", "same-origin")], false),
            (&[host, ("origin", "null"), ("sec-fetch-site", "cross-site")], true),
            (&[host, ("origin", "http://app.example")], true),
            (&[host, ("origin", "https://proxy.example:8443")], true),
            (&[host, ("origin", "https://evil.example")], true),
            (&[host, ("origin", "app.example")], true),
            (&[host, ("origin", "")], true),
            (&[host, ("sec-fetch-site", "same-site")], true),
            (&[host, ("sec-fetch-site", "none")], true),
            (&[("origin", "https://app.example")], true),
        ] {
            let found = guard("https://app.example").is_foreign(&Uri::from_static("/link/x"), &headers(pairs));
            assert_eq!(found, foreign, "{pairs:?}");
        }
    }
}
