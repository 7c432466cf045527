//! As much of a browser as our own pages need: cookies, redirects, forms. It stays on this computer.

use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use composio::Url;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, ORIGIN, SET_COOKIE};
use reqwest::{Client, RequestBuilder, Response, redirect};

use super::form;

const TIMEOUT: Duration = Duration::from_secs(15);
const MAX_REDIRECTS: usize = 10;

#[derive(Debug)]
pub(super) struct Browser {
    http: Client,
    cookies: Cookies,
}

/// A page that is shown.
#[derive(Debug)]
pub(super) struct Page {
    pub(super) url: Url,
    pub(super) html: String,
}

impl Page {
    pub(super) fn title(&self) -> String {
        form::title(&self.html).unwrap_or_else(|| "untitled".to_owned())
    }
}

impl Browser {
    pub(super) fn new() -> Result<Self> {
        let http = Client::builder().redirect(redirect::Policy::none()).no_proxy().timeout(TIMEOUT).build()?;
        Ok(Self { http, cookies: Cookies::default() })
    }

    pub(super) async fn open(&mut self, url: Url) -> Result<Page> {
        let request = self.http.get(on_loopback(&url)?.clone());
        self.follow(url, request).await
    }

    /// Posts a form from one page to another.
    pub(super) async fn submit(&mut self, from: &Url, to: Url, fields: &[(String, String)]) -> Result<Page> {
        let origin = from.origin().ascii_serialization();
        let request = self.http.post(on_loopback(&to)?.clone()).header(ORIGIN, origin).form(fields);
        self.follow(to, request).await
    }

    /// Sends, and goes where it is sent, until there is a page.
    async fn follow(&mut self, mut url: Url, mut request: RequestBuilder) -> Result<Page> {
        for _ in 0..MAX_REDIRECTS {
            if let Some(cookies) = self.cookies.header(url.path()) {
                request = request.header(COOKIE, cookies);
            }
            // An error of the client names the URL, which holds a state or a code.
            let response = request.send().await.map_err(reqwest::Error::without_url)?;
            self.cookies.take(response.headers());
            if !response.status().is_redirection() {
                return read(url, response).await;
            }
            let location = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
            url = url.join(location.context("a redirect without a target")?)?;
            request = self.http.get(on_loopback(&url)?.clone());
        }
        bail!("the pages redirect in a circle")
    }
}

async fn read(url: Url, response: Response) -> Result<Page> {
    let status = response.status();
    let page = Page { url, html: response.text().await.map_err(reqwest::Error::without_url)? };
    ensure!(status.is_success(), "answered {status}: {}", page.title());
    Ok(page)
}

fn on_loopback(url: &Url) -> Result<&Url> {
    let host = url.host_str().unwrap_or_default();
    ensure!(
        url.scheme() == "http" && (host == "127.0.0.1" || host == "localhost"),
        "the pages lead to {host}, and this program stays on this computer; open the link in your browser"
    );
    Ok(url)
}

/// Cookies of one host; as in browsers, its ports share them.
#[derive(Debug, Default)]
struct Cookies(Vec<Cookie>);

#[derive(Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Cookies {
    fn take(&mut self, headers: &HeaderMap) {
        for text in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            self.set(text);
        }
    }

    /// Reads one `Set-Cookie`. `Max-Age=0` takes a cookie away; other attributes do not matter on loopback.
    fn set(&mut self, text: &str) {
        let mut parts = text.split(';').map(str::trim);
        let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else { return };
        let attributes: Vec<(&str, &str)> = parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
        let find = |wanted: &str| attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
        let path = find("path").map_or("/", |(_, path)| path);
        self.0.retain(|cookie| cookie.name != name || cookie.path != path);
        if find("max-age").is_none_or(|(_, age)| *age != "0") {
            self.0.push(Cookie { name: name.to_owned(), value: value.to_owned(), path: path.to_owned() });
        }
    }

    fn header(&self, path: &str) -> Option<String> {
        let fitting = self.0.iter().filter(|cookie| cookie.is_for(path));
        let pairs: Vec<_> = fitting.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect();
        (!pairs.is_empty()).then(|| pairs.join("; "))
    }
}

impl Cookie {
    /// RFC 6265, section 5.1.4.
    fn is_for(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.path.as_str());
        below.is_some_and(|rest| rest.is_empty() || rest.starts_with('/') || self.path.ends_with('/'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_go_where_they_belong() {
        let mut cookies = Cookies::default();
        cookies.set("a=1; Path=/link/x; HttpOnly; SameSite=Lax");
        cookies.set("b=2=2; Max-Age=600; path=/");
        cookies.set("nonsense");
        for (path, expected) in [
            ("/link/x", Some("a=1; b=2=2")),
            ("/link/x/y", Some("a=1; b=2=2")),
            ("/link/xy", Some("b=2=2")),
            ("/", Some("b=2=2")),
        ] {
            assert_eq!(cookies.header(path).as_deref(), expected, "{path}");
        }
        cookies.set("b=; Path=/; Max-Age=0");
        assert_eq!(cookies.header("/"), None);
        cookies.set("a=3; Path=/link/x");
        assert_eq!(cookies.header("/link/x").as_deref(), Some("a=3"));
    }

    #[test]
    fn it_stays_on_this_computer() {
        for (url, stays) in [
            ("http://127.0.0.1:9/link", true),
            ("http://localhost/", true),
            ("https://127.0.0.1/", false),
            ("http://127.0.0.1.example/", false),
            ("https://github.com/login", false),
            ("data:text/html,x", false),
        ] {
            assert_eq!(on_loopback(&Url::parse(url).unwrap()).is_ok(), stays, "{url}");
        }
    }
}
