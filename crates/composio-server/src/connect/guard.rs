//! Who may talk to these pages: requests to our own host, and forms that our own pages posted.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use url::{Host, Url};

use super::{Connect, ConnectOptions};

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
    scheme: String,
    hosts: Vec<String>,
}

impl Guard {
    pub(super) fn new(options: ConnectOptions) -> Self {
        let ConnectOptions { public_url, extra_hosts } = options;
        let scheme = public_url.scheme().to_owned();
        let mut hosts = own_hosts(&public_url);
        hosts.extend(extra_hosts.into_iter().map(|host| normal(&host, &scheme)));
        Self { scheme, hosts }
    }

    /// Whether cookies may only travel encrypted.
    pub(super) fn secure(&self) -> bool {
        self.scheme == "https"
    }

    /// The host that was asked for, if it is one of ours. Two that differ are none.
    fn host(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
        let in_target = uri.authority().map(|authority| authority.as_str().as_bytes());
        let in_headers = headers.get_all(header::HOST).iter().map(HeaderValue::as_bytes);
        let mut asked = in_target.into_iter().chain(in_headers).map(|host| {
            let host = std::str::from_utf8(host).ok()?;
            Some(normal(host, &self.scheme))
        });
        let host = asked.next()??;
        let agreed = asked.all(|other| other.as_ref() == Some(&host));
        (agreed && self.hosts.contains(&host)).then_some(host)
    }

    /// Whether a browser says that this form was posted from elsewhere. Browsers that say nothing are left to the CSRF
    /// token.
    ///
    /// `Origin: null` says nothing either: our own pages ask for no referrer, and browsers then post them with a null
    /// origin (Fetch, "append a request `Origin` header").
    pub(super) fn is_foreign(&self, uri: &Uri, headers: &HeaderMap) -> bool {
        let Some(host) = self.host(uri, headers) else { return true };
        let site_differs = headers.get_all("sec-fetch-site").iter().any(|site| site != "same-origin");
        let origin_differs = headers.get_all(header::ORIGIN).iter().any(|origin| !self.is_origin(origin, &host));
        site_differs || origin_differs
    }

    fn is_origin(&self, origin: &HeaderValue, host: &str) -> bool {
        let Ok(origin) = origin.to_str() else { return false };
        let ours = |(scheme, rest): (&str, &str)| scheme == self.scheme && normal(rest, scheme) == host;
        origin == "null" || origin.split_once("://").is_some_and(ours)
    }
}

/// Turns away what asks for another host, and gives every answer its headers.
pub(super) async fn protect(State(connect): State<Arc<Connect>>, request: Request, next: Next) -> Response {
    let mut response = match connect.guard.host(request.uri(), request.headers()) {
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

/// The host and port of the public address; a loopback one goes by each of its names.
fn own_hosts(public_url: &Url) -> Vec<String> {
    let port = public_url.port().map(|port| format!(":{port}")).unwrap_or_default();
    let names = match public_url.host() {
        Some(host) if is_loopback(&host) => {
            vec![host.to_string(), "127.0.0.1".to_owned(), "localhost".to_owned(), "[::1]".to_owned()]
        }
        Some(host) => vec![host.to_string()],
        None => Vec::new(),
    };
    names.into_iter().map(|name| format!("{name}{port}")).collect()
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

/// Lower case, and without the port that the scheme implies.
fn normal(host: &str, scheme: &str) -> String {
    let host = host.to_ascii_lowercase();
    let implied = match scheme {
        "https" => ":443",
        "http" => ":80",
        _ => return host,
    };
    host.strip_suffix(implied).map(str::to_owned).unwrap_or(host)
}

#[cfg(test)]
mod tests {
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
    fn only_our_own_hosts_are_answered() {
        let (https, loopback) = ("https://app.example/anything", "http://127.0.0.1:8080");
        for (public_url, host, answered) in [
            (https, "app.example", true),
            (https, "APP.example:443", true),
            (https, "proxy.example:8443", true),
            (https, "app.example:80", false),
            (https, "app.example:8443", false),
            (https, "app.example.evil.example", false),
            (https, "localhost", false),
            (https, "", false),
            (loopback, "127.0.0.1:8080", true),
            (loopback, "localhost:8080", true),
            (loopback, "[::1]:8080", true),
            (loopback, "localhost", false),
            (loopback, "127.0.0.2:8080", false),
            ("http://127.0.0.1", "localhost:80", true),
            ("http://[::1]:9", "[::1]:9", true),
        ] {
            let found = guard(public_url).host(&Uri::from_static("/"), &headers(&[("host", host)]));
            assert_eq!(found.is_some(), answered, "{host} at {public_url}");
        }
    }

    #[test]
    fn a_host_has_to_be_there_and_be_one() {
        let guard = guard("https://app.example");
        let twice = headers(&[("host", "app.example"), ("host", "evil.example")]);
        let (bare, full) = (Uri::from_static("/link/x"), Uri::from_static("https://app.example/link/x"));
        for (uri, headers, answered) in [
            (&bare, &headers(&[]), false),
            (&bare, &twice, false),
            (&full, &headers(&[]), true),
            (&full, &headers(&[("host", "app.example")]), true),
            (&full, &headers(&[("host", "evil.example")]), false),
        ] {
            assert_eq!(guard.host(uri, headers).is_some(), answered, "{uri} {headers:?}");
        }
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
