//! The one sender of the engine: every request to a service, a token endpoint or a probe leaves through here.
//!
//! It keeps three promises. No request reaches an address that the operator did not open: names are resolved by a filter,
//! IP literals are checked before anything is sent, and so is each redirect. Only GET and HEAD are sent more than once. And
//! what an answer may cost, in bytes, time and redirects, is bounded.

mod error;
mod guard;
mod options;
mod redirect;
mod resolve;
mod retry;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use composio_core::{Error, ErrorKind, Result};
use http::{HeaderName, HeaderValue, Method, Request, Response, header};
use reqwest::dns::Resolve;
use url::Url;

pub(crate) use self::error::SendError;
pub(crate) use self::guard::is_public;
use self::guard::{Guard, Target};
pub use self::options::HttpOptions;
use self::resolve::{Blocked, PublicOnly, SystemResolver};
pub(crate) use self::retry::retry_after;

/// How long an unused connection is kept. Shorter than most servers keep theirs, because a request on a connection that
/// the server is closing is one whose outcome nobody knows.
const POOL_IDLE: Duration = Duration::from_secs(20);

/// Request extension: headers that carry a credential, and that another origin must not see.
#[derive(Clone, Debug, Default)]
pub(crate) struct CredentialHeaders(pub(crate) Vec<HeaderName>);

/// Request extension: query parameters that carry a credential, and that another origin must not see.
#[derive(Clone, Debug, Default)]
pub(crate) struct CredentialQuery(pub(crate) Vec<String>);

/// The sender. Cheap to clone; clones share connections.
#[derive(Clone, Debug)]
pub(crate) struct Http {
    options: Arc<HttpOptions>,
    guard: Arc<Guard>,
    /// Reaches public addresses only, whatever a name resolves to.
    public: reqwest::Client,
    /// Reaches any address, and is used for the operator's private targets alone: a pool of its own, because a resolver
    /// does not see the port.
    private: reqwest::Client,
    backoff: Duration,
}

impl Http {
    /// A sender with its own pool of connections.
    ///
    /// # Errors
    /// `InvalidInput` where a private target is no `host:port`; `Unexpected` where TLS cannot be set up.
    pub(crate) fn new(options: HttpOptions) -> Result<Self> {
        Self::with_resolver(options, Arc::new(SystemResolver))
    }

    fn with_resolver(options: HttpOptions, names: Arc<dyn Resolve>) -> Result<Self> {
        let guard = Arc::new(Guard::new(&options.allow_private)?);
        let public = client(&options, Arc::new(PublicOnly::new(Arc::clone(&names))))?;
        let private = client(&options, names)?;
        Ok(Self { options: Arc::new(options), guard, public, private, backoff: retry::BASE })
    }

    /// How long one request may take, connecting included.
    pub(crate) fn longest(&self) -> Duration {
        self.options.timeout.saturating_add(self.options.connect_timeout)
    }

    /// Sends a request. GET and HEAD are re-sent where that can help, and their redirects are followed; everything else is
    /// sent exactly once, and a redirect of it is handed back.
    ///
    /// # Errors
    /// See [`SendError`].
    pub(crate) async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let (request, url) = Outgoing::new(request)?;
        let retries = if request.is_safe() { self.options.retries } else { 0 };
        let mut tries = 0;
        loop {
            let result = self.attempt(request.clone(), url.clone()).await;
            let wait = match &result {
                _ if tries >= retries => None,
                Ok(reply) => retry::after_reply(reply, self.backoff, tries),
                Err(error) => error.may_pass().then(|| retry::backoff(self.backoff, tries)),
            };
            let Some(wait) = wait else { return result };
            tracing::debug!(host = url.host_str(), method = %request.method, tries, ?wait, "sending again");
            tokio::time::sleep(wait).await;
            tries += 1;
        }
    }

    /// One request with its redirects and its answer, within the time limit.
    async fn attempt(&self, request: Outgoing, url: Url) -> Result<Response<Bytes>, SendError> {
        let target = Target::of(&url);
        match tokio::time::timeout(self.options.timeout, self.follow(request, url)).await {
            Ok(result) => result,
            Err(_) => Err(SendError::lost(&target, true, None)),
        }
    }

    async fn follow(&self, mut request: Outgoing, mut url: Url) -> Result<Response<Bytes>, SendError> {
        let (mut from, mut hops) = (None, 0);
        loop {
            let private = self.guard.check(&url, from.as_ref())?;
            let client = if private { &self.private } else { &self.public };
            let reply = self.exchange(client, &request, &url).await?;
            let next =
                redirect::location(&reply, &url).filter(|_| request.is_safe() && hops < self.options.max_redirects);
            let Some(mut next) = next else { return Ok(reply) };
            redirect::prepare(&mut request, &url, &mut next);
            from = Some(Target::of(&url));
            url = next;
            hops += 1;
        }
    }

    /// One request and its answer.
    async fn exchange(
        &self,
        client: &reqwest::Client,
        request: &Outgoing,
        url: &Url,
    ) -> Result<Response<Bytes>, SendError> {
        let target = Target::of(url);
        let mut message = reqwest::Request::new(request.method.clone(), url.clone());
        *message.headers_mut() = request.headers.clone();
        if !request.body.is_empty() {
            *message.body_mut() = Some(request.body.clone().into());
        } else if matches!(request.method, Method::POST | Method::PUT | Method::PATCH) {
            // Some servers answer 411 to a write without a length.
            message.headers_mut().insert(header::CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let reply = client.execute(message).await.map_err(|error| failure(&target, error))?;
        self.read_body(reply, &target).await
    }

    async fn read_body(&self, mut reply: reqwest::Response, target: &Target) -> Result<Response<Bytes>, SendError> {
        let limit = self.options.max_response;
        let too_large = || SendError::TooLarge { limit };
        let announced = reply.content_length().unwrap_or(0);
        if announced > limit as u64 {
            return Err(too_large());
        }
        let mut body = BytesMut::new();
        while let Some(chunk) = reply.chunk().await.map_err(|error| failure(target, error))? {
            if body.len() + chunk.len() > limit {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = reply.status();
        *response.headers_mut() = std::mem::take(reply.headers_mut());
        Ok(response)
    }
}

/// A request without its URL, as it is sent and re-sent.
#[derive(Clone)]
struct Outgoing {
    method: Method,
    headers: http::HeaderMap,
    body: Bytes,
    credential_headers: CredentialHeaders,
    credential_query: CredentialQuery,
}

impl Outgoing {
    fn new(request: Request<Bytes>) -> Result<(Self, Url), SendError> {
        let (mut parts, body) = request.into_parts();
        let url = Url::parse(&parts.uri.to_string()).map_err(|_| SendError::Refused {
            reason: "the request has no absolute URL; give the toolkit a base URL".into(),
        })?;
        let outgoing = Self {
            method: parts.method,
            headers: parts.headers,
            body,
            credential_headers: parts.extensions.remove().unwrap_or_default(),
            credential_query: parts.extensions.remove().unwrap_or_default(),
        };
        Ok((outgoing, url))
    }

    /// By the definition of its method, sending it twice is sending it once.
    fn is_safe(&self) -> bool {
        matches!(self.method, Method::GET | Method::HEAD)
    }
}

/// What an error of the client means: whether anything can have been sent.
fn failure(target: &Target, error: reqwest::Error) -> SendError {
    // Its text would hold the URL with its query.
    let error = error.without_url();
    if let Some(blocked) = Blocked::find(&error) {
        return SendError::Refused { reason: target.refusal(&blocked.to_string(), None) };
    }
    if error.is_builder() {
        return SendError::Refused { reason: format!("the request to {target} cannot be written: {error}") };
    }
    if error.is_connect() {
        return SendError::not_sent(target, error);
    }
    let timeout = error.is_timeout();
    SendError::lost(target, timeout, Some(error))
}

fn client(options: &HttpOptions, names: Arc<dyn Resolve>) -> Result<reqwest::Client> {
    reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .pool_idle_timeout(POOL_IDLE)
        .no_proxy()
        .referer(false)
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .dns_resolver(names)
        .build()
        .map_err(|error| Error::new(ErrorKind::Unexpected, "the HTTP client cannot be set up").with_source(error))
}
