//! The one sender: every request to the API leaves through here.
//!
//! It keeps three promises. A request that may do something is sent again only where it is certain that nothing of it was
//! written, or where the server says that it took nothing. The credential goes to one origin. And what a reply may cost, in
//! bytes, time and redirects, is bounded.

mod attempt;
mod call;
mod elsewhere;
mod refusal;
mod setup;

use std::fmt;

use secrecy::SecretString;
use tracing::Instrument;
use url::Url;

use self::call::{Call, Place};
use self::refusal::Refusal;
use self::setup::Setup;
use super::credential::same_origin;
use super::options::HostedOptions;
use super::request::Request;
use super::response::{Reply, Unread, describe};
use crate::error::{Error, Result};

/// What reads a reply, and keeps what it says.
pub(super) type Reader<'a> = &'a mut (dyn FnMut(&Reply) -> Result<(), Unread> + Send);

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

    /// Sends a request until its reply is read, as often as its operation allows. What was read is the reader's to keep: one
    /// copy of this serves the replies of all operations, which makes programs smaller.
    pub(super) async fn call(&self, request: Request, read: Reader<'_>) -> Result<()> {
        let setup = self.setup.as_ref().map_err(Refusal::error)?;
        let mut call = Call::new(setup, &request, Place::api(setup))?;
        let span = call.span();
        let sent = async {
            let url = call.url()?;
            loop {
                let reply = call.reply(&url).await?;
                match read(&reply) {
                    Ok(()) => return Ok(()),
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
