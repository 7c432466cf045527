//! The listener, and what the host can do with a running demo.

use std::fmt;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use url::Url;

use crate::app::App;
use crate::failure::Failure;
use crate::listener::{self, Listener};
use crate::oauth::{self, consent};
use crate::options::{DemoError, DemoOptions, OAuthApp};
use crate::people::Person;
use crate::reply::ApiError;
use crate::requests::{Caller, LoggedRequest};
use crate::route::mount;
use crate::{descriptions, mailbox, status, tracker};

/// A running demo: the issue tracker, the mailbox, the status service and their authorization server.
///
/// It stops when it is dropped or [`shutdown`](Demo::shutdown). All data lives in memory and goes with it, unless
/// [`DemoOptions::data`] keeps it.
pub struct Demo {
    app: App,
    address: SocketAddr,
    listener: Listener,
}

impl Demo {
    /// Starts a demo on 127.0.0.1. Needs to be called within a Tokio runtime, and serves for as long as that runs.
    ///
    /// # Errors
    ///
    /// [`DemoError::Listen`] if the port is taken, [`DemoError::Options`] if the options do not work (an email twice, a
    /// redirect URI that is none), [`DemoError::Data`] if the data directory or the file in it cannot be used,
    /// [`DemoError::Randomness`] if the system has no random numbers.
    pub async fn start(options: DemoOptions) -> Result<Self, DemoError> {
        let (listener, address) = listener::bind(options.port).await?;
        let url = Url::parse(&format!("http://{address}")).map_err(|error| DemoError::Options(error.to_string()))?;
        let app = App::new(options, url)?;
        let listener = Listener::serve(listener, router(app.clone()));
        tracing::debug!(%address, "the demo is listening");
        Ok(Self { app, address, listener })
    }

    /// The base URL, `http://127.0.0.1:PORT/`.
    pub fn url(&self) -> &Url {
        &self.app.settings().url
    }

    /// The address that the demo listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of the issue tracker, `http://127.0.0.1:PORT/tracker`.
    pub fn tracker_url(&self) -> Url {
        self.service_url(tracker::ROOT)
    }

    /// The base URL of the mailbox, `http://127.0.0.1:PORT/mailbox`.
    pub fn mailbox_url(&self) -> Url {
        self.service_url(mailbox::ROOT)
    }

    /// The base URL of the status service, `http://127.0.0.1:PORT/status`.
    pub fn status_url(&self) -> Url {
        self.service_url(status::ROOT)
    }

    fn service_url(&self, root: &str) -> Url {
        let mut url = self.url().clone();
        url.set_path(root);
        url
    }

    /// The credentials of the registered OAuth client.
    pub fn oauth_app(&self) -> OAuthApp {
        self.app.settings().oauth_app.clone()
    }

    /// The API key of an identity, named by its email. The tracker takes it in the header `X-Api-Key`, the mailbox in the
    /// query parameter `api_key`.
    ///
    /// For an email that nobody has, this is a key of the right shape that the demo refuses.
    pub fn api_key(&self, email: &str) -> String {
        self.app.api_key(email)
    }

    /// Who can sign in.
    pub fn people(&self) -> &[Person] {
        self.app.settings().directory.people()
    }

    /// Does what a person does on the consent page: opens `authorize_url`, chooses the account `email`, presses Allow.
    /// Returns where the browser would go next: the client's redirect URI with `code`, `state` and `iss`, or with an
    /// `error` if the request is faulty.
    ///
    /// # Errors
    ///
    /// [`DemoError::Authorization`] where the page would refuse without sending the browser anywhere (a client or a
    /// redirect URI that is not registered) and for an account that nobody has; [`DemoError::Data`] where the code cannot
    /// be kept; [`DemoError::Randomness`].
    pub fn approve(&self, authorize_url: &Url, email: &str) -> Result<Url, DemoError> {
        let next = consent::answer(&self.app, authorize_url, Some(email))?;
        self.app.keep()?;
        Ok(next)
    }

    /// Like [`approve`](Demo::approve), but presses Deny: the returned URL carries `error=access_denied`.
    ///
    /// # Errors
    ///
    /// [`DemoError::Authorization`] where the page would refuse without sending the browser anywhere.
    pub fn deny(&self, authorize_url: &Url) -> Result<Url, DemoError> {
        consent::answer(&self.app, authorize_url, None)
    }

    /// Back to the state right after the start: seeded data, no tokens, no planned failures, an empty request log. Client
    /// and API keys stay.
    pub fn reset(&self) {
        self.app.reset();
    }

    /// Withdraws every consent that a person has given, as people do in an account's security settings: codes, access
    /// and refresh tokens stop working. `person` is a short name (`alice`, all accounts) or an email (that account).
    /// Returns how many grants there were. API keys are not affected.
    pub fn revoke_all(&self, person: &str) -> usize {
        let emails = self.app.settings().directory.emails_of(person);
        let revoked = self.app.state().grants.revoke_all(&emails);
        self.app.keep_or_log();
        revoked
    }

    /// Makes every access token that was issued so far an expired one. Refresh tokens keep working.
    pub fn expire_access_tokens(&self) {
        self.app.state().grants.expire_access_tokens();
        self.app.keep_or_log();
    }

    /// Plans a failure. Several may wait; each request uses up the first one that concerns it.
    pub fn fail_next(&self, failure: Failure) {
        self.app.state().failures.push(failure);
    }

    /// What was asked of the demo so far, in the order of the answers; the last 10 000 requests.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.app.state().log.to_vec()
    }

    /// Stops listening and waits until open requests are answered, for at most five seconds.
    pub async fn shutdown(mut self) {
        self.listener.shutdown().await;
        self.app.close();
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        self.app.close();
    }
}

impl fmt::Debug for Demo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Demo").field("url", &self.url().as_str()).finish_non_exhaustive()
    }
}

fn router(app: App) -> Router {
    Router::new()
        .merge(mount(tracker::ROOT, tracker::routes()))
        .merge(mount(mailbox::ROOT, mailbox::routes()))
        .merge(mount(status::ROOT, status::routes()))
        .merge(oauth::router())
        .merge(descriptions::router())
        .fallback(|| async { ApiError::not_found("path") })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .layer(middleware::from_fn_with_state(app.clone(), observe))
        .with_state(app)
}

/// Checks the host, acts out planned failures, keeps what was changed, and logs.
async fn observe(State(app): State<App>, mut request: Request, next: Next) -> Response {
    if !is_loopback_host(request.headers()) {
        return ApiError::wrong_host().into_response();
    }
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let caller = Caller::default();
    request.extensions_mut().insert(caller.clone());
    let failure = app.state().failures.take(&method, &path);
    let response = match failure {
        Some(failure) if failure.is_after_effect() => {
            run(&app, request, next).await;
            failure.response(&path)
        }
        Some(failure) => failure.response(&path),
        None => run(&app, request, next).await,
    };
    let logged =
        LoggedRequest { method: method.to_string(), path, person: caller.get(), status: response.status().as_u16() };
    app.state().log.push(logged);
    response
}

/// Answers only after the change is on disk, where changes are kept: a token that was handed out outlives a crash.
async fn run(app: &App, request: Request, next: Next) -> Response {
    let changes_nothing = request.method().is_safe();
    let response = next.run(request).await;
    if changes_nothing {
        return response;
    }
    match app.keep() {
        Ok(()) => response,
        Err(error) => {
            tracing::error!(%error, "a change is not kept");
            ApiError::not_kept().into_response()
        }
    }
}

/// Refuses names that merely resolve to this computer: a web page must not reach the demo through its own domain.
fn is_loopback_host(headers: &HeaderMap) -> bool {
    let host = headers.get(header::HOST).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.chars().all(|c| c.is_ascii_digit()) => name,
        Some(_) | None => host,
    };
    name == "127.0.0.1" || name.eq_ignore_ascii_case("localhost")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_answered() {
        let cases = [
            ("127.0.0.1:80", true),
            ("localhost", true),
            ("LOCALHOST:8790", true),
            ("evil.example:8790", false),
            ("127.0.0.1.evil.example", false),
            ("localhost:80:80", false),
            ("", false),
        ];
        for (host, expected) in cases {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, host.parse().unwrap());
            assert_eq!(is_loopback_host(&headers), expected, "{host:?}");
        }
    }
}
