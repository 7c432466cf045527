//! The address of the API: an origin, and https unless it is this machine or was allowed.

use url::{Host, Url};

use crate::error::{Error, ErrorKind, Result};

/// The hosted service.
pub(super) const HOSTED: &str = "https://backend.composio.dev";

/// Reads the address. Rule: `session-api` 1.1 (no path, a trailing slash is fine) and 12.1 (what counts as loopback).
///
/// # Errors
/// `InvalidInput`, never with the whole address: it may hold a password.
pub(super) fn parse(text: &str, allow_insecure_http: bool) -> Result<Url> {
    let url =
        Url::parse(text.trim()).map_err(|error| refused(&format!("is no URL ({error}); give one such as {HOSTED}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refused("holds a user name or a password; the key belongs into the options"));
    }
    let Some(host) = url.host() else {
        return Err(refused(&format!("names no host; give one such as {HOSTED}")));
    };
    match url.scheme() {
        "https" => {}
        "http" if allow_insecure_http || is_loopback(&host) => {}
        "http" => {
            return Err(refused(&format!(
                "is plain http to {host}, and the key would travel in the clear; use https, or say `allow_insecure_http()`"
            )));
        }
        scheme => return Err(refused(&format!("has the scheme {scheme}; use https"))),
    }
    if url.path() != "/" {
        return Err(refused(&format!(
            "has the path {:?}; give the origin alone, every path is added to it",
            url.path()
        )));
    }
    match url.query().is_some() || url.fragment().is_some() {
        true => Err(refused("has a query or a fragment; give the origin alone")),
        false => Ok(url),
    }
}

/// Whether the address is this machine, by what it says and not by what a resolver answers.
pub(super) fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost" || name.ends_with(".localhost"),
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

fn refused(problem: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, format!("the base URL {problem}")).in_field("base_url")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_taken_with_or_without_a_slash() {
        for (text, origin) in [
            (HOSTED, "https://backend.composio.dev/"),
            ("https://self.example/", "https://self.example/"),
            (" https://self.example:8443 ", "https://self.example:8443/"),
            ("http://localhost:9900", "http://localhost:9900/"),
            ("http://api.localhost", "http://api.localhost/"),
            ("http://LOCALHOST", "http://localhost/"),
            ("http://127.0.0.1:1", "http://127.0.0.1:1/"),
            ("http://127.9.9.9", "http://127.9.9.9/"),
            ("http://[::1]:8080", "http://[::1]:8080/"),
        ] {
            assert_eq!(parse(text, false).unwrap().as_str(), origin);
        }
    }

    #[test]
    fn plain_http_is_for_this_machine_or_by_choice() {
        for text in [
            "http://backend.composio.dev",
            "http://localhost.evil.example",
            "http://notlocalhost",
            "http://128.0.0.1",
            "http://[::2]",
            "http://0.0.0.0",
            "http://host.docker.internal:8080",
        ] {
            let error = parse(text, false).unwrap_err();
            assert!(error.to_string().contains("allow_insecure_http"), "{error}");
            assert!(parse(text, true).is_ok(), "{text}");
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_and_no_password_is_shown() {
        for (text, says) in [
            ("", "is no URL"),
            ("backend.composio.dev", "is no URL"),
            ("https://self.example/api", "has the path \"/api\""),
            ("https://self.example//", "has the path"),
            ("https://self.example?key=s3cret", "has a query"),
            ("https://self.example#s3cret", "a fragment"),
            ("https://me:s3cret@self.example", "a password"),
            ("https://s3cret@self.example", "a password"),
            ("ftp://self.example", "the scheme ftp"),
            ("file:///etc/passwd", "names no host"),
            ("mailto:me", "names no host"),
        ] {
            let error = parse(text, true).unwrap_err();
            assert_eq!((error.kind(), error.field()), (ErrorKind::InvalidInput, Some("base_url")), "{text}");
            assert!(error.to_string().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("s3cret"), "{error:?}");
        }
    }
}
