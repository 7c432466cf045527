//! The one sender: every request to the API leaves through here.
//!
//! It keeps three promises. A request that may do something is sent again only where it is certain that nothing of it was
//! written, or where the server says that it took nothing. The credential goes to one origin. And what a reply may cost, in
//! bytes, time and redirects, is bounded.

mod attempt;
mod refusal;
mod setup;

use std::fmt;

use secrecy::SecretString;
use tokio::time::Instant;
use tracing::{Instrument, Span, field};
use url::Url;

use self::attempt::{Attempt, Failure};
use self::refusal::Refusal;
use self::setup::Setup;
use super::credential::same_origin;
use super::error::{self, Attempted};
use super::gate::{Pass, TooLong};
use super::options::HostedOptions;
use super::request::Request;
use super::response::{Reply, Unread, describe, foreign};
use super::retry::{self, Outcome, Verdict};
use super::{chance, clock};
use crate::error::{Error, Result};

/// What sends requests, and knows when to send them again.
pub(super) struct Sender {
    setup: Result<Setup, Refusal>,
}

impl Sender {
    /// A sender. It opens no connection and loads no certificate before the first request.
    ///
    /// # Errors
    /// `InvalidInput` for options that cannot work.
    pub(super) fn new(options: HostedOptions) -> Result<Self> {
        Setup::new(options).map(|setup| Self { setup: Ok(setup) })
    }

    /// A sender that gives this error at each call.
    pub(super) fn refusing(error: Error) -> Self {
        Self { setup: Err(error.into()) }
    }

    /// The headers that carry the credential, for another client of this URL; none where that is another origin.
    pub(super) fn headers_for(&self, url: &Url) -> Option<Vec<(String, SecretString)>> {
        let setup = self.setup.as_ref().ok()?;
        same_origin(&setup.origin, url).then(|| setup.credential.shown())
    }

    /// Sends a request until its reply is read, as often as its operation allows.
    pub(super) async fn call<T>(
        &self,
        request: Request,
        read: impl Fn(&Reply) -> Result<T, Unread> + Send + Sync,
    ) -> Result<T> {
        let setup = self.setup.as_ref().map_err(Refusal::error)?;
        let request_id = chance::request_id()?;
        let span = tracing::info_span!(
            "composio.http",
            operation = request.operation.name,
            request_id = request_id.as_str(),
            attempt = field::Empty,
            status = field::Empty,
        );
        let mut call = Call::new(setup, &request, request_id, span.clone());
        let sent = async {
            loop {
                let reply = call.reply().await?;
                match read(&reply) {
                    Ok(value) => return Ok(value),
                    Err(Unread::Refused(error)) => return Err(error),
                    Err(Unread::Cut(error)) => {
                        call.garbled(&format!("is not whole ({})", describe(&error))).await?;
                    }
                }
            }
        };
        sent.instrument(span).await
    }
}

impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.setup {
            Ok(setup) => f.debug_tuple("Sender").field(&setup.origin.as_str()).finish(),
            Err(refusal) => f.debug_tuple("Sender").field(refusal).finish(),
        }
    }
}

/// One call: a request with what became of it so far.
struct Call<'a> {
    setup: &'a Setup,
    request: &'a Request,
    request_id: String,
    span: Span,
    attempts: u32,
    /// When the caller gives up; later by what was waited for a rate limit.
    deadline: Instant,
}

impl<'a> Call<'a> {
    fn new(setup: &'a Setup, request: &'a Request, request_id: String, span: Span) -> Self {
        Self { setup, request, request_id, span, attempts: 0, deadline: Instant::now() + setup.limits.call }
    }

    /// Sends until there is a reply that says it succeeded.
    async fn reply(&mut self) -> Result<Reply> {
        let url = self.setup.url(&self.request.target).ok_or_else(|| self.attempted().unwritable(None))?;
        loop {
            let pass = self.pass().await?;
            let result = self.attempt(&url).await;
            match result {
                Ok(reply) if reply.status.is_success() => {
                    pass.opened();
                    match foreign(&reply) {
                        None => return Ok(reply),
                        Some(what) => self.garbled(&what).await?,
                    }
                }
                Ok(reply) => self.refused(reply, pass).await?,
                Err(failure) => {
                    drop(pass);
                    self.failed(failure).await?;
                }
            }
        }
    }

    /// Waits for a rate limit, where there is one.
    async fn pass(&mut self) -> Result<Pass<'a>> {
        match self.setup.gate.pass(self.setup.limits.rate_limit).await {
            Ok(pass) => {
                self.deadline += pass.waited;
                Ok(pass)
            }
            Err(TooLong(left)) => Err(self.attempted().limited(left)),
        }
    }

    async fn attempt(&mut self, url: &Url) -> Result<Reply, Failure> {
        self.attempts += 1;
        self.span.record("attempt", self.attempts);
        let attempt =
            Attempt { setup: self.setup, request: self.request, request_id: &self.request_id, deadline: self.deadline };
        let result = attempt.send(url).await;
        if let Ok(reply) = &result {
            self.span.record("status", reply.status.as_u16());
        }
        result
    }

    /// After a reply that refuses: returns to try again.
    async fn refused(&mut self, reply: Reply, pass: Pass<'_>) -> Result<()> {
        let (status, headers) = (reply.status, &reply.headers);
        let verdict = self.verdict(Outcome::Refused { status, headers, now: clock::now() });
        let after = match verdict {
            Verdict::Limited { wait } => {
                self.setup.gate.close(wait);
                drop(pass);
                if wait <= self.setup.limits.rate_limit {
                    tracing::debug!(attempt = self.attempts, ?wait, reason = "rate limit", "sending again");
                    return Ok(());
                }
                Some(wait)
            }
            Verdict::Final { after } => {
                match after.filter(|_| status.as_u16() == 429) {
                    Some(wait) => self.setup.gate.close(wait),
                    None if status.as_u16() == 429 => drop(pass),
                    None => pass.opened(),
                }
                after
            }
            Verdict::Again { pause } => {
                pass.opened();
                if self.pause(pause, status.as_str()).await {
                    return Ok(());
                }
                retry::retry_after(headers, clock::now())
            }
        };
        Err(error::refused(self.request, &reply, after, &self.setup.credential))
    }

    /// After no reply: returns to try again.
    async fn failed(&mut self, failure: Failure) -> Result<()> {
        let sent = match &failure {
            Failure::Unsent { .. } => false,
            Failure::Lost { .. } => true,
            Failure::TooLarge | Failure::Redirected { .. } | Failure::Unready(_) | Failure::Unwritable { .. } => {
                return Err(self.error(failure));
            }
        };
        if let Verdict::Again { pause } = self.verdict(Outcome::Failed { sent }) {
            if self.pause(pause, if sent { "no whole reply" } else { "not sent" }).await {
                return Ok(());
            }
        }
        Err(self.error(failure))
    }

    /// After a reply without sense: returns to try again.
    async fn garbled(&mut self, what: &str) -> Result<()> {
        if let Verdict::Again { pause } = self.verdict(Outcome::Garbled) {
            if self.pause(pause, "a reply without sense").await {
                return Ok(());
            }
        }
        Err(self.attempted().garbled(what))
    }

    fn verdict(&self, outcome: Outcome<'_>) -> Verdict {
        retry::verdict(self.request.operation.resend, self.attempts, outcome, chance::fraction())
    }

    /// Pauses before the next attempt, unless the caller has given up by then.
    async fn pause(&self, pause: std::time::Duration, reason: &str) -> bool {
        let end = Instant::now() + pause;
        if end >= self.deadline {
            return false;
        }
        tracing::debug!(attempt = self.attempts, ?pause, reason, "sending again");
        tokio::time::sleep_until(end).await;
        true
    }

    fn error(&self, failure: Failure) -> Error {
        let attempted = self.attempted();
        match failure {
            Failure::Unsent { timeout, source } => attempted.unsent(timeout, source),
            Failure::Lost { timeout, source } => attempted.lost(timeout, source),
            Failure::TooLarge => attempted.too_large(self.setup.limits.reply),
            Failure::Redirected { status, to } => attempted.redirected(status, &to),
            Failure::Unready(error) => error,
            Failure::Unwritable { source } => attempted.unwritable(source),
        }
    }

    fn attempted(&self) -> Attempted<'_> {
        Attempted {
            operation: self.request.operation,
            origin: &self.setup.prefix,
            request_id: &self.request_id,
            attempts: self.attempts,
        }
    }
}
