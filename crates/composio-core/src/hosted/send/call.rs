//! One call: attempt after attempt, until there is an answer.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::Instant;
use tracing::{Span, field};
use url::Url;

use super::super::error::{self, Attempted};
use super::super::gate::{Gate, Pass, TooLong};
use super::super::request::Request;
use super::super::response::{Reply, foreign};
use super::super::retry::{self, Outcome, Verdict};
use super::super::{chance, clock};
use super::attempt::{Attempt, Failure};
use super::setup::Setup;
use crate::error::{Error, Result};

/// Where a request goes, and what is particular to that place.
pub(super) struct Place<'a> {
    /// Scheme, host and port, for errors.
    pub(super) origin: &'a str,
    pub(super) headers: &'a HeaderMap,
    pub(super) gate: &'a Gate,
    /// How long a call may take, and how much of a reply is read.
    pub(super) limit: Duration,
    pub(super) reply: usize,
    /// Whether it is the API, which speaks JSON and may move within its origin.
    pub(super) is_api: bool,
}

/// One call: a request with what became of it so far.
pub(super) struct Call<'a> {
    setup: &'a Setup,
    request: &'a Request,
    place: Place<'a>,
    request_id: String,
    span: Span,
    attempts: u32,
    /// When the caller gives up; later by what was waited for a rate limit.
    deadline: Instant,
    /// What was waited for rate limits so far.
    waited: Duration,
}

impl<'a> Place<'a> {
    /// The API.
    pub(super) fn api(setup: &'a Setup) -> Self {
        Self {
            origin: &setup.prefix,
            headers: &setup.headers,
            gate: &setup.gate,
            limit: setup.limits.call,
            reply: setup.limits.reply,
            is_api: true,
        }
    }
}

impl<'a> Call<'a> {
    /// A call that has not begun.
    ///
    /// # Errors
    /// `Unexpected` where the operating system has no randomness for its id.
    pub(super) fn new(setup: &'a Setup, request: &'a Request, place: Place<'a>) -> Result<Self> {
        let request_id = chance::request_id()?;
        let span = tracing::info_span!(
            "composio.http",
            operation = request.operation.name,
            request_id = request_id.as_str(),
            attempt = field::Empty,
            status = field::Empty,
        );
        let deadline = Instant::now() + place.limit;
        Ok(Self { setup, request, place, request_id, span, attempts: 0, deadline, waited: Duration::ZERO })
    }

    /// The span of the call.
    pub(super) fn span(&self) -> Span {
        self.span.clone()
    }

    /// The address of the request.
    ///
    /// # Errors
    /// `InvalidInput` for a target that is none.
    pub(super) fn url(&self) -> Result<Url> {
        self.setup.url(&self.request.target).ok_or_else(|| self.attempted().unwritable(None))
    }

    /// Sends until there is a reply that says it succeeded.
    pub(super) async fn reply(&mut self, url: &Url) -> Result<Reply> {
        loop {
            let pass = self.pass().await?;
            match self.attempt(url).await {
                Ok(reply) if reply.status.is_success() => {
                    pass.opened();
                    match foreign(&reply).filter(|_| self.place.is_api) {
                        None => return Ok(reply),
                        Some(what) => self.garbled(&what).await?,
                    }
                }
                Ok(reply) => self.refused(&reply, pass).await?,
                Err(failure) => {
                    drop(pass);
                    self.failed(failure).await?;
                }
            }
        }
    }

    /// Waits for a rate limit, where there is one.
    async fn pass(&mut self) -> Result<Pass<'a>> {
        match self.place.gate.pass(self.patience()).await {
            Ok(pass) => {
                self.deadline += pass.waited;
                self.waited += pass.waited;
                Ok(pass)
            }
            Err(TooLong(left)) => Err(self.attempted().limited(left)),
        }
    }

    /// How long this call still waits for rate limits.
    fn patience(&self) -> Duration {
        self.setup.limits.rate_limit.saturating_sub(self.waited)
    }

    async fn attempt(&mut self, url: &Url) -> Result<Reply, Failure> {
        self.attempts += 1;
        self.span.record("attempt", self.attempts);
        let attempt = Attempt {
            setup: self.setup,
            request: self.request,
            place: &self.place,
            request_id: &self.request_id,
            deadline: self.deadline,
        };
        let result = attempt.send(url).await;
        if let Ok(reply) = &result {
            self.span.record("status", reply.status.as_u16());
        }
        result
    }

    /// After a reply that refuses: returns to try again.
    async fn refused(&mut self, reply: &Reply, pass: Pass<'_>) -> Result<()> {
        let (status, headers) = (reply.status, &reply.headers);
        let verdict = self.verdict(Outcome::Refused { status, headers, now: clock::now() });
        let after = match verdict {
            Verdict::Limited { wait } => {
                self.place.gate.close(wait);
                drop(pass);
                if wait <= self.patience() {
                    tracing::debug!(attempt = self.attempts, ?wait, reason = "rate limit", "sending again");
                    return Ok(());
                }
                Some(wait)
            }
            Verdict::Final { after } => {
                match after.filter(|_| status.as_u16() == 429) {
                    Some(wait) => self.place.gate.close(wait),
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
        Err(error::refused(self.request, reply, after, &self.setup.credential))
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
        if let Verdict::Again { pause } = self.verdict(Outcome::Failed { sent })
            && self.pause(pause, if sent { "no whole reply" } else { "not sent" }).await
        {
            return Ok(());
        }
        Err(self.error(failure))
    }

    /// After a reply without sense: returns to try again.
    pub(super) async fn garbled(&mut self, what: &str) -> Result<()> {
        if let Verdict::Again { pause } = self.verdict(Outcome::Garbled)
            && self.pause(pause, "a reply without sense").await
        {
            return Ok(());
        }
        Err(self.attempted().garbled(what))
    }

    fn verdict(&self, outcome: Outcome<'_>) -> Verdict {
        retry::verdict(self.request.operation.resend, self.attempts, outcome, chance::fraction())
    }

    /// Pauses before the next attempt, unless the caller has given up by then.
    async fn pause(&self, pause: Duration, reason: &str) -> bool {
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
            Failure::TooLarge => attempted.too_large(self.place.reply),
            Failure::Redirected { status, to } => attempted.redirected(status, &to),
            Failure::Unready(error) => error,
            Failure::Unwritable { source } => attempted.unwritable(source),
        }
    }

    fn attempted(&self) -> Attempted<'_> {
        Attempted {
            operation: self.request.operation,
            origin: self.place.origin,
            request_id: &self.request_id,
            attempts: self.attempts,
            is_api: self.place.is_api,
        }
    }
}
