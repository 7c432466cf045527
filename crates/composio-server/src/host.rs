//! The names that a server goes by. A request for any other host is not ours: that is how DNS rebinding is told.

use axum::http::{HeaderMap, HeaderValue, Uri, header};
use composio_core::Url;
use url::Host;

/// The hosts of the public address, and those that were added.
#[derive(Debug)]
pub(crate) struct Hosts {
    scheme: String,
    hosts: Vec<String>,
}

impl Hosts {
    pub(crate) fn new(public_url: &Url, extra: Vec<String>) -> Self {
        let scheme = public_url.scheme().to_owned();
        let mut hosts = own_hosts(public_url);
        hosts.extend(extra.into_iter().map(|host| normal(&host, &scheme)));
        Self { scheme, hosts }
    }

    /// The scheme of the public address.
    pub(crate) fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The host that was asked for, if it is one of ours. Two that differ are none.
    pub(crate) fn asked(&self, uri: &Uri, headers: &HeaderMap) -> Option<String> {
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

    /// Whether `scheme://host` is an origin of ours.
    #[cfg(feature = "mcp")]
    pub(crate) fn is_origin(&self, origin: &str) -> bool {
        let Some((scheme, host)) = origin.split_once("://") else { return false };
        scheme.eq_ignore_ascii_case(&self.scheme) && self.hosts.contains(&normal(host, &self.scheme))
    }
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
pub(crate) fn normal(host: &str, scheme: &str) -> String {
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
    use axum::http::HeaderName;

    fn hosts(public_url: &str) -> Hosts {
        Hosts::new(&Url::parse(public_url).unwrap(), vec!["Proxy.Example:8443".to_owned()])
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
            let found = hosts(public_url).asked(&Uri::from_static("/"), &headers(&[("host", host)]));
            assert_eq!(found.is_some(), answered, "{host} at {public_url}");
        }
    }

    #[test]
    fn a_host_has_to_be_there_and_be_one() {
        let hosts = hosts("https://app.example");
        let twice = headers(&[("host", "app.example"), ("host", "evil.example")]);
        let (bare, full) = (Uri::from_static("/link/x"), Uri::from_static("https://app.example/link/x"));
        for (uri, headers, answered) in [
            (&bare, &headers(&[]), false),
            (&bare, &twice, false),
            (&full, &headers(&[]), true),
            (&full, &headers(&[("host", "app.example")]), true),
            (&full, &headers(&[("host", "evil.example")]), false),
        ] {
            assert_eq!(hosts.asked(uri, headers).is_some(), answered, "{uri} {headers:?}");
        }
    }

    #[cfg(feature = "mcp")]
    #[test]
    fn an_origin_is_ours_by_scheme_host_and_port() {
        let (https, loopback) = ("https://app.example", "http://127.0.0.1:8080");
        for (public_url, origin, ours) in [
            (https, "https://app.example", true),
            (https, "https://app.example:443", true),
            (https, "http://app.example", false),
            (https, "https://app.example:8443", false),
            (https, "https://app.example.evil.example", false),
            (https, "null", false),
            (https, "app.example", false),
            (loopback, "http://localhost:8080", true),
            (loopback, "http://[::1]:8080", true),
            (loopback, "http://localhost:3000", false),
            (loopback, "https://localhost:8080", false),
        ] {
            assert_eq!(hosts(public_url).is_origin(origin), ours, "{origin} at {public_url}");
        }
    }
}
