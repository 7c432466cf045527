//! Somebody with a browser that runs no scripts: follows redirects by hand, keeps cookies, fills in forms.

use std::time::Duration;

use composio::Url;
use reqwest::{Method, RequestBuilder, Response, header};

use crate::forms::Form;

/// More redirects than any flow has.
const MOST_HOPS: usize = 20;

/// A page, with the address that the browser ended at.
pub(crate) struct Page {
    pub(crate) url: Url,
    pub(crate) status: u16,
    pub(crate) html: String,
}

/// A browser profile of its own. Like every browser it keeps cookies by host, not by port.
pub(crate) struct Visitor {
    http: reqwest::Client,
    cookies: Vec<Cookie>,
}

struct Cookie {
    name: String,
    value: String,
    path: String,
}

impl Visitor {
    pub(crate) fn new() -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(10))
            .no_proxy()
            .build();
        Self { http: http.unwrap(), cookies: Vec::new() }
    }

    /// A browser that made this cookie up.
    pub(crate) fn with_cookie(name: &str) -> Self {
        let mut visitor = Self::new();
        visitor.keep_cookie(&format!("{name}=made-up"));
        visitor
    }

    /// Opens an address and goes wherever it leads.
    pub(crate) async fn open(&mut self, url: &Url) -> Page {
        let request = self.http.get(url.clone());
        self.go(url.clone(), request, None).await.unwrap_or_else(|stopped| panic!("stopped at {}", stopped.path()))
    }

    /// Sends a form and goes wherever it leads.
    pub(crate) async fn submit(&mut self, form: &Form) -> Page {
        let (url, request) = self.request(form);
        self.go(url, request, None).await.unwrap_or_else(|stopped| panic!("stopped at {}", stopped.path()))
    }

    /// Sends a form and goes where it leads, but stops in front of a redirect to an address that begins like this.
    pub(crate) async fn submit_until(&mut self, form: &Form, end: &Url) -> Url {
        let (url, request) = self.request(form);
        match self.go(url, request, Some(end.as_str())).await {
            Ok(page) => panic!("ended with {} at {}", page.status, page.url.path()),
            Err(stopped) => stopped,
        }
    }

    fn request(&self, form: &Form) -> (Url, RequestBuilder) {
        let mut url = form.action.clone();
        if form.is_post {
            let origin = url.origin().ascii_serialization();
            let request = self.http.post(url.clone()).header(header::ORIGIN, origin).form(&form.fields);
            return (url, request);
        }
        url.set_query(None);
        url.query_pairs_mut().extend_pairs(&form.fields);
        let request = self.http.get(url.clone());
        (url, request)
    }

    async fn go(&mut self, mut url: Url, mut request: RequestBuilder, end: Option<&str>) -> Result<Page, Url> {
        for _ in 0..MOST_HOPS {
            let cookies = self.cookies_for(&url);
            if !cookies.is_empty() {
                request = request.header(header::COOKIE, cookies);
            }
            let reply = request.send().await.map_err(reqwest::Error::without_url).unwrap();
            self.keep_cookies(&reply);
            let Some(next) = redirect(&reply, &url) else {
                let status = reply.status().as_u16();
                return Ok(Page { url, status, html: reply.text().await.unwrap() });
            };
            if end.is_some_and(|end| next.as_str().starts_with(end)) {
                return Err(next);
            }
            request = self.http.request(Method::GET, next.clone());
            url = next;
        }
        panic!("more than {MOST_HOPS} redirects")
    }

    fn cookies_for(&self, url: &Url) -> String {
        let fits = |path: &str| url.path().starts_with(path);
        let ours = self.cookies.iter().filter(|cookie| fits(&cookie.path));
        ours.map(|cookie| format!("{}={}", cookie.name, cookie.value)).collect::<Vec<_>>().join("; ")
    }

    fn keep_cookies(&mut self, reply: &Response) {
        for cookie in reply.headers().get_all(header::SET_COOKIE) {
            self.keep_cookie(cookie.to_str().unwrap());
        }
    }

    fn keep_cookie(&mut self, cookie: &str) {
        let mut parts = cookie.split(';').map(str::trim);
        let (name, value) = parts.next().and_then(|pair| pair.split_once('=')).unwrap();
        let attributes: Vec<_> = parts.filter_map(|part| part.split_once('=')).collect();
        let of =
            |key: &str| attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)).map(|(_, value)| *value);
        let path = of("path").unwrap_or("/");
        self.cookies.retain(|kept| (kept.name.as_str(), kept.path.as_str()) != (name, path));
        let is_over = of("max-age") == Some("0") || of("expires").is_some_and(|at| at.contains(" 1970 "));
        if !is_over {
            let [name, value, path] = [name, value, path].map(str::to_owned);
            self.cookies.push(Cookie { name, value, path });
        }
    }
}

/// The name of the cookie that a callback is checked against; everybody can work it out.
pub(crate) fn flow_cookie(callback: &Url) -> String {
    let state = callback.query_pairs().find(|(name, _)| name == "state").unwrap().1;
    composio::FlowCookie::name_for(&state)
}

fn redirect(reply: &Response, from: &Url) -> Option<Url> {
    if !matches!(reply.status().as_u16(), 302 | 303) {
        return None;
    }
    let location = reply.headers().get(header::LOCATION)?.to_str().ok()?;
    from.join(location).ok()
}
