//! The one credential of a client: how it travels, and how it stays out of everything else.

use std::fmt;

use http::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use crate::error::{Error, ErrorKind, Result};

const API_KEY: HeaderName = HeaderName::from_static("x-api-key");
const USER_API_KEY: HeaderName = HeaderName::from_static("x-user-api-key");
const ORG_ID: HeaderName = HeaderName::from_static("x-org-id");
const PROJECT_ID: HeaderName = HeaderName::from_static("x-project-id");

/// What lets a client in. Rule: `session-api` 1.2, exactly one credential header.
#[derive(Clone)]
pub(super) enum Credential {
    Project(SecretString),
    /// The organisation and the project that a user key is for; without them the user's default project.
    User(SecretString, Option<Scope>),
}

/// Both ids, because one without the other means nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    pub(super) org: String,
    pub(super) project: String,
}

impl Credential {
    /// The headers that carry it. Those with the key are marked as sensitive, so that nothing prints them.
    ///
    /// # Errors
    /// `InvalidInput` for what cannot be a key, without showing it.
    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>> {
        match self {
            Self::Project(key) => Ok(vec![(API_KEY, self.checked(key)?)]),
            Self::User(key, scope) => {
                let mut headers = vec![(USER_API_KEY, self.checked(key)?)];
                if let Some(Scope { org, project }) = scope {
                    headers.push((ORG_ID, id("org_id", org)?));
                    headers.push((PROJECT_ID, id("project_id", project)?));
                }
                Ok(headers)
            }
        }
    }

    /// The same headers, for another client of the same origin.
    pub(super) fn shown(&self) -> Vec<(String, SecretString)> {
        let shown = |name: HeaderName, value: &str| (name.as_str().to_owned(), SecretString::from(value));
        match self {
            Self::Project(key) => vec![shown(API_KEY, key.expose_secret())],
            Self::User(key, scope) => {
                let mut headers = vec![shown(USER_API_KEY, key.expose_secret())];
                if let Some(Scope { org, project }) = scope {
                    headers.push(shown(ORG_ID, org));
                    headers.push(shown(PROJECT_ID, project));
                }
                headers
            }
        }
    }

    /// The text without the key, which a server may have quoted.
    pub(super) fn hide(&self, text: String) -> String {
        let key = self.key().expose_secret();
        match !key.is_empty() && text.contains(key) {
            true => text.replace(key, "[key]"),
            false => text,
        }
    }

    fn key(&self) -> &SecretString {
        match self {
            Self::Project(key) | Self::User(key, _) => key,
        }
    }

    fn checked(&self, key: &SecretString) -> Result<HeaderValue> {
        let text = key.expose_secret();
        if let Some(problem) = self.problem(text) {
            return Err(Error::new(ErrorKind::InvalidInput, format!("the API key {problem}")).in_field("api_key"));
        }
        let mut value = HeaderValue::from_str(text)
            .map_err(|_| Error::new(ErrorKind::InvalidInput, "the API key cannot stand in a header"))?;
        value.set_sensitive(true);
        Ok(value)
    }

    /// What is wrong with a key, in words that do not hold it.
    fn problem(&self, text: &str) -> Option<&'static str> {
        let project = matches!(self, Self::Project(_));
        if text.is_empty() {
            return Some(
                "is empty; take it from the dashboard, or set COMPOSIO_API_KEY and use `HostedOptions::from_env`",
            );
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Some("has a character that no key has, such as a space or a line break; copy it again");
        }
        if text.starts_with("oak_") {
            return Some("is that of an organisation, which no operation here takes; make one for the project");
        }
        match (project, text.starts_with("uak_")) {
            (true, true) => Some("is that of a user; give it to `HostedOptions::user_key`"),
            (true, false) | (false, true | false) => None,
        }
    }
}

impl fmt::Debug for Credential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Project(_) => f.write_str("Project([key])"),
            Self::User(_, scope) => f.debug_tuple("User").field(&"[key]").field(scope).finish(),
        }
    }
}

/// Whether what is meant for one URL may go to the other. Rule: `session-api` 12.5, scheme, host and port.
pub(super) fn same_origin(one: &Url, other: &Url) -> bool {
    one.scheme() == other.scheme()
        && one.host().is_some()
        && one.host() == other.host()
        && one.port_or_known_default() == other.port_or_known_default()
}

fn id(field: &str, text: &str) -> Result<HeaderValue> {
    match !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        true => {
            HeaderValue::from_str(text).map_err(|_| Error::invalid_input(field, text, "it cannot stand in a header"))
        }
        false => Err(Error::invalid_input(field, text, "an id has letters, digits and signs, and no space")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(scope: Option<(&str, &str)>) -> Credential {
        let scope = scope.map(|(org, project)| Scope { org: org.into(), project: project.into() });
        Credential::User("uak_s3cret".into(), scope)
    }

    #[test]
    fn exactly_one_header_carries_a_credential_and_it_is_sensitive() {
        for (credential, names) in [
            (Credential::Project("ak_s3cret".into()), vec!["x-api-key"]),
            (user(None), vec!["x-user-api-key"]),
            (user(Some(("ok_1", "pr_1"))), vec!["x-user-api-key", "x-org-id", "x-project-id"]),
        ] {
            let headers = credential.headers().unwrap();
            assert_eq!(headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), names);
            assert!(headers[0].1.is_sensitive() && headers[1..].iter().all(|(_, value)| !value.is_sensitive()));
            let shown: Vec<_> = credential.shown().into_iter().map(|(name, _)| name).collect();
            assert_eq!(shown, names);
            assert!(!format!("{credential:?} {headers:?}").contains("s3cret"));
        }
    }

    #[test]
    fn what_cannot_be_a_key_is_refused_without_showing_it() {
        for (credential, says) in [
            (Credential::Project("".into()), "is empty"),
            (Credential::Project("ak_s3cret\n".into()), "line break"),
            (Credential::Project("ak_s3cret\r\nx-evil: 1".into()), "line break"),
            (Credential::Project("ak s3cret".into()), "a space"),
            (Credential::Project("ak_s3cr\u{e9}t".into()), "no key has"),
            (Credential::Project("uak_s3cret".into()), "user_key"),
            (Credential::Project("oak_s3cret".into()), "organisation"),
            (Credential::User("oak_s3cret".into(), None), "organisation"),
            (user(Some(("", "pr_1"))), "org_id"),
            (user(Some(("ok_1", "pr\n1"))), "project_id"),
        ] {
            let error = credential.headers().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(says), "{error}");
            assert!(!format!("{error:?}").contains("s3cr"), "{error:?}");
        }
    }

    #[test]
    fn a_key_that_a_server_quotes_is_hidden() {
        let credential = Credential::Project("ak_s3cret".into());
        assert_eq!(credential.hide("Invalid API key: ak_s3cret!".into()), "Invalid API key: [key]!");
        assert_eq!(credential.hide("no key here".into()), "no key here");
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (one, other, same) in [
            ("https://a.example/x", "https://a.example:443/y?z", true),
            ("https://a.example", "https://A.EXAMPLE/", true),
            ("http://a.example:80", "http://a.example", true),
            ("https://a.example", "http://a.example", false),
            ("https://a.example", "https://a.example:8443", false),
            ("https://a.example", "https://a.example.evil.example", false),
            ("https://a.example", "https://a.example@evil.example", false),
            ("data:text/plain,x", "data:text/plain,x", false),
        ] {
            assert_eq!(same_origin(&Url::parse(one).unwrap(), &Url::parse(other).unwrap()), same, "{one} {other}");
        }
    }
}
