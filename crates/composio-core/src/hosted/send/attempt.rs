//! One attempt: a request goes out, a reply comes in, within its limits.

use std::error::Error as _;
use std::future::Future;

use bytes::{Bytes, BytesMut};
use http::{HeaderName, HeaderValue, header};
use tokio::time::{Instant, timeout_at};
use url::{Position, Url};

use super::super::body::{NotedBody, Receipt};
use super::super::credential::same_origin;
use super::super::request::{Request, Resend, Verb};
use super::super::response::Reply;
use super::call::Place;
use super::setup::Setup;
use crate::error::Error;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The most redirects of one attempt.
const HOPS: u32 = 10;

/// One attempt of a call.
pub(super) struct Attempt<'a> {
    pub(super) setup: &'a Setup,
    pub(super) request: &'a Request,
    pub(super) place: &'a Place<'a>,
    pub(super) request_id: &'a str,
    pub(super) deadline: Instant,
}

/// Why there is no reply.
#[derive(Debug)]
pub(super) enum Failure {
    /// It is certain that nothing of the request was written, and that nothing will be.
    Unsent { timeout: bool, source: Option<reqwest::Error> },
    /// The request may have been written, and no whole reply came.
    Lost { timeout: bool, source: Option<reqwest::Error> },
    /// There is a reply, and more of it than is read.
    TooLarge,
    /// The reply sends us where this request does not go.
    Redirected { status: u16, to: String },
    /// There is no HTTP client.
    Unready(Error),
    /// There is no request to send.
    Unwritable { source: Option<reqwest::Error> },
}

impl Attempt<'_> {
    /// Sends the request, and for one that reads follows the server within its origin.
    pub(super) async fn send(&self, url: &Url) -> Result<Reply, Failure> {
        let mut reply = self.exchange(url.clone()).await?;
        let mut at = None::<Url>;
        for _ in 0..HOPS {
            let here = at.as_ref().unwrap_or(url);
            let Some(next) = location(&reply, here) else { break };
            let follows = self.place.is_api && self.request.operation.verb == Verb::Get;
            if !follows || !same_origin(&self.setup.origin, &next) {
                return Err(redirected(&reply, &next));
            }
            reply = self.exchange(next.clone()).await?;
            at = Some(next);
        }
        match location(&reply, at.as_ref().unwrap_or(url)) {
            Some(next) => Err(redirected(&reply, &next)),
            None => Ok(reply),
        }
    }

    /// One request and its reply, whatever that says.
    async fn exchange(&self, url: Url) -> Result<Reply, Failure> {
        let client = self.setup.client().map_err(Failure::Unready)?;
        let (message, receipt) = self.message(url);
        // A tool takes as long as it takes; what only reads is answered soon, or worth another attempt.
        let silence = match self.request.operation.resend {
            Resend::Always => self.silence(),
            Resend::Unsent => self.deadline,
        };
        let reply = match timeout_at(silence, client.execute(message)).await {
            Ok(Ok(reply)) => reply,
            Ok(Err(error)) => return Err(failure(receipt.as_ref(), Some(error))),
            Err(_) => return Err(failure(receipt.as_ref(), None)),
        };
        self.read(reply).await
    }

    fn message(&self, url: Url) -> (reqwest::Request, Option<Receipt>) {
        let operation = self.request.operation;
        let mut message = reqwest::Request::new(operation.verb.method(), url);
        let mut headers = self.place.headers.clone();
        if let Some(id) = self.request_id().filter(|_| self.place.is_api) {
            headers.insert(REQUEST_ID, id);
        }
        if self.place.is_api && self.request.body.is_some() {
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        }
        *message.headers_mut() = headers;
        match (operation.resend, &self.request.body) {
            (Resend::Always, None) => (message, None),
            (Resend::Always, Some(body)) => {
                *message.body_mut() = Some(body.clone().into());
                (message, None)
            }
            (Resend::Unsent, body) => {
                let (body, receipt) = NotedBody::new(body.clone().unwrap_or_default());
                *message.body_mut() = Some(reqwest::Body::wrap(body));
                (message, Some(receipt))
            }
        }
    }

    /// Hex digits are always a header value.
    fn request_id(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(self.request_id).ok()
    }

    /// Reads the reply. Of one that refuses, what there is counts: the status says enough.
    async fn read(&self, mut reply: reqwest::Response) -> Result<Reply, Failure> {
        let refuses = !reply.status().is_success();
        let body = match self.body(&mut reply).await {
            Ok(body) => body,
            Err(_) if refuses => Bytes::new(),
            Err(failure) => return Err(failure),
        };
        Ok(Reply {
            status: reply.status(),
            headers: std::mem::take(reply.headers_mut()),
            body,
            request_id: self.request_id.to_owned(),
        })
    }

    async fn body(&self, reply: &mut reqwest::Response) -> Result<Bytes, Failure> {
        let limit = self.place.reply;
        let announced = reply.content_length();
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(Failure::TooLarge);
        }
        let Some(first) = self.chunk(reply).await? else { return Ok(Bytes::new()) };
        if first.len() > limit {
            return Err(Failure::TooLarge);
        }
        // Most replies come in one piece, which is handed on as it is.
        let Some(second) = self.chunk(reply).await? else { return Ok(first) };
        let mut body = BytesMut::with_capacity(announced.map_or(2 * first.len(), |length| length as usize));
        body.extend_from_slice(&first);
        drop(first);
        let mut chunk = Some(second);
        while let Some(bytes) = chunk {
            if body.len() + bytes.len() > limit {
                return Err(Failure::TooLarge);
            }
            body.extend_from_slice(&bytes);
            // hyper reads the next piece into the same memory where nobody holds this one any more.
            drop(bytes);
            chunk = self.chunk(reply).await?;
        }
        Ok(body.freeze())
    }

    fn chunk(&self, reply: &mut reqwest::Response) -> impl Future<Output = Result<Option<Bytes>, Failure>> + Send {
        let chunk = timeout_at(self.silence(), reply.chunk());
        async move {
            match chunk.await {
                Ok(Ok(chunk)) => Ok(chunk),
                Ok(Err(error)) => Err(Failure::Lost { timeout: error.is_timeout(), source: Some(error) }),
                Err(_) => Err(Failure::Lost { timeout: true, source: None }),
            }
        }
    }

    /// Until when the server may be silent from now on.
    fn silence(&self) -> Instant {
        self.deadline.min(Instant::now() + self.setup.limits.read)
    }
}

/// What an error of the client means: whether anything can have been sent. Where time ran out, ours or that of the client's
/// own timer, its connection may not know yet that nobody waits.
fn failure(receipt: Option<&Receipt>, error: Option<reqwest::Error>) -> Failure {
    let timeout = error.as_ref().is_none_or(reqwest::Error::is_timeout);
    let unsent = receipt.is_some_and(|receipt| receipt.withdraw(!timeout));
    match error {
        Some(error) if error.is_builder() => Failure::Unwritable { source: Some(error) },
        Some(error) if unsent || error.is_connect() || is_refused_stream(&error) => {
            Failure::Unsent { timeout, source: Some(error) }
        }
        None if unsent => Failure::Unsent { timeout, source: None },
        source => Failure::Lost { timeout, source },
    }
}

/// Whether an HTTP/2 server turned the request away before any of it was processed, as servers do that restart. Rule: RFC
/// 9113, 8.7. The type of this error is private to the client; its text is not, and any other text proves nothing.
fn is_refused_stream(error: &reqwest::Error) -> bool {
    const REFUSED: &str = "stream error received: refused stream before processing any application logic";
    let mut source = error.source();
    while let Some(error) = source {
        if error.to_string() == REFUSED {
            return true;
        }
        source = error.source();
    }
    false
}

/// Where a reply sends us.
fn location(reply: &Reply, url: &Url) -> Option<Url> {
    if !matches!(reply.status.as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = reply.headers.get(header::LOCATION)?.to_str().ok()?;
    url.join(location).ok()
}

fn redirected(reply: &Reply, next: &Url) -> Failure {
    // Scheme, host and port: the rest may open something.
    let to = match next.host_str() {
        Some(host) => match next.port() {
            Some(port) => format!("{}://{host}:{port}", next.scheme()),
            None => format!("{}://{host}", next.scheme()),
        },
        None => next[..Position::AfterScheme].to_owned(),
    };
    Failure::Redirected { status: reply.status.as_u16(), to }
}
