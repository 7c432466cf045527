//! The two cookies: one that proves a form came from our page, and one that ties a flow to its browser.

use axum::http::{HeaderMap, HeaderValue, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use composio_core::secrecy::ExposeSecret;
use composio_core::{Error, ErrorKind, FlowCookie, Result};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// How long a page may stay open before its button is pressed, in seconds. The link itself mostly ends sooner.
const CSRF_MAX_AGE: u64 = 3600;
const CSRF_BYTES: usize = 32;
/// 32 bytes as unpadded base64.
const CSRF_LENGTH: usize = 43;

/// A double-submit token. The cookie holds a random value, the form its hash, so that a page never shows the cookie.
///
/// Each link has a cookie of its own: with one for all, opening a second link from a chat would break the first tab.
pub(super) struct Csrf {
    name: String,
    value: String,
}

impl Csrf {
    /// The token of this link in this browser: the one that it carries already, else a new one.
    pub(super) fn for_page(headers: &HeaderMap, token: &str) -> Result<Self> {
        let name = Self::name_for(token);
        let value = match find(headers, &name).filter(|value| is_well_formed(value)) {
            Some(value) => value.to_owned(),
            None => random()?,
        };
        Ok(Self { name, value })
    }

    /// Whether the form of this link was made for the browser that posts it.
    pub(super) fn matches(headers: &HeaderMap, token: &str, field: &str) -> bool {
        let name = Self::name_for(token);
        let Some(value) = find(headers, &name).filter(|value| is_well_formed(value)) else { return false };
        hash(value).as_bytes().ct_eq(field.as_bytes()).into()
    }

    /// What the form carries.
    pub(super) fn field(&self) -> String {
        hash(&self.value)
    }

    /// What the browser keeps. `Strict`, because nobody else's page has to post our form.
    pub(super) fn cookie(&self, secure: bool) -> Result<HeaderValue> {
        Cookie { name: &self.name, value: &self.value, path: "/link", same_site: "Strict", max_age: CSRF_MAX_AGE }
            .header(secure)
    }

    /// Tells links apart without naming them.
    fn name_for(token: &str) -> String {
        let mut name = hash(token);
        name.truncate(12);
        format!("composio_csrf_{name}")
    }
}

/// The cookie that ties a flow to this browser. `Lax`, because the service sends the browser back across sites.
pub(super) fn flow(cookie: &FlowCookie, secure: bool) -> Result<HeaderValue> {
    let (value, max_age) = (cookie.value.expose_secret(), cookie.max_age);
    Cookie { name: &cookie.name, value, path: super::CALLBACK_PATH, same_site: "Lax", max_age }.header(secure)
}

/// Takes the cookie of a flow away.
pub(super) fn ended_flow(name: &str, secure: bool) -> Result<HeaderValue> {
    Cookie { name, value: "", path: super::CALLBACK_PATH, same_site: "Lax", max_age: 0 }.header(secure)
}

/// The value of a cookie; the first of that name counts.
pub(super) fn find<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(found, _)| *found == name).map(|(_, value)| value)
}

struct Cookie<'a> {
    name: &'a str,
    value: &'a str,
    path: &'static str,
    same_site: &'static str,
    max_age: u64,
}

impl Cookie<'_> {
    fn header(&self, secure: bool) -> Result<HeaderValue> {
        let Self { name, value, path, same_site, max_age } = *self;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_graphic() && !matches!(b, b';' | b',' | b'"' | b'\\'));
        if name.is_empty() || name.contains('=') || !plain(name) || !plain(value) {
            return Err(Error::new(ErrorKind::Unexpected, "a cookie of a connect flow cannot be sent as it is"));
        }
        let secure = if secure { "; Secure" } else { "" };
        let text = format!("{name}={value}; Path={path}; Max-Age={max_age}; HttpOnly; SameSite={same_site}{secure}");
        let mut header = HeaderValue::try_from(text)
            .map_err(|error| Error::new(ErrorKind::Unexpected, "a cookie is no header value").with_source(error))?;
        header.set_sensitive(true);
        Ok(header)
    }
}

fn random() -> Result<String> {
    let mut bytes = [0; CSRF_BYTES];
    getrandom::fill(&mut bytes).map_err(|error| {
        Error::new(ErrorKind::Unexpected, "the operating system gave no random bytes").with_source(error)
    })?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

fn is_well_formed(value: &str) -> bool {
    value.len() == CSRF_LENGTH && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn carrying(cookies: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, HeaderValue::from_str(cookies).unwrap())])
    }

    #[test]
    fn a_cookie_is_found_by_its_whole_name() {
        let headers = carrying("xa=1; a=2;a=3; b=x=y; c");
        for (name, value) in [("a", Some("2")), ("b", Some("x=y")), ("c", None), ("x", None)] {
            assert_eq!(find(&headers, name), value, "{name}");
        }
    }

    #[test]
    fn a_form_fits_the_link_and_the_browser_that_it_was_made_for() {
        let csrf = Csrf::for_page(&HeaderMap::new(), "one").unwrap();
        let other = Csrf::for_page(&HeaderMap::new(), "one").unwrap();
        let headers = carrying(&format!("{}={}", csrf.name, csrf.value));

        assert!(Csrf::matches(&headers, "one", &csrf.field()));
        assert!(!Csrf::matches(&headers, "two", &csrf.field()));
        assert_ne!(Csrf::name_for("one"), Csrf::name_for("two"), "two links in two tabs");
        assert!(!Csrf::matches(&headers, "one", &other.field()));
        assert!(!Csrf::matches(&headers, "one", &csrf.value));
        assert!(!Csrf::matches(&HeaderMap::new(), "one", &csrf.field()));
        assert_eq!(Csrf::for_page(&headers, "one").unwrap().value, csrf.value);
    }

    #[test]
    fn a_made_up_cookie_is_replaced() {
        let name = Csrf::name_for("one");
        for value in ["", "short", &"!".repeat(CSRF_LENGTH)] {
            let headers = carrying(&format!("{name}={value}"));
            assert_ne!(Csrf::for_page(&headers, "one").unwrap().value, value);
            assert!(!Csrf::matches(&headers, "one", &hash(value)));
        }
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_cookie() {
        for value in ["a; Domain=evil.example", "a\r\nX: y", "a b", "é"] {
            assert!(flow(&FlowCookie::new("state123", value, 60), true).is_err(), "{value:?}");
        }
        let header = flow(&FlowCookie::new("state123", "v", 60), true).unwrap();
        assert_eq!(
            header,
            "composio_flow_state123=v; Path=/oauth/callback; Max-Age=60; HttpOnly; SameSite=Lax; Secure"
        );
    }
}
